"""A reply: our answer as it appears in Discord, over as many messages as it has pages.

Reading and writing are two tasks. The reader takes pieces at the model's pace and only lengthens the text. The writer
shows at Discord's pace: it waits for a slot of the channel's gate, splits the newest text, and makes the first write
by which what is shown differs from what should be shown. Pages only grow at the end, so that is an edit of the last
message or a new one behind it. The writer is never cancelled: a write in flight always lands, and the last one shows
the whole text.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from bot.chat.gate import Gate, Kind
from bot.markdown.pages import LIMIT, split
from bot.markdown.typesetter import Typesetter

log = logging.getLogger(__name__)

TYPING_EVERY = 8.0
"""Seconds; Discord shows the indicator for ten."""

MOST_FAILURES = 5
"""Writes that may fail in a row before the reply is given up, a quarter of a minute later."""

LONGEST_PAUSE = 10.0
"""Seconds between two tries of a write that fails."""


class SurfaceLost(Exception):
    """The place of the reply is gone or closed to us; the message says which, in words for the log."""


class MessageGone(SurfaceLost):
    """A message of the reply was deleted by somebody."""


class SurfaceBusy(Exception):
    """A write did not go through but may later."""


class Surface(Protocol):
    """Where a reply appears. Writes raise `SurfaceLost` or `SurfaceBusy` and nothing else."""

    gate: Gate

    async def send(self, text: str) -> int:
        """Post the next message of the reply and return its id."""

    async def edit(self, message_id: int, text: str) -> None: ...

    async def typing(self) -> None:
        """Show "is typing" for some ten seconds; failures do not matter."""

    async def whisper(self, text: str) -> None:
        """Tell the asker apart from the channel, as well as it goes, for when `send` cannot."""


@dataclass(slots=True)
class Shown:
    """A page as Discord has it."""

    message_id: int
    text: str


class Reply:
    """One answer on one surface. `text` is the model's own, whole; `note` is ours and stands below it."""

    def __init__(self, surface: Surface) -> None:
        self.text = ""
        self.note = ""
        self._status = ""
        self.shown: list[Shown] = []
        self.lost: SurfaceLost | None = None
        self._surface = surface
        self._typesetter = Typesetter()
        self._news = asyncio.Event()
        self._ended = False
        self.stopped = ""
        """Why it was ended before the model had ended, as a sentence for the person."""
        self._failures = 0
        self._keep: Callable[[], Awaitable[None]] | None = None
        self._reader: asyncio.Task[None] | None = None

    @classmethod
    def resumed(cls, surface: Surface, text: str, message_ids: Iterable[int]) -> "Reply":
        """A reply that was left in the middle; whatever its messages say now is written anew."""
        reply = cls(surface)
        reply.text = text
        reply.shown = [Shown(message_id, "") for message_id in message_ids]
        return reply

    async def publish(
        self,
        pieces: AsyncIterator[str],
        keep: Callable[[], Awaitable[None]] | None = None,
        last_words: Callable[[], str] = str,
    ) -> None:
        """Show the pieces as they come, until they end, `stop` is called, or the surface is lost.

        `keep` is awaited before every write, and after a new message. `last_words` gives the note for the final write,
        once all pieces have come. Raises what `pieces` raises, after all that came before it has been shown.
        """
        self._keep = keep
        self._reader = asyncio.create_task(self._read(pieces))
        if self.stopped:
            self._reader.cancel()
        typing = asyncio.create_task(self._type())
        writer = asyncio.create_task(self._write())
        try:
            await asyncio.wait([self._reader, writer], return_when=asyncio.FIRST_COMPLETED)
            self._reader.cancel()  # for when it is the writer that could not go on
            await asyncio.wait([self._reader])
            if not self._reader.cancelled() and (error := self._reader.exception()):
                raise error
            self.note = last_words()
        finally:
            self._reader.cancel()
            typing.cancel()
            self._end()
            await asyncio.shield(writer)

    def say(self, status: str) -> None:
        """Show this in the place of the answer until there is one."""
        self._status = status
        self._news.set()

    @property
    def message_ids(self) -> tuple[int, ...]:
        """The messages that show the reply, in order."""
        return tuple(page.message_id for page in self.shown)

    def stop(self, why: str) -> bool:
        """End the reading; what has come so far is shown and kept. False where it had ended by itself."""
        if self._ended:
            return False
        self.stopped = self.stopped or why
        if self._reader:
            self._reader.cancel()
        return True

    async def finish(self, note: str) -> None:
        """Put a note below the text, in a message of its own where there is no text."""
        self._keep = None  # it may be what failed
        self.note = note
        self._end()
        await self._write()

    def _end(self) -> None:
        self._ended = True
        self._news.set()
        self._surface.gate.hurry()

    async def _read(self, pieces: AsyncIterator[str]) -> None:
        async for piece in pieces:
            self.text += piece
            self._news.set()

    async def _type(self) -> None:
        while not self.text.strip():
            await self._surface.typing()
            await asyncio.sleep(TYPING_EVERY)

    async def _write(self) -> None:
        """Make writes until the whole text is shown and no more will come."""
        while not self.lost:
            self._news.clear()
            if (waiting := self._next_write()) is None:
                if self._ended:
                    return
                await self._news.wait()
                continue
            kind = Kind.EDIT if waiting[0] < len(self.shown) else Kind.SEND
            async with self._surface.gate.write(kind, self._urgent):
                await self._show(self._next_write())

    def _urgent(self) -> bool:
        """A first message and a final go before previews."""
        return self._ended or not self.shown

    def _next_write(self) -> tuple[int, str] | None:
        """The first page that is not shown as it should be: its number and text."""
        for number, page in enumerate(self._pages()):
            if number >= len(self.shown) or self.shown[number].text != page:
                return number, page
        return None

    @property
    def blank(self) -> bool:
        """Whether the text, as it is by now, would show nothing at all."""
        return not self._final()

    def _final(self) -> list[str]:
        """The whole text's pages; as it was written, should nothing be left of it in Discord's Markdown."""
        return self._typesetter.final(self.text) or split(self.text)

    def _pages(self) -> list[str]:
        """The pages as they should be shown. A note that no longer fits below the text gets a page of its own."""
        pages = self._final() if self._ended else self._typesetter.preview(self.text)
        if not pages:
            return split(self.note or self._status)
        note = "\n".join(f"-# {line}" for line in self.note.splitlines())
        if not note:
            return pages
        if len(pages[-1]) + 1 + len(note) <= LIMIT:
            return [*pages[:-1], f"{pages[-1]}\n{note}"]
        return pages + split(note)

    async def _show(self, write: tuple[int, str] | None) -> None:
        if write is None:
            return  # the text changed back while we waited
        number, page = write
        try:
            await self._kept()  # what is shown is always known already
            if number < len(self.shown):
                await self._surface.edit(self.shown[number].message_id, page)
                self.shown[number].text = page
            else:
                self.shown.append(Shown(await self._surface.send(page), page))
                await self._kept()
            self._failures = 0
        except SurfaceLost as error:
            self._lose(error)
        except SurfaceBusy as error:
            await self._pause(error)

    async def _kept(self) -> None:
        if self._keep:
            await self._keep()

    async def _pause(self, error: SurfaceBusy) -> None:
        self._failures += 1
        if self._failures >= MOST_FAILURES:
            self._lose(SurfaceLost(f"{self._failures} writes in a row failed, the last with: {error}"))
            return
        log.warning("A write to the channel failed and is tried again: %s", error)
        await asyncio.sleep(min(2.0 ** (self._failures - 1), LONGEST_PAUSE))

    def _lose(self, error: SurfaceLost) -> None:
        self.lost = error
        self.stop(str(error))
