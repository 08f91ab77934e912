"""Answers that are there already: their versions, which one is shown, and what is left when a person deletes one."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from bot.chat.messages import Completion, Image, Message, Role, Text, Turn, Usage
from bot.chat.prompts import Position, Prompt, Quote
from bot.store.conversations import Unfinished
from bot.store.rows import Forgotten
from bot.store.store import Store
from bot.store.versions import ShownVersion
from tests.store.conftest import ANA, BEN, GENERAL, THREAD, Talk

MODEL = "groq/openai/gpt-oss-20b"
CAT, DOG = Image("cat.png", "image/png", b"\x89PNG cat"), Image("dog.png", "image/png", b"\x89PNG dog")
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


async def recalled(store: Store, discord_id: int) -> ShownVersion:
    answered = await store.answers.recall(discord_id)
    assert answered
    return answered


async def version(talk: Talk, answered: ShownVersion, text: str, *shown: int) -> int:
    """Another version of an answer, streamed to its end."""
    completion = Completion(MODEL, text)
    answer_id = await talk.store.answers.another(answered, (), completion)
    await talk.store.conversations.close(answer_id, completion, shown or answered.shown)
    return answer_id


async def test_an_answer_is_recalled_by_any_of_its_pages_with_all_that_is_known_of_it(talk: Talk) -> None:
    root = await talk.turn("root")
    prompt = Prompt(2_000, GENERAL, BEN, "What does it do?", replies_to=root + 1, quote=Quote(9, "Ana", "My cat"))
    position = await talk.store.conversations.locate(prompt)
    assert position.parent_id
    answer_id = await talk.record(Turn(prompt, (CAT, DOG), position, WHOLE), 2_003, 2_001, 2_002)
    answered = ShownVersion(
        answer_id,
        prompt_id=2_000,
        asker_id=BEN.id,
        channel_id=GENERAL.channel_id,
        position=position,
        question=Message(Role.USER, (Text("Ana wrote:\n> My cat\n\nWhat does it do?"), CAT, DOG)),
        completion=WHOLE,
        finished=True,
        shown=(2_003, 2_001, 2_002),
        versions=(answer_id,),
        gone_on=False,
    )
    for page in answered.shown:
        assert await talk.store.answers.recall(page) == answered
    assert await talk.store.answers.version(answer_id) == WHOLE
    assert await talk.store.answers.last_page(answer_id) == 2_002


async def test_the_root_of_a_conversation_goes_on_from_nothing(talk: Talk) -> None:
    answered = await recalled(talk.store, await talk.turn("", images=(CAT,)) + 1)
    assert answered.position == Position(answered.position.conversation_id)
    assert answered.question == Message(Role.USER, (CAT,))
    assert answered.completion == Completion(MODEL)


async def test_prompts_and_what_is_unknown_are_no_answers(talk: Talk) -> None:
    asked = await talk.turn("one")
    assert await talk.store.answers.recall(asked) is None
    assert await talk.store.answers.recall(55_555) is None


@pytest.mark.parametrize("usage", [None, Usage(1), Usage(0, 0, 0), Usage(None, 0), Usage(total_tokens=2)])
async def test_tokens_that_were_not_counted_are_not_zero(talk: Talk, usage: Usage | None) -> None:
    completion = Completion(MODEL, "Hi.", usage=usage)
    answer_id = await talk.record(Turn(talk.prompt("hello"), (), Position(), completion), 3_001)
    assert await talk.store.answers.version(answer_id) == completion


async def test_another_version_takes_the_messages_of_the_one_before(talk: Talk) -> None:
    first = await recalled(talk.store, await talk.turn("one", pages=2) + 1)
    second = await talk.store.answers.another(first, (), Completion("xai/grok-4.3"))
    found = await recalled(talk.store, first.shown[1])
    streaming = replace(first, answer_id=second, completion=Completion("xai/grok-4.3"), finished=False)
    assert found == replace(streaming, versions=(first.answer_id, second))
    completion = Completion("xai/grok-4.3", "Uno.", finish_reason="stop")
    await talk.store.conversations.close(second, completion, first.shown[:1])
    found = await recalled(talk.store, first.shown[0])
    assert (found.completion, found.finished, found.shown) == (completion, True, first.shown[:1])
    assert await talk.store.answers.version(first.answer_id) == first.completion
    assert not await talk.store.conversations.knows(first.shown[1])
    assert await talk.store.answers.last_page(first.answer_id) is None


async def test_a_version_that_a_restart_cuts_is_found_with_the_messages_that_were_to_show_it(talk: Talk) -> None:
    asked = await talk.turn("one", pages=2)
    first = await recalled(talk.store, asked + 1)
    second = await talk.store.answers.another(first, (), Completion(MODEL))
    cut = Unfinished(second, GENERAL.channel_id, asked, first.asker_id, "", first.shown)
    assert await talk.store.conversations.unfinished() == [cut]
    await talk.store.conversations.keep(second, "So far", first.shown)
    assert await talk.store.conversations.unfinished() == [replace(cut, text="So far")]
    third = await talk.store.answers.another(await recalled(talk.store, asked + 1), (), Completion(MODEL))
    assert await talk.store.conversations.unfinished() == [replace(cut, answer_id=third)]
    await talk.store.answers.show(second, first.shown)
    await talk.store.conversations.give_up(third, "cut", "", ())
    await talk.store.conversations.give_up(second, "cut", "I was restarted.", first.shown)
    assert await talk.store.conversations.unfinished() == []
    kept = await talk.store.answers.version(second)
    assert (kept.text, kept.error, kept.note) == ("So far", "cut", "I was restarted.")


async def test_images_that_the_first_model_could_not_see_become_the_prompt_s(talk: Talk) -> None:
    first = await recalled(talk.store, await talk.turn("Who?") + 1)
    await talk.store.answers.another(first, (DOG, CAT), Completion(MODEL))
    assert (await recalled(talk.store, first.shown[0])).question.images == (DOG, CAT)
    await talk.store.answers.another(first, (CAT,), Completion(MODEL))
    assert (await recalled(talk.store, first.shown[0])).question.images == (DOG, CAT)


async def test_an_answer_that_is_continued_is_unfinished_until_it_is_closed_again(talk: Talk) -> None:
    answered = await recalled(talk.store, await talk.turn("one") + 1)
    await talk.store.answers.reopen(answered.answer_id)
    assert await recalled(talk.store, answered.shown[0]) == replace(answered, finished=False)
    assert [found.text for found in await talk.store.conversations.unfinished()] == ["ONE"]
    await talk.store.conversations.close(answered.answer_id, Completion(MODEL, "ONE AND"), (*answered.shown, 5_001))
    found = await recalled(talk.store, 5_001)
    assert (found.finished, found.completion.text, found.versions) == (True, "ONE AND", answered.versions)


async def test_a_reply_goes_on_from_the_version_that_is_shown(talk: Talk) -> None:
    first = await recalled(talk.store, await talk.turn("one") + 1)
    second = await version(talk, first, "uno")
    page = first.shown[0]
    assert await talk.path_to(talk.prompt("and?", BEN, replies_to=page)) == ["one", "uno"]
    await talk.store.answers.show(first.answer_id, (page, 5_001))
    assert await talk.path_to(talk.prompt("and?", BEN, replies_to=page)) == ["one", "ONE"]
    assert await talk.path_to(talk.prompt("and?", BEN, replies_to=5_001)) == ["one", "ONE"]
    await talk.store.answers.show(second, (5_001,))
    assert await talk.store.answers.recall(page) is None
    assert (await recalled(talk.store, 5_001)).answer_id == second


async def test_a_mention_goes_on_from_the_version_that_is_shown_or_else_the_newest(talk: Talk) -> None:
    first = await recalled(talk.store, await talk.turn("one") + 1)
    second = await version(talk, first, "uno")
    assert await talk.path_to(talk.prompt("and?")) == ["one", "uno"]
    await talk.store.answers.show(first.answer_id, first.shown)
    assert await talk.path_to(talk.prompt("and?")) == ["one", "ONE"]
    await talk.store.answers.show(first.answer_id, ())
    assert await talk.path_to(talk.prompt("and?")) == ["one", "uno"]
    assert second > first.answer_id


async def test_another_version_of_an_old_answer_is_not_what_a_mention_goes_on_from(talk: Talk) -> None:
    first = await recalled(talk.store, await talk.turn("one") + 1)
    await talk.turn("two")
    await version(talk, first, "uno")
    assert await talk.path_to(talk.prompt("three")) == ["one", "ONE", "two", "TWO"]


async def test_a_reply_to_the_prompt_itself_is_no_version_of_its_answer(talk: Talk) -> None:
    asked = await talk.turn("one")
    meant = await talk.turn("I meant two", replies_to=asked)
    first = await recalled(talk.store, asked + 1)
    assert (first.versions, first.gone_on) == ((first.answer_id,), False)
    await version(talk, first, "uno")
    await talk.store.answers.forget(first)
    assert await talk.store.conversations.knows(meant)
    assert await talk.path_to(talk.prompt("and?", replies_to=meant + 1)) == ["one", "I meant two", "I MEANT TWO"]


async def test_a_page_of_another_reply_is_not_taken_from_it(talk: Talk) -> None:
    other = await talk.turn("zero") + 1
    first = await recalled(talk.store, await talk.turn("one") + 1)
    with pytest.raises(IntegrityError):
        await talk.store.answers.show(first.answer_id, (5_001, other))
    assert await recalled(talk.store, first.shown[0]) == first
    assert await talk.store.answers.recall(5_001) is None


async def test_a_conversation_has_gone_on_when_a_prompt_hangs_from_any_version(talk: Talk) -> None:
    first = await recalled(talk.store, await talk.turn("one") + 1)
    second = await version(talk, first, "uno")
    await talk.turn("two", BEN, replies_to=first.shown[0])
    assert (await recalled(talk.store, first.shown[0])).gone_on
    await talk.store.answers.show(first.answer_id, first.shown)
    assert (await recalled(talk.store, first.shown[0])).gone_on
    assert second


async def test_a_thread_that_was_opened_from_an_answer_is_another_conversation(talk: Talk) -> None:
    first = await recalled(talk.store, await talk.turn("one") + 1)
    thread = replace(THREAD, channel_id=first.shown[0])
    await talk.turn("in the thread", place=thread)
    assert not (await recalled(talk.store, first.shown[0])).gone_on
    await talk.store.answers.forget(first)
    assert await talk.path_to(talk.prompt("more", place=thread)) == ["one", "ONE", "in the thread", "IN THE THREAD"]


def tables(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("messages", "completions", "discord_messages")
        }


async def test_what_is_deleted_leaves_its_prompt_and_nothing_else(talk: Talk, path: Path) -> None:
    asked = await talk.turn("one", pages=2)
    first = await recalled(talk.store, asked + 1)
    second = await version(talk, first, "uno")
    for _ in range(2):
        await talk.store.answers.forget(first)
        assert tables(path) == {"messages": 1, "completions": 0, "discord_messages": 1}
    assert await talk.store.conversations.knows(asked)
    assert not await talk.store.conversations.knows(asked + 1)
    for answer_id in (first.answer_id, second):
        with pytest.raises(Forgotten):
            await talk.store.answers.version(answer_id)


async def test_of_a_deleted_answer_the_versions_stay_that_something_goes_on_from(talk: Talk, path: Path) -> None:
    first = await recalled(talk.store, await talk.turn("one") + 1)
    following = await talk.turn("two", replies_to=first.shown[0])
    second = await version(talk, first, "uno")
    await talk.store.answers.reopen(first.answer_id)
    await talk.store.answers.forget(await recalled(talk.store, first.shown[0]))
    assert tables(path) == {"messages": 4, "completions": 2, "discord_messages": 3}
    assert await talk.path_to(talk.prompt("and?", replies_to=following + 1)) == ["one", "ONE", "two", "TWO"]
    assert await talk.store.answers.recall(first.shown[0]) is None
    assert await talk.store.conversations.unfinished() == []
    with pytest.raises(Forgotten):
        await talk.store.answers.version(second)


async def test_a_mention_goes_on_before_an_answer_that_was_deleted(talk: Talk) -> None:
    await talk.turn("one")
    last = await recalled(talk.store, await talk.turn("two") + 1)
    await talk.store.answers.forget(last)
    assert await talk.path_to(talk.prompt("three")) == ["one", "ONE"]


async def test_a_mention_stays_in_the_branch_whose_answer_was_deleted(talk: Talk) -> None:
    root = await talk.turn("root")
    await talk.turn("left", replies_to=root + 1)
    right = await talk.turn("right", replies_to=root + 1)
    await talk.store.answers.forget(await recalled(talk.store, right + 1))
    assert await talk.path_to(talk.prompt("and?")) == ["root", "ROOT"]


async def test_a_thread_whose_only_answer_was_deleted_still_goes_on_from_where_it_was_opened(talk: Talk) -> None:
    opened = await talk.turn("one") + 1
    thread = replace(THREAD, channel_id=opened)
    only = await talk.turn("in the thread", place=thread)
    await talk.store.answers.forget(await recalled(talk.store, only + 1))
    assert await talk.path_to(talk.prompt("again", place=thread)) == ["one", "ONE"]


async def test_a_conversation_whose_only_answer_was_deleted_is_empty(talk: Talk) -> None:
    only = await recalled(talk.store, await talk.turn("one") + 1)
    await talk.store.answers.forget(only)
    assert await talk.store.conversations.locate(talk.prompt("two")) == only.position


async def test_who_still_writes_into_a_deleted_answer_is_told_and_writes_into_no_other(talk: Talk) -> None:
    gone = await recalled(talk.store, await talk.turn("one") + 1)
    await talk.store.answers.forget(gone)
    other = await recalled(talk.store, await talk.turn("two") + 1)
    assert other.answer_id > gone.answer_id
    with pytest.raises(Forgotten):
        await talk.store.conversations.keep(gone.answer_id, "late", (7_001,))
    with pytest.raises(Forgotten):
        await talk.store.conversations.close(gone.answer_id, WHOLE, (7_001,))
    with pytest.raises(Forgotten):
        await talk.store.conversations.give_up(gone.answer_id, "cut", "", (7_001,))
    with pytest.raises(Forgotten):
        await talk.store.answers.show(gone.answer_id, (7_001,))
    with pytest.raises(Forgotten):
        await talk.store.answers.reopen(gone.answer_id)
    with pytest.raises(Forgotten):
        await talk.store.answers.another(replace(gone, prompt_id=55_555), (), Completion(MODEL))
    assert await recalled(talk.store, other.shown[0]) == other
    assert not await talk.store.conversations.knows(7_001)


async def test_a_prompt_that_replies_to_what_is_deleted_meanwhile_is_refused(talk: Talk, path: Path) -> None:
    answered = await recalled(talk.store, await talk.turn("one") + 1)
    asked = talk.prompt("and?", BEN, replies_to=answered.shown[0])
    position = await talk.store.conversations.locate(asked)
    await talk.store.answers.forget(answered)
    with pytest.raises(Forgotten):
        await talk.store.conversations.open(Turn(asked, (), position, Completion(MODEL)))
    assert tables(path)["messages"] == 1


async def test_the_last_page_is_a_reply_s(talk: Talk) -> None:
    asked = await talk.turn("one", pages=3)
    reply_to_prompt = await talk.store.conversations.locate(talk.prompt("and?", replies_to=asked))
    assert reply_to_prompt.parent_id
    assert await talk.store.answers.last_page(reply_to_prompt.parent_id) is None
    assert await talk.store.answers.last_page((await recalled(talk.store, asked + 1)).answer_id) == asked + 3
    assert await talk.store.answers.last_page(77) is None


async def test_a_deleted_answer_can_be_given_anew(talk: Talk) -> None:
    first = await recalled(talk.store, await talk.turn("one", ANA) + 1)
    await talk.store.answers.forget(first)
    second = await version(talk, first, "uno", 5_001)
    assert (await recalled(talk.store, 5_001)).versions == (second,)
