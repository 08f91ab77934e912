"""Where Discord ends: its messages and people become prompts and authors."""

import asyncio
import logging
import re
from functools import partial

import aiohttp
import discord

from bot.chat.attachments import AttachmentUnreadable
from bot.chat.places import Person, Place, PlaceKind, Scope, ScopeKind
from bot.chat.prompts import Attachment, Prompt, Quote

log = logging.getLogger(__name__)

CONNECTION_ERRORS = (aiohttp.ClientError, asyncio.TimeoutError, OSError)
"""What discord.py lets through beside its own exceptions: it retries none of them on Linux."""

ATTACHMENT_SECONDS = 60
"""For fetching one attached file; discord.py itself would wait for minutes."""

_SPEECH = (discord.MessageType.default, discord.MessageType.reply)


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


def message_at(client: discord.Client, channel_id: int, message_id: int) -> discord.PartialMessage:
    """A message that is known by its ids alone."""
    known = client.get_channel(channel_id)
    if isinstance(known, discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread):
        return known.get_partial_message(message_id)
    return client.get_partial_messageable(channel_id).get_partial_message(message_id)


def read_prompt(message: discord.Message, me: discord.ClientUser) -> Prompt | None:
    """The prompt in a message, None where a bot, a webhook or Discord itself speaks."""
    if message.author.bot or message.webhook_id or message.type not in _SPEECH:
        return None
    replied = message.reference.resolved if message.reference else None
    target = replied if isinstance(replied, discord.Message) else None
    place = read_place(message.channel, message.guild.id if message.guild else None)
    return Prompt(
        id=message.id,
        place=place,
        author=read_author(message.author),
        text=_without_mention(message, me),
        attachments=_attachments(message.attachments),
        replies_to=message.reference.message_id if message.reference and message.type is _SPEECH[1] else None,
        quote=_quote(target) or _forwarded(message),
        addressed=place.kind is PlaceKind.DM or _mentions(message, me) or bool(target and target.author.id == me.id),
    )


def read_author(author: discord.User | discord.Member) -> Person:
    if isinstance(author, discord.Member):
        role_ids = frozenset(role.id for role in author.roles)
        return Person(author.id, author.display_name, role_ids, author.guild_permissions.manage_guild)
    return Person(author.id, author.display_name)


def _mentions(message: discord.Message, me: discord.ClientUser) -> bool:
    """By name, or by the role of the same name that Discord gives a bot: people do pick the wrong one."""
    return me in message.mentions or any(_is_own(role, me) for role in message.role_mentions)


def _is_own(role: discord.Role, me: discord.ClientUser) -> bool:
    return role.tags is not None and role.tags.bot_id == me.id


def _without_mention(message: discord.Message, me: discord.ClientUser) -> str:
    """The text as people read it: without the mention of ourselves, other people by their names."""
    ours = "|".join([rf"<@!?{me.id}>", *(rf"<@&{role.id}>" for role in message.role_mentions if _is_own(role, me))])
    text = re.sub(rf"[ \t]*(?:{ours})[ \t]*", " ", message.content)
    names = {str(user.id): user.display_name for user in message.mentions}
    return re.sub(r"<@!?(\d+)>", lambda found: f"@{names.get(found[1], 'somebody')}", text).strip()


def _quote(target: discord.Message | None) -> Quote | None:
    if target is None:
        return None
    return Quote(target.id, target.author.display_name, target.content, _attachments(target.attachments))


def _forwarded(message: discord.Message) -> Quote | None:
    """What a forwarded message says; Discord does not tell whose it was."""
    if not message.message_snapshots:
        return None
    snapshot = message.message_snapshots[0]
    return Quote(message.id, "Somebody", snapshot.content, _attachments(snapshot.attachments))


def files_with(message: discord.Message) -> tuple[Attachment, ...]:
    """What came with a message, and with the one that it replies to or forwards."""
    replied = message.reference.resolved if message.reference else None
    quote = _quote(replied if isinstance(replied, discord.Message) else None) or _forwarded(message)
    return _attachments(message.attachments) + (quote.attachments if quote else ())


def _attachments(found: list[discord.Attachment]) -> tuple[Attachment, ...]:
    return tuple(map(read_attachment, found))


def read_attachment(found: discord.Attachment) -> Attachment:
    """A file that is attached, to be fetched when somebody wants to read it."""
    return Attachment(found.filename, found.size, partial(_read, found))


async def _read(attachment: discord.Attachment) -> bytes:
    try:
        async with asyncio.timeout(ATTACHMENT_SECONDS):
            return await attachment.read()
    except (discord.DiscordException, *CONNECTION_ERRORS) as error:
        log.warning("The attachment %s could not be fetched: %s", attachment.id, error)
        raise AttachmentUnreadable("Discord did not hand the file out") from error
