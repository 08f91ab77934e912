"""Which of several choices applies: nearest first, locks, and stored values that are not allowed."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.places import Place, PlaceKind, Scope, ScopeKind
from bot.preferences.declaration import PREFERENCES, Preferences
from bot.preferences.resolver import Resolver, Source, resolve
from tests.preferences.values import named_values, names

PLACE = Place(PlaceKind.THREAD, channel_id=9, guild_id=3, parent_id=7, category_id=5)
THREAD, CHANNEL, CATEGORY, GUILD = PLACE.scopes
ELSEWHERE = Scope(ScopeKind.ROLE, GUILD.id)
"""The @everyone role, whose id is the server's."""


@dataclass(frozen=True)
class Row:
    scope: Scope
    name: str
    value: str
    locked: bool = False


def row(scope: Scope, name: str, value: Any, locked: bool = False) -> Row:
    return Row(scope, name, json.dumps(value), locked)


def unique(rows: list[Row]) -> list[Row]:
    return list({(each.scope, each.name): each for each in rows}.values())


scopes = st.sampled_from([*PLACE.scopes, ELSEWHERE])
valid = st.builds(
    lambda scope, named, locked: row(scope, named[0], named[1], locked), scopes, named_values, st.booleans()
)
json_texts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner),
    max_leaves=3,
).map(json.dumps)
garbage = st.builds(Row, scopes, names | st.text(max_size=9), json_texts | st.text(max_size=9), st.booleans())
operators = st.dictionaries(names, st.none()).flatmap(
    lambda chosen: st.tuples(*(named_values for _ in chosen)).map(lambda named: Preferences(**dict(named)))
)


def applies(rows: Sequence[Row], name: str) -> Mapping[Scope, Row]:
    """The rows for a preference that apply in the place, nearest first."""
    found = {each.scope: each for each in rows if each.name == name}
    return {scope: found[scope] for scope in PLACE.scopes if scope in found}


@given(st.lists(valid).map(unique), operators)
def test_the_nearest_choice_applies_unless_an_outer_one_is_locked(rows: list[Row], operator: Preferences) -> None:
    resolved = resolve(PLACE.scopes, rows, operator)
    assert set(resolved.sources) == set(PREFERENCES)
    assert not resolved.faults
    for name, preference in PREFERENCES.items():
        value, source = getattr(resolved.values, name), resolved.sources[name]
        if found := applies(rows, name):
            winner = found[next(scope for scope in found if Source[scope.kind.name] == source)]
            inner, outer = _around(list(found.values()), winner)
            assert json.loads(json.dumps(value)) == json.loads(winner.value)
            assert not any(each.locked for each in outer)
            assert winner.locked or not inner
        elif source is Source.OPERATOR:
            assert value == getattr(operator, name) is not None
        else:
            assert (source, value, getattr(operator, name)) == (Source.DEFAULT, preference.default, None)


def _around(found: list[Row], winner: Row) -> tuple[list[Row], list[Row]]:
    return found[: found.index(winner)], found[found.index(winner) + 1 :]


@given(st.lists(valid).map(unique), st.lists(garbage))
def test_invalid_values_never_raise_and_change_nothing(good: list[Row], bad: list[Row]) -> None:
    alone = resolve(PLACE.scopes, good, Preferences())
    taken = {(each.scope, each.name) for each in good}
    bad = [each for each in unique(bad) if (each.scope, each.name) not in taken]
    ignored = {(fault.scope, fault.name) for fault in resolve(PLACE.scopes, bad, Preferences()).faults}
    faulty = [each for each in bad if (each.scope, each.name) in ignored]
    together = resolve(PLACE.scopes, good + faulty, Preferences())
    assert (together.values, together.sources) == (alone.values, alone.sources)
    assert len(together.faults) == len(faulty)
    assert all(str(fault.reason) for fault in together.faults)


def test_a_thread_inherits_from_its_channel_its_category_and_the_server() -> None:
    rows = [
        row(GUILD, "temperature", 0.1),
        row(CATEGORY, "temperature", 0.2),
        row(GUILD, "pages", 3),
        row(CATEGORY, "top_p", 0.3),
        row(CHANNEL, "max_tokens", 5),
        row(THREAD, "ping", True),
        row(ELSEWHERE, "style", "embed"),
    ]
    resolved = resolve(PLACE.scopes, rows, Preferences(temperature=1.0, model="xai/grok-4.3"))
    assert resolved.values.chosen().items() >= {
        ("temperature", 0.2),
        ("pages", 3),
        ("top_p", 0.3),
        ("max_tokens", 5),
        ("ping", True),
        ("style", "text"),
        ("model", "xai/grok-4.3"),
    }
    told = {name: resolved.sources[name] for name in ("temperature", "pages", "max_tokens", "ping", "model", "style")}
    assert list(told.values()) == ["category", "server", "channel", "thread", "operator", "default"]


def test_an_empty_system_prompt_counts_as_chosen() -> None:
    resolved = resolve(PLACE.scopes, [row(CHANNEL, "system_prompt", "")], Preferences(system_prompt="Be kind."))
    assert resolved.values.system_prompt == ""


class StoredRows:
    """Stores rows in memory, and counts how often they are read."""

    def __init__(self, *rows: Row) -> None:
        self.rows, self.reads = rows, 0

    async def of(self, scopes: Sequence[Scope]) -> Sequence[Row]:
        self.reads += 1
        return [each for each in self.rows if each.scope in scopes]


async def test_a_place_is_resolved_with_one_read_and_a_fault_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    stored = StoredRows(row(GUILD, "temperature", 9), row(GUILD, "loudness", 1), row(CHANNEL, "temperature", 0.5))
    resolver = Resolver(stored, Preferences())
    with caplog.at_level(logging.WARNING):
        for reads in (1, 2):
            resolved = await resolver.at(PLACE)
            assert stored.reads == reads
            assert resolved.values.temperature == 0.5
            assert {fault.name for fault in resolved.faults} == {"temperature", "loudness"}
    assert [record.getMessage() for record in caplog.records] == [
        "Ignoring the stored preference temperature=9 of guild 3: Temperature must be a number from 0 to 2.",
        "Ignoring the stored preference loudness=1 of guild 3: There's no such setting.",
    ]
    chosen = await resolver.chosen(GUILD)
    assert set(chosen) == {"temperature", "loudness"}
