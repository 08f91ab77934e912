"""The state of the simulated Discord and the verbs that change it; every change is told to the listeners."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from bot.simulator.errors import ApiError, Json, Refusal
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
    Overwrite,
    Role,
    Thread,
    User,
)
from bot.simulator.payloads import Viewer, channel_payload, member_payload, role_payload, text, user_payload
from bot.simulator.permissions import EVERYONE, RICH, TALK, Permission, in_channel
from bot.simulator.snowflake import Ids, founding_ids, moment, now
from bot.simulator.welcome import guild_create_payload

BOT_MAY = TALK | RICH | Permission.CREATE_PUBLIC_THREADS


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, painted for each viewer who may know of it."""

    name: str
    paint: Callable[[Viewer], Json]
    guild_id: int | None = None
    channel: Channel | None = None  # known to those who see this channel
    only: frozenset[int] | None = None  # known to these users alone
    about: int | None = None  # the member it is about, who is told whatever the intents say


class World:
    """Guilds, channels, users; `bot`, `person` (the owner), `member`, `guild`, `general` are there from the start."""

    def __init__(self, guild_name: str = "Parley Playground", *, message_content: bool = True) -> None:
        self.ids = Ids()
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.attachments: dict[int, Attachment] = {}
        self.listeners: list[Callable[[Event], None]] = []
        self._found(founding_ids(), guild_name, message_content=message_content)

    def _found(self, ids: Iterator[int], guild_name: str, *, message_content: bool) -> None:
        self.person, self.member = self._settle(next(ids), "ana", "Ana"), self._settle(next(ids), "ben", "Ben")
        self.bot = self._settle(next(ids), "Parley", None, bot=True)
        self.application = Application(self.bot.id, "Parley", self.bot, self.person, message_content)
        self.guild = self._start_guild(next(ids), guild_name)
        self.bot_role = Role(next(ids), "Parley", int(BOT_MAY), 1, bot_id=self.bot.id)
        self.guild.roles[self.bot_role.id] = self.bot_role
        self._join(self.guild, self.member)
        self._join(self.guild, self.bot, self.bot_role)
        self.general, self.random, self.read_only = (
            self._open(Channel(next(ids), TEXT, name, self.guild.id, position=place), self.guild)
            for place, name in enumerate(("general", "random", "read-only"))
        )
        denied = int(Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS)
        self.read_only.overwrites[self.bot_role.id] = Overwrite(self.bot_role.id, 0, deny=denied)

    def _settle(self, user_id: int, username: str, global_name: str | None, *, bot: bool = False) -> User:
        owner = base64.urlsafe_b64encode(str(user_id).encode()).decode().rstrip("=")
        token = f"{owner}.simulated.{'bot' if bot else 'person'}-{username.lower()}"
        user = self.users[user_id] = User(user_id, username, global_name, bot, token)
        return user

    def _start_guild(self, guild_id: int, name: str) -> Guild:
        guild = self.guilds[guild_id] = Guild(guild_id, name, self.person.id)
        guild.roles[guild_id] = Role(guild_id, "@everyone", int(EVERYONE), 0)
        self._join(guild, self.person)
        return guild

    def _join(self, guild: Guild, user: User, *roles: Role) -> Member:
        member = guild.members[user.id] = Member(user, moment(max(user.id, guild.id)), [role.id for role in roles])
        return member

    def _open(self, channel: Channel, guild: Guild) -> Channel:
        self.channels[channel.id] = guild.channels[channel.id] = channel
        return channel

    # Telling

    def publish(self, event: Event) -> None:
        for listener in self.listeners:
            listener(event)

    def tell_channel(self, name: str, channel: Channel, paint: Callable[[Viewer], Json]) -> None:
        self.publish(Event(name, paint, channel.guild_id, channel))

    def tell_guild(self, name: str, guild: Guild, paint: Callable[[Viewer], Json]) -> None:
        self.publish(Event(name, paint, guild.id))

    def tell_users(self, name: str, users: tuple[User, ...], paint: Callable[[Viewer], Json]) -> None:
        self.publish(Event(name, paint, only=frozenset(user.id for user in users)))

    # Asking

    def user_of(self, token: str) -> User | None:
        return next((user for user in self.users.values() if user.token == token), None)

    def guild_of(self, channel: Channel) -> Guild | None:
        return None if channel.guild_id is None else self.guilds[channel.guild_id]

    def may(self, user: User, channel: Channel) -> Permission:
        return Permission(in_channel(channel, self.guild_of(channel), user))

    def sees(self, user: User, channel: Channel) -> bool:
        return bool(self.may(user, channel) & Permission.VIEW_CHANNEL)

    def channel(self, channel_id: int) -> Channel:
        if channel_id not in self.channels:
            raise ApiError(Refusal.UNKNOWN_CHANNEL)
        return self.channels[channel_id]

    def message(self, channel: Channel, message_id: int, viewer: User | None = None) -> Message:
        """A message of the channel that this viewer can see; ephemeral ones only by the one they are for."""
        message = channel.messages.get(message_id)
        if message is None or (message.visible_to and (viewer is None or viewer.id != message.visible_to)):
            raise ApiError(Refusal.UNKNOWN_MESSAGE)
        return message

    # Changing

    def add_user(self, name: str, *, bot: bool = False) -> User:
        return self._settle(self.ids.next(), name.lower(), name, bot=bot)

    def add_guild(self, name: str, *, with_bot: bool = True) -> Guild:
        """Another server of the person's, with one channel; the bot is in it or not."""
        guild = self._start_guild(self.ids.next(), name)
        self._open(Channel(self.ids.next(), TEXT, "general", guild.id), guild)
        if with_bot:
            role = Role(self.ids.next(), "Parley", int(BOT_MAY), bot_id=self.bot.id)
            guild.roles[role.id] = role
            self._join(guild, self.bot, role)
        self.tell_guild("GUILD_CREATE", guild, lambda viewer: guild_create_payload(guild, viewer, everybody=False))
        return guild

    def add_member(self, user: User, *roles: Role, guild: Guild | None = None) -> Member:
        guild = guild or self.guild
        member = self._join(guild, user, *roles)
        extra = {"guild_id": str(guild.id)}
        self.tell_guild("GUILD_MEMBER_ADD", guild, lambda viewer: member_payload(member) | extra)
        return member

    def kick(self, user: User, *, guild: Guild | None = None) -> None:
        """Takes a member, or the bot, out of the guild."""
        guild = guild or self.guild
        gone: Json = {"id": str(guild.id)}
        left: Json = {"guild_id": str(guild.id), "user": user_payload(user)}
        self.tell_users("GUILD_DELETE", (user,), lambda viewer: gone)
        del guild.members[user.id]
        self.tell_guild("GUILD_MEMBER_REMOVE", guild, lambda viewer: left)

    def set_roles(self, user: User, *roles: Role, guild: Guild | None = None) -> None:
        guild = guild or self.guild
        guild.members[user.id].roles = [role.id for role in roles]
        self.member_changed(guild.members[user.id], guild)

    def time_out(self, user: User, seconds: float = 600, *, guild: Guild | None = None) -> None:
        """Silences a member; 0 seconds end it."""
        guild = guild or self.guild
        until = now() + timedelta(seconds=seconds) if seconds else None
        guild.members[user.id].silenced_until = until
        self.member_changed(guild.members[user.id], guild)

    def member_changed(self, member: Member, guild: Guild) -> None:
        extra = {"guild_id": str(guild.id)}
        self.publish(
            Event("GUILD_MEMBER_UPDATE", lambda viewer: member_payload(member) | extra, guild.id, about=member.user.id)
        )

    def add_role(self, name: str, permissions: int = 0, *, guild: Guild | None = None) -> Role:
        guild = guild or self.guild
        role = Role(self.ids.next(), name, int(permissions))
        guild.roles[role.id] = role
        self.role_changed("GUILD_ROLE_CREATE", role, guild)
        return role

    def set_permissions(self, role: Role, permissions: int, *, guild: Guild | None = None) -> None:
        """What the role may do in the whole guild."""
        role.permissions = int(permissions)
        self.role_changed("GUILD_ROLE_UPDATE", role, guild or self.guild)

    def role_changed(self, event: str, role: Role, guild: Guild) -> None:
        whole = {"guild_id": str(guild.id), "role": role_payload(role)}
        self.tell_guild(event, guild, lambda viewer: whole)

    def add_channel(
        self, name: str, type: int = TEXT, *, guild: Guild | None = None, parent: Channel | None = None
    ) -> Channel:
        guild = guild or self.guild
        place = 1 + max((other.position for other in guild.channels.values()), default=-1)
        channel = Channel(self.ids.next(), type, name, guild.id, parent.id if parent else None, place)
        self._open(channel, guild)
        self.channel_changed("CHANNEL_CREATE", channel)
        return channel

    def remove_channel(self, channel: Channel) -> None:
        """Deletes a channel or a thread, and a channel's threads with it."""
        guild = self.guild_of(channel)
        assert guild is not None
        for thread in [other for other in guild.channels.values() if other.thread and other.parent_id == channel.id]:
            del guild.channels[thread.id], self.channels[thread.id]
        if channel.thread:
            ids = {"id": channel.id, "guild_id": guild.id, "parent_id": channel.parent_id}
            gone: Json = {key: text(value) for key, value in ids.items()} | {"type": channel.type}
            self.tell_channel("THREAD_DELETE", channel, lambda viewer: gone)
        else:
            self.channel_changed("CHANNEL_DELETE", channel)
        del guild.channels[channel.id], self.channels[channel.id]

    def channel_changed(self, event: str, channel: Channel) -> None:
        self.tell_channel(event, channel, lambda viewer: channel_payload(channel, viewer))

    def set_overwrite(self, channel: Channel, target: Role | Member | User, allow: int = 0, deny: int = 0) -> None:
        """Permissions of one role or member in this channel; shown to clients by CHANNEL_UPDATE."""
        if isinstance(target, Role):
            entry = Overwrite(target.id, 0, int(allow), int(deny))
        else:
            user = target.user if isinstance(target, Member) else target
            entry = Overwrite(user.id, 1, int(allow), int(deny))
        channel.overwrites[entry.id] = entry
        self.channel_changed("CHANNEL_UPDATE", channel)

    def deny(self, channel: Channel, permissions: int) -> None:
        """Takes permissions away from the bot in this channel, whatever its roles say; 0 takes nothing any more.

        A thread has its channel's permissions.
        """
        self.set_overwrite(
            self.channels[channel.parent_id or 0] if channel.thread else channel, self.bot, deny=permissions
        )

    def archive(self, thread: Channel, *, locked: bool = False) -> None:
        """Closes a thread; `locked`: only who manages threads may open it or write in it."""
        self._set_thread(thread, archived=True, locked=locked)

    def lock(self, thread: Channel) -> None:
        """Locks a thread that stays open to read: only who manages threads may write or edit in it."""
        self._set_thread(thread, archived=False, locked=True)

    def reopen(self, thread: Channel) -> None:
        self._set_thread(thread, archived=False, locked=False)

    def _set_thread(self, channel: Channel, *, archived: bool, locked: bool) -> None:
        assert channel.thread is not None
        channel.thread.archived, channel.thread.locked, channel.thread.archived_at = archived, locked, now()
        self.channel_changed("THREAD_UPDATE", channel)

    def open_dm(self, one: User, other: User) -> Channel:
        """The one direct conversation of these two."""
        for channel in self.channels.values():
            if channel.type == DM and set(channel.recipients) == {one, other}:
                return channel
        channel = Channel(self.ids.next(), DM, recipients=[one, other])
        self.channels[channel.id] = channel
        people = tuple(user for user in channel.recipients if not user.bot)
        self.tell_users("CHANNEL_CREATE", people, lambda viewer: channel_payload(channel, viewer))
        return channel

    def start_thread(
        self, parent: Channel, owner: User, name: str, *, type: int = PUBLIC_THREAD, message: Message | None = None
    ) -> Channel:
        """A thread in the channel; started from a message it has the message's id."""
        guild = self.guild_of(parent)
        assert guild is not None
        channel = Channel(message.id if message else self.ids.next(), type, name, guild.id, parent.id)
        channel.thread = Thread(owner.id, now(), members={owner.id: now()})
        self._open(channel, guild)
        self.tell_channel(
            "THREAD_CREATE", channel, lambda viewer: channel_payload(channel, viewer) | {"newly_created": True}
        )
        return channel

    def type_in(self, channel: Channel, user: User) -> None:
        guild = self.guild_of(channel)
        typing: Json = {"channel_id": str(channel.id), "user_id": str(user.id), "timestamp": int(now().timestamp())}
        if guild:
            typing |= {"guild_id": str(guild.id), "member": member_payload(guild.members[user.id])}
        self.tell_channel("TYPING_START", channel, lambda viewer: typing)
