"""What is forgotten is gone everywhere, and cuts nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.chat.messages import Completion
from bot.chat.parts import ImagePart, Origin, QuotePart, TextPart
from bot.store.rows import Forgotten
from bot.store.store import Store
from tests.store.conftest import ANA, BEN, DM, MODEL, Talk

CAT = ImagePart("cat.png", "image/png", b"\x89PNG cat")
SECRET = "the launch code"


def everything(path: Path) -> str:
    """All that the database says, as one text."""
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump())


async def test_a_forgotten_prompt_is_gone_with_its_quotes_and_its_answer_stays(talk: Talk, path: Path) -> None:
    asked = await talk.turn(SECRET, parts=(CAT,))
    quote = QuotePart("Ana", SECRET, Origin(ANA.id, asked))
    other = await talk.turn("What does she mean?", BEN, DM, parts=(quote,))
    await talk.turn("two", replies_to=asked + 1)
    await talk.store.conversations.forget(asked)
    assert SECRET not in everything(path)
    assert CAT.data.hex().upper() not in everything(path)
    assert await talk.path_to(talk.prompt("three")) == ["THE LAUNCH CODE", "two", "TWO"]
    assert await talk.path_to(talk.prompt("and?", BEN, DM)) == ["What does she mean?", "WHAT DOES SHE MEAN?"]
    assert await talk.path_to(talk.prompt("really?", replies_to=asked)) == []
    shown = await talk.recalled(asked + 1)
    assert (shown.question.parts, shown.completion.text, shown.asker_id) == ((), "THE LAUNCH CODE", ANA.id)
    assert (await talk.recalled(other + 1)).question.text == "What does she mean?"


async def test_forgetting_a_page_forgets_all_versions_and_their_quotes(talk: Talk, path: Path) -> None:
    first = await talk.recalled(await talk.turn("one", pages=2) + 1)
    second = await talk.another(first, SECRET, *first.shown)
    quote = QuotePart("Parley", SECRET, Origin(None, first.shown[0]))
    await talk.turn("What?", BEN, parts=(quote,))
    await talk.store.conversations.forget(first.shown[1])
    assert SECRET not in everything(path)
    for version_id in (first.version_id, second):
        with pytest.raises(Forgotten):
            await talk.store.versions.version(version_id)
    assert await talk.path_to(talk.prompt("two", replies_to=first.shown[0])) == ["one"]


async def test_a_message_that_was_only_quoted_can_be_forgotten(talk: Talk, path: Path) -> None:
    photo = ImagePart("photo.png", "image/png", CAT.data, Origin(BEN.id, 77))
    asked = await talk.turn("Who?", parts=(QuotePart("Ben", SECRET, Origin(BEN.id, 77)), photo))
    await talk.turn("And my own?", parts=(CAT,))
    await talk.store.conversations.forget(77)
    await talk.store.conversations.forget(88)
    assert SECRET not in everything(path)
    assert (await talk.recalled(asked + 1)).question.parts == (TextPart("Who?"),)
    assert (await talk.recalled(asked + 11)).question.images == (CAT,)


async def test_a_version_can_be_forgotten_while_it_is_written(store: Store) -> None:
    talk = Talk(store)
    asked = talk.prompt("one")
    journal = await talk.claim(asked)
    await journal.keep("So", (asked.id + 1,))
    await store.conversations.forget(asked.id + 1)
    with pytest.raises(Forgotten):
        await journal.keep("So far", (asked.id + 1,))
    assert await store.conversations.unfinished() == []


async def test_the_answer_to_a_prompt_that_is_forgotten_meanwhile_is_still_written(talk: Talk) -> None:
    asked = talk.prompt("one")
    journal = await talk.claim(asked)
    await talk.store.conversations.forget(asked.id)
    await journal.close(Completion(MODEL, "ONE"), (asked.id + 1,))
    assert await talk.path_to(talk.prompt("two")) == ["ONE"]
