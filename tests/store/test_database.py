"""The file: its migrations, its pragmas, and what happens to one that cannot be used."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

import bot
from bot.store.database import DatabaseUnusable, migrate, open_database
from bot.store.store import Store
from bot.store.tables import metadata


def schema(path: Path) -> list[tuple[str, str]]:
    query = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.fixture
def alembic(path: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(bot.__file__).parent.parent / "migrations"))
    config.attributes["database_path"] = path
    return config


def test_migrations_go_up_and_all_the_way_down_and_up_again(path: Path, alembic: Config) -> None:
    migrate(path)
    up = schema(path)
    assert "messages" in dict(up)
    command.downgrade(alembic, "base")
    assert [name for name, _ in schema(path)] == ["alembic_version"]
    command.upgrade(alembic, "head")
    assert schema(path) == up


def test_a_migrated_file_has_exactly_the_tables_that_the_code_knows(path: Path) -> None:
    migrate(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_migrating_twice_changes_nothing(path: Path) -> None:
    migrate(path)
    once = schema(path)
    migrate(path)
    assert schema(path) == once


def test_a_database_of_an_older_parley_is_brought_up_to_date_with_its_content(path: Path, alembic: Config) -> None:
    path.parent.mkdir()
    command.upgrade(alembic, "0001")
    execute(path, "INSERT INTO synced_commands VALUES (5, 'digest')")
    migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM synced_commands").fetchall() == [(5, "digest")]


BEFORE_VERSIONS = """
INSERT INTO conversations VALUES (1, 700, 300, 41, 10.0), (2, 700, 300, 41, 90.0), (3, 500, NULL, 42, 20.0);
INSERT INTO messages VALUES
    (1, 1, NULL, 'user', 'one', 41, 11.0), (2, 1, 1, 'assistant', 'ONE', NULL, 11.0),
    (3, 3, 2, 'user', 'two', 42, 30.0), (4, 3, 3, 'assistant', 'TWO', NULL, 31.5);
INSERT INTO completions VALUES
    (2, 'a/b', '', NULL, 'stop', NULL, 1, 2, 3, 0.5, 1, 2.0),
    (4, 'a/b', 'hm', NULL, NULL, 'cut', NULL, NULL, NULL, NULL, 0, 0);
INSERT INTO discord_messages VALUES (1000, 1, 0), (1001, 2, 0), (1002, 2, 1), (2000, 3, 0), (2001, 4, 0);
INSERT INTO images VALUES ('ab', 'image/png', x'8950');
INSERT INTO message_images VALUES (1, 0, 'ab', 'cat.png');
"""


def content(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    tables = ("conversations", "messages", "completions", "discord_messages", "images", "message_images")
    with closing(sqlite3.connect(path)) as connection:
        return {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables}


@pytest.fixture
def before_versions(path: Path, alembic: Config) -> dict[str, list[tuple[Any, ...]]]:
    """A file of the time when an answer had one version only."""
    path.parent.mkdir()
    command.upgrade(alembic, "0002")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(BEFORE_VERSIONS)
    return content(path)


def test_conversations_of_the_time_before_versions_were_used_when_their_newest_message_came(
    path: Path, before_versions: dict[str, list[tuple[Any, ...]]]
) -> None:
    migrate(path)
    after = content(path)
    used = {1: 11.0, 2: 90.0, 3: 31.5}
    assert after.pop("conversations") == [(*row, used[row[0]]) for row in before_versions.pop("conversations")]
    assert after.pop("completions") == [(*row, "") for row in before_versions.pop("completions")]
    assert after == before_versions
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


async def test_conversations_of_the_time_before_versions_are_gone_on_with(
    path: Path, before_versions: dict[str, list[tuple[Any, ...]]]
) -> None:
    async with Store.open(path) as store:
        answered = await store.answers.recall(1002)
        assert answered
        assert (answered.completion.text, answered.shown, answered.question.text) == ("ONE", (1001, 1002), "one")
        assert [left.prompt_id for left in await store.conversations.unfinished()] == [2000]
        assert await store.answers.another(answered, (), answered.completion) == 5
        await store.answers.forget(answered)
        assert await store.answers.another(answered, (), answered.completion) == 6


def test_the_way_back_to_one_version_keeps_the_content(
    path: Path, alembic: Config, before_versions: dict[str, list[tuple[Any, ...]]]
) -> None:
    migrate(path)
    command.downgrade(alembic, "0002")
    assert content(path) == before_versions


async def test_every_connection_has_wal_and_foreign_keys(path: Path) -> None:
    async with open_database(path) as engine, engine.connect() as connection:
        assert await connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await connection.scalar(text("PRAGMA foreign_keys")) == 1


@pytest.mark.parametrize("name", ["with space.db", "100%.db", "ünïcode.db", "what?.db", "a#b.db"])
async def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    async with Store.open(path) as store:
        await store.synced_commands.remember(5, "digest")
    assert path.is_file()
    async with Store.open(path) as store:
        assert await store.synced_commands.digest(5) == "digest"


def below_a_file(path: Path) -> None:
    path.parent.write_text("no folder")


def a_folder(path: Path) -> None:
    path.mkdir(parents=True)


def no_database(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("Dear diary, this is no database at all. " * 100)


def of_a_newer_parley(path: Path) -> None:
    migrate(path)
    execute(path, "UPDATE alembic_version SET version_num = '9999'")


def of_another_program(path: Path) -> None:
    path.parent.mkdir()
    execute(path, "CREATE TABLE messages (subject TEXT)")


@pytest.mark.parametrize("spoil", [below_a_file, a_folder, no_database, of_a_newer_parley, of_another_program])
async def test_a_database_that_cannot_be_used_is_explained_in_one_line(
    path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(path)
    with pytest.raises(DatabaseUnusable) as raised:
        async with Store.open(path):
            raise AssertionError("opened")
    sentence = str(raised.value)
    assert sentence.startswith(f"The database {path} ")
    assert "\n" not in sentence
    assert "sqlalche.me" not in sentence


async def test_a_newer_parley_s_database_is_called_that_and_left_alone(path: Path) -> None:
    of_a_newer_parley(path)
    before = schema(path)
    with pytest.raises(DatabaseUnusable, match="newer Parley"):
        async with Store.open(path):
            raise AssertionError("opened")
    assert schema(path) == before


async def test_another_program_s_database_is_left_as_it_was(path: Path) -> None:
    of_another_program(path)
    before = schema(path)
    with pytest.raises(DatabaseUnusable):
        async with Store.open(path):
            raise AssertionError("opened")
    assert schema(path) == before
