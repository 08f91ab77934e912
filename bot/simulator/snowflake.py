"""Snowflakes: Discord's ids, which carry the moment they were made."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

EPOCH_MS = 1_420_070_400_000
FOUNDED_MS = 1_704_067_200_000  # 1 January 2024


class Ids:
    """Ids of the present, each larger than the one before."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        now = (int(time.time() * 1000) - EPOCH_MS) << 22
        self._last = max(now, self._last + 1)
        return self._last


def founding_ids() -> Iterator[int]:
    """Ids for what is there from the start: the same in every run, so that a bot's database keeps its meaning."""
    return ((FOUNDED_MS + minute * 60_000 - EPOCH_MS) << 22 for minute in count())


def moment(snowflake: int) -> datetime:
    return datetime.fromtimestamp(((snowflake >> 22) + EPOCH_MS) / 1000, UTC)


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def now() -> datetime:
    return datetime.now(UTC)
