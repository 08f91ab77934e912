"""The pace of writes to one channel, shared by all replies there.

Discord counts new messages and edits apart, each about five in a fixed window of five seconds that opens with the
first of them. discord.py answers an exhausted window by sleeping inside of the call that emptied it, and then sends
every queued body in order, however stale. So Parley keeps count itself: one write in flight, previews evenly spread
over the window, and whoever waits takes its text only once it is let through. A final or a first message goes before
any preview, and at once as long as the window has room. The numbers are a guess until Discord's own `X-RateLimit-*`
headers have told better. Nothing that is in flight is ever cancelled.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

INTERVAL = 1.05
"""Seconds between two previews, before anything was learned: just under Discord's five in five seconds."""

LIMIT = 5
SPREAD = 1.05
"""How much wider than needed previews are spread, so that clocks may differ a little."""


class Kind(StrEnum):
    """What Discord counts apart."""

    SEND = "send"
    EDIT = "edit"
    DELETE = "delete"


@dataclass(slots=True)
class _Window:
    """A fixed window as Discord counts it. `closes` is a moment of the event loop's clock."""

    seconds: float
    limit: int = LIMIT
    left: int = LIMIT
    closes: float = 0.0

    def opens(self, now: float) -> float:
        """When there is room for one more."""
        return now if self.left > 0 or now >= self.closes else self.closes

    def spend(self, now: float) -> None:
        if now >= self.closes:
            self.left, self.closes = self.limit, now + self.seconds
        self.left -= 1


@dataclass(slots=True)
class _Waiter:
    kind: Kind
    urgent: Callable[[], bool]
    granted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Gate:
    """Lets one write through at a time. Used on one event loop. `interval` is in seconds."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._windows = {kind: _Window(interval * LIMIT / SPREAD) for kind in Kind}
        self._last = float("-inf")
        self._in_flight = False
        self._waiting: list[_Waiter] = []
        self._timer: asyncio.TimerHandle | None = None

    def learn(self, kind: Kind, limit: int, remaining: int, reset_after: float) -> None:
        """Take over what Discord says of this channel's window; `reset_after` is in seconds."""
        window = self._windows[kind]
        window.limit, window.left = limit, remaining
        window.closes = asyncio.get_running_loop().time() + reset_after
        if remaining == limit - 1:
            window.seconds = reset_after  # it has just opened

    @asynccontextmanager
    async def write(self, kind: Kind, urgent: Callable[[], bool] = lambda: True) -> AsyncIterator[None]:
        """Wait for this channel's next slot and hold it for the length of one request.

        `urgent` is asked whenever a slot is given away, and again after `hurry`.
        """
        waiter = _Waiter(kind, urgent)
        self._waiting.append(waiter)
        self._admit()
        try:
            await waiter.granted
            yield
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)  # gave up while waiting
            if waiter.granted.done() and not waiter.granted.cancelled():
                self._in_flight = False
            self._admit()

    def hurry(self) -> None:
        """Look again who is urgent."""
        self._admit()

    def _admit(self) -> None:
        """Let the most urgent waiter in, now or when its time has come."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._in_flight or not self._waiting:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        waiter = min(self._waiting, key=lambda waiter: not waiter.urgent())  # of equals the one that came first
        start = self._earliest(waiter, now)
        if start > now:
            self._timer = loop.call_at(start, self._admit)
            return
        self._waiting.remove(waiter)
        self._in_flight, self._last = True, now
        self._windows[waiter.kind].spend(now)
        waiter.granted.set_result(None)

    def _earliest(self, waiter: _Waiter, now: float) -> float:
        window = self._windows[waiter.kind]
        start = window.opens(now)
        return start if waiter.urgent() else max(start, self._last + SPREAD * window.seconds / window.limit)
