"""The things in the simulated Discord, as plain state; ids are integers here and strings on the wire."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntFlag
from typing import Any

from bot.simulator.errors import Json
from bot.simulator.snowflake import moment, now

TEXT, DM, VOICE, CATEGORY, NEWS = 0, 1, 2, 4, 5
NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 10, 11, 12, 15
THREADS = (NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD)

PLAIN, THREAD_CREATED, REPLY, COMMAND_REPLY, THREAD_STARTER, MENU_REPLY = 0, 18, 19, 20, 21, 23


class MessageFlag(IntFlag):
    SUPPRESS_EMBEDS = 1 << 2
    HAS_THREAD = 1 << 5
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    HAS_SNAPSHOT = 1 << 14
    COMPONENTS_V2 = 1 << 15


@dataclass(slots=True, eq=False)
class User:
    id: int
    username: str
    global_name: str | None = None
    bot: bool = False
    token: str = ""
    takes_dms: bool = True

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"


@dataclass(slots=True, eq=False)
class Role:
    id: int
    name: str
    permissions: int = 0
    position: int = 1
    bot_id: int | None = None
    mentionable: bool = False

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"


@dataclass(slots=True, eq=False)
class Overwrite:
    id: int
    type: int  # 0 for a role, 1 for a member
    allow: int = 0
    deny: int = 0


@dataclass(slots=True, eq=False)
class Member:
    user: User
    joined_at: datetime
    roles: list[int] = field(default_factory=list)
    nick: str | None = None
    silenced_until: datetime | None = None  # a timeout; a moment that has passed means none

    @property
    def timed_out(self) -> bool:
        return self.silenced_until is not None and self.silenced_until > now()


@dataclass(slots=True, eq=False)
class Thread:
    """What a channel has in addition when it is a thread."""

    owner_id: int
    archived_at: datetime
    auto_archive: int = 1440
    archived: bool = False
    locked: bool = False
    members: dict[int, datetime] = field(default_factory=dict)
    sent: int = 0


@dataclass(slots=True, eq=False)
class Attachment:
    id: int
    channel_id: int
    filename: str
    content: bytes
    content_type: str | None = None
    description: str | None = None
    size: tuple[int, int] | None = None
    ephemeral: bool = False


@dataclass(slots=True, eq=False)
class Reference:
    channel_id: int
    message_id: int | None = None
    guild_id: int | None = None


@dataclass(slots=True, eq=False)
class Message:
    id: int
    channel_id: int
    author: User
    content: str = ""
    type: int = PLAIN
    flags: int = 0
    edited_at: datetime | None = None
    mentions: list[User] = field(default_factory=list)
    named: set[int] = field(default_factory=set)  # users mentioned in the text itself, not by the ping of a reply
    mention_roles: list[int] = field(default_factory=list)
    mention_everyone: bool = False
    attachments: list[Attachment] = field(default_factory=list)
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    reactions: dict[str, list[int]] = field(default_factory=dict)
    reference: Reference | None = None
    referenced: "Message | None" = None
    forwarded: "Message | None" = None  # as it was then
    nonce: str | int | None = None
    tts: bool = False
    pinned: bool = False
    interaction: "Interaction | None" = None
    thread_id: int | None = None
    visible_to: int | None = None  # an ephemeral message is seen by this user alone
    deleted: bool = False

    @property
    def created_at(self) -> datetime:
        return moment(self.id)


@dataclass(slots=True, eq=False)
class Channel:
    id: int
    type: int
    name: str = ""
    guild_id: int | None = None
    parent_id: int | None = None
    position: int = 0
    topic: str | None = None
    slowmode: int = 0  # seconds between two messages of one person
    spoke: dict[int, datetime] = field(default_factory=dict)  # when each person last wrote, for the slow mode
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    recipients: list[User] = field(default_factory=list)
    messages: dict[int, Message] = field(default_factory=dict)
    last_message_id: int | None = None
    thread: Thread | None = None

    @property
    def mention(self) -> str:
        return f"<#{self.id}>"


@dataclass(slots=True, eq=False)
class Guild:
    id: int
    name: str
    owner_id: int
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)  # threads too


@dataclass(slots=True, eq=False)
class Command:
    id: int
    version: int
    guild_id: int | None
    body: Json  # as the application registered it, with the defaults filled in

    @property
    def key(self) -> tuple[int, str]:
        return (self.body["type"], self.body["name"])


@dataclass(slots=True, eq=False)
class Application:
    id: int
    name: str
    bot: User
    owner: User
    message_content: bool = True
    commands: dict[int, Command] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Interaction:
    """One thing a person asked of the application, and how far its answer is."""

    id: int
    token: str
    type: int
    user: User
    channel: Channel
    born: float
    nonce: str | None = None
    data: Json = field(default_factory=dict)
    message: Message | None = None  # the message whose button was pressed
    answered: bool = False
    original: Message | None = None
    modal: Json | None = None
    opened_by: "Interaction | None" = None  # the interaction whose modal was sent in
    failed: Any = None  # the timer that gives up on the application
