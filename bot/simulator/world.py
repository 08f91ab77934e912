"""The state of the simulated Discord and the operations that change it; each change is dispatched as an event."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from bot.simulator.errors import ApiError, ErrorCode, Json
from bot.simulator.objects import (
    DM,
    PUBLIC_THREAD,
    TEXT,
    Application,
    Attachment,
    Channel,
    Guild,
    Member,
    Message,
    PermissionOverwrite,
    Role,
    Thread,
    User,
)
from bot.simulator.payloads import Viewer, channel_payload, id_or_none, member_payload, role_payload, user_payload
from bot.simulator.permissions import EVERYONE, RICH, TALK, Permission, channel_permissions
from bot.simulator.ready import guild_create_payload
from bot.simulator.snowflake import SnowflakeGenerator, now, seed_ids, snowflake_time

BOT_PERMISSIONS = TALK | RICH | Permission.CREATE_PUBLIC_THREADS


@dataclass(frozen=True, slots=True)
class Event:
    """A gateway event. `render` returns the payload for one viewer; the other fields limit who receives it."""

    name: str
    render: Callable[[Viewer], Json]
    guild_id: int | None = None
    channel: Channel | None = None  # only users who can view this channel
    only: frozenset[int] | None = None  # only these user ids
    about: int | None = None  # id of the member it is about, who receives it regardless of intents


class World:
    """Guilds, channels and users.

    Seeded with the users `bot`, `person` (the owner) and `member`, and `guild` with `general`, `random`, `read_only`.
    """

    def __init__(self, guild_name: str = "Parley Playground", *, message_content: bool = True) -> None:
        self.ids = SnowflakeGenerator()
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.attachments: dict[int, Attachment] = {}
        self.listeners: list[Callable[[Event], None]] = []
        self._seed(seed_ids(), guild_name, message_content=message_content)

    def _seed(self, ids: Iterator[int], guild_name: str, *, message_content: bool) -> None:
        self.person, self.member = self._add_user(next(ids), "ana", "Ana"), self._add_user(next(ids), "ben", "Ben")
        self.bot = self._add_user(next(ids), "Parley", None, bot=True)
        self.application = Application(self.bot.id, "Parley", self.bot, self.person, message_content)
        self.guild = self._create_guild(next(ids), guild_name)
        self.bot_role = Role(next(ids), "Parley", int(BOT_PERMISSIONS), 1, bot_id=self.bot.id)
        self.guild.roles[self.bot_role.id] = self.bot_role
        self._add_member(self.guild, self.member)
        self._add_member(self.guild, self.bot, self.bot_role)
        self.general, self.random, self.read_only = (
            self._add_channel(Channel(next(ids), TEXT, name, self.guild.id, position=position), self.guild)
            for position, name in enumerate(("general", "random", "read-only"))
        )
        denied = int(Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS)
        self.read_only.overwrites[self.bot_role.id] = PermissionOverwrite(self.bot_role.id, 0, deny=denied)

    def _add_user(self, user_id: int, username: str, global_name: str | None, *, bot: bool = False) -> User:
        owner = base64.urlsafe_b64encode(str(user_id).encode()).decode().rstrip("=")
        token = f"{owner}.simulated.{'bot' if bot else 'person'}-{username.lower()}"
        user = self.users[user_id] = User(user_id, username, global_name, bot, token)
        return user

    def _create_guild(self, guild_id: int, name: str) -> Guild:
        guild = self.guilds[guild_id] = Guild(guild_id, name, self.person.id)
        guild.roles[guild_id] = Role(guild_id, "@everyone", int(EVERYONE), 0)
        self._add_member(guild, self.person)
        return guild

    def _add_member(self, guild: Guild, user: User, *roles: Role) -> Member:
        member = guild.members[user.id] = Member(
            user, snowflake_time(max(user.id, guild.id)), [role.id for role in roles]
        )
        return member

    def _add_channel(self, channel: Channel, guild: Guild) -> Channel:
        self.channels[channel.id] = guild.channels[channel.id] = channel
        return channel

    # Events

    def dispatch(self, event: Event) -> None:
        for listener in self.listeners:
            listener(event)

    def dispatch_to_channel(self, name: str, channel: Channel, render: Callable[[Viewer], Json]) -> None:
        self.dispatch(Event(name, render, channel.guild_id, channel))

    def dispatch_to_guild(self, name: str, guild: Guild, render: Callable[[Viewer], Json]) -> None:
        self.dispatch(Event(name, render, guild.id))

    def dispatch_to_users(self, name: str, users: tuple[User, ...], render: Callable[[Viewer], Json]) -> None:
        self.dispatch(Event(name, render, only=frozenset(user.id for user in users)))

    # Queries

    def user_by_token(self, token: str) -> User | None:
        return next((user for user in self.users.values() if user.token == token), None)

    def guild_of(self, channel: Channel) -> Guild | None:
        return None if channel.guild_id is None else self.guilds[channel.guild_id]

    def permissions(self, user: User, channel: Channel) -> Permission:
        return Permission(channel_permissions(channel, self.guild_of(channel), user))

    def can_view(self, user: User, channel: Channel) -> bool:
        return bool(self.permissions(user, channel) & Permission.VIEW_CHANNEL)

    def channel(self, channel_id: int) -> Channel:
        if channel_id not in self.channels:
            raise ApiError(ErrorCode.UNKNOWN_CHANNEL)
        return self.channels[channel_id]

    def message(self, channel: Channel, message_id: int, viewer: User | None = None) -> Message:
        """The message, if the viewer can see it: an ephemeral one is visible to a single user. Raises 10008."""
        message = channel.messages.get(message_id)
        if message is None or (message.visible_to and (viewer is None or viewer.id != message.visible_to)):
            raise ApiError(ErrorCode.UNKNOWN_MESSAGE)
        return message

    # Changes

    def add_user(self, name: str, *, bot: bool = False) -> User:
        return self._add_user(self.ids.next(), name.lower(), name, bot=bot)

    def add_guild(self, name: str, *, with_bot: bool = True) -> Guild:
        """Another guild owned by `person`, with one channel."""
        guild = self._create_guild(self.ids.next(), name)
        self._add_channel(Channel(self.ids.next(), TEXT, "general", guild.id), guild)
        if with_bot:
            role = Role(self.ids.next(), "Parley", int(BOT_PERMISSIONS), bot_id=self.bot.id)
            guild.roles[role.id] = role
            self._add_member(guild, self.bot, role)
        self.dispatch_to_guild(
            "GUILD_CREATE", guild, lambda viewer: guild_create_payload(guild, viewer, all_members=False)
        )
        return guild

    def add_member(self, user: User, *roles: Role, guild: Guild | None = None) -> Member:
        guild = guild or self.guild
        member = self._add_member(guild, user, *roles)
        extra = {"guild_id": str(guild.id)}
        self.dispatch_to_guild("GUILD_MEMBER_ADD", guild, lambda viewer: member_payload(member) | extra)
        return member

    def kick(self, user: User, *, guild: Guild | None = None) -> None:
        """Remove a member or the bot from the guild."""
        guild = guild or self.guild
        payload: Json = {"id": str(guild.id)}
        left: Json = {"guild_id": str(guild.id), "user": user_payload(user)}
        self.dispatch_to_users("GUILD_DELETE", (user,), lambda viewer: payload)
        del guild.members[user.id]
        self.dispatch_to_guild("GUILD_MEMBER_REMOVE", guild, lambda viewer: left)

    def set_roles(self, user: User, *roles: Role, guild: Guild | None = None) -> None:
        guild = guild or self.guild
        guild.members[user.id].roles = [role.id for role in roles]
        self.member_changed(guild.members[user.id], guild)

    def time_out(self, user: User, seconds: float = 600, *, guild: Guild | None = None) -> None:
        """Time a member out; 0 seconds ends the timeout."""
        guild = guild or self.guild
        until = now() + timedelta(seconds=seconds) if seconds else None
        guild.members[user.id].timed_out_until = until
        self.member_changed(guild.members[user.id], guild)

    def member_changed(self, member: Member, guild: Guild) -> None:
        extra = {"guild_id": str(guild.id)}
        self.dispatch(
            Event("GUILD_MEMBER_UPDATE", lambda viewer: member_payload(member) | extra, guild.id, about=member.user.id)
        )

    def add_role(self, name: str, permissions: int = 0, *, guild: Guild | None = None) -> Role:
        guild = guild or self.guild
        role = Role(self.ids.next(), name, int(permissions))
        guild.roles[role.id] = role
        self.role_changed("GUILD_ROLE_CREATE", role, guild)
        return role

    def set_permissions(self, role: Role, permissions: int, *, guild: Guild | None = None) -> None:
        """Replace the permissions of a role."""
        role.permissions = int(permissions)
        self.role_changed("GUILD_ROLE_UPDATE", role, guild or self.guild)

    def role_changed(self, event: str, role: Role, guild: Guild) -> None:
        payload = {"guild_id": str(guild.id), "role": role_payload(role)}
        self.dispatch_to_guild(event, guild, lambda viewer: payload)

    def add_channel(
        self, name: str, type: int = TEXT, *, guild: Guild | None = None, parent: Channel | None = None
    ) -> Channel:
        guild = guild or self.guild
        position = 1 + max((other.position for other in guild.channels.values()), default=-1)
        channel = Channel(self.ids.next(), type, name, guild.id, parent.id if parent else None, position)
        self._add_channel(channel, guild)
        self.channel_changed("CHANNEL_CREATE", channel)
        return channel

    def remove_channel(self, channel: Channel) -> None:
        """Delete a thread, or a channel with its threads."""
        guild = self.guild_of(channel)
        assert guild is not None
        for thread in [other for other in guild.channels.values() if other.thread and other.parent_id == channel.id]:
            del guild.channels[thread.id], self.channels[thread.id]
        if channel.thread:
            ids = {"id": channel.id, "guild_id": guild.id, "parent_id": channel.parent_id}
            payload: Json = {key: id_or_none(value) for key, value in ids.items()} | {"type": channel.type}
            self.dispatch_to_channel("THREAD_DELETE", channel, lambda viewer: payload)
        else:
            self.channel_changed("CHANNEL_DELETE", channel)
        del guild.channels[channel.id], self.channels[channel.id]

    def channel_changed(self, event: str, channel: Channel) -> None:
        self.dispatch_to_channel(event, channel, lambda viewer: channel_payload(channel, viewer))

    def set_overwrite(self, channel: Channel, target: Role | Member | User, allow: int = 0, deny: int = 0) -> None:
        """Set the permission overwrite of a role or member in this channel."""
        if isinstance(target, Role):
            entry = PermissionOverwrite(target.id, 0, int(allow), int(deny))
        else:
            user = target.user if isinstance(target, Member) else target
            entry = PermissionOverwrite(user.id, 1, int(allow), int(deny))
        channel.overwrites[entry.id] = entry
        self.channel_changed("CHANNEL_UPDATE", channel)

    def deny(self, channel: Channel, permissions: int) -> None:
        """Deny the bot these permissions in the channel, or in the parent of a thread; 0 lifts the denial."""
        self.set_overwrite(
            self.channels[channel.parent_id or 0] if channel.thread else channel, self.bot, deny=permissions
        )

    def archive(self, thread: Channel, *, locked: bool = False) -> None:
        """Archive a thread. `locked`: only members with Manage Threads can unarchive it or write in it."""
        self._set_thread(thread, archived=True, locked=locked)

    def lock(self, thread: Channel) -> None:
        """Lock a thread without archiving it: only members with Manage Threads can write or edit in it."""
        self._set_thread(thread, archived=False, locked=True)

    def reopen(self, thread: Channel) -> None:
        self._set_thread(thread, archived=False, locked=False)

    def _set_thread(self, channel: Channel, *, archived: bool, locked: bool) -> None:
        assert channel.thread is not None
        channel.thread.archived, channel.thread.locked, channel.thread.archived_at = archived, locked, now()
        self.channel_changed("THREAD_UPDATE", channel)

    def open_dm(self, first: User, second: User) -> Channel:
        """The DM channel of these two users, created if needed."""
        for channel in self.channels.values():
            if channel.type == DM and set(channel.recipients) == {first, second}:
                return channel
        channel = Channel(self.ids.next(), DM, recipients=[first, second])
        self.channels[channel.id] = channel
        people = tuple(user for user in channel.recipients if not user.bot)
        self.dispatch_to_users("CHANNEL_CREATE", people, lambda viewer: channel_payload(channel, viewer))
        return channel

    def start_thread(
        self, parent: Channel, owner: User, name: str, *, type: int = PUBLIC_THREAD, message: Message | None = None
    ) -> Channel:
        """Create a thread. One that is started from a message has the message's id."""
        guild = self.guild_of(parent)
        assert guild is not None
        channel = Channel(message.id if message else self.ids.next(), type, name, guild.id, parent.id)
        channel.thread = Thread(owner.id, now(), members={owner.id: now()})
        self._add_channel(channel, guild)
        self.dispatch_to_channel(
            "THREAD_CREATE", channel, lambda viewer: channel_payload(channel, viewer) | {"newly_created": True}
        )
        return channel

    def start_typing(self, channel: Channel, user: User) -> None:
        guild = self.guild_of(channel)
        typing: Json = {"channel_id": str(channel.id), "user_id": str(user.id), "timestamp": int(now().timestamp())}
        if guild:
            typing |= {"guild_id": str(guild.id), "member": member_payload(guild.members[user.id])}
        self.dispatch_to_channel("TYPING_START", channel, lambda viewer: typing)
