"""When to ask a provider again, and when to leave it alone: pure functions and one small state machine, no I/O.

A request is tried again only before anything of its answer was seen. The waits double, with jitter so that many
replies do not come back at the same moment; where the provider says how long to wait, that holds instead. A breaker
for each provider and key keeps one that fails again and again from costing every person the same wait.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

IDLE_SECONDS = 120.0
"""How long a provider may send nothing at all: reasoning models and queues are silent for long."""

GRACE_SECONDS = 5.0
"""How long an answer that has its finish reason may still wait for its usage."""

FIRST_WAIT = 0.5
LONGEST_WAIT = 20.0
"""Seconds of a wait that the provider did not name."""

FAILURES_TO_OPEN = 5
FIRST_REST = 15.0
LONGEST_REST = 300.0
"""Seconds for which a breaker stays open."""

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?", re.IGNORECASE)
_SECONDS_PER_UNIT = (3600.0, 60.0, 1.0, 0.001)


@dataclass(frozen=True, slots=True)
class RetryLimits:
    """How patient to be with one endpoint: so many `tries`, the last of them begun within so many `seconds`."""

    tries: int = 4
    seconds: float = 60.0


def wait_before(retry: int, named: float | None, jitter: float) -> float:
    """Seconds before the retry of that number, from 1; `named` is what the provider asks for, `jitter` from 0 to 1."""
    if named is not None:
        return named
    longest = min(FIRST_WAIT * 2.0 ** (retry - 1), LONGEST_WAIT)
    return longest * (0.5 + jitter / 2)


def parse_wait(text: str, now: datetime) -> float | None:
    """Seconds out of a header: "7", "0.25", "1m26.4s", "310ms", or a date of HTTP or RFC 3339; None for others."""
    text = text.strip()
    try:
        return _sensible(float(text))
    except ValueError:
        pass
    if text and (found := _DURATION.fullmatch(text)):
        return _sensible(sum(float(n) * unit for n, unit in zip(found.groups(), _SECONDS_PER_UNIT, strict=True) if n))
    moment = _moment(text)
    return max((moment - now).total_seconds(), 0.0) if moment else None


def _sensible(seconds: float) -> float | None:
    return seconds if 0 <= seconds < float("inf") else None


def _moment(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def named_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long a refusal's headers ask to wait: `Retry-After`, else the reset of a limit that has nothing remaining."""
    if (text := headers.get("Retry-After")) and (wait := parse_wait(text, now)) is not None:
        return wait
    resets = [
        parse_wait(headers.get(f"x-ratelimit-reset-{what}", ""), now)
        for what in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{what}", "").strip() == "0"
    ]
    return max((reset for reset in resets if reset is not None), default=None)


class Breaker:
    """Counts failures in a row. When there are too many it opens, and lets one request at a time try after a rest."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._rest = 0.0
        self._probing = False
        self._open_until = 0.0

    def wait(self) -> float:
        """Seconds until a request may go through; 0 when it may. The one that may try makes the others wait."""
        left = self._open_until - self._clock()
        if self._rest and left <= 0:
            self._probing = True
            self._open_until = self._clock() + self._rest
        return max(left, 0.0)

    def succeeded(self) -> None:
        self._failures, self._rest, self._open_until, self._probing = 0, 0.0, 0.0, False

    def failed(self) -> None:
        self._failures += 1
        under_way = bool(self._rest) and not self._probing  # asked before it opened, and says nothing new
        if self._failures >= FAILURES_TO_OPEN and not under_way:
            self._probing = False
            self._rest = min(self._rest * 2 or FIRST_REST, LONGEST_REST)
            self._open_until = self._clock() + self._rest
