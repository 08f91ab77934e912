"""What scopes chose, and which commands were synced."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config

import bot
from bot.chat.places import Scope, ScopeKind
from bot.preferences.declaration import PREFERENCES, Preferences
from bot.preferences.resolver import Resolver
from bot.store.engine import migrate
from bot.store.store import Store
from tests.preferences.values import samples

SERVER, CATEGORY, CHANNEL, THREAD = (
    Scope(kind, id)
    for kind, id in zip(
        (ScopeKind.GUILD, ScopeKind.CATEGORY, ScopeKind.CHANNEL, ScopeKind.THREAD), (300, 500, 700, 900), strict=True
    )
)
EVERYONE = Scope(ScopeKind.ROLE, SERVER.id)
ADMIN = 41


async def stored(store: Store, *scopes: Scope) -> dict[Scope, dict[str, Any]]:
    """What is stored, by scope."""
    found: dict[Scope, dict[str, Any]] = {}
    for row in await store.preferences.of(scopes):
        found.setdefault(row.scope, {})[row.name] = json.loads(row.value)
    return found


async def change(store: Store, scope: Scope, **values: Any) -> None:
    await store.preferences.change(scope, SERVER.id, values, ADMIN)


async def test_nothing_is_chosen_at_first(store: Store) -> None:
    assert await store.preferences.of([CHANNEL, SERVER]) == []
    assert await store.preferences.of([]) == []


@pytest.mark.parametrize("name", sorted(PREFERENCES))
async def test_every_preference_is_read_as_it_was_set(store: Store, name: str) -> None:
    resolver = Resolver(store.preferences, Preferences())
    for value in samples(name):
        await change(store, SERVER, **{name: value})
        resolved = await resolver.within([CHANNEL, SERVER])
        assert (getattr(resolved.values, name), resolved.faults) == (value, ())


async def test_scopes_are_distinguished_by_kind_and_id(store: Store) -> None:
    for number, scope in enumerate((SERVER, EVERYONE, CATEGORY, CHANNEL, THREAD), 1):
        await change(store, scope, pages=number)
    assert await stored(store, THREAD, CHANNEL, CATEGORY, SERVER) == {
        THREAD: {"pages": 5},
        CHANNEL: {"pages": 4},
        CATEGORY: {"pages": 3},
        SERVER: {"pages": 1},
    }
    await change(store, SERVER, pages=None)
    assert await stored(store, SERVER, EVERYONE) == {EVERYONE: {"pages": 2}}


async def test_a_change_replaces_what_it_names_and_leaves_the_rest(store: Store) -> None:
    await change(store, CHANNEL, model="ollama/gemma4", top_p=0.5, temperature=0, system_prompt="")
    await change(store, CHANNEL, model="xai/grok-4.3", top_p=None, max_tokens=None)
    assert await stored(store, CHANNEL) == {CHANNEL: {"model": "xai/grok-4.3", "temperature": 0, "system_prompt": ""}}


async def test_a_change_keeps_a_lock(store: Store, path: Path) -> None:
    await change(store, SERVER, pages=3)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE preferences SET locked = true")
        connection.commit()
    await change(store, SERVER, pages=4)
    await change(store, CHANNEL, pages=5)
    assert [row.locked for row in await store.preferences.of([SERVER])] == [True]
    assert (await Resolver(store.preferences, Preferences()).within([CHANNEL, SERVER])).values.pages == 4


async def test_preferences_and_the_digest_survive_a_restart(path: Path) -> None:
    async with Store.open(path) as store:
        await change(store, SERVER, max_tokens=9)
        await store.synced_commands.remember(5, "a" * 64)
    async with Store.open(path) as store:
        assert await stored(store, SERVER) == {SERVER: {"max_tokens": 9}}
        assert await store.synced_commands.digest(5) == "a" * 64


async def test_each_application_has_its_own_digest_and_the_last_one_counts(store: Store) -> None:
    assert await store.synced_commands.digest(5) is None
    await store.synced_commands.remember(5, "one")
    await store.synced_commands.remember(6, "other")
    await store.synced_commands.remember(5, "two")
    assert await store.synced_commands.digest(5) == "two"
    assert await store.synced_commands.digest(6) == "other"


# Files of the time when a scope was an id alone

UNKNOWN_SERVER, UNKNOWN_THREAD, DIRECT = Scope(ScopeKind.GUILD, 301), Scope(ScopeKind.THREAD, 901), 505

BEFORE_SCOPES = """
INSERT INTO conversations (id, channel_id, guild_id, owner_id, begun_at, used_at) VALUES
    (1, 700, 300, 41, 10.0, 10.0), (2, 900, 300, 41, 10.0, 10.0), (3, 505, NULL, 41, 10.0, 10.0);
INSERT INTO preferences (scope_id, name, value, changed_by, changed_at) VALUES
    (300, 'pages', '1', 41, 1.0), (301, 'pages', '2', 41, 2.0), (700, 'pages', '3', 41, 3.0),
    (900, 'pages', '4', 41, 4.0), (901, 'pages', '5', 41, 5.0), (505, 'pages', '6', 41, 6.0),
    (700, 'loudness', 'very', 41, 7.0);
"""


def rows(path: Path, query: str) -> Sequence[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def alembic(path: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(bot.__file__).parent.parent / "migrations"))
    config.attributes["database_path"] = path
    return config


@pytest.fixture
def before_scopes(path: Path, alembic: Config) -> Sequence[tuple[Any, ...]]:
    path.parent.mkdir()
    command.upgrade(alembic, "0003")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(BEFORE_SCOPES)
    return rows(path, "SELECT * FROM preferences ORDER BY scope_id, name")


@pytest.mark.usefixtures("before_scopes")
async def test_preferences_stored_by_id_alone_still_apply(path: Path) -> None:
    async with Store.open(path) as store:
        resolver = Resolver(store.preferences, Preferences())
        dm = Scope(ScopeKind.CHANNEL, DIRECT)
        for number, scope in enumerate((SERVER, UNKNOWN_SERVER, CHANNEL, THREAD, UNKNOWN_THREAD, dm), 1):
            assert (await resolver.within([scope])).values.pages == number
        assert [fault.value for fault in (await resolver.within([CHANNEL])).faults] == ["very"]
        assert (await resolver.within([THREAD, CHANNEL, SERVER])).values.pages == 4
        await change(store, THREAD, pages=None)
        assert (await resolver.within([THREAD, CHANNEL, SERVER])).values.pages == 3
    servers = rows(path, "SELECT DISTINCT guild_id FROM preferences WHERE scope_id IN (300, 700) AND name = 'pages'")
    assert servers == [(300,)]


def test_a_downgrade_to_ids_keeps_the_preferences(
    path: Path, alembic: Config, before_scopes: Sequence[tuple[Any, ...]]
) -> None:
    migrate(path)
    command.downgrade(alembic, "0003")
    assert rows(path, "SELECT * FROM preferences ORDER BY scope_id, name") == before_scopes


@pytest.mark.usefixtures("before_scopes")
async def test_a_downgrade_keeps_the_last_change(path: Path, alembic: Config) -> None:
    async with Store.open(path) as store:
        await change(store, THREAD, pages=8)
        await change(store, UNKNOWN_SERVER, pages=9)
        await change(store, CATEGORY, pages=10)
        await change(store, EVERYONE, pages=11)
    command.downgrade(alembic, "0003")
    kept = dict(rows(path, "SELECT scope_id, value FROM preferences WHERE name = 'pages'"))
    assert kept == {300: "1", 301: "9", 500: "10", 505: "6", 700: "3", 900: "8", 901: "5"}
