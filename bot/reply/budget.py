"""The rate budget: how many requests per second the bot may make in all channels together.

Discord allows a bot fifty requests per second. If it makes more, they are refused, and discord.py then pauses all of
them. With many replies at once, the budget therefore makes previews less frequent everywhere: the gates of the channels
queue for it, and finals and first messages take precedence over previews. Requests are counted again when they start,
since they may start later than they were admitted, and some of them are not writes.
"""

import asyncio
from dataclasses import dataclass
from typing import Protocol

WRITES = 42
"""Writes per second."""

REQUESTS = 43
"""Requests per second."""

BURST = 6
"""How many may start at once after an idle period."""

PREVIEW_BURST = 2
"""The same for previews; the rest of a burst is reserved for finals and first messages."""


class Queued(Protocol):
    """A gate whose channel has room for its next write."""

    @property
    def urgent(self) -> bool: ...

    def enter(self, now: float) -> bool:
        """Admit the next write; returns False if there is no longer one that may start now."""


@dataclass(slots=True)
class _Rate:
    """Limits a rate. `free_at` is when the whole allowance is available again."""

    per_second: float
    free_at: float = float("-inf")

    def wait(self, now: float, burst: int) -> float:
        """Seconds until one more may start."""
        return self.free_at - (burst - 1) / self.per_second - now

    def spend(self, now: float) -> None:
        self.free_at = max(self.free_at, now) + 1 / self.per_second


class RateBudget:
    """The budget of all channels together; `times` multiplies it."""

    def __init__(self, times: float = 1.0) -> None:
        self._writes, self._requests = _Rate(times * WRITES), _Rate(times * REQUESTS)
        self._queue: dict[Queued, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def ask(self, gate: Queued) -> None:
        """Admit the gate's next write, now or when it is its turn. Asking again keeps its place in the queue."""
        self._queue.setdefault(gate)
        self._serve()

    def leave(self, gate: Queued) -> None:
        self._queue.pop(gate, None)

    def try_spend(self) -> bool:
        """Spend one write on an optional request; returns False if the writes need all of them."""
        now = asyncio.get_running_loop().time()
        if self._queue or self._writes.wait(now, BURST) > 0:
            return False
        self._writes.spend(now)
        return True

    async def request(self) -> None:
        """Wait until one more request may start, in the order of the calls."""
        now = asyncio.get_running_loop().time()
        wait = self._requests.wait(now, BURST)
        self._requests.spend(now)
        if wait > 0:
            await asyncio.sleep(wait)

    def _serve(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        while self._queue:
            gate = min(self._queue, key=lambda gate: not gate.urgent)  # if several are, the one that has waited longest
            now = loop.time()
            if (wait := self._writes.wait(now, BURST if gate.urgent else PREVIEW_BURST)) > 0:
                self._timer = loop.call_at(now + wait, self._serve)
                return
            del self._queue[gate]
            if gate.enter(now):
                self._writes.spend(now)
