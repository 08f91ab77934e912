"""What a bot may do in a second over all channels.

Discord lets a bot make fifty requests a second. Who makes more is refused, and discord.py then stops for everybody.
So with many replies at once the budget makes previews rarer everywhere: the gates of the channels queue for it, and
those with a final or a first message go before those with a preview. As requests may start later than they were let
through, and some are no writes, they are counted a second time as they start.
"""

import asyncio
from dataclasses import dataclass
from typing import Protocol

WRITES = 42
"""Writes a second."""

REQUESTS = 43
"""Requests a second."""

BURST = 6
"""How many may go at once after a quiet moment, on top of those."""

PREVIEW_BURST = 2
"""As many previews: they leave the rest to finals and first messages."""


class Queued(Protocol):
    """A gate whose next write may go as far as its channel is concerned."""

    @property
    def urgent(self) -> bool: ...

    def enter(self, now: float) -> bool:
        """Make the write; False where there is none to be made yet after all."""


@dataclass(slots=True)
class _Spent:
    """Counts against so many a second. `regained` is when all that was spent has come back."""

    a_second: float
    regained: float = float("-inf")

    def wait(self, now: float, burst: int) -> float:
        """Seconds until there is room for one more."""
        return self.regained - (burst - 1) / self.a_second - now

    def spend(self, now: float) -> None:
        self.regained = max(self.regained, now) + 1 / self.a_second


class RateBudget:
    """What all channels may do together, `times` as much as is allowed to a bot by itself."""

    def __init__(self, times: float = 1.0) -> None:
        self._writes, self._requests = _Spent(times * WRITES), _Spent(times * REQUESTS)
        self._queue: dict[Queued, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def ask(self, gate: Queued) -> None:
        """Let the gate's next write through, now or when it is its turn; it keeps its place when it asks again."""
        self._queue.setdefault(gate)
        self._serve()

    def leave(self, gate: Queued) -> None:
        self._queue.pop(gate, None)

    def spare(self) -> bool:
        """Take one for a request that may as well be left out; False where writes need them all."""
        now = asyncio.get_running_loop().time()
        if self._queue or self._writes.wait(now, BURST) > 0:
            return False
        self._writes.spend(now)
        return True

    async def request(self) -> None:
        """Wait until one more request may start; those that come together go in order."""
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
            gate = min(self._queue, key=lambda gate: not gate.urgent)  # of equals the one that has waited longest
            now = loop.time()
            if (wait := self._writes.wait(now, BURST if gate.urgent else PREVIEW_BURST)) > 0:
                self._timer = loop.call_at(now + wait, self._serve)
                return
            del self._queue[gate]
            if gate.enter(now):
                self._writes.spend(now)
