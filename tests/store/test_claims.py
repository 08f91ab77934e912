"""What a claim and a closed turn store: everything that is known of them, once."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.chat.messages import Completion, Message, Role
from bot.chat.parts import FilePart, ImagePart, OmittedPart, Origin, Part, QuotePart, TextPart
from bot.chat.places import Person
from bot.chat.prompts import Position, Prompt
from bot.store.conversations import AlreadyClaimed
from bot.store.journal import Journal
from bot.store.rows import Forgotten
from tests.store.conftest import ANA, BEN, GENERAL, MODEL, Talk

CAT = ImagePart("cat.png", "image/png", b"\x89PNG cat")
DOG = ImagePart("dog.png", "image/png", b"\x89PNG dog")

TABLES = ("conversations", "messages", "parts", "completions", "discord_messages", "images")


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def counts(path: Path) -> dict[str, int]:
    return {table: rows(path, f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


async def path_after(talk: Talk, discord_id: int, most_images: int) -> list[Message]:
    position = await talk.store.conversations.locate(talk.prompt("And?", replies_to=discord_id))
    return await talk.store.conversations.path(position.parent_id, most_images=most_images)


async def test_every_kind_of_part_comes_back_with_its_origin(talk: Talk) -> None:
    parts: tuple[Part, ...] = (
        QuotePart("Ben", "My cat\nis \N{CAT FACE}", Origin(BEN.id, 1_999)),
        TextPart("What does it do?", Origin(ANA.id, 2_000)),
        FilePart("notes.txt", "```\nmeow\n```", Origin(BEN.id, 1_999)),
        replace(DOG, origin=Origin(ANA.id)),
        OmittedPart("bird.png", Origin(message_id=2_000)),
        CAT,
    )
    await talk.record(Prompt(2_000, GENERAL, ANA, parts), Completion(MODEL, "It sleeps.", "Cats do."), 2_001)
    asked = Message(Role.USER, parts)
    assert await path_after(talk, 2_001, 10) == [asked, Message.of(Role.ASSISTANT, "It sleeps.")]
    assert (await talk.recalled(2_001)).question == asked


async def test_a_kind_of_a_newer_version_is_omitted(talk: Talk, path: Path) -> None:
    asked = await talk.turn("one")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO parts VALUES (1, 1, 'video', '{\"name\": \"cat.mp4\"}', 41, NULL, NULL)")
        connection.commit()
    (message,) = await path_after(talk, asked, 10)
    assert message.parts == (TextPart("one"), OmittedPart("cat.mp4", Origin(ANA.id), "video"))


async def test_a_failed_turn_has_no_text(talk: Talk) -> None:
    await talk.record(talk.prompt("hello"), Completion("xai/grok-4.3", error="RateLimited: slow down"), 3_001)
    assert await talk.path_to(talk.prompt("again")) == ["hello", ""]


async def test_a_prompt_is_claimed_once_and_the_second_time_leaves_no_trace(talk: Talk, path: Path) -> None:
    asked = talk.prompt("hello")
    await talk.claim(asked, [CAT])
    before = counts(path)
    with pytest.raises(AlreadyClaimed):
        await talk.claim(asked, [DOG])
    assert counts(path) == before


async def test_exactly_one_of_several_simultaneous_claims_wins(talk: Talk) -> None:
    asked = talk.prompt("hello")
    claims = await asyncio.gather(*(talk.claim(asked, [CAT]) for _ in range(5)), return_exceptions=True)
    assert sorted(type(claim).__name__ for claim in claims) == ["AlreadyClaimed"] * 4 + ["Journal"]
    (journal,) = (claim for claim in claims if isinstance(claim, Journal))
    assert [left.version_id for left in await talk.store.conversations.unfinished()] == [journal.version_id]


async def test_a_page_of_a_reply_is_not_a_prompt(talk: Talk, path: Path) -> None:
    first = await talk.turn("one")
    before = counts(path)
    with pytest.raises(AlreadyClaimed):
        await talk.claim(replace(talk.prompt("two"), id=first + 1), [DOG])
    assert counts(path) == before


async def test_a_parent_that_is_not_stored_refuses_the_claim(talk: Talk, path: Path) -> None:
    with pytest.raises(Forgotten):
        await talk.claim(talk.prompt("hello"), [CAT], Position(None, 78))
    assert set(counts(path).values()) == {0}


async def test_images_are_omitted_if_none_are_wanted(talk: Talk) -> None:
    asked = await talk.turn("Who?", parts=(DOG, CAT))
    path = await path_after(talk, asked + 1, 0)
    assert path[0].parts == (TextPart("Who?"), OmittedPart("dog.png"), OmittedPart("cat.png"))


async def test_only_the_newest_images_are_read(talk: Talk) -> None:
    await talk.turn("one", parts=(DOG, CAT))
    asked = await talk.turn("two", parts=(CAT, DOG))
    first, _, second, _ = await path_after(talk, asked + 1, 3)
    assert first.parts == (TextPart("one"), OmittedPart("dog.png"), CAT)
    assert second.images == (CAT, DOG)


async def test_the_same_picture_is_kept_once_under_each_name(talk: Talk, path: Path) -> None:
    again = replace(CAT, name="again.png")
    await talk.turn("one", parts=(CAT, CAT))
    asked = await talk.turn("two", parts=(again,))
    assert counts(path)["images"] == 1
    assert [image for message in await path_after(talk, asked, 9) for image in message.images] == [CAT, CAT, again]


async def test_a_prompt_of_images_alone_has_no_empty_text(talk: Talk) -> None:
    asked = await talk.turn("", parts=(CAT,))
    assert await path_after(talk, asked, 10) == [Message(Role.USER, (CAT,))]


async def test_discord_s_largest_ids_and_any_text_are_kept_exactly(talk: Talk) -> None:
    largest = 2**63 - 1
    text = "\u2028 \x00 \ud83d \N{GRINNING FACE} ' \" \\ ; -- "
    prompt = Prompt(largest, GENERAL, Person(largest - 1, "Zoë"), (TextPart(text, Origin(largest - 1, largest)),))
    await talk.record(prompt, Completion("a/b", text), largest - 2)
    assert await talk.store.conversations.is_stored(largest)
    assert await talk.path_to(talk.prompt("and?", replies_to=largest - 2)) == [text, text]
