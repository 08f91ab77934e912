"""Queries about preferences: the values of scopes, as unchecked JSON."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chat.places import Scope, ScopeKind
from bot.store.engine import upsert
from bot.store.tables import preferences


@dataclass(frozen=True, slots=True)
class StoredPreference:
    """One choice of one scope; `value` is JSON."""

    scope: Scope
    name: str
    value: str
    locked: bool


class StoredPreferences:
    """What servers, categories, channels and threads chose."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, scopes: Sequence[Scope]) -> list[StoredPreference]:
        """Every choice of these scopes, in one read."""
        columns = preferences.c
        key = tuple_(columns.scope_kind, columns.scope_id)
        query = select(columns.scope_kind, columns.scope_id, columns.name, columns.value, columns.locked).where(
            key.in_([(scope.kind.value, scope.id) for scope in scopes])
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [
            StoredPreference(Scope(ScopeKind(row.scope_kind), row.scope_id), row.name, row.value, row.locked)
            for row in rows
        ]

    async def change(self, scope: Scope, guild_id: int | None, values: Mapping[str, Any], changed_by: int) -> None:
        """Set a scope's values by name; None removes one. A lock stays as it is."""
        columns, key = preferences.c, {"scope_kind": scope.kind.value, "scope_id": scope.id}
        own = and_(columns.scope_kind == scope.kind.value, columns.scope_id == scope.id)
        changed = {"guild_id": guild_id, "changed_by": changed_by, "changed_at": time.time()}
        async with self._engine.begin() as connection:
            for name, value in values.items():
                if value is None:
                    await connection.execute(delete(preferences).where(own, columns.name == name))
                    continue
                row = {"value": json.dumps(value), **changed}
                stored = upsert(preferences).values(**key, name=name, locked=False, **row)
                await connection.execute(stored.on_conflict_do_update(set_=row))
