"""Converts Discord's objects to values: messages to prompts, channels to places, users to people."""

import asyncio
import logging
import re
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
"""What discord.py raises besides its own exceptions. On Linux it retries none of them."""

ATTACHMENT_SECONDS = 60
"""Time limit for fetching an attachment; discord.py itself would wait for minutes."""

_BY_PEOPLE = (discord.MessageType.default, discord.MessageType.reply)


def read_place(channel: discord.abc.Snowflake, guild_id: int | None) -> Place:
    """The place of a channel, in which a message or an interaction was sent."""
    if isinstance(channel, discord.Thread):
        category_id = channel.parent.category_id if channel.parent else None
        return Place(PlaceKind.THREAD, channel.id, guild_id, channel.parent_id, category_id)
    kind = PlaceKind.DM if guild_id is None else PlaceKind.CHANNEL
    return Place(kind, channel.id, guild_id, category_id=getattr(channel, "category_id", None))


def read_scopes(channel: discord.abc.Snowflake | None, guild_id: int) -> tuple[Scope, ...]:
    """The scopes that apply to a channel, thread or category, nearest first; for None, only the server."""
    guild = Scope(ScopeKind.GUILD, guild_id)
    if channel is None:
        return (guild,)
    if isinstance(channel, discord.CategoryChannel):
        return (Scope(ScopeKind.CATEGORY, channel.id), guild)
    return read_place(channel, guild_id).scopes


def partial_message(
    client: discord.Client, channel: object, channel_id: int, message_id: int
) -> discord.PartialMessage:
    """A message of which only the ids are known; `channel` is its channel, if that is cached."""
    if isinstance(channel, discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread):
        return channel.get_partial_message(message_id)
    return client.get_partial_messageable(channel_id).get_partial_message(message_id)


def read_prompt(message: discord.Message, me: discord.ClientUser) -> Prompt | None:
    """The prompt in a message; None for messages by bots, webhooks and Discord itself."""
    if message.author.bot or message.webhook_id or message.type not in _BY_PEOPLE:
        return None
    place = read_place(message.channel, message.guild.id if message.guild else None)
    own_roles = [role for role in message.role_mentions if role.tags and role.tags.bot_id == me.id]
    reference, replied = message.reference, message.reference.resolved if message.reference else None
    triggers = set()
    if place.kind is PlaceKind.DM:
        triggers.add(Trigger.DIRECT_MESSAGE)
    if me in message.mentions or own_roles:  # Discord gives a bot a role of the same name, and people do pick it
        triggers.add(Trigger.MENTION)
    if isinstance(replied, discord.Message) and replied.author.id == me.id:
        triggers.add(Trigger.REPLY)
    text = _without_mention(message, me, own_roles)
    origin = Origin(message.author.id, message.id)
    quote, files = _quoted(message)
    return Prompt(
        id=message.id,
        place=place,
        author=read_author(message.author),
        parts=(*quote, *((TextPart(text, origin),) if text else ())),
        attachments=(*(read_attachment(each, origin) for each in message.attachments), *files),
        replies_to=reference.message_id if reference and message.type is discord.MessageType.reply else None,
        triggers=frozenset(triggers),
    )


def read_author(author: discord.User | discord.Member) -> Person:
    if isinstance(author, discord.Member):
        role_ids = frozenset(role.id for role in author.roles)
        return Person(author.id, author.display_name, role_ids, author.guild_permissions.manage_guild)
    return Person(author.id, author.display_name)


def _without_mention(message: discord.Message, me: discord.ClientUser, own_roles: list[discord.Role]) -> str:
    """The text without mentions of the bot, and with the names of other people in place of their mentions."""
    ours = "|".join([rf"<@!?{me.id}>", *(rf"<@&{role.id}>" for role in own_roles)])
    text = re.sub(rf"[ \t]*(?:{ours})[ \t]*", " ", message.content)
    names = {str(user.id): user.display_name for user in message.mentions}
    return re.sub(r"<@!?(\d+)>", lambda found: f"@{names.get(found[1], 'someone')}", text).strip()


def _quoted(message: discord.Message) -> tuple[tuple[QuotePart, ...], tuple[Attachment, ...]]:
    """The text and the files of the message that this one replies to or forwards."""
    quoted: discord.Message | discord.MessageSnapshot
    replied = message.reference.resolved if message.reference else None
    if isinstance(replied, discord.Message):
        quoted, author, origin = replied, replied.author.display_name, Origin(replied.author.id, replied.id)
    elif message.message_snapshots:
        # Discord does not say who wrote it
        quoted, author, origin = message.message_snapshots[0], "Someone", Origin(None, message.id)
    else:
        return (), ()
    quote = (QuotePart(author, quoted.content, origin),) if quoted.content else ()
    return quote, tuple(read_attachment(each, origin) for each in quoted.attachments)


def files_with(message: discord.Message) -> tuple[Attachment, ...]:
    """The files of a message and of the one that it replies to or forwards."""
    origin = Origin(message.author.id, message.id)
    return (*(read_attachment(each, origin) for each in message.attachments), *_quoted(message)[1])


def read_attachment(found: discord.Attachment, origin: Origin) -> Attachment:
    """An attached file; it is fetched when it is read."""
    return Attachment(found.filename, found.size, partial(_fetch, found), origin)


async def _fetch(attachment: discord.Attachment) -> bytes:
    try:
        async with asyncio.timeout(ATTACHMENT_SECONDS):
            return await attachment.read()
    except (discord.DiscordException, *CONNECTION_ERRORS) as error:
        log.warning("The attachment %s could not be fetched: %s", attachment.id, error)
        raise AttachmentUnreadable(Text("I couldn't download it from Discord")) from error
