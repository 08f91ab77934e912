"""The store: everything that Parley remembers, opened once."""

import json
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.preferences.declaration import Preferences
from bot.store.conversations import Conversations
from bot.store.database import open_database
from bot.store.model_lists import StoredModelLists
from bot.store.synced_commands import SyncedCommands
from bot.store.tables import preferences
from bot.store.usage import UsageLedger
from bot.store.versions import Versions

log = logging.getLogger(__name__)


class StoredPreferences:
    """What servers and channels chose. A scope is a guild's, channel's or thread's Discord id."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, *scope_ids: int) -> list[Preferences]:
        """A layer for each scope, in the order they are given."""
        query = select(preferences).where(preferences.c.scope_id.in_(scope_ids))
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        chosen: dict[int, dict[str, Any]] = {scope_id: {} for scope_id in scope_ids}
        for row in rows:
            chosen[row.scope_id][row.name] = json.loads(row.value)
        return [Preferences.of(chosen[scope_id]) for scope_id in scope_ids]

    async def change(self, scope_id: int, values: Mapping[str, Any], changed_by: int) -> None:
        """Set values by name; None lets go of one, so that the layer below holds again."""
        now = time.time()
        async with self._engine.begin() as connection:
            for name, value in values.items():
                if value is None:
                    gone = delete(preferences).where(preferences.c.scope_id == scope_id, preferences.c.name == name)
                    await connection.execute(gone)
                    continue
                row = {"value": json.dumps(value), "changed_by": changed_by, "changed_at": now}
                stored = insert_or(preferences).values(scope_id=scope_id, name=name, **row)
                await connection.execute(stored.on_conflict_do_update(set_=row))


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that is remembered."""

    conversations: Conversations
    versions: Versions
    usage: UsageLedger
    preferences: StoredPreferences
    synced_commands: SyncedCommands
    model_lists: StoredModelLists

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path) -> AsyncIterator["Store"]:
        """The store in this SQLite file, migrated. Raises DatabaseUnusable."""
        async with open_database(path) as engine:
            yield cls(
                Conversations(engine),
                Versions(engine),
                UsageLedger(engine),
                StoredPreferences(engine),
                SyncedCommands(engine),
                StoredModelLists(engine),
            )
