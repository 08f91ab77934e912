"""The store as a whole: open it once, ask its subjects."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.store.conversations import Conversations
from bot.store.engine import open_database
from bot.store.model_lists import StoredModelLists
from bot.store.preferences import StoredPreferences
from bot.store.synced_commands import SyncedCommands
from bot.store.usage import UsageLedger
from bot.store.versions import Versions


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
