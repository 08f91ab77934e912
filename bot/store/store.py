"""The store as a whole: open it once, ask its parts."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store.conversations import Conversations
from bot.store.database import open_database
from bot.store.model_lists import StoredModelLists
from bot.store.preferences import StoredPreferences
from bot.store.tables import synced_commands
from bot.store.versions import Versions

log = logging.getLogger(__name__)


class SyncedCommands:
    """Which slash commands Discord was last given, as a digest, so that they are sent only when they changed."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def digest(self, application_id: int) -> str | None:
        query = select(synced_commands.c.digest).where(synced_commands.c.application_id == application_id)
        async with self._engine.connect() as connection:
            digest: str | None = await connection.scalar(query)
        return digest

    async def remember(self, application_id: int, digest: str) -> None:
        stored = insert_or(synced_commands).values(application_id=application_id, digest=digest)
        async with self._engine.begin() as connection:
            await connection.execute(stored.on_conflict_do_update(set_={"digest": digest}))


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that is remembered."""

    conversations: Conversations
    answers: Versions
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
                StoredPreferences(engine),
                SyncedCommands(engine),
                StoredModelLists(engine),
            )
