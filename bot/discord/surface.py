"""Where replies become Discord's messages."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypedDict

import discord

from bot.chat.gate import Gate
from bot.chat.messages import Attachment
from bot.chat.surface import BLANK, FilesRefused, MessageGone, Page, SurfaceBusy, SurfaceLost
from bot.discord.border import CONNECTION_ERRORS, files_with
from bot.discord.buttons import view_of

log = logging.getLogger(__name__)

_UNKNOWN_MESSAGE = 10008
_SLOW_MODE = 20016
_TOO_LARGE = 40005
_FILE_TOO_LARGE = 50045
_THREAD_ARCHIVED = 50083


class Written(TypedDict, total=False):
    """What a page says, in discord.py's words; what is missing stays as it was."""

    content: str | None
    embeds: list[discord.Embed]
    view: discord.ui.View


class Attached(TypedDict, total=False):
    """What an edit makes of a message's files; missing, they stay."""

    attachments: list[discord.File]


class _SendOptions(TypedDict, total=False):
    nonce: str
    allowed_mentions: discord.AllowedMentions
    reference: discord.MessageReference


class ChannelSurface:
    """The channel that a prompt stands in; the reply's first message refers to it."""

    def __init__(
        self, prompt: discord.PartialMessage | discord.Message, gate: Gate, sent: int = 0, nonce: int | None = None
    ) -> None:
        """`sent` is how many messages the reply is known to have already.

        `nonce` names the reply to Discord, the same for every try to write it.
        """
        assert not isinstance(prompt.channel, discord.GroupChannel)  # bots are never in one
        self.gate = gate
        self._prompt = prompt
        self._channel = prompt.channel
        self.sent = sent
        self._nonce = nonce or prompt.id

    def lack(self) -> str:
        """The permissions that are missing for an answer here, empty where there are all."""
        have = self._permissions()
        if have is None:
            return ""
        in_thread = isinstance(self._channel, discord.Thread)
        needed = {
            "View Channel": have.view_channel,
            "Read Message History": have.read_message_history,
            "Send Messages in Threads" if in_thread else "Send Messages": (
                have.send_messages_in_threads if in_thread else have.send_messages
            ),
        }
        return ", ".join(name for name, granted in needed.items() if not granted)

    @property
    def takes_embeds(self) -> bool:
        """Whether embeds may be shown here; Discord drops them without a word where not."""
        have = self._permissions()
        return have is None or have.embed_links

    async def send(self, page: Page, *, ping: bool = False) -> int:
        """The nonce keeps a post that is tried again from standing there twice: Discord answers with the first one."""
        options = _SendOptions(
            nonce=f"{self._nonce}-{self.sent}",
            allowed_mentions=discord.AllowedMentions(everyone=False, users=False, roles=False, replied_user=ping),
        )
        if not self.sent:
            options["reference"] = self._prompt.to_reference(fail_if_not_exists=False)
        with sorted_errors(page):
            sent = await self._channel.send(**written(page), **options, files=files_of(page))
        self.sent += 1
        if not page.embed and sent.content.strip() != page.text.strip():
            await self.edit(sent.id, page, BLANK)  # the first try had arrived, and the text has grown since
        return sent.id

    async def edit(self, message_id: int, page: Page, was: Page) -> None:
        """Through a partial message, which leaves the flags alone and costs less."""
        with sorted_errors(page if page.files != was.files else None):
            try:
                await self._edit(message_id, written(page, was), attached(page, was))
            except discord.HTTPException as error:
                if error.code != _THREAD_ARCHIVED or not await self._reopen():
                    raise
                await self._edit(message_id, written(page, was), attached(page, was))

    async def delete(self, message_id: int) -> None:
        with suppress(MessageGone), sorted_errors():
            await self._channel.get_partial_message(message_id).delete()

    async def bare(self, message_id: int) -> None:
        with sorted_errors():
            await self._channel.get_partial_message(message_id).edit(view=None, allowed_mentions=nobody())

    async def attachments(self) -> tuple[Attachment, ...]:
        prompt = self._prompt
        try:
            found = prompt if isinstance(prompt, discord.Message) else await prompt.fetch()
        except (discord.DiscordException, *CONNECTION_ERRORS) as error:
            log.info("The prompt %s cannot be read again: %s", prompt.id, error)
            return ()
        return files_with(found)

    async def typing(self) -> None:
        if not self.gate.spare():
            return  # many are answered at once, and words go first
        with suppress(discord.DiscordException, *CONNECTION_ERRORS):
            await self._channel.typing()

    async def whisper(self, text: str) -> None:
        """A direct message; people can close theirs, and then only the log knows."""
        if not isinstance(self._prompt, discord.Message):
            return  # after a restart nobody waits for it any more
        try:
            await self._prompt.author.send(text, allowed_mentions=nobody())
        except (discord.DiscordException, *CONNECTION_ERRORS) as error:
            log.warning("%s could not be told in a direct message either: %s", self._prompt.author.id, error)

    async def _edit(self, message_id: int, page: Written, files: Attached) -> None:
        message = self._channel.get_partial_message(message_id)
        await message.edit(**page, **files, allowed_mentions=nobody())

    async def _reopen(self) -> bool:
        """Open an archived thread again; whether it could be."""
        if not isinstance(self._channel, discord.Thread) or self._channel.locked:
            return False
        await self._channel.edit(archived=False)
        return True

    def _permissions(self) -> discord.Permissions | None:
        """What we may do here, None where that is not known without asking."""
        guild = self._prompt.guild
        if guild is None or isinstance(self._channel, discord.PartialMessageable):
            return None
        return self._channel.permissions_for(guild.me)


def written(page: Page, was: Page | None = None) -> Written:
    """The page, or what there is to change where it was another."""
    parts = Written()
    if was is None or (page.text, page.embed) != (was.text, was.embed):
        parts["content"] = None if page.embed else page.text
        if page.embed:
            parts["embeds"] = embeds_of(page)
        elif was is BLANK or (was and was.embed):
            parts["embeds"] = []
    if was is None or was is BLANK or page.controls != was.controls:
        parts["view"] = view_of(page.controls)
    return parts


def attached(page: Page, was: Page) -> Attached:
    """What to do about a message's files; those that are there already are not sent again."""
    return Attached() if page.files == was.files and was is not BLANK else Attached(attachments=files_of(page))


def embeds_of(page: Page) -> list[discord.Embed]:
    """The page as an embed, where it is one."""
    return [discord.Embed(description=page.text, colour=discord.Colour.blurple())] if page.embed else []


def files_of(page: Page) -> list[discord.File]:
    """The files of a page, ready to be sent once."""
    return [discord.File(io.BytesIO(file.text.encode()), file.name) for file in page.files]


def nobody() -> discord.AllowedMentions:
    """Nothing that a model writes may ping; Discord pings again at every edit that does not say so."""
    return discord.AllowedMentions.none()


@contextmanager
def sorted_errors(page: Page | None = None) -> Iterator[None]:
    """Sort what a write can fail with into what is final and what is worth another try; `page` is what was written."""
    try:
        yield
    except discord.NotFound as error:
        if error.code == _UNKNOWN_MESSAGE:
            raise MessageGone("the message was deleted") from error
        raise SurfaceLost("the channel was deleted") from error
    except discord.HTTPException as error:
        raise _sorted(error, page is not None and bool(page.files)) from error
    except CONNECTION_ERRORS as error:
        raise SurfaceBusy(f"{type(error).__name__}: {error}") from error


def _sorted(error: discord.HTTPException, with_files: bool) -> Exception:
    if with_files and (error.status in {403, 413} or error.code in {_TOO_LARGE, _FILE_TOO_LARGE}):
        return FilesRefused(error.text)
    if error.status == 403:
        return SurfaceLost("I am not allowed to write there")
    if error.status >= 500 or error.status == 429 or error.code == _SLOW_MODE:
        return SurfaceBusy(f"Discord answered {error.status}")
    if error.code == _THREAD_ARCHIVED:
        return SurfaceLost("the thread is archived")
    return SurfaceLost(f"Discord refused the message ({error.code}: {error.text})")
