"""Where a prompt continues: trees of messages, by place, by person, by reply."""

import time

import pytest

from bot.chat.places import Person, Place, PlaceKind
from bot.chat.prompts import Position
from tests.store.conftest import ANA, BEN, DM, GENERAL, THREAD, Talk

MINUTE = 60.0


async def test_the_first_prompt_has_nothing_before_it(talk: Talk) -> None:
    assert await talk.path_to(talk.prompt("hello")) == []


async def test_a_mention_continues_the_person_s_own_conversation(talk: Talk) -> None:
    await talk.turn("one")
    await talk.turn("two")
    assert await talk.path_to(talk.prompt("three")) == ["one", "ONE", "two", "TWO"]


@pytest.mark.parametrize(("minutes", "continues"), [(0, True), (29, True), (31, False), (600, False)])
async def test_a_conversation_in_a_channel_is_continued_for_half_an_hour(
    talk: Talk, minutes: float, continues: bool
) -> None:
    await talk.turn("one")
    path = await talk.path_to(talk.prompt("two"), now=time.time() + minutes * MINUTE)
    assert path == (["one", "ONE"] if continues else [])


async def test_another_person_s_conversation_is_not_continued(talk: Talk) -> None:
    await talk.turn("one", ANA)
    assert await talk.path_to(talk.prompt("mine", BEN)) == []


async def test_another_channel_is_another_conversation(talk: Talk) -> None:
    await talk.turn("one")
    assert await talk.path_to(talk.prompt("two", place=Place(PlaceKind.CHANNEL, 701, 300))) == []


@pytest.mark.parametrize("place", [THREAD, DM])
async def test_a_thread_and_a_dm_are_one_conversation_for_everyone_at_any_time(talk: Talk, place: Place) -> None:
    await talk.turn("one", ANA, place)
    await talk.turn("two", BEN, place)
    asked = talk.prompt("three", Person(43, "Cleo"), place)
    assert await talk.path_to(asked, now=time.time() + 100_000 * MINUTE) == ["one", "ONE", "two", "TWO"]


async def test_a_thread_does_not_continue_its_channel(talk: Talk) -> None:
    await talk.turn("in the channel", place=GENERAL)
    assert await talk.path_to(talk.prompt("in the thread", place=THREAD)) == []


async def test_a_reply_continues_any_page_of_an_answer_by_anyone_at_any_time(talk: Talk) -> None:
    first = await talk.turn("one", ANA, pages=3)
    await talk.turn("two", ANA)
    for page in (1, 2, 3):
        asked = talk.prompt("and?", BEN, replies_to=first + page)
        assert await talk.path_to(asked, now=time.time() + 600 * MINUTE) == ["one", "ONE"]


async def test_a_reply_to_a_prompt_continues_the_prompt(talk: Talk) -> None:
    first = await talk.turn("one")
    assert await talk.path_to(talk.prompt("I meant two", replies_to=first)) == ["one"]


async def test_replies_to_an_older_answer_branch_and_branches_do_not_mix(talk: Talk) -> None:
    root = await talk.turn("root")
    left = await talk.turn("left", replies_to=root + 1)
    right = await talk.turn("right", BEN, replies_to=root + 1)
    assert await talk.path_to(talk.prompt("l", replies_to=left + 1)) == ["root", "ROOT", "left", "LEFT"]
    assert await talk.path_to(talk.prompt("r", replies_to=right + 1)) == ["root", "ROOT", "right", "RIGHT"]


async def test_a_reply_to_an_unknown_message_is_like_a_mention(talk: Talk) -> None:
    await talk.turn("one")
    assert await talk.path_to(talk.prompt("what Ben says", replies_to=55_555)) == ["one", "ONE"]


async def test_a_guest_s_reply_does_not_become_what_the_owner_continues(talk: Talk) -> None:
    first = await talk.turn("one", ANA)
    await talk.turn("guest", BEN, replies_to=first + 1)
    assert await talk.path_to(talk.prompt("two", ANA)) == ["one", "ONE"]
    assert await talk.path_to(talk.prompt("mine", BEN)) == []


async def test_a_mention_continues_the_conversation_that_the_person_used_last(talk: Talk) -> None:
    old = await talk.turn("old")
    await talk.store.conversations.begin(GENERAL, ANA.id)
    await talk.turn("fresh")
    await talk.turn("back", replies_to=old + 1)
    assert await talk.path_to(talk.prompt("and?")) == ["old", "OLD", "back", "BACK"]


async def test_a_guest_s_reply_does_not_make_a_conversation_the_one_its_owner_used_last(talk: Talk) -> None:
    old = await talk.turn("old")
    await talk.store.conversations.begin(GENERAL, ANA.id)
    await talk.turn("fresh")
    await talk.turn("guest", BEN, replies_to=old + 1)
    assert await talk.path_to(talk.prompt("and?")) == ["fresh", "FRESH"]


@pytest.mark.parametrize("place", [THREAD, DM])
async def test_a_reply_by_anyone_counts_as_use_of_a_thread_or_dm(talk: Talk, place: Place) -> None:
    old = await talk.turn("old", ANA, place)
    await talk.store.conversations.begin(place, ANA.id)
    await talk.turn("fresh", ANA, place)
    await talk.turn("guest", BEN, place, replies_to=old + 1)
    assert await talk.path_to(talk.prompt("and?", ANA, place)) == ["old", "OLD", "guest", "GUEST"]


async def test_the_latest_new_conversation_wins_over_those_used_before(talk: Talk) -> None:
    await talk.turn("old")
    for _ in range(2):
        await talk.store.conversations.begin(GENERAL, ANA.id)
    assert await talk.store.conversations.locate(talk.prompt("fresh")) == Position(3)


@pytest.mark.parametrize("place", [GENERAL, THREAD, DM])
async def test_new_starts_a_conversation_that_the_next_prompts_continue(talk: Talk, place: Place) -> None:
    await talk.turn("old", place=place)
    await talk.store.conversations.begin(place, ANA.id)
    assert await talk.path_to(talk.prompt("fresh", place=place)) == []
    await talk.turn("one", place=place)
    assert await talk.path_to(talk.prompt("two", place=place)) == ["one", "ONE"]


async def test_new_is_only_for_the_person_who_said_it_in_a_channel(talk: Talk) -> None:
    await talk.turn("ben's", BEN)
    await talk.store.conversations.begin(GENERAL, ANA.id)
    assert await talk.path_to(talk.prompt("more", BEN)) == ["ben's", "BEN'S"]


async def test_a_reply_continues_a_conversation_from_before_new(talk: Talk) -> None:
    old = await talk.turn("old")
    await talk.store.conversations.begin(GENERAL, ANA.id)
    assert await talk.path_to(talk.prompt("still", replies_to=old + 1)) == ["old", "OLD"]


async def test_prompts_and_all_pages_of_their_answers_are_stored(talk: Talk) -> None:
    asked = await talk.turn("one", pages=2)
    known = [await talk.store.conversations.is_stored(id_) for id_ in range(asked - 1, asked + 4)]
    assert known == [False, True, True, True, False]


async def test_a_long_conversation_is_read_back_from_its_end(talk: Talk) -> None:
    for number in range(30):
        await talk.turn(f"prompt {number}")
    path = await talk.path_to(talk.prompt("more"))
    assert path[::2] == [f"prompt {number}" for number in range(30)]
    assert path[1::2] == [f"PROMPT {number}" for number in range(30)]
