"""What is recorded of a reply while it grows, and replies that take over the messages of an earlier one."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.chat.looks import Look
from bot.markdown.pages import LIMIT
from bot.reply.controls import NONE, Act, Controls
from bot.reply.gate import WriteKind
from bot.reply.reply import Reply
from bot.reply.surface import Page
from tests.reply.board import Board, Notebook, Speech, show

BUTTONS = Controls((Act.REGENERATE,))


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def speech() -> Speech:
    return Speech()


class FullDisk(Exception):
    """The journal cannot write."""


class BrokenJournal:
    """Keeps a number of entries and then fails."""

    def __init__(self, entries: int) -> None:
        self._left = entries

    async def keep(self, text: str, shown: Sequence[int]) -> None:
        self._left -= 1
        if self._left < 0:
            raise FullDisk


async def test_the_text_is_recorded_before_it_is_shown_and_a_new_message_after_it_was_posted(
    board: Board, speech: Speech
) -> None:
    notebook = Notebook(board)
    showing = asyncio.create_task(show(Reply(board), speech.say("Good"), "A note.", notebook))
    await board.shows("Good")
    speech.say(" day")
    await board.shows("Good day")
    speech.end()
    await showing
    assert notebook.entries == [
        ("Good", [], []),
        ("Good", [1], ["Good"]),
        ("Good day", [1], ["Good"]),
        ("Good day", [1], ["Good day"]),  # before the note
    ]


@pytest.mark.parametrize("entries", [0, 1, 2])
async def test_if_the_journal_fails_only_a_finish_without_it_shows_anything(
    board: Board, speech: Speech, entries: int
) -> None:
    reply = Reply(board)
    publishing = asyncio.create_task(reply.publish(speech.say("Half"), BrokenJournal(entries)))
    if entries == 2:
        await board.shows("Half")
        speech.say(" more")
    with pytest.raises(FullDisk):
        await publishing
    assert speech.closed.is_set()
    assert board.texts == ["Half"] * bool(entries)
    await reply.finish("⚠️ It failed.", keep=False)
    assert board.texts == [f"{reply.draft.text}\n-# ⚠️ It failed."]


async def test_resumed_messages_are_rewritten_and_surplus_ones_deleted(board: Board, speech: Speech) -> None:
    board.pages.update({number: Page(f"page {number}") for number in (7, 8, 9)})
    reply, notebook = Reply(board), Notebook(board)
    reply.resume([7, 8, 9], Look(), "Half", "First.")
    await show(reply, speech.think("Then").say(" more").think(".").end(), journal=notebook)
    assert board.pages == {7: Page("Half more")}
    assert reply.message_ids == (7,)
    assert notebook.entries[-1] == ("Half more", [7], ["Half more"])
    assert reply.draft.reasoning == "First.\n\nThen."


async def test_a_longer_text_continues_after_the_resumed_messages(board: Board, speech: Speech) -> None:
    board.pages[7] = Page("before")
    reply = Reply(board, Look())
    reply.resume([7], Look(ping=True))
    await show(reply, speech.say("x" * LIMIT + "y").end())
    assert board.texts == ["x" * LIMIT, "y"]
    assert (board.numbers, board.pings) == ([1], 0)


async def test_a_message_that_was_deleted_before_the_resume_is_left_out(board: Board, speech: Speech) -> None:
    board.pages[8] = Page("before")
    reply = Reply(board)
    reply.resume([7, 8], Look())
    await show(reply, speech.say("Again").end())
    assert (board.texts, reply.message_ids, reply.lost) == (["Again"], (8,), None)


async def test_a_reply_whose_only_message_was_deleted_is_lost(board: Board, speech: Speech) -> None:
    reply = Reply(board)
    reply.resume([7], Look())
    await show(reply, speech.say("Again"))
    assert str(reply.lost) == "the message was deleted"


async def test_another_request_voids_the_reasoning_but_not_that_of_the_answer_that_is_continued(
    board: Board, speech: Speech
) -> None:
    board.pages[7] = Page("Half")
    reply = Reply(board)
    reply.resume([7], Look(), "Half", "First.")
    await show(reply, speech.think("void").show(None).think("Then.").say(" more").end())
    assert reply.draft.reasoning == "First.\n\nThen."


async def test_buttons_of_an_earlier_reply_are_removed_when_nothing_else_waits(board: Board, speech: Speech) -> None:
    board.pages[7] = Page("before", BUTTONS)
    reply = Reply(board)
    async with board.gate.write(WriteKind.SEND):
        removal = asyncio.create_task(reply.remove_buttons(7))
        showing = asyncio.create_task(show(reply, speech.say("Now").end()))
        await asyncio.sleep(1)
        assert board.writes == []
    await asyncio.gather(removal, showing)
    assert board.history == ["Now", "before"]
    assert board.pages[7] == Page("before", NONE)


async def test_removing_buttons_of_a_deleted_message_is_not_an_error(board: Board) -> None:
    board.pages[7] = Page("before", BUTTONS)
    reply = Reply(board)
    for message_id in (None, 7, 8):
        await reply.remove_buttons(message_id)
    assert board.pages == {7: Page("before", NONE)}
