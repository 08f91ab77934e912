"""Versions: which one is shown, and what is left when a person deletes them."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from bot.chat.messages import Completion, Message, Role, Usage
from bot.chat.parts import ImagePart, Origin, QuotePart, TextPart
from bot.chat.prompts import Position, Prompt
from bot.store.conversations import Unfinished
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


async def test_a_version_is_recalled_by_any_of_its_pages_with_all_facts(talk: Talk) -> None:
    root = await talk.turn("root")
    quote = QuotePart("Ana", "My cat", Origin(ANA.id, 9))
    prompt = Prompt(2_000, GENERAL, BEN, (quote, TextPart("What does it do?"), CAT, DOG), replies_to=root + 1)
    version_id = await talk.record(prompt, WHOLE, 2_003, 2_001, 2_002)
    position = await talk.store.conversations.locate(prompt)
    shown = ShownVersion(
        version_id,
        prompt_id=2_000,
        asker_id=BEN.id,
        position=Position(position.conversation_id, position.parent_id),
        question=Message(Role.USER, prompt.parts),
        completion=WHOLE,
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


async def test_prompts_and_unknown_messages_are_not_versions(talk: Talk) -> None:
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
    begun = replace(first, version_id=second, completion=Completion("xai/grok-4.3"))
    assert found == replace(begun, versions=(first.version_id, second))
    completion = Completion("mistral/large", "Uno.", finish_reason="stop")  # a fallback answered
    await journal.close(completion, first.shown[:1])
    found = await talk.recalled(first.shown[0])
    assert (found.completion, found.shown) == (completion, first.shown[:1])
    assert await talk.store.conversations.unfinished() == []
    assert await talk.store.versions.version(first.version_id) == first.completion
    assert not await talk.store.conversations.is_stored(first.shown[1])


async def test_a_version_cut_off_by_a_restart_is_found_with_its_messages(talk: Talk) -> None:
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
    second = talk.store.versions.journal(second.version_id, "So far", ())
    await second.give_up("cut", "I was restarted.", first.shown)
    assert await talk.store.conversations.unfinished() == []
    kept = (await talk.recalled(first.shown[0])).completion
    assert (kept.text, kept.error, kept.note) == ("So far", "cut", "I was restarted.")


async def test_images_that_the_first_model_could_not_see_are_added_to_the_prompt(talk: Talk) -> None:
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
    assert await talk.recalled(shown.shown[0]) == shown
    assert [found.text for found in await talk.store.conversations.unfinished()] == [WHOLE.text]
    longer = replace(WHOLE, text="It sleeps. And eats.", reasoning="")
    await journal.close(longer, (*shown.shown, 5_001))
    found = await talk.recalled(5_001)
    assert (found.completion, found.versions) == (longer, shown.versions)
    assert await talk.store.conversations.unfinished() == []


async def test_giving_up_a_continued_version_keeps_its_facts(talk: Talk) -> None:
    version_id = await talk.record(talk.prompt("What does it do?"), WHOLE, 3_001)
    await talk.store.versions.reopen(await talk.recalled(3_001))
    await talk.store.versions.journal(version_id, WHOLE.text, (3_001,)).give_up("cut", "Restarted.", (3_001,))
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


async def test_a_reply_to_the_prompt_is_not_a_version_of_its_answer(talk: Talk) -> None:
    asked = await talk.turn("one")
    meant = await talk.turn("I meant two", replies_to=asked)
    first = await talk.recalled(asked + 1)
    assert (first.versions, first.continued) == ((first.version_id,), False)
    await talk.another(first, "uno")
    await talk.store.versions.forget(first)
    assert await talk.store.conversations.is_stored(meant)
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
