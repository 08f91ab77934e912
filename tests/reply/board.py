"""A surface in memory, a model that speaks when it is told to, and a journal that remembers."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from bot.chat.events import Event, ReasoningDelta, Status, TextDelta
from bot.chat.prompts import Attachment
from bot.reply.controls import NONE
from bot.reply.gate import Gate
from bot.reply.reply import Journal, Reply
from bot.reply.surface import BLANK, MessageGone, Page, SurfaceBusy, SurfaceLost
from bot.text import Text

INTERVAL = 1.0


@dataclass(frozen=True)
class Write:
    """A write that reached the board: when, to which message, and what it says."""

    at: float
    message_id: int
    page: Page

    @property
    def text(self) -> str:
        return self.page.text


class Board:
    """A surface that records every write. `troubles` are raised by the next writes, one each.

    `numbers` are those of the messages that were sent, and `old` the messages that count as old.
    """

    def __init__(self, gate: Gate | None = None) -> None:
        self._gate = gate or Gate(INTERVAL)
        self.troubles: deque[Exception] = deque()
        self.broken_until = 0.0
        self.slowness = self.typing_slowness = 0.0
        self.pages: dict[int, Page] = {}
        self.pings = 0
        self.numbers: list[int] = []
        self.old: set[int] = set()
        self.writes: list[Write] = []
        self.typed_at: list[float] = []
        self._changed = asyncio.Condition()

    @property
    def gate(self) -> Gate:
        return self._gate

    @property
    def takes_embeds(self) -> bool:
        return True

    def obstacle(self) -> SurfaceLost | None:
        return None

    @property
    def texts(self) -> list[str]:
        """What people see, oldest message first."""
        return [page.text for page in self.pages.values()]

    @property
    def history(self) -> list[str]:
        """What was written, in order."""
        return [write.text for write in self.writes]

    def is_old(self, message_id: int) -> bool:
        return message_id in self.old

    async def send(self, page: Page, number: int, *, ping: bool = False) -> int:
        message_id = await self._write(len(self.writes) + 1, page)
        self.numbers.append(number)
        self.pings += ping
        return message_id

    async def edit(self, message_id: int, page: Page, was: Page) -> None:
        if message_id not in self.pages:
            raise MessageGone(Text("the message was deleted"))
        assert was in (BLANK, self.pages[message_id])
        assert page != self.pages[message_id], "an edit that changes nothing"
        await self._write(message_id, page)

    async def delete(self, message_id: int) -> None:
        del self.pages[message_id]

    async def remove_buttons(self, message_id: int) -> None:
        if message_id not in self.pages:
            raise MessageGone(Text("the message was deleted"))
        await self._write(message_id, replace(self.pages[message_id], controls=NONE))

    async def attachments(self) -> tuple[Attachment, ...]:
        return ()

    async def typing(self) -> None:
        await asyncio.sleep(self.typing_slowness)
        self.typed_at.append(asyncio.get_running_loop().time())

    async def notify_privately(self, text: Text) -> None:
        raise AssertionError("a reply notifies nobody privately")

    async def shows(self, *texts: str) -> None:
        """Wait until people see exactly this."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.texts == list(texts))

    async def _write(self, message_id: int, page: Page) -> int:
        await asyncio.sleep(self.slowness)
        if self.troubles:
            raise self.troubles.popleft()
        if asyncio.get_running_loop().time() < self.broken_until:
            raise SurfaceBusy("Discord answered 500")
        self.pages[message_id] = page
        self.writes.append(Write(asyncio.get_running_loop().time(), message_id, page))
        async with self._changed:
            self._changed.notify_all()
        return message_id


class Speech:
    """The events of a completion, one by one: an async iterator for `Reply.publish`."""

    def __init__(self) -> None:
        self._said: asyncio.Queue[Event | Exception | None] = asyncio.Queue()
        self.closed = asyncio.Event()
        self._events = self._speak()

    def say(self, *texts: str) -> Self:
        for text in texts:
            self._said.put_nowait(TextDelta(text))
        return self

    def think(self, reasoning: str) -> Self:
        self._said.put_nowait(ReasoningDelta(reasoning))
        return self

    def show(self, status: Text | None) -> Self:
        self._said.put_nowait(Status(status))
        return self

    def end(self, error: Exception | None = None) -> Self:
        self._said.put_nowait(error)
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        return await anext(self._events)

    async def _speak(self) -> AsyncIterator[Event]:
        try:
            while (said := await self._said.get()) is not None:
                if isinstance(said, Exception):
                    raise said
                yield said
        finally:
            self.closed.set()


class Notebook:
    """A journal that remembers every entry: the text, the messages that show it, and what the board said then."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.entries: list[tuple[str, list[int], list[str]]] = []

    async def keep(self, text: str, shown: Sequence[int]) -> None:
        self.entries.append((text, list(shown), self._board.texts))


async def show(reply: Reply, events: AsyncIterator[Event], note: str = "", journal: Journal | None = None) -> None:
    """Publish the events, then finish with a note, as a turn does."""
    await reply.publish(events, journal)
    await reply.finish(note)
