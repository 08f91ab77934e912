"""Which slash commands Discord was last given."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store.engine import upsert
from bot.store.tables import synced_commands


class SyncedCommands:
    """A digest of the slash commands that Discord was last given, so that they are sent only when they changed."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def digest(self, application_id: int) -> str | None:
        query = select(synced_commands.c.digest).where(synced_commands.c.application_id == application_id)
        async with self._engine.connect() as connection:
            digest: str | None = await connection.scalar(query)
        return digest

    async def remember(self, application_id: int, digest: str) -> None:
        stored = upsert(synced_commands).values(application_id=application_id, digest=digest)
        async with self._engine.begin() as connection:
            await connection.execute(stored.on_conflict_do_update(set_={"digest": digest}))
