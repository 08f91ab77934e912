"""Writes replies as messages in a channel."""

import io
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TypedDict, TypeVar

import discord

from bot.chat.prompts import Attachment
from bot.discord.border import CONNECTION_ERRORS, files_with
from bot.discord.delivery.buttons import Interaction, view_of
from bot.reply.gate import Gate
from bot.reply.surface import BLANK, EmbedsRefused, FilesRefused, MessageGone, Page, PlaceGone, SurfaceBusy, SurfaceLost
from bot.text import Text

log = logging.getLogger(__name__)

T = TypeVar("T")

OLD_AFTER = timedelta(minutes=50)
"""An hour, minus the time that an answer may take."""

SOON_AFTER = 50
"""How many messages after a prompt are searched for responses to it."""

_UNKNOWN_MESSAGE = 10008
_SLOW_MODE = 20016
_TOO_LARGE = 40005
_EMPTY = 50006
_FILE_TOO_LARGE = 50045
_THREAD_ARCHIVED = 50083


class Written(TypedDict, total=False):
    """Arguments of discord.py for the content of a page; what is missing stays unchanged."""

    content: str | None
    embeds: list[discord.Embed]
    view: discord.ui.View


class Attached(TypedDict, total=False):
    """Arguments of an edit for the files of a message; if missing, they stay unchanged."""

    attachments: list[discord.File]


class _SendOptions(TypedDict, total=False):
    nonce: str
    allowed_mentions: discord.AllowedMentions
    reference: discord.MessageReference


class ChannelSurface:
    """The channel of a prompt; the reply's first message refers to the prompt."""

    def __init__(
        self,
        prompt: discord.PartialMessage | discord.Message,
        gate: Gate,
        client: discord.Client | None = None,
        press: Interaction | None = None,
    ) -> None:
        """`client` fetches the channel if only its id is known; `press` is the button press that rewrites the reply."""
        assert not isinstance(prompt.channel, discord.GroupChannel)  # bots are never in one
        self.gate = gate
        self._prompt = prompt
        self._channel = prompt.channel
        self._tried = False
        self._client = client
        self._asker = prompt.author if isinstance(prompt, discord.Message) else (press.user if press else None)
        self._nonce = press.id if press else prompt.id  # with the prompt's, Discord might return a deleted page

    def obstacle(self) -> SurfaceLost | None:
        have = self._permissions()
        if have is None:
            return None
        in_thread = isinstance(self._channel, discord.Thread)
        needed = {
            "View Channel": have.view_channel,
            "Read Message History": have.read_message_history,
            "Send Messages in Threads" if in_thread else "Send Messages": (
                have.send_messages_in_threads if in_thread else have.send_messages
            ),
        }
        missing = [name for name, granted in needed.items() if not granted]
        if not missing:
            return None
        if time_out := self._time_out():
            return time_out
        one, several = "I'm missing the {names} permission there", "I'm missing the permissions {names} there"
        return SurfaceLost(
            Text(one if len(missing) == 1 else several, names=", ".join(missing)),
            Text("A server admin can grant it.") if len(missing) == 1 else Text("A server admin can grant them."),
        )

    @property
    def takes_embeds(self) -> bool:
        """Whether embeds are allowed here. If not, Discord drops them without an error."""
        have = self._permissions()
        return have is None or have.embed_links

    def is_old(self, message_id: int) -> bool:
        """Discord allows only about three edits per twenty seconds of messages older than an hour (error 30046)."""
        return datetime.now(UTC) - discord.utils.snowflake_time(message_id) > OLD_AFTER

    async def send(self, page: Page, number: int, *, ping: bool = False) -> int:
        """Send a page. Its nonce keeps a retry from appearing twice: Discord responds with the first message."""
        options = _SendOptions(
            nonce=f"{self._nonce}-{number}",
            allowed_mentions=discord.AllowedMentions(everyone=False, users=False, roles=False, replied_user=ping),
        )
        if number == 0:
            options["reference"] = self._prompt.to_reference(fail_if_not_exists=False)
        tried_before, self._tried = self._tried, True
        with self._errors(page):
            sent = await self._channel.send(**content_of(page), **options, files=files_of(page))
        embedded = sent.embeds[0].description or "" if sent.embeds else page.text
        text = embedded if page.embed else sent.content
        if tried_before or text.strip() != page.text.strip():
            await self.edit(sent.id, page, BLANK)  # an earlier attempt with a shorter text may have arrived
        self._tried = False
        return sent.id

    async def edit(self, message_id: int, page: Page, was: Page) -> None:
        """Edit through a partial message, which leaves the flags alone and costs less."""
        message = self._channel.get_partial_message(message_id)

        async def write() -> None:
            edited = await message.edit(
                **content_of(page, was), **attachments_of(page, was), allowed_mentions=no_mentions()
            )
            if page.embed and not edited.embeds:
                raise EmbedsRefused

        with self._errors(page, was):
            await self.in_open_thread(write)

    async def delete(self, message_id: int) -> None:
        with suppress(MessageGone, PlaceGone), classified_errors():
            await self.in_open_thread(self._channel.get_partial_message(message_id).delete)

    async def remove_buttons(self, message_id: int) -> None:
        with classified_errors():
            await self._channel.get_partial_message(message_id).edit(view=None, allowed_mentions=no_mentions())

    async def answers_to(self, interaction_id: int) -> list[int]:
        """The ids of the messages after the prompt that respond to an interaction, oldest first."""
        said = self._channel.history(after=self._prompt, limit=SOON_AFTER, oldest_first=True)
        answers = [(message.id, message.interaction_metadata) async for message in said]
        return [message_id for message_id, about in answers if about and about.id == interaction_id]

    async def attachments(self) -> tuple[Attachment, ...]:
        prompt = self._prompt
        try:
            found = prompt if isinstance(prompt, discord.Message) else await prompt.fetch()
        except (discord.DiscordException, *CONNECTION_ERRORS) as error:
            log.info("The prompt %s cannot be read again: %s", prompt.id, error)
            return ()
        return files_with(found)

    async def typing(self) -> None:
        if not self.gate.try_spend():
            return  # with many replies at once, text takes precedence
        with suppress(discord.DiscordException, *CONNECTION_ERRORS):
            await self._channel.typing()

    async def notify_privately(self, text: Text) -> None:
        if self._asker:  # unknown after a restart, when nobody is waiting any more
            await send_direct_message(self._asker, text)

    async def in_open_thread(self, write: Callable[[], Awaitable[T]]) -> T:
        """Make a write, after unarchiving the thread if necessary."""
        try:
            return await write()
        except discord.HTTPException as error:
            if error.code != _THREAD_ARCHIVED or not await self._reopen():
                raise
            return await write()

    async def _reopen(self) -> bool:
        """Unarchive the thread; returns whether that worked."""
        thread: object = self._channel
        if isinstance(thread, discord.PartialMessageable) and self._client:
            thread = await self._client.fetch_channel(thread.id)  # archived threads are not cached
        if not isinstance(thread, discord.Thread) or thread.locked:
            return False
        await thread.edit(archived=False)
        return True

    @contextmanager
    def _errors(self, page: Page, was: Page = BLANK) -> Iterator[None]:
        """`classified_errors`, but a time-out is named as the reason if the bot has one."""
        try:
            with classified_errors(page, was):
                yield
        except SurfaceLost as lost:
            raise (type(lost) is SurfaceLost and self._time_out()) or lost from lost.__cause__

    def _time_out(self) -> SurfaceLost | None:
        guild = self._prompt.guild
        if guild is None or guild.me is None or not guild.me.is_timed_out():
            return None
        return SurfaceLost(Text("I'm timed out there"), Text("A moderator can remove the time-out."))

    def _permissions(self) -> discord.Permissions | None:
        """The bot's permissions here; None if they are not known without a request."""
        guild = self._prompt.guild
        if guild is None or guild.me is None or isinstance(self._channel, discord.PartialMessageable):
            return None
        if isinstance(self._channel, discord.Thread) and self._channel.parent is None:
            return None  # its channel has just been deleted
        return self._channel.permissions_for(guild.me)


def content_of(page: Page, was: Page | None = None) -> Written:
    """The page's content; only what differs from `was`, if that is given."""
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


def attachments_of(page: Page, was: Page) -> Attached:
    """The page's files, unless the message has them already."""
    return Attached() if page.files == was.files and was is not BLANK else Attached(attachments=files_of(page))


def embeds_of(page: Page) -> list[discord.Embed]:
    """The page as an embed, if it is one."""
    return [discord.Embed(description=page.text, colour=discord.Colour.blurple())] if page.embed else []


def files_of(page: Page) -> list[discord.File]:
    """The files of a page; each can be sent once."""
    return [discord.File(io.BytesIO(file.text.encode()), file.name) for file in page.files]


async def send_direct_message(person: discord.User | discord.Member, text: Text) -> None:
    """Send a direct message; a failure is only logged, since people can disable them."""
    try:
        await person.send(str(text), allowed_mentions=no_mentions())
    except (discord.DiscordException, *CONNECTION_ERRORS) as error:
        log.warning("%s could not be sent a direct message either: %s", person.id, error)


def no_mentions() -> discord.AllowedMentions:
    """Keep what a model writes from pinging anyone. Every edit needs it: Discord resolves mentions again each time."""
    return discord.AllowedMentions.none()


@contextmanager
def classified_errors(page: Page = BLANK, was: Page = BLANK) -> Iterator[None]:
    """Raise errors of a write as exceptions of the surface: either final, or worth a retry.

    `page` is what should be written, `was` what the message showed before.
    """
    try:
        yield
    except discord.NotFound as error:
        if error.code == _UNKNOWN_MESSAGE:
            raise MessageGone(Text("the message was deleted")) from error
        raise PlaceGone(Text("the channel was deleted"), Text("Ask me again in another channel.")) from error
    except discord.HTTPException as error:
        raise _classify(error, page, was) from error
    except CONNECTION_ERRORS as error:
        raise SurfaceBusy(f"{type(error).__name__}: {error}") from error


def _classify(error: discord.HTTPException, page: Page, was: Page) -> Exception:
    files_may_be_why = error.status in {403, 413} or error.code in {_TOO_LARGE, _FILE_TOO_LARGE}
    if page.files and page.files != was.files and files_may_be_why:
        return FilesRefused(error.text)
    if page.embed and (error.status == 403 or error.code == _EMPTY):
        return EmbedsRefused(error.text)
    if error.code == _THREAD_ARCHIVED:  # and locked, otherwise it would have been unarchived
        return SurfaceLost(Text("the thread is locked"), Text("A moderator can unlock it."))
    if error.status == 403:
        return SurfaceLost(Text("I'm not allowed to write there"), Text("A server admin can give me permission."))
    if error.status >= 500 or error.status == 429 or error.code == _SLOW_MODE:
        return SurfaceBusy(f"Discord answered {error.status}")
    return SurfaceLost(Text("Discord refused the message ({code}: {text})", code=error.code, text=error.text))
