"""When to retry a request and when to stop asking a provider: pure functions and a small state machine, no I/O.

A request is retried only until the first text of its completion was seen. Delays double, with jitter so that many
replies do not retry at the same moment; a delay that the provider asks for takes precedence. A circuit breaker for each
provider and key stops requests to a provider that keeps failing, so that not every person waits for the same failure.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

IDLE_SECONDS = 120.0
"""How long a provider may send nothing: reasoning models and queued requests are silent for long."""

GRACE_SECONDS = 5.0
"""How long to wait for the usage of a completion that has its finish reason."""

FIRST_DELAY = 0.5
MAX_DELAY = 20.0
"""Seconds before a retry, unless the provider asks for another delay."""

FAILURES_TO_OPEN = 5
FIRST_OPEN_SECONDS = 15.0
MAX_OPEN_SECONDS = 300.0
"""How long a circuit breaker stays open."""

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?", re.IGNORECASE)
_SECONDS_PER_UNIT = (3600.0, 60.0, 1.0, 0.001)


@dataclass(frozen=True, slots=True)
class RetryLimits:
    """How often to try one endpoint: at most `tries` attempts, the last of them begun within `seconds`."""

    tries: int = 4
    seconds: float = 60.0


def retry_delay(retry: int, requested: float | None, jitter: float) -> float:
    """Return the seconds to wait before retry number `retry`, counted from 1.

    `requested` is the delay that the provider asked for, if any; `jitter` is a random number from 0 to 1.
    """
    if requested is not None:
        return requested
    longest = min(FIRST_DELAY * 2.0 ** (retry - 1), MAX_DELAY)
    return longest * (0.5 + jitter / 2)


def parse_delay(text: str, now: datetime) -> float | None:
    """Parse "7", "0.25", "1m26.4s", "310ms", an HTTP date or an RFC 3339 date into seconds; None for anything else."""
    text = text.strip()
    try:
        return _if_valid(float(text))
    except ValueError:
        pass
    if text and (found := _DURATION.fullmatch(text)):
        return _if_valid(sum(float(n) * unit for n, unit in zip(found.groups(), _SECONDS_PER_UNIT, strict=True) if n))
    date = _parse_date(text)
    return max((date - now).total_seconds(), 0.0) if date else None


def _if_valid(seconds: float) -> float | None:
    return seconds if 0 <= seconds < float("inf") else None


def _parse_date(text: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            date = parse(text)
        except ValueError:
            continue
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    return None


def requested_delay(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the delay in seconds that the headers ask for: `Retry-After`, else the reset of an exhausted limit."""
    if (text := headers.get("Retry-After")) and (delay := parse_delay(text, now)) is not None:
        return delay
    resets = [
        parse_delay(headers.get(f"x-ratelimit-reset-{limit}", ""), now)
        for limit in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{limit}", "").strip() == "0"
    ]
    return max((reset for reset in resets if reset is not None), default=None)


class Breaker:
    """A circuit breaker: opens after several failures in a row, then lets through one probing request at a time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._open_seconds = 0.0  # 0: closed
        self._probing = False
        self._open_until = 0.0

    def blocked_for(self) -> float:
        """Return the seconds until a request may be sent, 0 if it may be sent now.

        While the breaker is open, a caller that gets 0 sends the probe, and others are blocked until it has ended.
        """
        left = self._open_until - self._clock()
        if self._open_seconds and left <= 0:
            self._probing = True
            self._open_until = self._clock() + self._open_seconds
        return max(left, 0.0)

    def succeeded(self) -> None:
        self._failures, self._open_seconds, self._open_until, self._probing = 0, 0.0, 0.0, False

    def failed(self) -> None:
        self._failures += 1
        stale = bool(self._open_seconds) and not self._probing  # sent before the breaker opened: no news
        if self._failures >= FAILURES_TO_OPEN and not stale:
            self._probing = False
            self._open_seconds = min(self._open_seconds * 2 or FIRST_OPEN_SECONDS, MAX_OPEN_SECONDS)
            self._open_until = self._clock() + self._open_seconds
