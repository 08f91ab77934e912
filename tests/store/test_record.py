"""What a turn leaves behind: everything that is known of it, once."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bot.store.rows import Forgotten

from bot.chat.messages import Completion, Faded, Image, Message, Role, Text, Turn, Usage
from bot.chat.places import Person
from bot.chat.prompts import Position, Prompt, Quote
from bot.store.conversations import AlreadyRecorded
from tests.store.conftest import ANA, GENERAL, Talk

CAT = Image("cat.png", "image/png", b"\x89PNG cat")
DOG = Image("dog.png", "image/png", b"\x89PNG dog")

TABLES = ("conversations", "messages", "completions", "discord_messages", "images", "message_images")


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def counts(path: Path) -> dict[str, int]:
    return {table: rows(path, f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


async def test_a_turn_is_remembered_with_everything_that_is_known_of_it(talk: Talk, path: Path) -> None:
    completion = Completion(
        "openrouter/google/gemini-3.5-flash-lite",
        "It sleeps.",
        reasoning="Cats do.",
        answered_by="gemini-3.5-flash-lite-07",
        finish_reason="stop",
        usage=Usage(812, 5, 840),
        first_text_after=0.25,
        took=1.5,
        note="-# Fell back.",
    )
    prompt = Prompt(2_000, GENERAL, ANA, "What does it do?", quote=Quote(1_999, "Ben", "My cat"))
    await talk.record(Turn(prompt, (CAT,), Position(), completion), 2_001, 2_002)
    assert rows(path, "SELECT channel_id, guild_id, owner_id FROM conversations") == [(700, 300, 41)]
    assert rows(path, "SELECT role, text, author_id, parent_id FROM messages ORDER BY id") == [
        ("user", "Ben wrote:\n> My cat\n\nWhat does it do?", 41, None),
        ("assistant", "It sleeps.", None, 1),
    ]
    assert rows(path, "SELECT * FROM completions") == [
        (
            2,
            completion.model,
            "Cats do.",
            completion.answered_by,
            "stop",
            None,
            812,
            5,
            840,
            0.25,
            True,
            1.5,
            completion.note,
        )
    ]
    assert rows(path, "SELECT id, message_id, page FROM discord_messages") == [
        (2_000, 1, 0),
        (2_001, 2, 0),
        (2_002, 2, 1),
    ]


async def test_a_failed_turn_is_remembered_with_its_error_and_no_text(talk: Talk, path: Path) -> None:
    completion = Completion("xai/grok-4.3", error="RateLimited: slow down")
    await talk.record(Turn(talk.prompt("hello"), (), Position(), completion), 3_001)
    assert rows(path, "SELECT error, finish_reason, prompt_tokens FROM completions") == [
        ("RateLimited: slow down", None, None)
    ]
    assert await talk.path_to(talk.prompt("again")) == ["hello", ""]


async def test_a_prompt_is_recorded_once_and_the_second_time_leaves_no_trace(talk: Talk, path: Path) -> None:
    turn = Turn(talk.prompt("hello"), (CAT,), Position(), Completion("xai/grok-4.3", "Hi."))
    await talk.record(turn, 3_001)
    before = counts(path)
    with pytest.raises(AlreadyRecorded):
        await talk.record(turn, 3_001)
    assert counts(path) == before


async def test_a_page_of_a_reply_is_no_prompt(talk: Talk, path: Path) -> None:
    first = await talk.turn("one")
    before = counts(path)
    again = Turn(talk.prompt("two"), (DOG,), Position(), Completion("xai/grok-4.3", "Two."))
    again = replace(again, prompt=replace(again.prompt, id=first + 1))
    with pytest.raises(AlreadyRecorded):
        await talk.record(again, 9_001)
    assert counts(path) == before
    assert await talk.path_to(talk.prompt("three")) == ["one", "ONE"]


async def test_a_parent_that_is_gone_refuses_the_turn(talk: Talk, path: Path) -> None:
    turn = Turn(talk.prompt("hello"), (CAT,), Position(None, 78), Completion("xai/grok-4.3", "Hi."))
    with pytest.raises(Forgotten):
        await talk.record(turn, 3_001)
    assert set(counts(path).values()) == {0}


async def test_images_come_back_with_their_bytes_in_their_order(talk: Talk) -> None:
    asked = await talk.turn("Who is who?", images=(DOG, CAT))
    position = await talk.store.conversations.locate(talk.prompt("And?", replies_to=asked + 1))
    path = await talk.store.conversations.path(position.parent_id, most_images=10)
    assert path[0] == Message(Role.USER, (Text("Who is who?"), DOG, CAT))


async def test_without_images_their_names_are_given(talk: Talk) -> None:
    asked = await talk.turn("Who?", images=(DOG, CAT))
    position = await talk.store.conversations.locate(talk.prompt("And?", replies_to=asked + 1))
    path = await talk.store.conversations.path(position.parent_id, most_images=0)
    assert path[0].parts == (Text("Who?"), Faded.of("dog.png"), Faded.of("cat.png"))


async def test_only_the_newest_images_are_read(talk: Talk) -> None:
    await talk.turn("one", images=(DOG, CAT))
    asked = await talk.turn("two", images=(CAT, DOG))
    position = await talk.store.conversations.locate(talk.prompt("And?", replies_to=asked + 1))
    path = await talk.store.conversations.path(position.parent_id, most_images=3)
    assert [image.name for message in path for image in message.images] == ["cat.png", "cat.png", "dog.png"]
    assert Faded.of("dog.png") in path[0].parts


async def test_the_same_picture_is_kept_once_under_each_name(talk: Talk, path: Path) -> None:
    await talk.turn("one", images=(CAT, CAT))
    await talk.turn("two", images=(Image("again.png", "image/png", CAT.data),))
    assert counts(path)["images"] == 1
    assert rows(path, "SELECT name FROM message_images ORDER BY message_id, position") == [
        ("cat.png",),
        ("cat.png",),
        ("again.png",),
    ]


async def test_a_prompt_of_images_alone_has_no_empty_text(talk: Talk) -> None:
    asked = await talk.turn("", images=(CAT,))
    position = await talk.store.conversations.locate(talk.prompt("And?", replies_to=asked))
    path = await talk.store.conversations.path(position.parent_id, most_images=10)
    assert path == [Message(Role.USER, (CAT,))]


async def test_discord_s_largest_ids_and_any_text_are_kept_exactly(talk: Talk) -> None:
    largest = 2**63 - 1
    text = "\u2028 \x00 \N{GRINNING FACE} ' \" \\ ; -- "
    prompt = Prompt(largest, GENERAL, Person(largest - 1, "Zoë"), text)
    await talk.record(Turn(prompt, (), Position(), Completion("a/b", text)), largest - 2)
    assert await talk.store.conversations.knows(largest)
    assert await talk.path_to(talk.prompt("and?", replies_to=largest - 2)) == [text, text]
