"""Migrations: a database of any older version opens, reads as it did, and can go back."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, event

import bot
from bot.chat.messages import Completion, Message, Role, Usage
from bot.chat.parts import FilePart, ImagePart, Origin, Part, QuotePart, TextPart
from bot.chat.prompts import Position, Prompt
from bot.store.conversations import Unfinished
from bot.store.engine import migrate
from bot.store.store import Store
from bot.store.tables import metadata
from bot.store.versions import ShownVersion
from tests.store.conftest import ANA, GENERAL, MODEL, THREAD, Talk, schema

TWO = "zwei\u2028\N{CAT FACE} \"'\\"
PICTURE = ImagePart("cat.png", "image/png", b"\x89P\x00")
CAT = replace(PICTURE, origin=Origin(41, 1000))

ROWS = f"""
INSERT INTO conversations (id, channel_id, guild_id, owner_id, begun_at) VALUES
    (1, 700, 300, 41, 10.0), (2, 700, 300, 41, 90.0), (3, 500, NULL, 42, 20.0);
INSERT INTO messages (id, conversation_id, parent_id, role, text, author_id, created_at) VALUES
    (1, 1, NULL, 'user', 'one', 41, 11.0), (2, 1, 1, 'assistant', 'ONE', NULL, 11.0),
    (3, 3, 2, 'user', '{TWO.replace("'", "''")}', 42, 30.0), (4, 3, 3, 'assistant', 'So far', NULL, 31.5),
    (5, 1, 2, 'user', '', 41, 12.0), (6, 1, 5, 'assistant', '', NULL, 12.5);
INSERT INTO completions (message_id, model, reasoning, answered_by, finish_reason, error, prompt_tokens,
    completion_tokens, total_tokens, first_text_after, finished, took) VALUES
    (2, 'a/b/c', 'Hm \N{CAT FACE}.', 'b-07', 'stop', NULL, 1, 2, 3, 0.5, 1, 2.0),
    (4, 'a/b', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0),
    (6, 'a/b', '', NULL, NULL, 'cut', NULL, NULL, NULL, NULL, 1, 0.0);
INSERT INTO discord_messages VALUES
    (1000, 1, 0), (1001, 2, 0), (1002, 2, 1), (2000, 3, 0), (2001, 4, 0), (3000, 5, 0), (3001, 6, 0);
INSERT INTO images VALUES ('ab', 'image/png', x'895000'), ('cd', 'image/gif', x'47');
INSERT INTO message_images VALUES (1, 0, 'ab', 'cat.png'), (5, 0, 'cd', 'dog.gif'), (5, 1, 'ab', 'again.png');
"""
"""Rows as the first version wrote them: an empty prompt with images, one image of two prompts, an unfinished answer."""

VERSIONS = """
INSERT INTO messages VALUES
    (7, 1, 1, 'assistant', 'Uno.', NULL, 13.0), (8, 1, 5, 'assistant', 'Begun and', NULL, 14.0);
INSERT INTO completions VALUES
    (7, 'c/d', '', NULL, 'stop', NULL, NULL, NULL, NULL, NULL, 1, 1.0, 'Fell back.'),
    (8, 'c/d', 'Well.', NULL, 'length', NULL, 4, 5, 9, 0.25, 0, 1.5, 'Cut off.');
UPDATE discord_messages SET message_id = 7 WHERE message_id = 2;
UPDATE discord_messages SET message_id = 8 WHERE message_id = 6;
"""
"""Rows that 0003 adds: a version that is shown in place of another, and one that was being continued."""


def content(path: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows of the tables that hold conversations in version 0003."""
    tables = ("conversations", "messages", "completions", "discord_messages", "images", "message_images")
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            table: [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")] for table in tables
        }


def execute(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.fixture
def alembic(path: Path) -> Config:
    path.parent.mkdir()
    config = Config()
    config.set_main_option("script_location", str(Path(bot.__file__).parent.parent / "migrations"))
    config.attributes["database_path"] = path
    return config


def make(alembic: Config, path: Path, version: str) -> None:
    """A file as this version's Parley left it."""
    command.upgrade(alembic, min(version, "0002"))
    execute(path, ROWS)
    if version == "0003":
        command.upgrade(alembic, version)
        execute(path, VERSIONS)


def test_migrations_run_up_down_and_up_again(path: Path, alembic: Config) -> None:
    migrate(path)
    up = schema(path)
    assert "messages" in dict(up)
    command.downgrade(alembic, "base")
    assert [name for name, _ in schema(path)] == ["alembic_version"]
    command.upgrade(alembic, "head")
    assert schema(path) == up


def test_migrations_lose_nothing_where_sqlite_enforces_foreign_keys_by_default(path: Path, alembic: Config) -> None:
    def enforce(connection: Any, _: object) -> None:
        connection.execute("PRAGMA foreign_keys=ON")

    make(alembic, path, "0003")
    before = content(path)
    event.listen(Engine, "connect", enforce)
    try:
        command.upgrade(alembic, "head")
        command.downgrade(alembic, "0003")
    finally:
        event.remove(Engine, "connect", enforce)
    assert content(path) == before


def test_a_migrated_file_has_exactly_the_declared_tables(path: Path) -> None:
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


@pytest.mark.parametrize("version", ["0001", "0002", "0003"])
async def test_a_database_of_an_older_version_reads_as_before(path: Path, alembic: Config, version: str) -> None:
    make(alembic, path, version)
    async with Store.open(path) as store:
        one = await store.versions.version(2)
        assert one == Completion("a/b/c", "ONE", "Hm \N{CAT FACE}.", "b-07", "stop", None, Usage(1, 2, 3), 0.5, 2.0)
        assert await store.versions.version(6) == Completion("a/b", error="cut")
        shown = await store.versions.recall(1002)
        newest = Completion("c/d", "Uno.", finish_reason="stop", took=1.0, note="Fell back.")
        assert shown == ShownVersion(
            7 if version == "0003" else 2,
            prompt_id=1000,
            asker_id=41,
            position=Position(1),
            question=Message(Role.USER, (TextPart("one", Origin(41, 1000)), CAT)),
            completion=newest if version == "0003" else one,
            shown=(1001, 1002),
            versions=(2, 7) if version == "0003" else (2,),
            continued=True,
        )
        unfinished = [Unfinished(4, None, 500, 2000, 42, "So far", (2001,))]
        continued = Unfinished(8, 300, 700, 3000, 41, "Begun and", (3001,))
        assert await store.conversations.unfinished() == unfinished + [continued] * (version == "0003")
        path_to_four = await store.conversations.path(4, most_images=0)
        assert [message.text for message in path_to_four] == ["one\n\n[image cat.png, not shown]", "ONE", TWO, "So far"]
        (*_, pictures) = await store.conversations.path(5, most_images=9)
        assert [(image.name, image.data) for image in pictures.images] == [("dog.gif", b"G"), ("again.png", CAT.data)]
        assert not pictures.text


async def test_a_version_that_was_being_continued_keeps_its_facts(path: Path, alembic: Config) -> None:
    make(alembic, path, "0003")
    async with Store.open(path) as store:
        known = Completion("c/d", "Begun and", "Well.", None, "length", None, Usage(4, 5, 9), 0.25, 1.5, "Cut off.")
        assert await store.versions.version(8) == known


async def test_conversations_of_an_older_version_continue(path: Path, alembic: Config) -> None:
    make(alembic, path, "0003")
    async with Store.open(path) as store:
        talk = Talk(store)
        shown = await talk.recalled(1001)
        assert await talk.another(shown, "Drei.", 1001) == 9
        (left, _) = await store.conversations.unfinished()
        journal = store.versions.journal(left.version_id, left.text, left.shown)
        await journal.give_up("cut", "I was restarted.", left.shown)
        asked = Prompt(4000, THREAD, ANA, (TextPart("And?"),), replies_to=1001)
        assert await talk.path_to(asked) == ["one\n\n[image cat.png, not shown]", "Drei."]
        await talk.record(asked, Completion(MODEL, "Yes."), 4001)
        await store.conversations.forget(1000)
        assert await talk.path_to(talk.prompt("more", replies_to=4001)) == ["Drei.", "And?", "Yes."]


@pytest.mark.parametrize("version", ["0001", "0002", "0003"])
def test_a_downgrade_keeps_the_content(path: Path, alembic: Config, version: str) -> None:
    make(alembic, path, version)
    before, tables = content(path), schema(path)
    migrate(path)
    command.downgrade(alembic, version)
    assert content(path) == before
    assert [name for name, _ in schema(path)] == [name for name, _ in tables]
    execute(path, "")


def test_old_conversations_were_last_used_at_their_newest_message(path: Path, alembic: Config) -> None:
    make(alembic, path, "0002")
    migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        used = connection.execute("SELECT id, used_at FROM conversations ORDER BY id").fetchall()
    assert used == [(1, 12.5), (2, 90.0), (3, 31.5)]


async def test_a_downgrade_keeps_what_the_older_version_can_store(path: Path, alembic: Config) -> None:
    parts: tuple[Part, ...] = (QuotePart("Ben", "My\ncat"), TextPart("What?"), FilePart("a.txt", "``` b"), PICTURE)
    async with Store.open(path) as store:
        talk = Talk(store)
        asked = Prompt(2_000, GENERAL, ANA, parts)
        await talk.record(asked, Completion(MODEL, "It sleeps."), 2_001)
        await talk.store.versions.add(await talk.recalled(2_001), (), MODEL)
        last = await talk.turn("two", replies_to=2_001)
        await store.versions.forget(await talk.recalled(last + 1))
        await store.versions.forget(await talk.recalled(2_001))
        await talk.another(await talk.recalled(await talk.turn("three", pages=2) + 1), "TRES")
        await talk.claim(talk.prompt("four"))
        await store.conversations.forget(last)
    execute(path, "INSERT INTO parts VALUES (1, 9, 'video', '{}', NULL, NULL, NULL)")
    words = Message(Role.USER, parts).text
    command.downgrade(alembic, "0003")
    rows = content(path)
    columns = ("id", "conversation_id", "parent_id", "role", "text")
    assert [tuple(row[column] for column in columns) for row in rows["messages"]] == [
        (1, 1, None, "user", words),
        (3, 1, 1, "assistant", ""),  # forgotten like the version before it, but something follows this one
        (4, 1, 3, "user", ""),
        (6, 1, 3, "user", "three"),
        (7, 1, 6, "assistant", "THREE"),
        (8, 1, 6, "assistant", "TRES"),
        (9, 2, None, "user", "four"),
        (10, 2, 9, "assistant", ""),
    ]
    finished = {row["message_id"]: row["finished"] for row in rows["completions"]}
    assert finished == {3: 1, 7: 1, 8: 1, 10: 0}
    assert {row["model"] for row in rows["completions"]} == {MODEL}
    assert [(row["message_id"], row["position"], row["name"]) for row in rows["message_images"]] == [(1, 0, "cat.png")]
    assert {row["message_id"] for row in rows["discord_messages"]} == {1, 4, 6, 8, 9}
    execute(path, "")


def test_many_messages_are_migrated_in_batches(path: Path, alembic: Config) -> None:
    command.upgrade(alembic, "0003")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO conversations VALUES (1, 700, 300, 41, 10.0, 10.0)")
        texts = [(2 * number, 1, "user", f"prompt {number}", 1.0) for number in range(1, 1_203)]
        columns = "(id, conversation_id, role, text, created_at)"
        connection.executemany(f"INSERT INTO messages {columns} VALUES (?, ?, ?, ?, ?)", texts)
        connection.commit()
    before = content(path)
    migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*), sum(message_id) FROM parts").fetchone() == (1_202, 1_202 * 1_203)
    command.downgrade(alembic, "0003")
    assert content(path) == before
