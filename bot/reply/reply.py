"""A reply: our answer as it appears in Discord, in one message per page.

Reading and writing are separate tasks. The reader consumes events at the model's pace and only extends the draft. The
writer shows it at Discord's pace: it waits for a slot of the channel's gate, lays out the newest text, and makes the
first write that brings what is shown closer to that. Since pages only grow at the end, that is an edit of the last
message or a new message after it. The writer is never cancelled: a write in flight always completes, and the last one
shows the whole text.
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
"""Consecutive failed writes after which previews are skipped, and only the whole answer is tried."""

PATIENCE = 150.0
"""Seconds of failing writes after which the reply is given up; most of Discord's outages are shorter."""

LONGEST_PAUSE = 10.0
"""Maximum seconds between two attempts of a failing write."""

OLD_EDIT_EVERY = 7.0
"""Seconds between two previews in an old message."""

INSTANT = 0.001


class Journal(Protocol):
    """Where a reply is recorded while it grows, so that it can be repaired after a crash."""

    async def keep(self, text: str, shown: Sequence[int]) -> None:
        """Record the text so far and the Discord messages that show it."""


@dataclass(slots=True)
class Shown:
    """A message of the reply, and the page that it shows."""

    message_id: int
    page: Page


class Reply:
    """One answer on one surface; `draft` is what it should say."""

    def __init__(self, surface: Surface, look: Look | None = None) -> None:
        self.draft = Draft(look or Look())
        self.shown: list[Shown] = []
        self.lost: SurfaceLost | None = None
        self.stopped: Text | None = None
        """Why it was stopped before the model had finished, for the person."""
        self.ended = False
        """Whether the draft is complete; the last writes may still be in flight."""
        self.posted = 0
        """How many messages were posted so far, including deleted ones."""
        self._surface = surface
        self._gate = surface.gate  # the one that a write waits for or last used
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
        """Continue in messages that already show the reply, in page order; all of them are rewritten."""
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
        """Show events as they arrive, until they end, `stop` is called or the surface is lost; `finish` shows the end.

        The journal is updated before every write and after every new message. Raises what `events` raises, once
        everything before that is shown.
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
            self._reader.cancel()  # in case it was the writer that ended
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
        """Show the whole text with a note below it, or only the note if there is no text.

        Without `keep` the journal is not updated, since it may be what failed.
        """
        self._journal = self._journal if keep else None
        self.draft.note, self.draft.controls = note, controls
        self._end()
        if self._writer and not self._writer.done():
            await asyncio.shield(self._writer)
        else:
            await self._write()

    def stop(self, reason: Text) -> bool:
        """Stop reading; what has arrived is shown and kept. Returns False if the reply has already ended."""
        if self.ended:
            return False
        self.stopped = self.stopped or reason
        if self._reader:
            self._reader.cancel()
        return True

    async def remove_buttons(self, message_id: int | None) -> None:
        """Remove the buttons of an earlier reply in this channel, with the lowest priority; failures are ignored."""
        if message_id:
            async with self._surface.gate.write(WriteKind.EDIT, lambda: False):
                with suppress(SurfaceLost, SurfaceBusy):
                    await self._surface.remove_buttons(message_id)

    def _end(self) -> None:
        self.ended = True
        self._ending.set()
        self._changed.set()
        self._gate.reschedule()

    async def _read(self, events: AsyncIterator[Event]) -> None:
        draft = self.draft
        async for event in events:
            if isinstance(event, TextDelta):
                draft.text += event.text
                if not self._words_shown:
                    self._gate.reschedule()  # the first words take precedence over previews
            elif isinstance(event, ReasoningDelta):
                if draft.reasoning and draft.reasoning == self._earlier_reasoning:
                    draft.reasoning += "\n\n"
                draft.reasoning += event.text
                continue
            elif isinstance(event, Status):
                draft.status, draft.reasoning = event.text, self._earlier_reasoning
            self._changed.set()

    async def _write(self) -> None:
        """Make writes until the reply has ended and all of it is shown."""
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
        """Whether it takes precedence over previews: a first message, the first words, the end."""
        return self.ended or not self.shown or (self.draft.has_words and not self._words_shown)

    def _next_write(self) -> tuple[WriteKind, int, Page] | None:
        """The write for the first page that differs from what is shown, or for a surplus message, if any."""
        if self.draft.look.embed and not self._surface.takes_embeds:
            self._use_plain_text()  # Discord would drop the embed without an error
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
        """Make the write; returns the error if the write can be retried."""
        if write is None:
            return None  # while waiting, it became unnecessary
        try:
            await self._keep()  # before the write, so that whatever is shown is recorded
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
                self.shown.remove(shown)  # it was deleted before this reply wrote to it, and there are others
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
        log.warning("A write to the channel failed and is retried: %s", error)
        await asyncio.sleep(min(2.0 ** (self._failures - 1), LONGEST_PAUSE))

    def _use_plain_text(self) -> None:
        self.draft.apply_look(replace(self.draft.look, embed=False))

    def _lose(self, error: SurfaceLost) -> None:
        self.lost = error
        self.stop(error.reason)
