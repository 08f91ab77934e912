"""Who a message mentions: what its text names, as far as allowed_mentions and permissions let it."""

import re

from bot.simulator.errors import Json
from bot.simulator.objects import Channel, Message
from bot.simulator.permissions import Permission
from bot.simulator.world import World

USER, ROLE = re.compile(r"<@!?(\d+)>"), re.compile(r"<@&(\d+)>")
EVERYONE = re.compile(r"@(everyone|here)")
KINDS = ("users", "roles", "everyone")


def resolve_mentions(world: World, channel: Channel, message: Message, allowed: Json | None) -> None:
    """Fills in the message's mentions.

    Without allowed_mentions everything is parsed and a reply pings, for edits too. Answers to interactions parse
    users only.
    """
    if allowed is None:
        parse = ["users"] if message.interaction else list(KINDS)
        allowed = {"parse": parse, "replied_user": True}
    _users(world, channel, message, allowed)
    _roles(world, channel, message, allowed)
    may_ping_all = bool(world.may(message.author, channel) & Permission.MENTION_EVERYONE)
    wanted = "everyone" in (allowed.get("parse") or ())
    message.mention_everyone = wanted and may_ping_all and EVERYONE.search(message.content) is not None


def _named(pattern: re.Pattern[str], kind: str, text: str, allowed: Json) -> list[int]:
    ids = dict.fromkeys(int(match) for match in pattern.findall(text))
    if kind in (allowed.get("parse") or ()):
        return list(ids)
    listed = {int(one) for one in allowed.get(kind) or ()}
    return [one for one in ids if one in listed]


def _users(world: World, channel: Channel, message: Message, allowed: Json) -> None:
    users = [world.users[one] for one in _named(USER, "users", message.content, allowed) if one in world.users]
    message.named = {user.id for user in users}
    replied = message.referenced.author if message.referenced and message.type == 19 else None
    if replied and allowed.get("replied_user") and replied not in users:
        users.append(replied)
    message.mentions = users


def _roles(world: World, channel: Channel, message: Message, allowed: Json) -> None:
    guild = world.guild_of(channel)
    if guild is None:
        return
    may_ping_all = bool(world.may(message.author, channel) & Permission.MENTION_EVERYONE)
    roles = [guild.roles[one] for one in _named(ROLE, "roles", message.content, allowed) if one in guild.roles]
    message.mention_roles = [role.id for role in roles if role.mentionable or may_ping_all]
