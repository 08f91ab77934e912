"""Permissions as Discord computes them: owner, roles, then a channel's overwrites."""

from enum import IntFlag

from bot.simulator.objects import Channel, Guild, Member, Overwrite, User


class Permission(IntFlag):
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
# What a timeout leaves.
SILENCED = P.VIEW_CHANNEL | P.READ_MESSAGE_HISTORY
# Without Send Messages these mean nothing, so Discord takes them away as well.
NEED_SENDING = P.EMBED_LINKS | P.ATTACH_FILES | P.MENTION_EVERYONE


def in_guild(guild: Guild, member: Member) -> int:
    """What the member may do in the guild as a whole."""
    if member.user.id == guild.owner_id:
        return ALL
    allowed = guild.roles[guild.id].permissions
    for role_id in member.roles:
        allowed |= guild.roles[role_id].permissions
    if allowed & P.ADMINISTRATOR:
        return ALL
    return allowed & SILENCED if member.timed_out else allowed


def in_channel(channel: Channel, guild: Guild | None, user: User) -> int:
    """What the user may do in the channel (for a thread: pass the thread, its parent's overwrites count)."""
    if guild is None:
        return int(IN_DM) if user in channel.recipients else 0
    member = guild.members.get(user.id)
    if member is None:
        return 0
    allowed = in_guild(guild, member)
    if allowed == ALL:
        return ALL
    owner = guild.channels[channel.parent_id] if channel.thread and channel.parent_id else channel
    here = _implied(_overwritten(allowed, owner.overwrites, guild, member))
    return here & SILENCED if member.timed_out else here


def _overwritten(allowed: int, overwrites: dict[int, Overwrite], guild: Guild, member: Member) -> int:
    if everyone := overwrites.get(guild.id):
        allowed = allowed & ~everyone.deny | everyone.allow
    of_roles = [overwrites[role_id] for role_id in member.roles if role_id in overwrites]
    for overwrite in of_roles:
        allowed &= ~overwrite.deny
    for overwrite in of_roles:
        allowed |= overwrite.allow
    if own := overwrites.get(member.user.id):
        allowed = allowed & ~own.deny | own.allow
    return allowed


def _implied(allowed: int) -> int:
    if not allowed & P.VIEW_CHANNEL:
        return 0
    return allowed if allowed & P.SEND_MESSAGES else allowed & ~NEED_SENDING
