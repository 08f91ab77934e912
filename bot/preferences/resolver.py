"""Shim until the real one is merged."""

from dataclasses import dataclass
from typing import Any

from bot.chat.places import Person, Place
from bot.preferences.declaration import Preferences, effective


@dataclass(frozen=True)
class Resolved:
    values: Preferences


class Resolver:
    def __init__(self, stored: Any, operator: Preferences) -> None:
        self._stored, self._operator = stored, operator

    async def at(self, place: Place, person: Person | None = None) -> Resolved:
        return Resolved(effective([*await self._stored.of(*place.scopes), self._operator]))
