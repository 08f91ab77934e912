"""A reply whose place is deleted, closed or restricted while it is written."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.app import App
from bot.simulator import Permission, Say, Simulator, Wait
from bot.simulator.objects import Channel
from tests.listener import Json
from tests.person import Person
from tests.turns.outcome import ended, next_turn_works, stored_answers

pytestmark = pytest.mark.usefixtures("no_errors_logged")

WORDS = "The first half"
LONG = "word " * 600


async def streaming(sim: Simulator, ana: Person, *rest: Say | Wait, channel: Channel | None = None) -> asyncio.Event:
    """Ask, and wait for the first words; setting the returned event lets the model say the rest."""
    go = asyncio.Event()
    sim.model.script(Say(WORDS), Wait(go), *rest)
    await ana.asks("tell me", channel=channel.id if channel else None, sees=WORDS)
    return go


def direct_messages(sim: Simulator, ana: Person) -> list[Json]:
    """What the bot wrote to Ana in direct messages."""
    return [said for said in ana.messages_from(sim.world.bot.id) if "guild_id" not in said]


def thread(sim: Simulator) -> Channel:
    return sim.world.start_thread(sim.world.general, sim.world.person, "a talk")


def take(permission: Permission) -> Callable[[Simulator, Channel], None]:
    return lambda sim, channel: sim.world.deny(channel, permission)


class Loss(NamedTuple):
    strike: Callable[[Simulator, Channel], None]
    why: str
    in_thread: bool = False


LOSSES = {
    "the channel is deleted": Loss(lambda sim, channel: sim.world.remove_channel(channel), "was deleted"),
    "the thread is deleted": Loss(lambda sim, channel: sim.world.remove_channel(channel), "was deleted", True),
    "the thread's channel is deleted": Loss(
        lambda sim, channel: sim.world.remove_channel(sim.world.general), "was deleted", True
    ),
    "the thread is locked": Loss(lambda sim, channel: sim.world.lock(channel), "locked", True),
    "the thread is archived and locked": Loss(
        lambda sim, channel: sim.world.archive(channel, locked=True), "locked", True
    ),
    "Send Messages is taken away": Loss(take(Permission.SEND_MESSAGES), "not allowed"),
    "View Channel is taken away": Loss(take(Permission.VIEW_CHANNEL), "not allowed"),
    "the bot is timed out": Loss(lambda sim, channel: sim.world.time_out(sim.world.bot), "timed out"),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
async def test_the_loss_of_a_place_is_reported_in_a_direct_message(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path, loss: Loss
) -> None:
    elsewhere = sim.world.add_channel("elsewhere")
    place = thread(sim) if loss.in_thread else sim.world.general
    go = await streaming(sim, ana, Say(" and " + LONG), Wait(asyncio.Event()), channel=place)
    loss.strike(sim, place)
    go.set()
    told = await ana.sees(f"<#{place.id}>", lambda said: "guild_id" not in said)
    assert loss.why in told["content"]
    await sim.model.requests[0].left_early.wait()
    [record] = stored_answers(tmp_path)
    assert record["text"].startswith(WORDS)
    assert record["finished"] == 1
    assert record["error"].startswith("not shown to the end: ")
    assert loss.why in record["error"]
    sim.world.time_out(sim.world.bot, 0)
    await next_turn_works(sim, ana, elsewhere.id)
    assert len(direct_messages(sim, ana)) == 1


async def test_a_reply_that_needs_no_new_message_finishes_without_send_messages(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    go = await streaming(sim, ana, Say(" and the second"))
    sim.world.deny(sim.world.general, Permission.SEND_MESSAGES)
    go.set()
    await ana.sees(f"{WORDS} and the second", ended)
    sim.world.deny(sim.world.general, 0)
    await next_turn_works(sim, ana)
    assert stored_answers(tmp_path)[0]["error"] is None
    assert direct_messages(sim, ana) == []


async def test_a_deleted_reply_ends_with_one_sentence(sim: Simulator, ana: Person, parley: App, tmp_path: Path) -> None:
    go = await streaming(sim, ana, Say(" and the second"), Wait(asyncio.Event()))
    await ana.delete(ana.messages_from(sim.world.bot.id)[0])
    go.set()
    await ana.sees("My reply was deleted while I was writing it")
    await sim.model.requests[0].left_early.wait()
    await next_turn_works(sim, ana)
    assert stored_answers(tmp_path)[0] == {
        "text": f"{WORDS} and the second",
        "finished": 1,
        "error": "not shown to the end: the message was deleted",
    }
    assert len(ana.messages_from(sim.world.bot.id)) == 1 + 1 + 1


async def test_deleting_a_page_while_the_next_is_written_stops_nothing(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    go = asyncio.Event()
    sim.model.script(Say(LONG), Wait(go), Say("The end."))
    await ana.asks("tell me", sees=("word", lambda said: "message_reference" not in said))
    first, second = ana.messages_from(sim.world.bot.id)
    await ana.delete(first)
    go.set()
    last = await ana.sees("The end.", ended)
    assert last["id"] == second["id"]
    await next_turn_works(sim, ana)
    assert stored_answers(tmp_path)[0] == {"text": f"{LONG}The end.", "finished": 1, "error": None}


async def test_an_archived_thread_is_reopened(sim: Simulator, ana: Person, parley: App, tmp_path: Path) -> None:
    place = thread(sim)
    go = await streaming(sim, ana, Say(" and the second"), channel=place)
    sim.world.archive(place)
    go.set()
    await ana.sees(f"{WORDS} and the second", ended)
    await next_turn_works(sim, ana)
    assert stored_answers(tmp_path)[0]["error"] is None


async def test_slow_mode_does_not_delay_a_reply(sim: Simulator, ana: Person, parley: App, tmp_path: Path) -> None:
    go = await streaming(sim, ana, Say(" and " + LONG))
    await ana.call("PATCH", f"/channels/{sim.world.general.id}", {"rate_limit_per_user": 600})
    go.set()
    await ana.sees(ended)
    await next_turn_works(sim, ana)
    assert stored_answers(tmp_path)[0]["error"] is None


async def test_an_answer_whose_file_is_refused_comes_as_messages(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    go = asyncio.Event()
    sim.model.script(Say(LONG * 8), Wait(go), Say("The end."))
    await ana.asks("tell me", sees="-# The answer is too long to show here. I'll attach all of it as a file.")
    sim.world.deny(sim.world.general, Permission.ATTACH_FILES)
    go.set()
    await ana.sees("The end.", ended)
    pages = ana.messages_from(sim.world.bot.id)
    assert " ".join(page["content"] for page in pages).split() == f"{LONG * 8}The end.".split()
    await next_turn_works(sim, ana)
    assert stored_answers(tmp_path)[0] == {"text": f"{LONG * 8}The end.", "finished": 1, "error": None}


async def test_embeds_that_are_no_longer_permitted_become_text(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    await ana.sets("style", "embed")
    go = asyncio.Event()
    sim.model.script(Say(LONG), Wait(go), Say("The end."))
    await ana.asks("tell me", sees=lambda said: bool(said["embeds"]))
    sim.world.deny(sim.world.general, Permission.EMBED_LINKS)
    go.set()
    await ana.sees("The end.", ended)
    pages = ana.messages_from(sim.world.bot.id)[1:]
    assert " ".join(page["content"] for page in pages).split() == f"{LONG}The end.".split()
    assert [page["embeds"] for page in pages] == [[], []]
    await next_turn_works(sim, ana)
    assert stored_answers(tmp_path)[0] == {"text": f"{LONG}The end.", "finished": 1, "error": None}


@pytest.mark.parametrize("pattern", ["POST /channels/*/messages", "PATCH /channels/*/messages/*"])
async def test_a_short_outage_of_discord_loses_nothing(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path, pattern: str
) -> None:
    go = await streaming(sim, ana, Say(" and " + LONG))
    sim.faults.fail(pattern, 503, times=2)
    go.set()
    await ana.sees(ended)
    pages = ana.messages_from(sim.world.bot.id)
    assert " ".join(page["content"] for page in pages).split() == f"{WORDS} and {LONG}".split()
    await next_turn_works(sim, ana)
    assert stored_answers(tmp_path)[0]["error"] is None


async def test_a_gateway_reconnect_duplicates_nothing(sim: Simulator, ana: Person, parley: App, tmp_path: Path) -> None:
    go = await streaming(sim, ana, Say(" and the second"))
    assert sim.faults.cut() == 1
    go.set()
    await ana.sees(f"{WORDS} and the second", ended)
    await next_turn_works(sim, ana)
    said = [message["content"] for message in ana.messages_from(sim.world.bot.id)]
    assert said == [f"{WORDS} and the second", "And the next answer."]
    assert len(sim.model.requests) == 2
    assert [record["error"] for record in stored_answers(tmp_path)] == [None, None]


async def test_embeds_that_are_refused_before_the_permission_change_is_known_become_text(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    await ana.sets("style", "embed")
    go = asyncio.Event()
    sim.model.script(Say(LONG), Wait(go), Say(LONG))
    await ana.asks("tell me", sees=lambda said: bool(said["embeds"]))
    sim.faults.late_events = 0.3
    sim.world.deny(sim.world.general, Permission.EMBED_LINKS)
    go.set()
    await ana.sees(ended)
    pages = ana.messages_from(sim.world.bot.id)[1:]
    assert " ".join(page["content"] for page in pages).split() == (LONG * 2).split()
    assert all(page["embeds"] == [] for page in pages)


async def test_the_asker_gets_a_direct_message_when_the_bot_is_kicked(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    go = await streaming(sim, ana, Say(" and the second"), Wait(asyncio.Event()))
    sim.world.kick(sim.world.bot)
    go.set()
    told = await ana.sees("I couldn't answer you", lambda said: "guild_id" not in said)
    await sim.model.requests[0].left_early.wait()
    await next_turn_works(sim, ana, told["channel_id"])
    assert stored_answers(tmp_path)[0]["text"] == f"{WORDS} and the second"


@pytest.mark.parametrize("style", ["text", "embed"])
async def test_a_message_whose_post_got_no_response_is_brought_up_to_date(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path, style: str
) -> None:
    await ana.sets("style", style)
    begin, go = asyncio.Event(), asyncio.Event()
    sim.model.script(Wait(begin), Say("Just once"), Wait(go), Say(" and whole." if style == "embed" else ""))
    await ana.mention("tell me")
    await sim.model.asked()
    sim.faults.drop("POST /channels/*/messages", after=True)
    begin.set()
    await ana.event("MESSAGE_CREATE", lambda said: bool(said["author"]["id"] == str(sim.world.bot.id)))
    go.set()
    reply = await ana.sees(ended)
    shown = reply["embeds"][0]["description"] if style == "embed" else reply["content"]
    assert shown == stored_answers(tmp_path)[0]["text"]
    assert len(ana.messages_from(sim.world.bot.id)) == 1 + 1
    await ana.sets("style", "text")
    await next_turn_works(sim, ana)


async def test_a_channel_deleted_before_the_first_word_is_reported_in_a_direct_message(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    place = sim.world.add_channel("short")
    go = asyncio.Event()
    sim.model.script(Wait(go), Say(WORDS), Wait(asyncio.Event()))
    await ana.mention("tell me", channel=place.id)
    request = await sim.model.asked()
    sim.world.remove_channel(place)
    go.set()
    await ana.sees("the channel was deleted", lambda said: "guild_id" not in said)
    await request.left_early.wait()
    await next_turn_works(sim, ana, sim.world.general.id)
    assert stored_answers(tmp_path)[0] == {
        "text": WORDS,
        "finished": 1,
        "error": "not shown to the end: the channel was deleted",
    }
