"""The ledger of what completions used, which outlives the messages."""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.messages import Usage
from bot.store.rows import usage_of, usage_values
from bot.store.tables import usage


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What one completion used, for limits and reports. `model` is `provider/model`, `person_id` None once anonymised.

    `key_owner` is whose key paid; `cost` is None where the price or the tokens are not known, and `price_source` tells
    where the price was found.
    """

    person_id: int | None
    channel_id: int
    guild_id: int | None
    model: str
    usage: Usage | None = None
    cost: float | None = None
    price_source: str | None = None
    currency: str = "USD"
    key_owner: str = "operator"


@dataclass(frozen=True, slots=True)
class RecordedUsage:
    """An entry and when it was written, in Unix seconds."""

    at: float
    entry: LedgerEntry


class UsageLedger:
    """What was used where, by whom, and what it cost."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def entries(self, guild_id: int | None, since: float = 0.0) -> list[RecordedUsage]:
        """What was used in a server, or in DMs where the server is None, oldest first."""
        query = select(usage).where(usage.c.guild_id.is_not_distinct_from(guild_id), usage.c.at >= since)
        async with self._engine.connect() as connection:
            rows = await connection.execute(query.order_by(usage.c.at, usage.c.id))
            return [RecordedUsage(row.at, _entry_of(row)) for row in rows]

    async def anonymise(self, person_id: int) -> int:
        """Remove the person from the ledger; what was used stays. Returns the number of rows concerned."""
        rows = update(usage).where(usage.c.person_id == person_id).values(person_id=None)
        async with self._engine.begin() as connection:
            return (await connection.execute(rows)).rowcount


async def insert_usage(connection: AsyncConnection, entry: LedgerEntry) -> None:
    """Write an entry inside the caller's transaction."""
    provider, _, model = entry.model.partition("/")
    await connection.execute(
        insert(usage).values(
            at=time.time(),
            guild_id=entry.guild_id,
            channel_id=entry.channel_id,
            person_id=entry.person_id,
            provider=provider,
            model=model,
            key_owner=entry.key_owner,
            **usage_values(entry.usage),
            cost=entry.cost,
            currency=entry.currency,
            price_source=entry.price_source,
        )
    )


def _entry_of(row: Row[Any]) -> LedgerEntry:
    return LedgerEntry(
        row.person_id,
        row.channel_id,
        row.guild_id,
        f"{row.provider}/{row.model}",
        usage_of(row),
        row.cost,
        row.price_source,
        row.currency,
        row.key_owner,
    )
