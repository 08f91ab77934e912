"""A gate: the pace of writes to one channel, shared by all replies there.

Discord counts new messages and edits separately. Each kind has a fixed window that allows about five writes and lasts
five seconds from the first of them. If a window is exhausted, discord.py sleeps in the call that exhausted it and then
sends every queued body in order, however stale. Therefore Parley counts by itself: only one write is in flight,
previews are spread evenly over the window, and a waiting reply produces its text only once it is admitted. Finals and
first messages take precedence over previews and are admitted as soon as the window has room. It nearly always has,
because previews do not use the last write of a window until that is about to close. The limits are assumptions until
Discord's `X-RateLimit-*` headers tell the real ones. A write in flight is never cancelled.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from bot.reply.budget import RateBudget

LIMIT = 5
WINDOW = 5.0
"""Seconds of a window, until Discord's headers tell more."""

RESERVE = 0.14
"""The final fraction of a window in which previews may use its last write, too."""

INTERVAL = WINDOW * (1 - RESERVE) / (LIMIT - 1)
"""Seconds between two previews, until Discord's headers tell more."""


class WriteKind(StrEnum):
    """Kinds of writes that Discord counts separately."""

    SEND = "send"
    EDIT = "edit"
    DELETE = "delete"


@dataclass(slots=True)
class _Window:
    """A rate limit window. `closes` and `last`, the time of the last write, are by the event loop's clock."""

    seconds: float
    limit: int = LIMIT
    left: int = LIMIT
    closes: float = float("-inf")
    last: float = float("-inf")

    @property
    def pace(self) -> float:
        """Seconds between two previews."""
        return self.seconds * (1 - RESERVE) / max(self.limit - 1, 1)

    def room_at(self, now: float) -> float:
        """When one more write fits."""
        return now if self.left > 0 or now >= self.closes else self.closes

    def spare_room_at(self, now: float) -> float:
        """When one more write fits and another one stays available, or the window is about to close."""
        if self.left == 1 < self.limit and now < self.closes:
            return self.closes - RESERVE * self.seconds
        return self.room_at(now)

    def spend(self, now: float) -> None:
        if now >= self.closes:
            self.left, self.closes = self.limit, now + self.seconds
        self.left -= 1
        self.last = now


@dataclass(slots=True)
class _Waiter:
    kind: WriteKind
    urgent: Callable[[], bool]
    granted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Gate:
    """Admits one write at a time. `interval` is in seconds; `budget` is shared by all channels."""

    def __init__(self, interval: float = INTERVAL, budget: RateBudget | None = None) -> None:
        self._windows = {kind: _Window(WINDOW * interval / INTERVAL) for kind in WriteKind}
        self._budget = budget or RateBudget(INTERVAL / interval)
        self._in_flight = False
        self._waiting: list[_Waiter] = []
        self._timer: asyncio.TimerHandle | None = None
        self._kept: asyncio.TimerHandle | None = None

    def learn(self, kind: WriteKind, limit: int, remaining: int, reset_after: float) -> None:
        """Adopt what Discord's headers say about this channel's window; `reset_after` is in seconds."""
        window = self._windows[kind]
        window.limit, window.left = limit, remaining
        window.closes = asyncio.get_running_loop().time() + reset_after
        if remaining == limit - 1:
            window.seconds = reset_after  # it has just opened
        self._keep()

    @asynccontextmanager
    async def write(self, kind: WriteKind, urgent: Callable[[], bool] = lambda: True) -> AsyncIterator[None]:
        """Wait until a write is admitted, and hold the slot for the duration of one request.

        `urgent` is evaluated whenever a slot is assigned, and again after `reschedule`.
        """
        waiter = _Waiter(kind, urgent)
        self._waiting.append(waiter)
        self.reschedule()
        try:
            await waiter.granted
            yield
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)  # gave up while waiting
            if waiter.granted.done() and not waiter.granted.cancelled():
                self._in_flight = False
            self.reschedule()

    def try_spend(self) -> bool:
        """Spend one write on an optional request; returns False if the writes need all of them."""
        return self._budget.try_spend()

    @property
    def urgent(self) -> bool:
        """Whether any of the waiting writes is urgent."""
        return any(waiter.urgent() for waiter in self._waiting)

    def enter(self, now: float) -> bool:
        """Admit the most urgent write; returns False if that has changed and its window has no room yet."""
        waiter = self._next()
        if self._earliest(waiter, now) > now:
            self.reschedule()
            return False
        self._waiting.remove(waiter)
        self._in_flight = True
        self._windows[waiter.kind].spend(now)
        self._keep()
        waiter.granted.set_result(None)
        return True

    def reschedule(self) -> None:
        """Determine the most urgent write again, and admit it now or as soon as it fits."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._in_flight or not self._waiting:
            self._budget.leave(self)
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        start = self._earliest(self._next(), now)
        if start > now:
            self._budget.leave(self)
            self._timer = loop.call_at(start, self.reschedule)
        else:
            self._budget.ask(self)

    def _next(self) -> _Waiter:
        return min(self._waiting, key=lambda waiter: not waiter.urgent())  # if several are, the first one

    def _earliest(self, waiter: _Waiter, now: float) -> float:
        window = self._windows[waiter.kind]
        if waiter.urgent():
            return window.room_at(now)
        # new messages are counted separately, so a new page need not wait for the edits of the previous one
        last = window.last if waiter.kind is WriteKind.SEND else max(each.last for each in self._windows.values())
        return max(window.spare_room_at(now), last + window.pace)

    def _keep(self) -> None:
        """Keep this gate alive until its windows have closed: the event loop references what its timers call."""
        if self._kept:
            self._kept.cancel()
        closes = max(window.closes for window in self._windows.values())
        self._kept = asyncio.get_running_loop().call_at(closes, self._forget)

    def _forget(self) -> None:
        self._kept = None
