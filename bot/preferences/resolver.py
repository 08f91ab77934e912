"""Resolves which preferences apply in a place, and where each value comes from.

A *scope* is a thread, channel, category or server whose members chose values. Below all scopes are the operator's
values, and below those the declared defaults. The nearest chosen value applies, unless an outer scope locked its own.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from bot.chat.places import Person, Place, Scope
from bot.preferences.declaration import PREFERENCES, Preferences, read_json
from bot.text import Text

log = logging.getLogger(__name__)


class Source(StrEnum):
    """Where a value comes from: a kind of scope, the operator, or the declaration."""

    THREAD = "thread"
    CHANNEL = "channel"
    CATEGORY = "category"
    GUILD = "server"
    ROLE = "role"
    PERSON = "person"
    OPERATOR = "operator"
    DEFAULT = "default"


class StoredValue(Protocol):
    """A stored value; `value` is unchecked JSON."""

    @property
    def scope(self) -> Scope: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def locked(self) -> bool: ...


class PreferenceStore(Protocol):
    """Where the values of scopes are stored."""

    async def of(self, scopes: Sequence[Scope]) -> Sequence[StoredValue]:
        """All values of these scopes, in any order."""
        ...


@dataclass(frozen=True, slots=True)
class Fault:
    """A stored value that is ignored, and why."""

    scope: Scope
    name: str
    value: str
    reason: Text


@dataclass(frozen=True, slots=True)
class Resolved:
    """The values that apply; None if neither chosen nor declared. `sources` has every name."""

    values: Preferences
    sources: Mapping[str, Source]
    faults: tuple[Fault, ...] = ()


class Resolver:
    """Resolves preferences; logs each invalid stored value once."""

    def __init__(self, stored: PreferenceStore, operator: Preferences) -> None:
        self._stored = stored
        self._operator = operator
        self._logged: set[Fault] = set()

    async def at(self, place: Place, person: Person | None = None) -> Resolved:
        """The preferences that apply in a place, with one read. `person` is unused until people have preferences."""
        return await self.within(place.scopes)

    async def within(self, scopes: Sequence[Scope]) -> Resolved:
        """The preferences that apply with these scopes, nearest first."""
        resolved = resolve(scopes, await self._stored.of(scopes), self._operator)
        for fault in resolved.faults:
            if fault not in self._logged:
                self._logged.add(fault)
                what = f"{fault.name}={fault.value} of {fault.scope.kind} {fault.scope.id}"
                log.warning("Ignoring the stored preference %s: %s", what, fault.reason)
        return resolved

    async def chosen(self, scope: Scope) -> Mapping[str, Any]:
        """The values of one scope itself, by name; a Fault for an invalid one."""
        rows = await self._stored.of((scope,))
        return {row.name: read_stored(row) for row in rows}


def resolve(scopes: Sequence[Scope], rows: Iterable[StoredValue], operator: Preferences) -> Resolved:
    """Choose a value for every preference. `scopes` is nearest first."""
    values: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for name, preference in PREFERENCES.items():
        value = getattr(operator, name)
        values[name] = preference.default if value is None else value
        sources[name] = Source.DEFAULT if value is None else Source.OPERATOR
    faults: list[Fault] = []
    locked: set[str] = set()
    rows = [row for row in rows if row.scope in scopes]
    for row in sorted(rows, key=lambda row: -scopes.index(row.scope)):  # outermost first: nearer ones replace it
        value = read_stored(row)
        if isinstance(value, Fault):
            faults.append(value)
        elif row.name not in locked:
            values[row.name], sources[row.name] = value, Source[row.scope.kind.name]
            if row.locked:
                locked.add(row.name)
    # each value was validated when it was read
    return Resolved(Preferences.model_construct(**values), MappingProxyType(sources), tuple(faults))


def read_stored(row: StoredValue) -> Any:
    """The stored value, or a Fault if it is invalid."""
    if row.name not in PREFERENCES:
        return Fault(row.scope, row.name, row.value, Text("There's no such setting."))
    try:
        return read_json(row.name, row.value)
    except (ValueError, RecursionError):
        return Fault(row.scope, row.name, row.value, PREFERENCES[row.name].requirement)
