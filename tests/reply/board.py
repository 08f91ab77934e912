"""A surface in memory, and a model that speaks when it is told to."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Self

from bot.chat.prompts import Attachment
from bot.reply.controls import NONE
from bot.reply.gate import Gate
from bot.reply.surface import BLANK, Page, SurfaceBusy

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
    """A place where a reply appears. `troubles` are raised by the next writes, one each."""

    def __init__(self, gate: Gate | None = None) -> None:
        self.gate = gate or Gate(INTERVAL)
        self.troubles: deque[Exception] = deque()
        self.broken_until = 0.0
        self.slowness = self.typing_slowness = 0.0
        self.pages: dict[int, Page] = {}
        self.pings = 0
        self.takes_embeds = True
        self.old: set[int] = set()
        self.writes: list[Write] = []
        self.typed_at: list[float] = []
        self._changed = asyncio.Condition()

    @property
    def texts(self) -> list[str]:
        """What people see, oldest message first."""
        return [page.text for page in self.pages.values()]

    @property
    def history(self) -> list[str]:
        """What was written, in order."""
        return [write.text for write in self.writes]

    def aged(self, message_id: int) -> bool:
        return message_id in self.old

    async def send(self, page: Page, *, ping: bool = False) -> int:
        self.pings += ping
        return await self._write(len(self.writes) + 1, page)

    async def edit(self, message_id: int, page: Page, was: Page) -> None:
        assert was in (BLANK, self.pages[message_id])
        assert page != self.pages[message_id], "an edit that changes nothing"
        await self._write(message_id, page)

    async def delete(self, message_id: int) -> None:
        del self.pages[message_id]

    async def bare(self, message_id: int) -> None:
        self.pages[message_id] = replace(self.pages[message_id], controls=NONE)

    async def attachments(self) -> tuple[Attachment, ...]:
        return ()

    async def typing(self) -> None:
        await asyncio.sleep(self.typing_slowness)
        self.typed_at.append(asyncio.get_running_loop().time())

    async def whisper(self, text: str) -> None:
        raise AssertionError("a reply never whispers")

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
    """The pieces of an answer, said one by one: an async iterator for `Reply.publish`."""

    def __init__(self) -> None:
        self._said: asyncio.Queue[str | Exception | None] = asyncio.Queue()
        self.closed = asyncio.Event()
        self._pieces = self._speak()

    def say(self, *pieces: str) -> Self:
        for piece in pieces:
            self._said.put_nowait(piece)
        return self

    def end(self, error: Exception | None = None) -> Self:
        self._said.put_nowait(error)
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        return await anext(self._pieces)

    async def _speak(self) -> AsyncIterator[str]:
        try:
            while (said := await self._said.get()) is not None:
                if isinstance(said, Exception):
                    raise said
                yield said
        finally:
            self.closed.set()
