"""A reply grows: it is read at the model's pace and written at the channel's."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.events import Event, TextDelta
from bot.chat.looks import Look
from bot.markdown.format import format
from bot.markdown.pages import LIMIT, split
from bot.reply.controls import Act
from bot.reply.gate import Gate
from bot.reply.meanwhile import LONGEST_TYPING, SILENT_AFTER, TYPING_EVERY
from bot.reply.reply import OLD_EDIT_EVERY, Reply
from bot.reply.surface import Page
from bot.text import Text
from tests.reply.board import INTERVAL, Board, Speech, show


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def speech() -> Speech:
    return Speech()


async def paced(pieces: list[str], seconds: float) -> AsyncIterator[Event]:
    for piece in pieces:
        await asyncio.sleep(seconds)
        yield TextDelta(piece)


async def test_the_first_text_is_posted_and_the_rest_is_edited_in(board: Board, speech: Speech) -> None:
    reply = Reply(board)
    publishing = asyncio.create_task(show(reply, speech))
    speech.say("Good")
    await board.shows("Good")
    speech.say(" morning", ", Ana")
    await board.shows("Good morning, Ana")
    speech.say(".").end()
    await publishing
    assert board.history == ["Good", "Good morning, Ana", "Good morning, Ana."]
    assert [page.message_id for page in reply.shown] == [1]
    assert reply.draft.text == "Good morning, Ana."


async def test_only_the_newest_text_is_written_an_interval_apart(board: Board) -> None:
    pieces = [f"{number} " for number in range(100)]
    await show(Reply(board), paced(pieces, 0.13))
    times = [write.at for write in board.writes]
    assert all(later - earlier >= INTERVAL - 1e-6 for earlier, later in pairwise(times[:-1]))
    for write in board.writes[:-1]:
        said = int(write.at / 0.13 + 1e-6)
        assert write.text in ("".join(pieces[:said]), "".join(pieces[: said - 1])), "stale text"
    assert board.texts == ["".join(pieces)]
    assert len(board.writes) == 14


async def test_text_that_comes_during_a_slow_write_is_shown_by_the_next_one(board: Board, speech: Speech) -> None:
    board.slowness = 5.0
    publishing = asyncio.create_task(show(Reply(board), speech.say("a")))
    await asyncio.sleep(2)
    speech.say("b", "c", "d").end()
    await publishing
    assert board.history == ["a", "abcd"]


async def test_a_text_that_is_shown_already_is_written_again_to_remove_the_stop_button(
    board: Board, speech: Speech
) -> None:
    publishing = asyncio.create_task(show(Reply(board), speech.say("All of it")))
    await board.shows("All of it")
    speech.say("", "")
    await asyncio.sleep(INTERVAL * 3)
    speech.end()
    await publishing
    assert board.history == ["All of it"] * 2
    assert [write.page.controls.acts for write in board.writes] == [(Act.STOP,), ()]


async def test_a_long_answer_continues_in_new_messages_and_earlier_ones_are_not_edited(board: Board) -> None:
    pieces = [f"Sentence number {number}. " for number in range(400)]
    text = "".join(pieces)
    await show(Reply(board), paced(pieces, 0.05))
    assert board.texts == split(text)
    assert len(board.texts) > 3
    assert "".join(board.texts) == text
    order = [write.message_id for write in board.writes]
    assert order == sorted(order), "an earlier message was edited after a later one was posted"


@given(st.lists(st.text("ab `\n", max_size=900), max_size=8), st.floats(0, 3))
async def test_the_final_pages_are_those_of_the_formatter_and_the_splitter(pieces: list[str], seconds: float) -> None:
    board = Board()
    reply = Reply(board)
    await show(reply, paced(pieces, seconds))
    text = "".join(pieces)
    assert board.texts == (split(format(text)) or split(text)) == [shown.page.text for shown in reply.shown]
    assert reply.draft.text == text


@pytest.mark.parametrize("blank", [[], [""], ["  ", "\n\n", "\t"]])
async def test_a_blank_answer_writes_nothing(board: Board, blank: list[str]) -> None:
    await show(Reply(board), paced(blank, 0.1))
    assert board.writes == []


async def test_the_typing_indicator_is_shown_until_the_first_post(board: Board, speech: Speech) -> None:
    publishing = asyncio.create_task(show(Reply(board), speech))
    await asyncio.sleep(TYPING_EVERY * 1.25)
    speech.say("\n")
    assert board.typed_at == [0, TYPING_EVERY]
    speech.say("Here it is.")
    await asyncio.sleep(TYPING_EVERY * 5)
    speech.end()
    await publishing
    assert len(board.typed_at) == 2


async def test_the_first_post_waits_for_a_typing_request_in_flight(board: Board, speech: Speech) -> None:
    board.typing_slowness = LONGEST_TYPING / 2
    await show(Reply(board), speech.say("Quick.").end())
    assert board.typed_at == [LONGEST_TYPING / 2]
    assert board.writes[0].at == LONGEST_TYPING / 2


async def test_a_slow_typing_request_is_not_waited_for_long(board: Board, speech: Speech) -> None:
    board.typing_slowness = 25.0
    await show(Reply(board), speech.say("Quick.").end())
    assert board.writes[0].at == LONGEST_TYPING


async def test_the_thinking_time_is_shown_until_the_first_words(board: Board, speech: Speech) -> None:
    reply = Reply(board)
    publishing = asyncio.create_task(show(reply, speech))
    speech.think("Hm, ")
    await board.shows("-# Thinking… 4 s")
    await board.shows("-# Thinking… 8 s")
    await board.shows("-# Thinking… 12 s")
    speech.say("It is").end()
    await publishing
    assert [write.at for write in board.writes][:4] == [4, 8, 12, 12]
    assert board.texts == ["It is"]


async def test_the_thinking_time_of_a_model_without_reasoning_is_shown_later(board: Board, speech: Speech) -> None:
    publishing = asyncio.create_task(show(Reply(board), speech))
    await board.shows("-# Thinking… 12 s")
    assert asyncio.get_running_loop().time() == SILENT_AFTER
    speech.end()
    await publishing
    assert board.texts == []


async def test_the_thinking_time_does_not_replace_a_reason_to_wait(board: Board, speech: Speech) -> None:
    reply = Reply(board)
    publishing = asyncio.create_task(show(reply, speech))
    speech.show(Text("Waiting for {provider}, 20 s", provider="Groq"))
    await asyncio.sleep(20)
    assert board.history == ["-# Waiting for Groq, 20 s"]
    speech.say("Here.").end()
    await publishing
    assert board.texts == ["Here."]


async def test_only_the_first_message_notifies_and_every_message_has_its_number(board: Board, speech: Speech) -> None:
    await show(Reply(board, Look(ping=True)), speech.say("x" * LIMIT, "y" * LIMIT, "z").end())
    assert (board.numbers, board.pings) == ([0, 1, 2], 1)


async def test_a_note_is_shown_below_the_text(board: Board, speech: Speech) -> None:
    reply = Reply(board)
    await show(reply, speech.say("The answer.").end(), "⚠️ It was cut.\nAsk again.")
    assert board.texts == ["The answer.\n-# ⚠️ It was cut.\n-# Ask again."]
    assert reply.draft.text == "The answer.", "the note is not the model's"


async def test_a_note_without_a_text_is_a_separate_message(board: Board) -> None:
    await Reply(board).finish("⚠️ No provider is set up.")
    assert board.texts == ["⚠️ No provider is set up."]


async def test_a_note_that_does_not_fit_below_the_text_gets_a_page(board: Board, speech: Speech) -> None:
    reply = Reply(board)
    await show(reply, speech.say("x" * LIMIT).end(), "The end.")
    assert board.texts == ["x" * LIMIT, "-# The end."]


async def test_a_note_that_exactly_fits_stays_on_the_page(board: Board, speech: Speech) -> None:
    reply = Reply(board)
    await show(reply, speech.say("x" * (LIMIT - len("\n-# The end."))).end(), "The end.")
    assert [len(text) for text in board.texts] == [LIMIT]


async def test_a_note_that_is_one_character_too_long_for_the_page_gets_a_page(board: Board, speech: Speech) -> None:
    reply = Reply(board)
    await show(reply, speech.say("x" * (LIMIT - len("-# The end."))).end(), "The end.")
    assert board.texts == ["x" * (LIMIT - len("-# The end.")), "-# The end."]


async def test_the_first_message_of_a_reply_goes_before_previews_of_another(speech: Speech) -> None:
    gate = Gate(INTERVAL)
    long, short = Board(gate), Board(gate)
    growing = asyncio.create_task(show(Reply(long), speech.say("Once")))
    await long.shows("Once")
    speech.say(" upon a time")
    await asyncio.sleep(INTERVAL / 2)
    await show(Reply(short), Speech().say("Short.").end())
    assert short.texts == ["Short."]
    assert long.history == ["Once"]
    speech.end()
    await growing
    assert long.texts == ["Once upon a time"]


async def test_an_old_message_is_edited_rarely_until_the_end(board: Board) -> None:
    board.pages[7], board.old = Page("What it said before."), {7}
    reply = Reply(board)
    reply.resume([7], Look())
    await show(reply, paced([f"{number} " for number in range(230)], 0.1))
    times = [write.at for write in board.writes]
    assert all(later - earlier > OLD_EDIT_EVERY - 0.01 for earlier, later in pairwise(times[:-1]))
    assert len(times) == 5
    assert times[-1] == pytest.approx(23)
    assert board.texts == ["".join(f"{number} " for number in range(230))]
