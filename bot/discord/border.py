"""Where Discord ends: its messages become prompts, and replies become its messages."""

import asyncio
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TypedDict

import aiohttp
import discord

from bot.chat.attachments import AttachmentUnreadable
from bot.chat.gate import Gate
from bot.chat.messages import Attachment, Author, Kind, Place, Prompt, Quote
from bot.chat.reply import MessageGone, SurfaceBusy, SurfaceLost

log = logging.getLogger(__name__)

CONNECTION_ERRORS = (aiohttp.ClientError, asyncio.TimeoutError, OSError)
"""What discord.py lets through beside its own exceptions: it retries none of them on Linux."""

ATTACHMENT_SECONDS = 60
"""For fetching one attached file; discord.py itself would wait for minutes."""

_SPEECH = (discord.MessageType.default, discord.MessageType.reply)
_UNKNOWN_MESSAGE = 10008
_THREAD_ARCHIVED = 50083


def read_place(channel: discord.abc.Snowflake, guild_id: int | None) -> Place:
    """Where a message or an interaction stands."""
    if isinstance(channel, discord.Thread):
        return Place(Kind.THREAD, channel.id, guild_id, channel.parent_id)
    return Place(Kind.DM if guild_id is None else Kind.CHANNEL, channel.id, guild_id)


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
        author=_read_author(message.author),
        text=_without_mention(message, me),
        attachments=_attachments(message.attachments),
        replies_to=message.reference.message_id if message.reference and message.type is _SPEECH[1] else None,
        quote=_quote(target) or _forwarded(message),
        addressed=place.kind is Kind.DM or _mentions(message, me) or bool(target and target.author.id == me.id),
    )


def _read_author(author: discord.User | discord.Member) -> Author:
    if isinstance(author, discord.Member):
        role_ids = frozenset(role.id for role in author.roles)
        return Author(author.id, author.display_name, role_ids, author.guild_permissions.manage_guild)
    return Author(author.id, author.display_name)


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


def _attachments(found: list[discord.Attachment]) -> tuple[Attachment, ...]:
    return tuple(Attachment(each.filename, each.size, partial(_read, each)) for each in found)


async def _read(attachment: discord.Attachment) -> bytes:
    try:
        async with asyncio.timeout(ATTACHMENT_SECONDS):
            return await attachment.read()
    except (discord.DiscordException, *CONNECTION_ERRORS) as error:
        log.warning("The attachment %s could not be fetched: %s", attachment.id, error)
        raise AttachmentUnreadable("Discord did not hand the file out") from error


class _SendOptions(TypedDict, total=False):
    nonce: str
    allowed_mentions: discord.AllowedMentions
    reference: discord.MessageReference


class ChannelSurface:
    """The channel that a prompt stands in; the reply's first message refers to it."""

    def __init__(self, prompt: discord.PartialMessage | discord.Message, gate: Gate, sent: int = 0) -> None:
        """`sent` is how many messages the reply is known to have already."""
        assert not isinstance(prompt.channel, discord.GroupChannel)  # bots are never in one
        self.gate = gate
        self._prompt = prompt
        self._channel = prompt.channel
        self._sent = sent

    def lack(self) -> str:
        """The permissions that are missing for an answer here, empty where there are all."""
        guild = self._prompt.guild
        if guild is None or isinstance(self._channel, discord.PartialMessageable):
            return ""
        have = self._channel.permissions_for(guild.me)
        in_thread = isinstance(self._channel, discord.Thread)
        needed = {
            "View Channel": have.view_channel,
            "Read Message History": have.read_message_history,
            "Send Messages in Threads" if in_thread else "Send Messages": (
                have.send_messages_in_threads if in_thread else have.send_messages
            ),
        }
        return ", ".join(name for name, granted in needed.items() if not granted)

    async def send(self, text: str) -> int:
        """The nonce keeps a post that is tried again from standing there twice: Discord answers with the first one."""
        options: _SendOptions = {"nonce": f"{self._prompt.id}-{self._sent}", "allowed_mentions": _nobody()}
        if not self._sent:
            options["reference"] = self._prompt.to_reference(fail_if_not_exists=False)
        with _sorted_errors():
            sent = await self._channel.send(text, **options)
        self._sent += 1
        if sent.content.strip() != text.strip():
            await self.edit(sent.id, text)  # the first try had arrived, and the text has grown since
        return sent.id

    async def edit(self, message_id: int, text: str) -> None:
        """Through a partial message, which leaves the flags alone and costs less."""
        with _sorted_errors():
            await self._channel.get_partial_message(message_id).edit(content=text, allowed_mentions=_nobody())

    async def typing(self) -> None:
        with suppress(discord.DiscordException, *CONNECTION_ERRORS):
            await self._channel.typing()

    async def whisper(self, text: str) -> None:
        """A direct message; people can close theirs, and then only the log knows."""
        if not isinstance(self._prompt, discord.Message):
            return  # after a restart nobody waits for it any more
        try:
            await self._prompt.author.send(text, allowed_mentions=_nobody())
        except (discord.DiscordException, *CONNECTION_ERRORS) as error:
            log.warning("%s could not be told in a direct message either: %s", self._prompt.author.id, error)


def _nobody() -> discord.AllowedMentions:
    """Nothing that a model writes may ping; Discord pings again at every edit that does not say so."""
    return discord.AllowedMentions.none()


@contextmanager
def _sorted_errors() -> Iterator[None]:
    """Sort what a write can fail with into what is final and what is worth another try."""
    try:
        yield
    except discord.NotFound as error:
        if error.code == _UNKNOWN_MESSAGE:
            raise MessageGone("the message was deleted") from error
        raise SurfaceLost("the channel was deleted") from error
    except discord.Forbidden as error:
        raise SurfaceLost("I am not allowed to write there") from error
    except discord.HTTPException as error:
        if error.status >= 500 or error.status == 429:
            raise SurfaceBusy(f"Discord answered {error.status}") from error
        if error.code == _THREAD_ARCHIVED:
            raise SurfaceLost("the thread is archived") from error
        raise SurfaceLost(f"Discord refused the message ({error.code}: {error.text})") from error
    except CONNECTION_ERRORS as error:
        raise SurfaceBusy(f"{type(error).__name__}: {error}") from error
