"""The file: its pragmas, its name, and what happens to one that cannot be used."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.store.engine import DatabaseUnusable, migrate, open_database
from bot.store.store import Store
from tests.store.conftest import schema


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


async def test_every_connection_has_wal_and_foreign_keys(path: Path) -> None:
    async with open_database(path) as engine, engine.connect() as connection:
        assert await connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await connection.scalar(text("PRAGMA foreign_keys")) == 1


@pytest.mark.parametrize("name", ["with space.db", "100%.db", "ünïcode.db", "what?.db", "a#b.db"])
async def test_any_file_name_is_accepted(tmp_path: Path, name: str) -> None:
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


async def test_the_database_of_a_newer_version_is_refused_and_left_unchanged(path: Path) -> None:
    of_a_newer_parley(path)
    before = schema(path)
    with pytest.raises(DatabaseUnusable, match="newer Parley"):
        async with Store.open(path):
            raise AssertionError("opened")
    assert schema(path) == before


async def test_the_database_of_another_program_is_left_unchanged(path: Path) -> None:
    of_another_program(path)
    before = schema(path)
    with pytest.raises(DatabaseUnusable):
        async with Store.open(path):
            raise AssertionError("opened")
    assert schema(path) == before
