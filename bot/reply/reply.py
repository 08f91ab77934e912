"""A reply: our answer as it appears in Discord, over as many messages as it has pages.

Reading and writing are two tasks. The reader takes pieces at the model's pace and only lengthens the text. The writer
shows at Discord's pace: it waits for a slot of the channel's gate, lays out the newest text, and makes the first write
by which what is shown differs from what should be shown. Pages only grow at the end, so that is an edit of the last
message or a new one behind it. The writer is never cancelled: a write in flight always lands, and the last one shows
the whole text.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.chat.looks import Look
from bot.reply.controls import NONE, Controls
from bot.reply.draft import Draft
from bot.reply.gate import WriteKind
from bot.reply.meanwhile import Meanwhile
from bot.reply.surface import BLANK, EmbedsRefused, FilesRefused, MessageGone, Page, Surface, SurfaceBusy, SurfaceLost

log = logging.getLogger(__name__)

MOST_FAILURES = 3
"""Writes that may fail in a row before previews are left out and only the whole answer is tried."""

PATIENCE = 150.0
"""Seconds for which writes may fail before the reply is given up: Discord's own troubles are mostly over by then."""

INSTANT = 0.001
AGED_EVERY = 7.0
"""Seconds between two previews in a message that is old."""

LONGEST_PAUSE = 10.0
"""Seconds between two tries of a write that fails."""


@dataclass(slots=True)
class Shown:
    """A message of the reply, as Discord has it."""

    message_id: int
    page: Page


class Reply:
    """One answer on one surface; `draft` is what it should say."""

    def __init__(self, surface: Surface) -> None:
        self.draft = Draft()
        self.shown: list[Shown] = []
        self.lost: SurfaceLost | None = None
        self.stopped = ""
        """Why it was ended before the model had ended, as a sentence for the person."""
        self._surface = surface
        self._gate = surface.gate
        """Where it waits to write."""
        self._news = asyncio.Event()
        self._words_shown = False
        self.ended = False
        """Whether all that will come has come; the last writes may still be under way."""
        self._failures = 0
        self._failing_since = 0.0
        self._keep: Callable[[], Awaitable[None]] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._meanwhile: Meanwhile | None = None
        self._ending = asyncio.Event()
        self._aged_edit = float("-inf")

    @classmethod
    def resumed(cls, surface: Surface, text: str, message_ids: Iterable[int]) -> "Reply":
        """A reply that has messages already; whatever they say now is written anew."""
        reply = cls(surface)
        reply.draft.text = text
        reply.resume(message_ids)
        return reply

    def resume(self, message_ids: Iterable[int]) -> None:
        """Take over these messages, in order."""
        self.shown = [Shown(message_id, BLANK) for message_id in message_ids]

    def dress(self, look: Look) -> None:
        """Have it look like this, as far as it may here."""
        self.draft.dress(replace(look, embed=look.embed and self._surface.takes_embeds))

    @property
    def text(self) -> str:
        """The model's words so far."""
        return self.draft.text

    @property
    def message_ids(self) -> tuple[int, ...]:
        """The messages that show the reply, in order."""
        return tuple(page.message_id for page in self.shown)

    async def publish(
        self,
        pieces: AsyncIterator[str],
        keep: Callable[[], Awaitable[None]] | None = None,
        last_words: Callable[[], tuple[str, Controls]] = lambda: ("", NONE),
    ) -> None:
        """Show the pieces as they come, until they end, `stop` is called, or the surface is lost.

        `keep` is awaited before every write, and after a new message. `last_words` gives the note and the controls for
        the final write, once all pieces have come. Raises what `pieces` raises, after all that came before it has been
        shown.
        """
        self._keep = keep
        self._reader = asyncio.create_task(self._read(pieces))
        if self.stopped:
            self._reader.cancel()
        self._meanwhile = Meanwhile(self._surface, self.draft, self.say, posted=bool(self.shown))
        writer = asyncio.create_task(self._write())
        try:
            await asyncio.wait([self._reader, writer], return_when=asyncio.FIRST_COMPLETED)
            self._reader.cancel()  # for when it is the writer that could not go on
            await asyncio.wait([self._reader])
            if not self._reader.cancelled() and (error := self._reader.exception()):
                raise error
            self.draft.note, self.draft.controls = last_words()
        finally:
            self._reader.cancel()
            self._meanwhile.end()
            self._end()
            await asyncio.shield(writer)

    def say(self, status: str) -> None:
        """Show this in the place of the answer until there is one."""
        self.draft.status = status
        self._news.set()

    def stop(self, why: str) -> bool:
        """End the reading; what has come so far is shown and kept. False where it had ended by itself."""
        if self.ended:
            return False
        self.stopped = self.stopped or why
        if self._reader:
            self._reader.cancel()
        return True

    async def finish(self, note: str, controls: Controls | None = None) -> None:
        """Put a note below the text, in a message of its own where there is no text."""
        self._keep = None  # it may be what failed
        self.draft.note = note
        self.draft.controls = controls or NONE
        self._end()
        await self._write()

    async def bare(self, message_id: int) -> None:
        """Take the controls from an earlier reply here when nothing else waits; it may fail."""
        async with self._surface.gate.write(WriteKind.EDIT, lambda: False):
            with suppress(SurfaceLost, SurfaceBusy):
                await self._surface.bare(message_id)

    def _end(self) -> None:
        self.ended = True
        self._ending.set()
        self._news.set()
        self._gate.hurry()

    async def _read(self, pieces: AsyncIterator[str]) -> None:
        async for piece in pieces:
            self.draft.text += piece
            self._news.set()
            if not self._words_shown:
                self._gate.hurry()  # first words go before previews

    async def _write(self) -> None:
        """Make writes until the whole text is shown and no more will come."""
        while not self.lost:
            self._news.clear()
            write = self._next_write()
            if write is None or (self._failures >= MOST_FAILURES and not self.ended):
                if self.ended:
                    return
                await self._news.wait()
                continue
            if (rest := self._rest(write)) > INSTANT:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), rest)
                continue
            self._gate = self._surface.gate
            async with self._gate.write(write[0], self._urgent):
                trouble = await self._try(self._next_write())
            if trouble:
                await self._pause(trouble)

    def _urgent(self) -> bool:
        """A first message, first words and a final go before previews."""
        return self.ended or not self.shown or not (self._words_shown or self.draft.wordless)

    def _next_write(self) -> tuple[WriteKind, int, Page] | None:
        """The first page that is not shown as it should be, or else a message that is one too many."""
        if self.draft.look.embed and not self._surface.takes_embeds:
            self.dress(self.draft.look)  # Discord would leave the page out of its message without a word
        pages = self.draft.complete() if self.ended else self.draft.growing()
        for number, page in enumerate(pages):
            if number >= len(self.shown):
                return WriteKind.SEND, number, page
            if self.shown[number].page != page:
                return WriteKind.EDIT, number, page
        if len(self.shown) > len(pages) and (pages or self.ended):
            return WriteKind.DELETE, len(self.shown) - 1, BLANK
        return None

    def _rest(self, write: tuple[WriteKind, int, Page]) -> float:
        """Seconds to leave an old message alone before its next preview."""
        kind, number, _ = write
        if self.ended or kind is not WriteKind.EDIT or not self._surface.aged(self.shown[number].message_id):
            return 0.0
        return self._aged_edit + AGED_EVERY - asyncio.get_running_loop().time()

    async def _try(self, write: tuple[WriteKind, int, Page] | None) -> SurfaceBusy | None:
        """Make the write; what was in its way, where it can be tried again."""
        if write is None:
            return None  # the text changed back while we waited
        try:
            await self._kept()  # what is shown is always known already
            await self._make(*write)
            self._failures = 0
        except FilesRefused:
            self.draft.files_refused = True
        except EmbedsRefused:
            self.draft.dress(replace(self.draft.look, embed=False))
        except SurfaceLost as error:
            self._lose(error)
        except SurfaceBusy as error:
            return error
        return None

    async def _make(self, kind: WriteKind, number: int, page: Page) -> None:
        if kind is WriteKind.DELETE:
            await self._surface.delete(self.shown[number].message_id)
            self.shown.pop()
            await self._kept()
            return
        if kind is WriteKind.EDIT:
            await self._change(self.shown[number], page)
        else:
            if self._meanwhile:
                await self._meanwhile.post()
            ping = self.draft.look.ping and not self.shown
            self.shown.append(Shown(await self._surface.send(page, ping=ping), page))
            await self._kept()
        self._words_shown = not self.draft.wordless

    async def _change(self, shown: Shown, page: Page) -> None:
        """Edit a message; one that was deleted before this reply came to it is done without, if others are there."""
        try:
            self._aged_edit = asyncio.get_running_loop().time()
            await self._surface.edit(shown.message_id, page, shown.page)
        except MessageGone:
            if shown.page is not BLANK or len(self.shown) == 1:
                raise
            self.shown.remove(shown)
            await self._kept()
            return
        shown.page = page

    async def _kept(self) -> None:
        if self._keep:
            await self._keep()

    async def _pause(self, error: SurfaceBusy) -> None:
        now = asyncio.get_running_loop().time()
        self._failing_since = self._failing_since if self._failures else now
        self._failures += 1
        if now - self._failing_since >= PATIENCE:
            self._lose(SurfaceLost(f"{self._failures} writes in a row failed, the last with: {error}"))
            return
        log.warning("A write to the channel failed and is tried again: %s", error)
        await asyncio.sleep(min(2.0 ** (self._failures - 1), LONGEST_PAUSE))

    def _lose(self, error: SurfaceLost) -> None:
        self.lost = error
        self.stop(str(error))
