"""Discord's objects as mutable state. Ids are integers here and strings in payloads."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntFlag
from typing import Any

from bot.simulator.errors import Json
from bot.simulator.snowflake import now, snowflake_time

TEXT, DM, VOICE, CATEGORY, ANNOUNCEMENT = 0, 1, 2, 4, 5
ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 10, 11, 12, 15
THREADS = (ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD)

DEFAULT, THREAD_CREATED, REPLY, CHAT_INPUT_COMMAND, THREAD_STARTER_MESSAGE, CONTEXT_MENU_COMMAND = 0, 18, 19, 20, 21, 23


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
    accepts_dms: bool = True

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"


@dataclass(slots=True, eq=False)
class Role:
    id: int
    name: str
    permissions: int = 0
    position: int = 1
    bot_id: int | None = None  # set for the managed role of a bot
    mentionable: bool = False

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"


@dataclass(slots=True, eq=False)
class PermissionOverwrite:
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
    timed_out_until: datetime | None = None  # may lie in the past

    @property
    def timed_out(self) -> bool:
        return self.timed_out_until is not None and self.timed_out_until > now()


@dataclass(slots=True, eq=False)
class Thread:
    """The fields that only threads have."""

    owner_id: int
    archived_at: datetime
    auto_archive_duration: int = 1440  # minutes
    archived: bool = False
    locked: bool = False
    members: dict[int, datetime] = field(default_factory=dict)
    message_count: int = 0


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
class MessageReference:
    channel_id: int
    message_id: int | None = None
    guild_id: int | None = None


@dataclass(slots=True, eq=False)
class Message:
    id: int
    channel_id: int
    author: User
    content: str = ""
    type: int = DEFAULT
    flags: int = 0
    edited_at: datetime | None = None
    mentions: list[User] = field(default_factory=list)
    # ids of the users mentioned in the content, without the author that a reply pings
    mentioned_in_content: set[int] = field(default_factory=set)
    mention_roles: list[int] = field(default_factory=list)
    mention_everyone: bool = False
    attachments: list[Attachment] = field(default_factory=list)
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    reactions: dict[str, list[int]] = field(default_factory=dict)
    reference: MessageReference | None = None
    referenced_message: "Message | None" = None
    snapshot: "Message | None" = None  # a forward's copy of the forwarded message
    nonce: str | int | None = None
    tts: bool = False
    pinned: bool = False
    interaction: "Interaction | None" = None
    thread_id: int | None = None
    visible_to: int | None = None  # id of the only user who sees an ephemeral message
    deleted: bool = False

    @property
    def created_at(self) -> datetime:
        return snowflake_time(self.id)


@dataclass(slots=True, eq=False)
class Channel:
    id: int
    type: int
    name: str = ""
    guild_id: int | None = None
    parent_id: int | None = None
    position: int = 0
    topic: str | None = None
    slowmode: int = 0  # rate_limit_per_user, in seconds
    last_sent_at: dict[int, datetime] = field(default_factory=dict)  # by user id, for slow mode
    overwrites: dict[int, PermissionOverwrite] = field(default_factory=dict)
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
    channels: dict[int, Channel] = field(default_factory=dict)  # including threads


@dataclass(slots=True, eq=False)
class Command:
    id: int
    version: int
    guild_id: int | None
    body: Json  # as registered, with Discord's defaults filled in

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
    """An interaction and the state of its response."""

    id: int
    token: str
    type: int
    user: User
    channel: Channel
    opened_at: float  # event loop time
    nonce: str | None = None
    data: Json = field(default_factory=dict)
    message: Message | None = None  # the message whose component was used
    acknowledged: bool = False
    original: Message | None = None  # the original response
    modal: Json | None = None
    opened_by: "Interaction | None" = None  # for a modal submit: the interaction that showed the modal
    ack_timer: Any = None  # reports INTERACTION_FAILURE when the application is too late
