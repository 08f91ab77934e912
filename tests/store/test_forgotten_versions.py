"""What is left when a person deletes an answer: the prompt, and empty nodes that keep the tree connected."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.messages import Completion, Usage
from bot.store.rows import Forgotten
from bot.store.usage import LedgerEntry
from tests.store.conftest import ANA, BEN, GENERAL, MODEL, THREAD, Talk


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


async def test_only_empty_nodes_of_forgotten_versions_stay(talk: Talk, path: Path) -> None:
    asked = await talk.turn("one", pages=2)
    first = await talk.recalled(asked + 1)
    second = await talk.another(first, "uno")
    await talk.store.versions.reopen(first)
    for _ in range(2):
        await talk.store.versions.forget(first)
        assert rows(path, "SELECT id, streaming, forgotten_at IS NULL FROM messages") == [
            (1, 0, 1),
            (2, 0, 0),
            (3, 0, 0),
        ]
        assert rows(path, "SELECT message_id FROM parts UNION ALL SELECT message_id FROM completions") == [(1,)]
    assert await talk.store.conversations.is_stored(asked)
    assert await talk.store.versions.recall(asked + 1) is None
    assert await talk.store.conversations.unfinished() == []
    for version_id in (first.version_id, second):
        with pytest.raises(Forgotten):
            await talk.store.versions.version(version_id)


async def test_what_follows_a_forgotten_version_stays_with_its_usage(talk: Talk) -> None:
    first = await talk.recalled(await talk.turn("one") + 1)
    entry = LedgerEntry(BEN.id, GENERAL.channel_id, GENERAL.guild_id, MODEL, Usage(1, 2, 3), cost=0.01)
    asked = talk.prompt("two", BEN, replies_to=first.shown[0])
    await talk.record(asked, Completion(MODEL, "TWO"), asked.id + 1, entry=entry)
    await talk.store.versions.forget(await talk.recalled(first.shown[0]))
    assert await talk.path_to(talk.prompt("and?", replies_to=asked.id + 1)) == ["one", "two", "TWO"]
    assert [used.entry.usage for used in await talk.store.usage.entries(GENERAL.guild_id)] == [Usage(1, 2, 3)]


async def test_a_mention_continues_before_an_answer_that_was_forgotten(talk: Talk) -> None:
    kept = await talk.turn("one", pages=2)
    last = await talk.recalled(await talk.turn("two") + 1)
    await talk.store.versions.forget(last)
    assert await talk.path_to(talk.prompt("three")) == ["one", "ONE"]
    assert (await talk.store.conversations.locate(talk.prompt("three"))).last_page == kept + 2


async def test_a_mention_stays_in_the_branch_whose_answer_was_forgotten(talk: Talk) -> None:
    root = await talk.turn("root")
    await talk.turn("left", replies_to=root + 1)
    right = await talk.turn("right", replies_to=root + 1)
    await talk.store.versions.forget(await talk.recalled(right + 1))
    assert await talk.path_to(talk.prompt("and?")) == ["root", "ROOT"]


async def test_a_thread_whose_only_answer_was_forgotten_still_continues_where_it_was_opened(talk: Talk) -> None:
    opened = await talk.turn("one") + 1
    thread = replace(THREAD, channel_id=opened)
    only = await talk.turn("in the thread", place=thread)
    await talk.store.versions.forget(await talk.recalled(only + 1))
    assert await talk.path_to(talk.prompt("again", place=thread)) == ["one", "ONE"]


async def test_a_conversation_whose_only_answer_was_forgotten_is_empty(talk: Talk) -> None:
    only = await talk.recalled(await talk.turn("one") + 1)
    await talk.store.versions.forget(only)
    assert await talk.store.conversations.locate(talk.prompt("two")) == only.position


async def test_a_forgotten_version_cannot_be_written_and_others_are_not_affected(talk: Talk) -> None:
    gone = await talk.recalled(await talk.turn("one") + 1)
    journal = talk.store.versions.journal(gone.version_id, "", ())
    await talk.store.versions.forget(gone)
    other = await talk.recalled(await talk.turn("two") + 1)
    entry = LedgerEntry(ANA.id, GENERAL.channel_id, GENERAL.guild_id, MODEL, Usage(1, 2, 3))
    with pytest.raises(Forgotten):
        await journal.keep("late", ())
    with pytest.raises(Forgotten):
        await journal.keep("", (7_001,))
    with pytest.raises(Forgotten):
        await journal.close(Completion(MODEL, "late"), (7_001,), entry)
    with pytest.raises(Forgotten):
        await journal.give_up("cut", "", (7_001,))
    with pytest.raises(Forgotten):
        await talk.store.versions.show(gone.version_id, (7_001,))
    with pytest.raises(Forgotten):
        await talk.store.versions.reopen(gone)
    with pytest.raises(Forgotten):
        await talk.store.versions.add(replace(gone, prompt_id=55_555), (), MODEL)
    assert await talk.recalled(other.shown[0]) == other
    assert not await talk.store.conversations.is_stored(7_001)
    assert [used.entry.usage for used in await talk.store.usage.entries(GENERAL.guild_id)] == [entry.usage]


async def test_a_version_of_a_forgotten_prompt_cannot_be_added(talk: Talk) -> None:
    gone = await talk.recalled(await talk.turn("one") + 1)
    await talk.store.conversations.forget(gone.prompt_id)
    with pytest.raises(Forgotten):
        await talk.store.versions.add(gone, (), MODEL)


async def test_a_prompt_that_replies_to_what_is_forgotten_meanwhile_is_still_answered(talk: Talk) -> None:
    shown = await talk.recalled(await talk.turn("one") + 1)
    asked = talk.prompt("and?", BEN, replies_to=shown.shown[0])
    position = await talk.store.conversations.locate(asked)
    await talk.store.versions.forget(shown)
    await (await talk.claim(asked, position=position)).close(Completion(MODEL, "AND"), (5_001,))
    assert await talk.path_to(talk.prompt("more", BEN, replies_to=5_001)) == ["one", "and?", "AND"]


async def test_the_last_page_belongs_to_a_reply_of_the_same_conversation(talk: Talk) -> None:
    asked = await talk.turn("one", pages=3)
    locate = talk.store.conversations.locate
    assert (await locate(talk.prompt("and?", replies_to=asked))).last_page is None
    assert (await locate(talk.prompt("and?", replies_to=asked + 1))).last_page == asked + 3
    assert (await locate(talk.prompt("and?"))).last_page == asked + 3
    assert (await locate(talk.prompt("and?", place=replace(THREAD, channel_id=asked + 2)))).last_page is None


async def test_a_forgotten_answer_can_be_generated_again(talk: Talk) -> None:
    first = await talk.recalled(await talk.turn("one", ANA) + 1)
    await talk.store.versions.forget(first)
    second = await talk.another(first, "uno", 5_001)
    assert (await talk.recalled(5_001)).versions == (second,)
