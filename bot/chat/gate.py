"""The pace of writes to one channel, shared by all replies there.

Discord counts about five writes in five seconds per channel, and discord.py answers an exhausted window by sleeping
inside of the call that emptied it, with every queued body sent in order, however stale. So Parley never lets a window
run dry: one write in flight, about a second between two, and whoever waits takes its text only once it is let through.
A final or a first message goes before a preview. Nothing that is in flight is ever cancelled.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

INTERVAL = 1.05
"""Seconds from one write to the next: just under Discord's five in five seconds."""


class Gate:
    """Lets one write through at a time. Used on one event loop."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._open_at = 0.0
        self._in_flight = False
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def write(self, *, preview: bool) -> AsyncIterator[None]:
        """Wait for this channel's next slot and hold it for the length of one request."""
        granted = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (preview, next(self._order), granted))
        self._admit()
        try:
            await granted
            yield
        finally:
            if granted.done() and not granted.cancelled():
                self._in_flight = False
                self._admit()

    def _admit(self) -> None:
        """Let the most urgent waiter in, now or when the interval is over."""
        while self._waiting and self._waiting[0][2].done():
            heapq.heappop(self._waiting)  # gave up while waiting
        if self._in_flight or self._timer or not self._waiting:
            return
        loop = asyncio.get_running_loop()
        if loop.time() < self._open_at:
            self._timer = loop.call_at(self._open_at, self._reopen)
            return
        self._in_flight = True
        self._open_at = loop.time() + self._interval
        heapq.heappop(self._waiting)[2].set_result(None)

    def _reopen(self) -> None:
        self._timer = None
        self._open_at = 0.0
        self._admit()
