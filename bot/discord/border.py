"""Reads Discord's objects as values: messages become prompts, channels places, users people."""

import asyncio
import logging
import re
from collections.abc import Iterator
from functools import partial

import aiohttp
import discord

from bot.chat.attachments import AttachmentUnreadable
from bot.chat.parts import Origin, QuotePart, TextPart
from bot.chat.places import Person, Place, PlaceKind, Scope, ScopeKind
from bot.chat.prompts import Attachment, Prompt, Trigger
from bot.text import Text

log = logging.getLogger(__name__)

CONNECTION_ERRORS = (aiohttp.ClientError, asyncio.TimeoutError, OSError)
"""What discord.py raises besides its own exceptions: it retries none of them on Linux."""

ATTACHMENT_SECONDS = 60
"""For fetching one attached file; discord.py itself would wait for minutes."""

_BY_PEOPLE = (discord.MessageType.default, discord.MessageType.reply)


def read_place(channel: discord.abc.Snowflake, guild_id: int | None) -> Place:
    """Where a message or an interaction was sent."""
    if isinstance(channel, discord.Thread):
        category_id = channel.parent.category_id if channel.parent else None
        return Place(PlaceKind.THREAD, channel.id, guild_id, channel.parent_id, category_id)
    kind = PlaceKind.DM if guild_id is None else PlaceKind.CHANNEL
    return Place(kind, channel.id, guild_id, category_id=getattr(channel, "category_id", None))


def read_scopes(channel: discord.abc.Snowflake | None, guild_id: int) -> tuple[Scope, ...]:
    """The scopes that apply to a server's channel, thread or category, nearest first; without one, the server's."""
    guild = Scope(ScopeKind.GUILD, guild_id)
    if channel is None:
        return (guild,)
    if isinstance(channel, discord.CategoryChannel):
        return (Scope(ScopeKind.CATEGORY, channel.id), guild)
    return read_place(channel, guild_id).scopes


def partial_message(
    client: discord.Client, channel: object, channel_id: int, message_id: int
) -> discord.PartialMessage:
    """A message that is known by its ids alone; `channel` is its channel where that is known."""
    if isinstance(channel, discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread):
        return channel.get_partial_message(message_id)
    return client.get_partial_messageable(channel_id).get_partial_message(message_id)


def read_prompt(message: discord.Message, me: discord.ClientUser) -> Prompt | None:
    """The prompt in a message; None for messages by bots, webhooks and Discord itself."""
    if message.author.bot or message.webhook_id or message.type not in _BY_PEOPLE:
        return None
    target = _replied_message(message)
    place = read_place(message.channel, message.guild.id if message.guild else None)
    text = _without_mention(message, me)
    quote = _quote(target) or _forwarded(message)
    return Prompt(
        id=message.id,
        place=place,
        author=read_author(message.author),
        parts=(*quote, *((TextPart(text, Origin(message.author.id, message.id)),) if text else ())),
        attachments=files_with(message),
        replies_to=message.reference.message_id if message.reference and message.type is _BY_PEOPLE[1] else None,
        triggers=frozenset(_triggers(message, place, target, me)),
    )


def _triggers(
    message: discord.Message, place: Place, target: discord.Message | None, me: discord.ClientUser
) -> Iterator[Trigger]:
    if place.kind is PlaceKind.DM:
        yield Trigger.DIRECT_MESSAGE
    # people do pick the role of the same name that Discord gives a bot
    if me in message.mentions or any(_is_own(role, me) for role in message.role_mentions):
        yield Trigger.MENTION
    if target and target.author.id == me.id:
        yield Trigger.REPLY


def read_author(author: discord.User | discord.Member) -> Person:
    if isinstance(author, discord.Member):
        role_ids = frozenset(role.id for role in author.roles)
        return Person(author.id, author.display_name, role_ids, author.guild_permissions.manage_guild)
    return Person(author.id, author.display_name)


def _is_own(role: discord.Role, me: discord.ClientUser) -> bool:
    return role.tags is not None and role.tags.bot_id == me.id


def _without_mention(message: discord.Message, me: discord.ClientUser) -> str:
    """The text as people read it: without our own mention, other people by their names."""
    ours = "|".join([rf"<@!?{me.id}>", *(rf"<@&{role.id}>" for role in message.role_mentions if _is_own(role, me))])
    text = re.sub(rf"[ \t]*(?:{ours})[ \t]*", " ", message.content)
    names = {str(user.id): user.display_name for user in message.mentions}
    return re.sub(r"<@!?(\d+)>", lambda found: f"@{names.get(found[1], 'somebody')}", text).strip()


def _replied_message(message: discord.Message) -> discord.Message | None:
    replied = message.reference.resolved if message.reference else None
    return replied if isinstance(replied, discord.Message) else None


def _quote(target: discord.Message | None) -> tuple[QuotePart, ...]:
    """What a message that is replied to says; nothing where it has no text."""
    if target is None or not target.content:
        return ()
    return (QuotePart(target.author.display_name, target.content, Origin(target.author.id, target.id)),)


def _forwarded(message: discord.Message) -> tuple[QuotePart, ...]:
    """What a forwarded message says; Discord does not tell whose it was."""
    if not message.message_snapshots or not message.message_snapshots[0].content:
        return ()
    return (QuotePart("Somebody", message.message_snapshots[0].content, Origin(None, message.id)),)


def files_with(message: discord.Message) -> tuple[Attachment, ...]:
    """The files of a message, and of the one that it replies to or else forwards."""
    own = Origin(message.author.id, message.id)
    files = [(found, own) for found in message.attachments]
    if target := _replied_message(message):
        files += [(found, Origin(target.author.id, target.id)) for found in target.attachments]
    elif message.message_snapshots:
        files += [(found, Origin(None, message.id)) for found in message.message_snapshots[0].attachments]
    return tuple(read_attachment(found, origin) for found, origin in files)


def read_attachment(found: discord.Attachment, origin: Origin) -> Attachment:
    """An attached file, which is fetched when it is read."""
    return Attachment(found.filename, found.size, partial(_fetch, found), origin)


async def _fetch(attachment: discord.Attachment) -> bytes:
    try:
        async with asyncio.timeout(ATTACHMENT_SECONDS):
            return await attachment.read()
    except (discord.DiscordException, *CONNECTION_ERRORS) as error:
        log.warning("The attachment %s could not be fetched: %s", attachment.id, error)
        raise AttachmentUnreadable(Text("Discord did not provide the file")) from error
