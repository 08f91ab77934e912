"""The models that each provider listed last, so that a start does not depend on the providers."""

import logging
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store.engine import upsert
from bot.store.tables import model_lists

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoredList:
    """A provider's list: `models` is JSON, `base_url` is where it was read, `read_at` is when, in Unix seconds."""

    provider: str
    base_url: str
    models: str
    read_at: float


class StoredModelLists:
    """The last list of each provider."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def all(self) -> list[StoredList]:
        columns = (model_lists.c.provider, model_lists.c.base_url, model_lists.c.models, model_lists.c.read_at)
        async with self._engine.connect() as connection:
            return [StoredList(*row) for row in await connection.execute(select(*columns))]

    async def keep(self, provider: str, base_url: str, models: str, read_at: float) -> None:
        """Replace the provider's list. A failure is logged: the list is then read again at the next start."""
        row = {"base_url": base_url, "models": models, "read_at": read_at}
        stored = upsert(model_lists).values(provider=provider, **row)
        try:
            async with self._engine.begin() as connection:
                await connection.execute(stored.on_conflict_do_update(set_=row))
        except DBAPIError as error:
            log.warning("The models of %s could not be stored: %s", provider, error.orig)
