"""The pace of writes to one channel, shared by all replies there.

Discord counts new messages and edits apart, each about five in a fixed window of five seconds that opens with the
first of them. discord.py answers an exhausted window by sleeping inside of the call that emptied it, and then sends
every queued body in order, however stale. So Parley keeps count itself: one write in flight, previews evenly spread
over the window, and whoever waits takes its text only once it is let through. A final or a first message goes before
any preview, and at once as long as the window has room. It nearly always has, as previews leave the last write of a
window alone until that is about to close. The numbers are a guess until Discord's own `X-RateLimit-*` headers have told
better. Nothing that is in flight is ever cancelled.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from bot.reply.budget import RateBudget

LIMIT = 5
WINDOW = 5.0
"""Seconds; what Discord is known to count in, before anything was learned."""

RESERVE = 0.14
"""The last part of a window, in which its last write need not be kept for a final any more."""

INTERVAL = WINDOW * (1 - RESERVE) / (LIMIT - 1)
"""Seconds between two previews, before anything was learned."""


class WriteKind(StrEnum):
    """What Discord counts apart."""

    SEND = "send"
    EDIT = "edit"
    DELETE = "delete"


@dataclass(slots=True)
class _Window:
    """A fixed window as Discord counts it. `closes` and `last`, of the last write, are by the event loop's clock."""

    seconds: float
    limit: int = LIMIT
    left: int = LIMIT
    closes: float = float("-inf")
    last: float = float("-inf")

    @property
    def pace(self) -> float:
        """Seconds between two previews."""
        return self.seconds * (1 - RESERVE) / max(self.limit - 1, 1)

    def opens(self, now: float) -> float:
        """When there is room for one more."""
        return now if self.left > 0 or now >= self.closes else self.closes

    def spares(self, now: float) -> float:
        """When there is room for one more that leaves one, or the next window is so near that none need be left."""
        if self.left == 1 < self.limit and now < self.closes:
            return self.closes - RESERVE * self.seconds
        return self.opens(now)

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
    """Lets one write through at a time. Used on one event loop. `interval` is in seconds, `budget` of all channels."""

    def __init__(self, interval: float = INTERVAL, budget: RateBudget | None = None) -> None:
        self._windows = {kind: _Window(WINDOW * interval / INTERVAL) for kind in WriteKind}
        self._budget = budget or RateBudget(INTERVAL / interval)
        self._in_flight = False
        self._waiting: list[_Waiter] = []
        self._timer: asyncio.TimerHandle | None = None
        self._kept: asyncio.TimerHandle | None = None

    def learn(self, kind: WriteKind, limit: int, remaining: int, reset_after: float) -> None:
        """Take over what Discord says of this channel's window; `reset_after` is in seconds."""
        window = self._windows[kind]
        window.limit, window.left = limit, remaining
        window.closes = asyncio.get_running_loop().time() + reset_after
        if remaining == limit - 1:
            window.seconds = reset_after  # it has just opened
        self._keep()

    @asynccontextmanager
    async def write(self, kind: WriteKind, urgent: Callable[[], bool] = lambda: True) -> AsyncIterator[None]:
        """Wait for this channel's next slot and hold it for the length of one request.

        `urgent` is asked whenever a slot is given away, and again after `hurry`.
        """
        waiter = _Waiter(kind, urgent)
        self._waiting.append(waiter)
        self.hurry()
        try:
            await waiter.granted
            yield
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)  # gave up while waiting
            if waiter.granted.done() and not waiter.granted.cancelled():
                self._in_flight = False
            self.hurry()

    def spare(self) -> bool:
        """Whether there is room for a request that may as well be left out."""
        return self._budget.spare()

    @property
    def urgent(self) -> bool:
        """Whether somebody who waits is."""
        return any(waiter.urgent() for waiter in self._waiting)

    def enter(self, now: float) -> bool:
        """Let the most urgent waiter in; False where that is another one by now, who has to wait for its window."""
        waiter = self._next()
        if self._earliest(waiter, now) > now:
            self.hurry()
            return False
        self._waiting.remove(waiter)
        self._in_flight = True
        self._windows[waiter.kind].spend(now)
        self._keep()
        waiter.granted.set_result(None)
        return True

    def hurry(self) -> None:
        """Look again who is most urgent, and let that one in, now or when its time has come."""
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
            self._timer = loop.call_at(start, self.hurry)
        else:
            self._budget.ask(self)

    def _next(self) -> _Waiter:
        return min(self._waiting, key=lambda waiter: not waiter.urgent())  # of equals the one that came first

    def _earliest(self, waiter: _Waiter, now: float) -> float:
        window = self._windows[waiter.kind]
        if waiter.urgent():
            return window.opens(now)
        # a new page is counted apart from the edits that filled the one before, so it need not wait behind them
        last = window.last if waiter.kind is WriteKind.SEND else max(each.last for each in self._windows.values())
        return max(window.spares(now), last + window.pace)

    def _keep(self) -> None:
        """Stay until the windows have closed, with no reply here too: the loop holds on to what its timers call."""
        if self._kept:
            self._kept.cancel()
        closes = max(window.closes for window in self._windows.values())
        self._kept = asyncio.get_running_loop().call_at(closes, self._forget)

    def _forget(self) -> None:
        self._kept = None
