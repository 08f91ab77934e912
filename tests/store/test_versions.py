"""Versions: which one is shown, and what is left when a person deletes them."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from bot.chat.messages import Completion, LedgerEntry, Message, Role, Usage
from bot.chat.parts import ImagePart, Origin, QuotePart, TextPart
from bot.chat.prompts import Position, Prompt
from bot.store.conversations import Unfinished
from bot.store.forgetting import Forgotten
from bot.store.versions import Asked, ShownVersion
from tests.store.conftest import ANA, BEN, GENERAL, MODEL, THREAD, Talk

CAT, DOG = ImagePart("cat.png", "image/png", b"\x89PNG cat"), ImagePart("dog.png", "image/png", b"\x89PNG dog")
WHOLE = Completion(
    MODEL,
    "It sleeps.",
    reasoning="Cats do.",
    answered_by="gpt-oss-20b-07",
    finish_reason="length",
    error="TimedOut: no end",
    usage=Usage(812, 5, 840),
    first_text_after=0.25,
    took=1.5,
    note="⚠️ cut off",
)


async def test_a_version_is_recalled_by_any_of_its_pages_with_all_that_is_known_of_it(talk: Talk) -> None:
    root = await talk.turn("root")
    quote = QuotePart("Ana", "My cat", Origin(ANA.id, 9))
    prompt = Prompt(2_000, GENERAL, BEN, (quote, TextPart("What does it do?"), CAT, DOG), replies_to=root + 1)
    version_id = await talk.record(prompt, WHOLE, 2_003, 2_001, 2_002)
    position = await talk.store.conversations.locate(prompt)
    shown = ShownVersion(
        version_id,
        prompt_id=2_000,
        asker_id=BEN.id,
        channel_id=GENERAL.channel_id,
        guild_id=GENERAL.guild_id,
        position=Position(position.conversation_id, position.parent_id),
        question=Message(Role.USER, prompt.parts),
        completion=WHOLE,
        streaming=False,
        shown=(2_003, 2_001, 2_002),
        versions=(version_id,),
        continued=False,
    )
    for page in shown.shown:
        assert await talk.store.versions.recall(page) == shown
        assert await talk.store.versions.asker_of(page) == Asked(2_000, BEN.id)
    assert await talk.store.versions.version(version_id) == WHOLE
    follow_up = await talk.store.conversations.locate(talk.prompt("And?", replies_to=2_001))
    assert follow_up == Position(position.conversation_id, version_id, last_page=2_002, follows_reply=True)


async def test_the_root_of_a_conversation_follows_nothing(talk: Talk) -> None:
    shown = await talk.recalled(await talk.turn("", parts=(CAT,)) + 1)
    assert shown.position == Position(shown.position.conversation_id)
    assert shown.question == Message(Role.USER, (CAT,))
    assert shown.completion == Completion(MODEL)


async def test_prompts_and_unknown_messages_are_no_versions(talk: Talk) -> None:
    asked = await talk.turn("one")
    for discord_id in (asked, 55_555):
        assert await talk.store.versions.recall(discord_id) is None
        assert await talk.store.versions.asker_of(discord_id) is None


@pytest.mark.parametrize("usage", [None, Usage(1), Usage(0, 0, 0), Usage(None, 0), Usage(total_tokens=2)])
async def test_tokens_that_were_not_counted_are_not_zero(talk: Talk, usage: Usage | None) -> None:
    completion = Completion(MODEL, "Hi.", usage=usage)
    version_id = await talk.record(talk.prompt("hello"), completion, 3_001)
    assert await talk.store.versions.version(version_id) == completion


async def test_a_new_version_takes_the_messages_of_the_one_before(talk: Talk) -> None:
    first = await talk.recalled(await talk.turn("one", pages=2) + 1)
    journal = await talk.store.versions.add(first, (), "xai/grok-4.3")
    second = journal.version_id
    found = await talk.recalled(first.shown[1])
    streaming = replace(first, version_id=second, completion=Completion("xai/grok-4.3"), streaming=True)
    assert found == replace(streaming, versions=(first.version_id, second))
    completion = Completion("mistral/large", "Uno.", finish_reason="stop")  # a fallback answered
    await journal.close(completion, first.shown[:1])
    found = await talk.recalled(first.shown[0])
    assert (found.completion, found.streaming, found.shown) == (completion, False, first.shown[:1])
    assert await talk.store.versions.version(first.version_id) == first.completion
    assert not await talk.store.conversations.knows(first.shown[1])


async def test_a_version_that_a_restart_cuts_is_found_with_the_messages_that_were_to_show_it(talk: Talk) -> None:
    asked = await talk.turn("one", pages=2)
    first = await talk.recalled(asked + 1)
    second = await talk.store.versions.add(first, (), MODEL)
    cut = Unfinished(second.version_id, 300, GENERAL.channel_id, asked, first.asker_id, "", first.shown)
    assert await talk.store.conversations.unfinished() == [cut]
    await second.keep("So far", first.shown)
    assert await talk.store.conversations.unfinished() == [replace(cut, text="So far")]
    third = await talk.store.versions.add(await talk.recalled(asked + 1), (), MODEL)
    assert await talk.store.conversations.unfinished() == [replace(cut, version_id=third.version_id)]
    await third.give_up("cut", "", ())
    second = await talk.store.versions.journal(second.version_id, "So far", ())
    await second.give_up("cut", "I was restarted.", first.shown)
    assert await talk.store.conversations.unfinished() == []
    kept = (await talk.recalled(first.shown[0])).completion
    assert (kept.text, kept.error, kept.note) == ("So far", "cut", "I was restarted.")


async def test_images_that_the_first_model_could_not_see_become_the_prompt_s(talk: Talk) -> None:
    first = await talk.recalled(await talk.turn("Who?") + 1)
    await talk.store.versions.add(first, (DOG, CAT), MODEL)
    assert (await talk.recalled(first.shown[0])).question.images == (DOG, CAT)
    await talk.store.versions.add(first, (CAT,), MODEL)
    assert (await talk.recalled(first.shown[0])).question == Message(Role.USER, (TextPart("Who?"), DOG, CAT))


async def test_a_version_that_is_continued_streams_until_it_is_closed_again(talk: Talk) -> None:
    asked = talk.prompt("What does it do?")
    await talk.record(asked, WHOLE, asked.id + 1)
    shown = await talk.recalled(asked.id + 1)
    journal = await talk.store.versions.reopen(shown)
    assert await talk.recalled(shown.shown[0]) == replace(shown, streaming=True)
    assert [found.text for found in await talk.store.conversations.unfinished()] == [WHOLE.text]
    longer = replace(WHOLE, text="It sleeps. And eats.", reasoning="")
    await journal.close(longer, (*shown.shown, 5_001))
    found = await talk.recalled(5_001)
    assert (found.streaming, found.completion, found.versions) == (False, longer, shown.versions)


async def test_giving_up_a_continued_version_keeps_what_is_known_of_it(talk: Talk) -> None:
    version_id = await talk.record(talk.prompt("What does it do?"), WHOLE, 3_001)
    await talk.store.versions.reopen(await talk.recalled(3_001))
    await (await talk.store.versions.journal(version_id, WHOLE.text, (3_001,))).give_up("cut", "Restarted.", (3_001,))
    assert await talk.store.versions.version(version_id) == replace(WHOLE, error="cut", note="Restarted.")


async def test_a_reply_continues_the_version_that_is_shown(talk: Talk) -> None:
    first = await talk.recalled(await talk.turn("one") + 1)
    second = await talk.another(first, "uno")
    page = first.shown[0]
    assert await talk.path_to(talk.prompt("and?", BEN, replies_to=page)) == ["one", "uno"]
    await talk.store.versions.show(first.version_id, (page, 5_001))
    assert await talk.path_to(talk.prompt("and?", BEN, replies_to=page)) == ["one", "ONE"]
    assert await talk.path_to(talk.prompt("and?", BEN, replies_to=5_001)) == ["one", "ONE"]
    await talk.store.versions.show(second, (5_001,))
    assert await talk.store.versions.recall(page) is None
    assert (await talk.recalled(5_001)).version_id == second


async def test_a_mention_continues_the_version_that_is_shown_or_else_the_newest(talk: Talk) -> None:
    first = await talk.recalled(await talk.turn("one") + 1)
    second = await talk.another(first, "uno")
    assert await talk.path_to(talk.prompt("and?")) == ["one", "uno"]
    await talk.store.versions.show(first.version_id, first.shown)
    assert await talk.path_to(talk.prompt("and?")) == ["one", "ONE"]
    await talk.store.versions.show(first.version_id, ())
    assert await talk.path_to(talk.prompt("and?")) == ["one", "uno"]
    assert second > first.version_id


async def test_a_new_version_of_an_old_answer_is_not_what_a_mention_continues(talk: Talk) -> None:
    first = await talk.recalled(await talk.turn("one") + 1)
    await talk.turn("two")
    await talk.another(first, "uno")
    assert await talk.path_to(talk.prompt("three")) == ["one", "ONE", "two", "TWO"]


async def test_a_reply_to_the_prompt_itself_is_no_version_of_its_answer(talk: Talk) -> None:
    asked = await talk.turn("one")
    meant = await talk.turn("I meant two", replies_to=asked)
    first = await talk.recalled(asked + 1)
    assert (first.versions, first.continued) == ((first.version_id,), False)
    await talk.another(first, "uno")
    await talk.store.versions.forget(first)
    assert await talk.store.conversations.knows(meant)
    assert await talk.path_to(talk.prompt("and?", replies_to=meant + 1)) == ["one", "I meant two", "I MEANT TWO"]


async def test_a_page_of_another_reply_is_not_taken_from_it(talk: Talk) -> None:
    other = await talk.turn("zero") + 1
    first = await talk.recalled(await talk.turn("one") + 1)
    with pytest.raises(IntegrityError):
        await talk.store.versions.show(first.version_id, (5_001, other))
    assert await talk.recalled(first.shown[0]) == first
    assert await talk.store.versions.recall(5_001) is None


async def test_a_prompt_that_hangs_from_any_version_continues_the_conversation(talk: Talk) -> None:
    first = await talk.recalled(await talk.turn("one") + 1)
    second = await talk.another(first, "uno")
    await talk.turn("two", BEN, replies_to=first.shown[0])
    assert (await talk.recalled(first.shown[0])).continued
    await talk.store.versions.show(first.version_id, first.shown)
    assert (await talk.recalled(first.shown[0])).continued
    assert second


async def test_a_thread_that_was_opened_from_an_answer_is_another_conversation(talk: Talk) -> None:
    first = await talk.recalled(await talk.turn("one") + 1)
    thread = replace(THREAD, channel_id=first.shown[0])
    await talk.turn("in the thread", place=thread)
    assert not (await talk.recalled(first.shown[0])).continued
    await talk.store.versions.forget(first)
    assert await talk.path_to(talk.prompt("more", place=thread)) == ["one", "in the thread", "IN THE THREAD"]


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


async def test_of_forgotten_versions_only_empty_nodes_stay(talk: Talk, path: Path) -> None:
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
    assert await talk.store.conversations.knows(asked)
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
    assert [used.usage for used in await talk.store.usage.entries(GENERAL.guild_id)] == [Usage(1, 2, 3)]


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


async def test_a_forgotten_version_cannot_be_written_and_no_other_is_hit(talk: Talk) -> None:
    gone = await talk.recalled(await talk.turn("one") + 1)
    journal = await talk.store.versions.journal(gone.version_id, "", ())
    await talk.store.versions.forget(gone)
    other = await talk.recalled(await talk.turn("two") + 1)
    entry = LedgerEntry(ANA.id, GENERAL.channel_id, GENERAL.guild_id, MODEL, Usage(1, 2, 3))
    with pytest.raises(Forgotten):
        await journal.keep("late", ())
    with pytest.raises(Forgotten):
        await journal.keep("", (7_001,))
    with pytest.raises(Forgotten):
        await journal.close(WHOLE, (7_001,), entry)
    with pytest.raises(Forgotten):
        await journal.give_up("cut", "", (7_001,))
    with pytest.raises(Forgotten):
        await talk.store.versions.show(gone.version_id, (7_001,))
    with pytest.raises(Forgotten):
        await talk.store.versions.reopen(gone)
    with pytest.raises(Forgotten):
        await talk.store.versions.add(replace(gone, prompt_id=55_555), (), MODEL)
    assert await talk.recalled(other.shown[0]) == other
    assert not await talk.store.conversations.knows(7_001)
    assert [used.usage for used in await talk.store.usage.entries(GENERAL.guild_id)] == [entry.usage]


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


async def test_the_last_page_is_a_reply_s_of_the_same_conversation(talk: Talk) -> None:
    asked = await talk.turn("one", pages=3)
    locate = talk.store.conversations.locate
    assert (await locate(talk.prompt("and?", replies_to=asked))).last_page is None
    assert (await locate(talk.prompt("and?", replies_to=asked + 1))).last_page == asked + 3
    assert (await locate(talk.prompt("and?"))).last_page == asked + 3
    assert (await locate(talk.prompt("and?", place=replace(THREAD, channel_id=asked + 2)))).last_page is None


async def test_a_forgotten_answer_can_be_given_again(talk: Talk) -> None:
    first = await talk.recalled(await talk.turn("one", ANA) + 1)
    await talk.store.versions.forget(first)
    second = await talk.another(first, "uno", 5_001)
    assert (await talk.recalled(5_001)).versions == (second,)
