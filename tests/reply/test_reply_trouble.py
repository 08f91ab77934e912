"""A reply that is stopped, refused, deleted or cut off."""

import asyncio

import pytest

from bot.markdown.pages import LIMIT
from bot.reply.reply import LONGEST_PAUSE, MOST_FAILURES, PATIENCE, Reply
from bot.reply.surface import MessageGone, SurfaceBusy, SurfaceLost
from bot.text import Text
from tests.reply.board import INTERVAL, Board, Speech, show


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def speech() -> Speech:
    return Speech()


STOPPED = Text("Stopped.")


class Broken(Exception):
    """The error that a model's stream fails with."""


async def test_stop_shows_the_text_so_far_and_ends_the_reading(board: Board, speech: Speech) -> None:
    reply = Reply(board)
    publishing = asyncio.create_task(show(reply, speech.say("One")))
    await board.shows("One")
    speech.say(", two")
    await asyncio.sleep(INTERVAL / 2)
    reply.stop(STOPPED)
    await publishing
    assert board.texts == ["One, two"]
    assert speech.closed.is_set()


async def test_a_reply_that_is_stopped_before_it_begins_reads_nothing(board: Board, speech: Speech) -> None:
    reply = Reply(board)
    reply.stop(STOPPED)
    await show(reply, speech.say("Never"))
    assert reply.draft.text == ""
    assert board.writes == []


async def test_a_reply_that_has_ended_cannot_be_stopped_and_the_first_reason_to_stop_counts(
    board: Board, speech: Speech
) -> None:
    first, second = Text("Stopped by Ana."), Text("Stopped by Ben.")
    reply = Reply(board)
    showing = asyncio.create_task(show(reply, speech.say("Half")))
    await board.shows("Half")
    assert reply.stop(first)
    assert reply.stop(second)
    await showing
    assert reply.stopped == first
    assert not reply.stop(second)


async def test_a_note_can_be_added_to_a_stopped_reply(board: Board, speech: Speech) -> None:
    reply = Reply(board)
    publishing = asyncio.create_task(reply.publish(speech.say("Half")))
    await board.shows("Half")
    reply.stop(STOPPED)
    await publishing
    await reply.finish(str(STOPPED))
    assert board.texts == ["Half\n-# Stopped."]


async def test_an_error_of_the_reader_is_raised_after_the_text_before_it_was_shown(
    board: Board, speech: Speech
) -> None:
    reply = Reply(board)
    board.slowness = 3.0
    with pytest.raises(Broken):
        await show(reply, speech.say("As far", " as it", " came").end(Broken()))
    assert board.texts == ["As far as it came"]
    assert reply.draft.text == "As far as it came"


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 3), (3, 7), (4, 15), (6, 35)])
async def test_a_failed_write_is_retried_with_the_newest_text(
    board: Board, speech: Speech, failures: int, seconds: float
) -> None:
    board.troubles.extend(SurfaceBusy("Discord answered 503") for _ in range(failures))
    reply = Reply(board)
    publishing = asyncio.create_task(show(reply, speech.say("First")))
    await asyncio.sleep(0.1)
    speech.say(" and second").end()
    await publishing
    assert board.history == ["First and second"]
    assert seconds <= board.writes[0].at < seconds + failures * INTERVAL
    assert reply.lost is None


async def test_only_consecutive_failures_count(board: Board, speech: Speech) -> None:
    reply = Reply(board)
    publishing = asyncio.create_task(show(reply, speech))
    shown = ""
    for number in range(3):
        board.troubles.extend(SurfaceBusy("Discord answered 502") for _ in range(MOST_FAILURES - 1))
        speech.say(f"{number} ")
        shown += f"{number} "
        await board.shows(shown)
    speech.end()
    await publishing
    assert reply.lost is None


async def test_after_three_failures_in_a_row_only_the_whole_answer_is_tried(board: Board, speech: Speech) -> None:
    reply = Reply(board)
    publishing = asyncio.create_task(show(reply, speech.say("One")))
    await board.shows("One")
    board.troubles.extend(SurfaceBusy("Discord answered 503") for _ in range(MOST_FAILURES))
    for number in range(10):
        speech.say(f" {number}")
        await asyncio.sleep(LONGEST_PAUSE)
    assert board.history == ["One"]
    assert not board.troubles
    speech.say(" Done.").end()
    await publishing
    assert board.history == ["One", "One 0 1 2 3 4 5 6 7 8 9 Done."]
    assert reply.lost is None


async def test_a_reply_survives_a_minute_of_failures(board: Board, speech: Speech) -> None:
    board.broken_until = 60.0
    reply = Reply(board)
    await show(reply, speech.say("Patience").end())
    assert board.texts == ["Patience"]
    assert 60 <= board.writes[0].at <= 60 + LONGEST_PAUSE
    assert reply.lost is None


async def test_a_reply_that_cannot_be_shown_for_minutes_is_lost(board: Board, speech: Speech) -> None:
    board.broken_until = 10 * PATIENCE
    reply = Reply(board)
    await show(reply, speech.say("Nobody reads this").end())
    assert board.writes == []
    assert "Discord answered 500" in str(reply.lost)
    assert reply.draft.text == "Nobody reads this"
    assert asyncio.get_running_loop().time() <= PATIENCE + 2 * LONGEST_PAUSE


async def test_a_write_that_fails_does_not_delay_other_replies_in_the_channel(board: Board, speech: Speech) -> None:
    other = Board(board.gate)
    board.troubles.extend(SurfaceBusy("Discord answered 503") for _ in range(4))
    troubled = asyncio.create_task(show(Reply(board), speech.say("Late").end()))
    await asyncio.sleep(8)  # the third pause is long
    await show(Reply(other), Speech().say("In time").end())
    assert other.writes[0].at == 8
    await troubled
    assert board.texts == ["Late"]


@pytest.mark.parametrize(
    "trouble", [SurfaceLost(Text("the channel was deleted")), MessageGone(Text("the message was deleted"))]
)
async def test_a_lost_surface_ends_the_reading_at_once_and_is_remembered(
    board: Board, speech: Speech, trouble: SurfaceLost
) -> None:
    reply = Reply(board)
    publishing = asyncio.create_task(show(reply, speech.say("So")))
    await board.shows("So")
    board.troubles.append(trouble)
    speech.say(" far")
    await publishing
    assert reply.lost is trouble
    assert speech.closed.is_set()
    assert reply.draft.text == "So far"
    assert [shown.page.text for shown in reply.shown] == ["So"]


async def test_a_lost_reply_writes_nothing_more(board: Board, speech: Speech) -> None:
    board.troubles.append(MessageGone(Text("the message was deleted")))
    reply = Reply(board)
    await show(reply, speech.say("Gone"), "A note.")
    assert board.writes == []


async def test_a_lost_reply_does_not_delay_other_replies_in_the_channel(board: Board, speech: Speech) -> None:
    other = Board(board.gate)
    board.troubles.append(SurfaceLost(Text("I am not allowed to write there")))
    await asyncio.gather(show(Reply(board), speech.say("Lost")), show(Reply(other), Speech().say("Found").end()))
    assert other.texts == ["Found"]


async def test_cancelling_completes_the_write_in_flight_and_ends_the_reading(board: Board, speech: Speech) -> None:
    board.slowness = 5.0
    reply = Reply(board)
    publishing = asyncio.create_task(show(reply, speech.say("In flight")))
    await asyncio.sleep(1)
    publishing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await publishing
    assert board.texts == ["In flight"]
    assert speech.closed.is_set()


async def test_later_pages_wait_for_one_that_failed(board: Board, speech: Speech) -> None:
    reply = Reply(board)
    board.troubles.append(SurfaceBusy("Discord answered 500"))
    await show(reply, speech.say("x" * LIMIT + "y").end())
    assert "".join(board.texts) == "x" * LIMIT + "y"
    assert [shown.page.text for shown in reply.shown] == board.texts
