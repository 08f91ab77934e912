"""Versions that are being written: found again when Parley died over them, and closed when they end."""

from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from bot.chat.messages import Completion
from bot.chat.parts import ImagePart
from bot.chat.prompts import Prompt
from bot.store.conversations import AlreadyClaimed, Unfinished
from bot.store.journal import Journal
from bot.store.store import Store
from tests.store.conftest import DM, GENERAL, MODEL, Talk

PICTURE = ImagePart("a.png", "image/png", b"\x89PNG")


async def begun(talk: Talk) -> tuple[Prompt, Journal]:
    asked = talk.prompt("hello")
    return asked, await talk.claim(asked, [PICTURE])


async def test_the_journal_of_a_version_survives_a_restart(talk: Talk) -> None:
    asked, journal = await begun(talk)
    found = Unfinished(journal.version_id, 300, GENERAL.channel_id, asked.id, asked.author.id, "", ())
    assert await talk.store.conversations.unfinished() == [found]
    await journal.keep("So", (5_002,))
    await journal.keep("So far", (5_002, 5_001))
    direct = await talk.claim(talk.prompt("hi", place=DM))
    first, second = await talk.store.conversations.unfinished()
    assert (first.text, first.shown) == ("So far", (5_002, 5_001))
    assert (second.version_id, second.guild_id, second.channel_id) == (direct.version_id, None, DM.channel_id)


async def test_a_closed_version_is_complete_and_not_unfinished(talk: Talk) -> None:
    _, journal = await begun(talk)
    await journal.keep("So", (5_001,))
    completion = Completion(MODEL, "So it was.", finish_reason="stop", note="Left out a.zip.")
    await journal.close(completion, (5_001, 5_002))
    assert await talk.store.conversations.unfinished() == []
    assert await talk.store.versions.version(journal.version_id) == completion
    assert await talk.path_to(talk.prompt("and?", replies_to=5_002)) == [
        "hello\n\n[image a.png, not shown]",
        "So it was.",
    ]


async def test_a_version_that_is_given_up_keeps_its_text_and_says_why(talk: Talk) -> None:
    (_, repaired), (_, other) = await begun(talk), await begun(talk)
    await repaired.keep("So", (5_001,))
    await repaired.give_up("interrupted", "I was restarted.", (5_001, 5_002))
    assert [found.version_id for found in await talk.store.conversations.unfinished()] == [other.version_id]
    kept = await talk.store.versions.version(repaired.version_id)
    assert kept == Completion(MODEL, "So", error="interrupted", note="I was restarted.")
    assert await talk.store.versions.version(other.version_id) == Completion(MODEL)
    assert await talk.store.conversations.is_stored(5_002)


async def test_a_finished_turn_is_never_unfinished(talk: Talk) -> None:
    await talk.turn("one", pages=2)
    assert await talk.store.conversations.unfinished() == []


async def test_a_prompt_that_is_being_answered_is_stored_and_not_claimed_again(talk: Talk) -> None:
    asked, _ = await begun(talk)
    assert await talk.store.conversations.is_stored(asked.id)
    with pytest.raises(AlreadyClaimed):
        await talk.claim(asked)
    assert len(await talk.store.conversations.unfinished()) == 1


async def test_closing_with_a_page_of_another_answer_changes_nothing(talk: Talk) -> None:
    await talk.turn("one")
    known = await talk.turn("two") + 1
    _, journal = await begun(talk)
    with pytest.raises(IntegrityError):
        await journal.close(Completion(MODEL, "Whole"), (5_001, known))
    assert [found.text for found in await talk.store.conversations.unfinished()] == [""]
    assert not await talk.store.conversations.is_stored(5_001)
    await journal.close(Completion(MODEL, "Whole"), (5_001,))
    assert (await talk.recalled(5_001)).completion.text == "Whole"


async def test_the_unfinished_are_found_by_the_next_process(path: Path) -> None:
    async with Store.open(path) as store:
        _, journal = await begun(Talk(store))
    async with Store.open(path) as store:
        assert [found.version_id for found in await store.conversations.unfinished()] == [journal.version_id]
