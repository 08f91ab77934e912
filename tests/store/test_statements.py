"""How many SQL statements each operation takes, since SQLite has one writer for everyone."""

from dataclasses import replace

import pytest

from bot.chat.messages import Completion
from bot.chat.parts import ImagePart, QuotePart, TextPart
from bot.chat.prompts import Position
from bot.store.usage import LedgerEntry
from tests.sql import statements
from tests.store.conftest import ANA, BEN, DM, GENERAL, MODEL, THREAD, Talk

CAT = ImagePart("cat.png", "image/png", b"\x89PNG cat")
WHOLE = Completion(MODEL, "So it was.", "Hm.")
ENTRY = LedgerEntry(ANA.id, 700, 300, MODEL)


@pytest.fixture
async def asked(talk: Talk) -> int:
    """The Discord id of an answered prompt, whose version the next id shows."""
    return await talk.turn("one", parts=(QuotePart("Ben", "two"),))


async def test_locating_takes_one_statement_and_one_more_for_an_unknown_reply(talk: Talk, asked: int) -> None:
    for place in (GENERAL, THREAD, DM, replace(THREAD, channel_id=asked)):
        with statements() as executed:
            await talk.store.conversations.locate(talk.prompt("two", place=place))
        assert len(executed) == 1
    for replies_to, most in ((asked + 1, 1), (55_555, 2)):
        with statements() as executed:
            await talk.store.conversations.locate(talk.prompt("two", replies_to=replies_to))
        assert len(executed) == most


async def test_a_path_takes_one_statement_and_one_for_images(talk: Talk, asked: int) -> None:
    position = await talk.store.conversations.locate(talk.prompt("two"))
    with statements() as executed:
        assert await talk.store.conversations.path(None, most_images=10) == []
    assert len(executed) == 0
    with statements() as executed:
        await talk.store.conversations.path(position.parent_id, most_images=10)
    assert len(executed) == 1
    position = await talk.store.conversations.locate(talk.prompt("three", replies_to=await talk.turn("2", parts=[CAT])))
    for most_images, most in ((10, 2), (0, 1)):
        with statements() as executed:
            await talk.store.conversations.path(position.parent_id, most_images=most_images)
        assert len(executed) == most


async def test_a_claim_takes_five_statements_and_one_for_images(talk: Talk, asked: int) -> None:
    where = await talk.store.conversations.locate(talk.prompt("two"))
    for position in (Position(), where):
        for parts, most in (((QuotePart("Ben", "two"),), 5), ((CAT, CAT), 6)):
            prompt = talk.prompt("two")
            with statements() as executed:
                await talk.claim(prompt, parts, position)
            assert len(executed) == most


async def test_keeping_writes_only_what_differs(talk: Talk) -> None:
    journal = await talk.claim(talk.prompt("one"))
    for text, shown, most in (
        ("", (), 0),
        ("So", (), 1),
        ("So", (5_001,), 1),
        ("So", (5_001,), 0),
        ("So far", (5_001, 5_002, 5_003), 2),
        ("So far", (5_001,), 3),
    ):
        with statements() as executed:
            await journal.keep(text, shown)
        assert len(executed) == most


async def test_closing_takes_four_statements_even_with_new_text(talk: Talk) -> None:
    for text in ("So it was.", "So"):
        prompt = talk.prompt("one")
        journal = await talk.claim(prompt)
        await journal.keep(text, (prompt.id + 1,))
        with statements() as executed:
            await journal.close(WHOLE, (prompt.id + 1,), ENTRY)
        assert len(executed) == 4


async def test_recalling_takes_three_statements_and_one_for_images(talk: Talk, asked: int) -> None:
    pictured = await talk.turn("two", parts=(CAT,))
    for page, most in ((asked + 1, 3), (pictured + 1, 4)):
        with statements() as executed:
            await talk.recalled(page)
        assert len(executed) == most
    with statements() as executed:
        assert await talk.store.versions.asker_of(asked + 1)
    assert len(executed) == 1


async def test_a_new_version_takes_at_most_five_statements(talk: Talk, asked: int) -> None:
    shown = await talk.recalled(asked + 1)
    with statements() as executed:
        journal = await talk.store.versions.add(shown, (), MODEL)
    assert len(executed) <= 5
    with statements() as executed:
        await journal.keep("So", shown.shown)
        await talk.store.versions.reopen(shown)
        await talk.store.versions.version(journal.version_id)
    assert len(executed) == 3


async def test_all_unfinished_versions_are_found_with_one_statement(talk: Talk) -> None:
    for _ in range(3):
        prompt = talk.prompt("one", BEN)
        await (await talk.claim(prompt, [TextPart("more")])).keep("So", (prompt.id + 1, prompt.id + 2))
    with statements() as executed:
        assert len(await talk.store.conversations.unfinished()) == 3
    assert len(executed) == 1
