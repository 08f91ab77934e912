"""A surface in memory, and a model that speaks when it is told to."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self

from bot.chat.gate import Gate

INTERVAL = 1.0


@dataclass(frozen=True)
class Write:
    """A write that reached the board: when, to which message, and what it says."""

    at: float
    message_id: int
    text: str


class Board:
    """A place where a reply appears. `troubles` are raised by the next writes, one each."""

    def __init__(self, gate: Gate | None = None) -> None:
        self.gate = gate or Gate(INTERVAL)
        self.troubles: deque[Exception] = deque()
        self.slowness = 0.0
        self.messages: dict[int, str] = {}
        self.writes: list[Write] = []
        self.typed_at: list[float] = []
        self._changed = asyncio.Condition()

    @property
    def texts(self) -> list[str]:
        """What people see, oldest message first."""
        return list(self.messages.values())

    @property
    def history(self) -> list[str]:
        """What was written, in order."""
        return [write.text for write in self.writes]

    async def send(self, text: str) -> int:
        return await self._write(len(self.messages) + 1, text)

    async def edit(self, message_id: int, text: str) -> None:
        assert message_id in self.messages
        assert text != self.messages[message_id], "an edit that changes nothing"
        await self._write(message_id, text)

    async def typing(self) -> None:
        self.typed_at.append(asyncio.get_running_loop().time())

    async def whisper(self, text: str) -> None:
        raise AssertionError("a reply never whispers")

    async def shows(self, *texts: str) -> None:
        """Wait until people see exactly this."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.texts == list(texts))

    async def _write(self, message_id: int, text: str) -> int:
        await asyncio.sleep(self.slowness)
        if self.troubles:
            raise self.troubles.popleft()
        self.messages[message_id] = text
        self.writes.append(Write(asyncio.get_running_loop().time(), message_id, text))
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
