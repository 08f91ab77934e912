"""A reply: our answer as it appears in Discord, over as many messages as it has pages.

Reading and writing are two tasks. The reader takes events at the model's pace and only lengthens the draft. The writer
shows it at Discord's pace: it waits for a slot of the channel's gate, lays out the newest text, and makes the first
write that is missing. Pages only grow at the end, so that is an edit of the last message or a new one behind it. The
writer is never cancelled: a write in flight always lands, and the last one shows the whole text.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from bot.chat.events import Event, ReasoningDelta, Status, TextDelta
from bot.chat.looks import Look
from bot.reply.controls import NONE, Controls
from bot.reply.draft import Draft
from bot.reply.gate import WriteKind
from bot.reply.meanwhile import Meanwhile
from bot.reply.surface import BLANK, EmbedsRefused, FilesRefused, MessageGone, Page, Surface, SurfaceBusy, SurfaceLost
from bot.text import Text

log = logging.getLogger(__name__)

MOST_FAILURES = 3
"""Failed writes in a row after which previews are skipped and only the whole answer is tried."""

PATIENCE = 150.0
"""Seconds for which writes may fail before the reply is given up: Discord's own outages are mostly shorter."""

LONGEST_PAUSE = 10.0
"""Seconds between two tries of a write that fails."""

OLD_EDIT_EVERY = 7.0
"""Seconds between two previews in a message that is old."""

INSTANT = 0.001


class Journal(Protocol):
    """Where a reply is recorded while it grows, so that it can be repaired after a crash."""

    async def keep(self, text: str, shown: Sequence[int]) -> None:
        """Record the text so far and the Discord messages that show it."""


@dataclass(slots=True)
class Shown:
    """A message of the reply, as Discord has it."""

    message_id: int
    page: Page


class Reply:
    """One answer on one surface; `draft` is what it should say."""

    def __init__(self, surface: Surface, look: Look | None = None) -> None:
        self.draft = Draft(look or Look())
        self.shown: list[Shown] = []
        self.lost: SurfaceLost | None = None
        self.stopped: Text | None = None
        """Why it was ended before the model had ended, for the person."""
        self.ended = False
        """Whether all that will come has come; the last writes may still be in flight."""
        self.posted = 0
        """Messages that were posted so far, deleted ones too."""
        self._surface = surface
        self._gate = surface.gate  # where it waits to write
        self._words_shown = False
        self._earlier_reasoning = ""  # of an answer that is being continued
        self._changed = asyncio.Event()
        self._ending = asyncio.Event()
        self._failures = 0
        self._failing_since = 0.0
        self._last_old_edit = float("-inf")
        self._journal: Journal | None = None
        self._reader: asyncio.Task[None] | None = None
        self._writer: asyncio.Task[None] | None = None
        self._meanwhile: Meanwhile | None = None

    def resume(self, message_ids: Iterable[int], look: Look, text: str = "", reasoning: str = "") -> None:
        """Take over messages that show the reply, in page order; whatever they say now is written anew."""
        self.shown = [Shown(message_id, BLANK) for message_id in message_ids]
        self.posted = len(self.shown)
        self.draft.apply_look(look)
        self.draft.text = text
        self.draft.reasoning = self._earlier_reasoning = reasoning

    @property
    def message_ids(self) -> tuple[int, ...]:
        """The messages that show the reply, in page order."""
        return tuple(page.message_id for page in self.shown)

    async def publish(self, events: AsyncIterator[Event], journal: Journal | None = None) -> None:
        """Show events as they come, until they end, `stop` is called or the surface is lost; `finish` shows the end.

        The journal is kept before every write, and after a new message. Raises what `events` raises, after all that
        came before has been shown.
        """
        self._journal = journal
        self._reader = asyncio.create_task(self._read(events))
        if self.stopped:
            self._reader.cancel()
        self._meanwhile = Meanwhile(self._surface, self.draft, self._changed, posted=bool(self.shown))
        self._writer = asyncio.create_task(self._write())
        succeeded = False
        try:
            await asyncio.wait([self._reader, self._writer], return_when=asyncio.FIRST_COMPLETED)
            self._reader.cancel()  # for when it is the writer that could not continue
            await asyncio.wait([self._reader])
            if not self._reader.cancelled():
                self._reader.result()
            if self._writer.done():
                self._writer.result()
            succeeded = True
        finally:
            self._reader.cancel()
            self._meanwhile.end()
            if not succeeded:
                self._end()
                await asyncio.shield(self._writer)
            self._reader = None  # the traceback of how it ended would refer to this reply, and to the request's images

    async def finish(self, note: str, controls: Controls = NONE, *, keep: bool = True) -> None:
        """Show the whole text with a note below it, or the note alone where there is no text.

        Without `keep` the journal is left alone, since it may be what failed.
        """
        self._journal = self._journal if keep else None
        self.draft.note, self.draft.controls = note, controls
        self._end()
        if self._writer and not self._writer.done():
            await asyncio.shield(self._writer)
        else:
            await self._write()

    def stop(self, reason: Text) -> bool:
        """End the reading; what has come so far is shown and kept. False if it had ended by itself."""
        if self.ended:
            return False
        self.stopped = self.stopped or reason
        if self._reader:
            self._reader.cancel()
        return True

    async def remove_buttons(self, message_id: int | None) -> None:
        """Take the buttons from an earlier reply here, if there is one, when nothing else waits; it may fail."""
        if message_id:
            async with self._surface.gate.write(WriteKind.EDIT, lambda: False):
                with suppress(SurfaceLost, SurfaceBusy):
                    await self._surface.remove_buttons(message_id)

    def _end(self) -> None:
        self.ended = True
        self._ending.set()
        self._changed.set()
        self._gate.hurry()

    async def _read(self, events: AsyncIterator[Event]) -> None:
        draft = self.draft
        async for event in events:
            if isinstance(event, TextDelta):
                draft.text += event.text
                if not self._words_shown:
                    self._gate.hurry()  # the first words go before previews
            elif isinstance(event, ReasoningDelta):
                if draft.reasoning and draft.reasoning == self._earlier_reasoning:
                    draft.reasoning += "\n\n"
                draft.reasoning += event.text
                continue
            elif isinstance(event, Status):
                draft.status, draft.reasoning = event.text, self._earlier_reasoning
            self._changed.set()

    async def _write(self) -> None:
        """Make writes until the whole text is shown and no more will come."""
        while not self.lost:
            self._changed.clear()
            write = self._next_write()
            if write is None or (self._failures >= MOST_FAILURES and not self.ended):
                if self.ended:
                    return
                await self._changed.wait()
                continue
            kind, number, _ = write
            if not self.ended and kind is WriteKind.EDIT and self._surface.is_old(self.shown[number].message_id):
                rest = self._last_old_edit + OLD_EDIT_EVERY - asyncio.get_running_loop().time()
                if rest > INSTANT:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._ending.wait(), rest)
                    continue
            self._gate = self._surface.gate
            async with self._gate.write(kind, self._is_urgent):
                trouble = await self._try(self._next_write())
            if trouble:
                await self._pause(trouble)

    def _is_urgent(self) -> bool:
        """A first message, the first words and the end go before previews."""
        return self.ended or not self.shown or (self.draft.has_words and not self._words_shown)

    def _next_write(self) -> tuple[WriteKind, int, Page] | None:
        """The first page that is not shown as it should be, or else a message that is one too many."""
        if self.draft.look.embed and not self._surface.takes_embeds:
            self._use_plain_text()  # Discord would drop the embed from its message without an error
        pages = self.draft.complete() if self.ended else self.draft.growing()
        for number, page in enumerate(pages):
            if number >= len(self.shown):
                return WriteKind.SEND, number, page
            if self.shown[number].page != page:
                return WriteKind.EDIT, number, page
        if len(self.shown) > len(pages) and (pages or self.ended):
            return WriteKind.DELETE, len(self.shown) - 1, BLANK
        return None

    async def _try(self, write: tuple[WriteKind, int, Page] | None) -> SurfaceBusy | None:
        """Make the write; returns what was in its way, if it can be tried again."""
        if write is None:
            return None  # the text changed back while we waited
        try:
            await self._keep()  # what is shown is always recorded already
            await self._make(*write)
            self._failures = 0
        except FilesRefused:
            self.draft.files_refused = True
        except EmbedsRefused:
            self._use_plain_text()
        except SurfaceLost as error:
            self._lose(error)
        except SurfaceBusy as error:
            return error
        return None

    async def _make(self, kind: WriteKind, number: int, page: Page) -> None:
        if kind is WriteKind.SEND:
            if self._meanwhile:
                await self._meanwhile.before_post()
            message_id = await self._surface.send(page, self.posted, ping=self.draft.look.ping and not self.shown)
            self.posted += 1
            self.shown.append(Shown(message_id, page))
            await self._keep()
        elif kind is WriteKind.DELETE:
            await self._surface.delete(self.shown[number].message_id)
            self.shown.pop()
            await self._keep()
            return
        else:
            shown = self.shown[number]
            self._last_old_edit = asyncio.get_running_loop().time()
            try:
                await self._surface.edit(shown.message_id, page, shown.page)
                shown.page = page
            except MessageGone:
                if shown.page is not BLANK or len(self.shown) == 1:
                    raise
                self.shown.remove(shown)  # it was deleted before this reply came to it, and there are others
                await self._keep()
        self._words_shown = self.draft.has_words

    async def _keep(self) -> None:
        if self._journal:
            await self._journal.keep(self.draft.text, self.message_ids)

    async def _pause(self, error: SurfaceBusy) -> None:
        now = asyncio.get_running_loop().time()
        self._failing_since = self._failing_since if self._failures else now
        self._failures += 1
        if now - self._failing_since >= PATIENCE:
            writes = Text("{count} writes in a row failed, the last with: {error}", count=self._failures, error=error)
            self._lose(SurfaceLost(writes))
            return
        log.warning("A write to the channel failed and is tried again: %s", error)
        await asyncio.sleep(min(2.0 ** (self._failures - 1), LONGEST_PAUSE))

    def _use_plain_text(self) -> None:
        self.draft.apply_look(replace(self.draft.look, embed=False))

    def _lose(self, error: SurfaceLost) -> None:
        self.lost = error
        self.stop(error.reason)
