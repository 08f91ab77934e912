"""Mention resolution (Discord docs: Message Resource, Allowed Mentions Object)."""

import re

from bot.simulator.errors import Json
from bot.simulator.objects import Channel, Message
from bot.simulator.permissions import Permission
from bot.simulator.world import World

USER, ROLE = re.compile(r"<@!?(\d+)>"), re.compile(r"<@&(\d+)>")
EVERYONE = re.compile(r"@(everyone|here)")
PARSE_TYPES = ("users", "roles", "everyone")


def resolve_mentions(world: World, channel: Channel, message: Message, allowed: Json | None) -> None:
    """Set the message's user, role and everyone mentions from its content.

    Without allowed_mentions everything is parsed and a reply pings, in edits too. Interaction responses parse only
    users.
    """
    if allowed is None:
        parse = ["users"] if message.interaction else list(PARSE_TYPES)
        allowed = {"parse": parse, "replied_user": True}
    _set_user_mentions(world, channel, message, allowed)
    _set_role_mentions(world, channel, message, allowed)
    may_ping_all = bool(world.permissions(message.author, channel) & Permission.MENTION_EVERYONE)
    parse_everyone = "everyone" in (allowed.get("parse") or ())
    message.mention_everyone = parse_everyone and may_ping_all and EVERYONE.search(message.content) is not None


def _mentioned_ids(pattern: re.Pattern[str], kind: str, text: str, allowed: Json) -> list[int]:
    ids = dict.fromkeys(int(match) for match in pattern.findall(text))
    if kind in (allowed.get("parse") or ()):
        return list(ids)
    listed = {int(each) for each in allowed.get(kind) or ()}
    return [each for each in ids if each in listed]


def _set_user_mentions(world: World, channel: Channel, message: Message, allowed: Json) -> None:
    users = [
        world.users[each] for each in _mentioned_ids(USER, "users", message.content, allowed) if each in world.users
    ]
    message.mentioned_in_content = {user.id for user in users}
    replied = message.referenced_message.author if message.referenced_message and message.type == 19 else None
    if replied and allowed.get("replied_user") and replied not in users:
        users.append(replied)
    message.mentions = users


def _set_role_mentions(world: World, channel: Channel, message: Message, allowed: Json) -> None:
    guild = world.guild_of(channel)
    if guild is None:
        return
    may_ping_all = bool(world.permissions(message.author, channel) & Permission.MENTION_EVERYONE)
    roles = [
        guild.roles[each] for each in _mentioned_ids(ROLE, "roles", message.content, allowed) if each in guild.roles
    ]
    message.mention_roles = [role.id for role in roles if role.mentionable or may_ping_all]
