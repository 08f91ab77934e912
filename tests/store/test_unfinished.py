"""Answers that are being written: found again when Parley died over them, and closed when they end."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from bot.chat.messages import Completion, Image, Turn
from bot.chat.prompts import Position
from bot.store.conversations import AlreadyRecorded, Unfinished
from bot.store.store import Store
from tests.store.conftest import GENERAL, Talk

MODEL = "groq/openai/gpt-oss-20b"


def row(path: Path, answer_id: int) -> tuple[Any, ...]:
    columns = "text, error, finish_reason, finished, note"
    query = f"SELECT {columns} FROM messages JOIN completions ON message_id = id WHERE id = ?"
    with closing(sqlite3.connect(path)) as connection:
        found: tuple[Any, ...] = connection.execute(query, [answer_id]).fetchone()
    return found


def begun(talk: Talk, text: str = "hello") -> Turn:
    return Turn(talk.prompt(text), (Image("a.png", "image/png", b"\x89PNG"),), Position(), Completion(MODEL))


async def test_what_was_kept_of_an_answer_outlives_the_process(talk: Talk, path: Path) -> None:
    turn = begun(talk)
    answer_id = await talk.store.conversations.open(turn)
    assert await talk.store.conversations.unfinished() == [
        Unfinished(answer_id, GENERAL.channel_id, turn.prompt.id, turn.prompt.author.id, "", ())
    ]
    await talk.store.conversations.keep(answer_id, "So", (5_002,))
    await talk.store.conversations.keep(answer_id, "So far", (5_002, 5_001))
    found = [Unfinished(answer_id, GENERAL.channel_id, turn.prompt.id, turn.prompt.author.id, "So far", (5_002, 5_001))]
    assert await talk.store.conversations.unfinished() == found
    assert row(path, answer_id) == ("So far", None, None, 0, "")


async def test_an_answer_that_was_closed_is_whole_and_no_longer_unfinished(talk: Talk, path: Path) -> None:
    answer_id = await talk.store.conversations.open(begun(talk))
    await talk.store.conversations.keep(answer_id, "So", (5_001,))
    completion = Completion(MODEL, "So it was.", finish_reason="stop", note="Left out a.zip.")
    await talk.store.conversations.close(answer_id, completion, (5_001, 5_002))
    assert await talk.store.conversations.unfinished() == []
    assert row(path, answer_id) == ("So it was.", None, "stop", 1, "Left out a.zip.")
    assert await talk.path_to(talk.prompt("and?", replies_to=5_002)) == [
        "hello\n\n[image a.png, not shown]",
        "So it was.",
    ]


async def test_an_answer_that_is_given_up_keeps_its_text_and_says_why(talk: Talk, path: Path) -> None:
    mended, other = [await talk.store.conversations.open(begun(talk)) for _ in range(2)]
    await talk.store.conversations.keep(mended, "So", (5_001,))
    await talk.store.conversations.give_up(mended, "interrupted", "I was restarted.", (5_001, 5_002))
    assert [found.answer_id for found in await talk.store.conversations.unfinished()] == [other]
    assert row(path, mended) == ("So", "interrupted", None, 1, "I was restarted.")
    assert row(path, other) == ("", None, None, 0, "")
    assert await talk.store.conversations.knows(5_002)


async def test_a_finished_turn_is_never_unfinished(talk: Talk) -> None:
    await talk.turn("one", pages=2)
    assert await talk.store.conversations.unfinished() == []


async def test_a_prompt_that_is_being_answered_is_known_and_not_begun_again(talk: Talk) -> None:
    turn = begun(talk)
    await talk.store.conversations.open(turn)
    assert await talk.store.conversations.knows(turn.prompt.id)
    with pytest.raises(AlreadyRecorded):
        await talk.store.conversations.open(turn)
    assert len(await talk.store.conversations.unfinished()) == 1


async def test_closing_with_a_page_of_another_answer_changes_nothing(talk: Talk, path: Path) -> None:
    await talk.turn("one")
    known = await talk.turn("two") + 1
    answer_id = await talk.store.conversations.open(begun(talk))
    with pytest.raises(IntegrityError):
        await talk.store.conversations.close(answer_id, Completion(MODEL, "Whole"), (5_001, known))
    assert row(path, answer_id) == ("", None, None, 0, "")
    assert not await talk.store.conversations.knows(5_001)


async def test_the_unfinished_are_found_by_the_next_process(path: Path) -> None:
    async with Store.open(path) as store:
        answer_id = await store.conversations.open(begun(Talk(store)))
    async with Store.open(path) as store:
        assert [found.answer_id for found in await store.conversations.unfinished()] == [answer_id]
