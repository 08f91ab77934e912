"""Permission computation (Discord docs: Permissions, Permission Hierarchy and Permission Overwrites)."""

from enum import IntFlag

from bot.simulator.objects import Channel, Guild, Member, PermissionOverwrite, User


class Permission(IntFlag):
    """Permission bits. Only those that the simulator checks or that its roles grant."""

    CREATE_INSTANT_INVITE = 1 << 0
    KICK_MEMBERS = 1 << 1
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40
    PIN_MESSAGES = 1 << 51
    BYPASS_SLOWMODE = 1 << 52


P = Permission
ALL = (1 << 53) - 1
TALK = P.VIEW_CHANNEL | P.SEND_MESSAGES | P.SEND_MESSAGES_IN_THREADS | P.READ_MESSAGE_HISTORY
RICH = P.EMBED_LINKS | P.ATTACH_FILES | P.ADD_REACTIONS
EVERYONE = TALK | RICH | P.CREATE_PUBLIC_THREADS | P.USE_APPLICATION_COMMANDS | P.CREATE_INSTANT_INVITE
IN_DM = TALK | RICH | P.USE_APPLICATION_COMMANDS
# A timed-out member keeps only these.
TIMED_OUT = P.VIEW_CHANNEL | P.READ_MESSAGE_HISTORY
# Implicitly denied to members without Send Messages.
REQUIRE_SEND_MESSAGES = P.EMBED_LINKS | P.ATTACH_FILES | P.MENTION_EVERYONE


def guild_permissions(guild: Guild, member: Member) -> int:
    """The member's base permissions; ALL for the owner and for administrators."""
    if member.user.id == guild.owner_id:
        return ALL
    allowed = guild.roles[guild.id].permissions
    for role_id in member.roles:
        allowed |= guild.roles[role_id].permissions
    if allowed & P.ADMINISTRATOR:
        return ALL
    return allowed & TIMED_OUT if member.timed_out else allowed


def channel_permissions(channel: Channel, guild: Guild | None, user: User) -> int:
    """The user's permissions in the channel, 0 for non-members. A thread takes its parent's overwrites."""
    if guild is None:
        return int(IN_DM) if user in channel.recipients else 0
    member = guild.members.get(user.id)
    if member is None:
        return 0
    allowed = guild_permissions(guild, member)
    if allowed == ALL:
        return ALL
    source = guild.channels[channel.parent_id] if channel.thread and channel.parent_id else channel
    allowed = _apply_overwrites(allowed, source.overwrites, guild, member)
    if not allowed & P.VIEW_CHANNEL:
        return 0
    if not allowed & P.SEND_MESSAGES:
        allowed &= ~REQUIRE_SEND_MESSAGES
    return allowed & TIMED_OUT if member.timed_out else allowed


def _apply_overwrites(allowed: int, overwrites: dict[int, PermissionOverwrite], guild: Guild, member: Member) -> int:
    if everyone := overwrites.get(guild.id):
        allowed = allowed & ~everyone.deny | everyone.allow
    role_overwrites = [overwrites[role_id] for role_id in member.roles if role_id in overwrites]
    for overwrite in role_overwrites:
        allowed &= ~overwrite.deny
    for overwrite in role_overwrites:
        allowed |= overwrite.allow
    if own := overwrites.get(member.user.id):
        allowed = allowed & ~own.deny | own.allow
    return allowed
