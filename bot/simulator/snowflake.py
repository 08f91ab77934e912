"""Snowflake ids and timestamps (Discord docs: Reference, Snowflakes)."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

EPOCH_MS = 1_420_070_400_000  # 2015-01-01, Discord's epoch
SEED_MS = 1_704_067_200_000  # 2024-01-01, creation time of the seed data


class SnowflakeGenerator:
    """Issues snowflakes for the current time, strictly increasing."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        now = (int(time.time() * 1000) - EPOCH_MS) << 22
        self._last = max(now, self._last + 1)
        return self._last


def seed_ids() -> Iterator[int]:
    """Ids for the seed data. The same in every run, so that a bot's database stays valid across restarts."""
    return ((SEED_MS + minute * 60_000 - EPOCH_MS) << 22 for minute in count())


def snowflake_time(snowflake: int) -> datetime:
    """The creation time, in UTC."""
    return datetime.fromtimestamp(((snowflake >> 22) + EPOCH_MS) / 1000, UTC)


def iso8601(at: datetime) -> str:
    """The timestamp in the format Discord uses, with microseconds and offset."""
    return at.isoformat(timespec="microseconds")


def now() -> datetime:
    return datetime.now(UTC)
