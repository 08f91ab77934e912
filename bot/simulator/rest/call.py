"""A REST request as route functions see it, and the entries of the route table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.simulator.drafts import Upload
from bot.simulator.errors import ApiError, ErrorCode, Json, parse_snowflake
from bot.simulator.interactions import Interactions
from bot.simulator.messages import render
from bot.simulator.objects import Channel, Guild, Message, User
from bot.simulator.payloads import Viewer
from bot.simulator.permissions import Permission, guild_permissions
from bot.simulator.schemas import Schema
from bot.simulator.world import World

Response = tuple[int, Any]  # status and JSON body
NO_CONTENT: Response = (204, None)


@dataclass(slots=True)
class Call:
    """One REST request. The lookups and checks raise ApiError."""

    interactions: Interactions
    user: User
    origin: str
    path: dict[str, str]
    query: dict[str, str]
    body: Any
    uploads: dict[int, Upload] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.interactions.world

    @property
    def viewer(self) -> Viewer:
        # over REST the application's portal setting decides about message content, not the intents of a session
        reads_content = self.user is not self.world.bot or self.world.application.message_content
        return Viewer(self.user, self.origin, reads_content=reads_content)

    @property
    def fields(self) -> Json:
        """The body if it is an object, else {}."""
        return self.body if isinstance(self.body, dict) else {}

    def id(self, name: str) -> int:
        """The snowflake of this path parameter."""
        return parse_snowflake(self.path[name], name)

    def channel(self) -> Channel:
        """The channel of the path; 50001 Missing Access if the caller cannot view it."""
        channel = self.world.channel(self.id("channel_id"))
        if not self.world.can_view(self.user, channel):
            raise ApiError(ErrorCode.MISSING_ACCESS)
        return channel

    def guild(self) -> Guild:
        """The guild of the path; 50001 Missing Access if the caller is not a member."""
        guild = self.world.guilds.get(self.id("guild_id"))
        if guild is None:
            raise ApiError(ErrorCode.UNKNOWN_GUILD)
        if self.user.id not in guild.members:
            raise ApiError(ErrorCode.MISSING_ACCESS)
        return guild

    def message(self, channel: Channel) -> Message:
        """The message of the path. A bot cannot reach its ephemeral messages this way, only by interaction token."""
        viewer = None if self.user.bot else self.user
        return self.world.message(channel, self.id("message_id"), viewer)

    def has_permissions(self, channel: Channel, needed: Permission) -> bool:
        return self.world.permissions(self.user, channel) & needed == needed

    def require(self, channel: Channel, needed: Permission) -> None:
        """50013 Missing Permissions unless the caller has all of them in the channel."""
        if not self.has_permissions(channel, needed):
            raise ApiError(ErrorCode.MISSING_PERMISSIONS)

    def require_in_guild(self, guild: Guild, needed: Permission) -> None:
        """50013 Missing Permissions unless the caller has all of them in the guild."""
        if guild_permissions(guild, guild.members[self.user.id]) & needed != needed:
            raise ApiError(ErrorCode.MISSING_PERMISSIONS)

    def render(self, message: Message) -> Json:
        return render(self.world, message, self.viewer)


@dataclass(frozen=True, slots=True)
class Route:
    """`bucket` names the rate-limit bucket, "" for none. An open route needs no Authorization header and does not count
    towards the global limit.
    """

    method: str
    path: str
    handler: Callable[[Call], Response]
    bucket: str = ""
    open: bool = False
    body: Schema = None  # of the request body, where the route takes one
