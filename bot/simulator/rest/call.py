"""One REST request as its handler sees it, and the table entry that leads to a handler."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.simulator.drafts import Upload
from bot.simulator.errors import ApiError, Json, Refusal, snowflake
from bot.simulator.gateway import Gateway
from bot.simulator.interactions import Interactions
from bot.simulator.messages import paint
from bot.simulator.objects import Channel, Guild, Message, User
from bot.simulator.payloads import Viewer
from bot.simulator.permissions import Permission
from bot.simulator.shapes import Shape
from bot.simulator.world import World

Answer = tuple[int, Any]
NO_CONTENT: Answer = (204, None)


@dataclass(frozen=True, slots=True)
class Island:
    """The parts a handler may touch."""

    world: World
    gateway: Gateway
    interactions: Interactions


@dataclass(slots=True)
class Call:
    island: Island
    user: User
    origin: str
    path: dict[str, str]
    query: dict[str, str]
    body: Any
    uploads: dict[int, Upload] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.island.world

    @property
    def viewer(self) -> Viewer:
        """Over REST the application's setting in the portal decides about content, not the intents of a session."""
        reads = self.user is not self.world.bot or self.world.application.message_content
        return Viewer(self.user, self.origin, reads_content=reads)

    @property
    def fields(self) -> Json:
        """The body of a request whose body is an object."""
        return self.body if isinstance(self.body, dict) else {}

    def id(self, name: str) -> int:
        return snowflake(self.path[name], name)

    def channel(self) -> Channel:
        """The channel of the address, which the caller must see."""
        channel = self.world.channel(self.id("channel_id"))
        if not self.world.sees(self.user, channel):
            raise ApiError(Refusal.MISSING_ACCESS)
        return channel

    def guild(self) -> Guild:
        guild = self.world.guilds.get(self.id("guild_id"))
        if guild is None:
            raise ApiError(Refusal.UNKNOWN_GUILD)
        if self.user.id not in guild.members:
            raise ApiError(Refusal.MISSING_ACCESS)
        return guild

    def message(self, channel: Channel) -> Message:
        """The message of the address. A bot reaches its ephemeral messages by their token alone."""
        viewer = None if self.user.bot else self.user
        return self.world.message(channel, self.id("message_id"), viewer)

    def require(self, channel: Channel, needed: Permission) -> None:
        if not self.may(channel, needed):
            raise ApiError(Refusal.MISSING_PERMISSIONS)

    def may(self, channel: Channel, needed: Permission) -> bool:
        return self.world.may(self.user, channel) & needed == needed

    def paint(self, message: Message) -> Json:
        return paint(self.world, message, self.viewer)


@dataclass(frozen=True, slots=True)
class Route:
    """`limited` names the kind of bucket, "" for none; an open route needs no token and spares the global limit."""

    method: str
    path: str
    handler: Callable[[Call], Answer]
    limited: str = ""
    open: bool = False
    body: Shape = None  # the shape of the body, for routes that take one
