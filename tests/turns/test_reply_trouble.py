"""What happens to the place of a reply while it is written: gone, closed, or closed in part for a while."""

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
from tests.turns.afterwards import answers_still, ended, kept

pytestmark = pytest.mark.usefixtures("calm")

WORDS = "The first half"
LONG = "word " * 600


async def streaming(sim: Simulator, ana: Person, *rest: Say | Wait, channel: Channel | None = None) -> asyncio.Event:
    """A reply that has said its first words; with the event set it says the rest, and then no more comes by itself."""
    go = asyncio.Event()
    sim.model.script(Say(WORDS), Wait(go), *rest)
    await ana.asks("tell me", channel=channel.id if channel else None, hears=WORDS)
    return go


def told_apart(sim: Simulator, ana: Person) -> list[Json]:
    """What Ana was told in direct messages."""
    return [said for said in ana.heard_from(sim.world.bot.id) if "guild_id" not in said]


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
async def test_a_place_that_is_lost_is_told_of_apart(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path, loss: Loss
) -> None:
    elsewhere = sim.world.add_channel("elsewhere")
    place = thread(sim) if loss.in_thread else sim.world.general
    go = await streaming(sim, ana, Say(" and " + LONG), Wait(asyncio.Event()), channel=place)
    loss.strike(sim, place)
    go.set()
    told = await ana.hears(f"<#{place.id}>", lambda said: "guild_id" not in said)
    assert loss.why in told["content"]
    await sim.model.requests[0].left_early.wait()
    [record] = kept(tmp_path)
    assert record["text"].startswith(WORDS)
    assert record["finished"] == 1
    assert record["error"].startswith("not shown to the end: ")
    assert loss.why in record["error"]
    sim.world.time_out(sim.world.bot, 0)
    await answers_still(sim, ana, elsewhere.id)
    assert len(told_apart(sim, ana)) == 1


async def test_what_needs_no_new_message_is_finished_without_send_messages(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    go = await streaming(sim, ana, Say(" and the second"))
    sim.world.deny(sim.world.general, Permission.SEND_MESSAGES)
    go.set()
    await ana.hears(f"{WORDS} and the second", ended)
    sim.world.deny(sim.world.general, 0)
    await answers_still(sim, ana)
    assert kept(tmp_path)[0]["error"] is None
    assert told_apart(sim, ana) == []


async def test_a_reply_that_somebody_deletes_ends_with_one_sentence(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    go = await streaming(sim, ana, Say(" and the second"), Wait(asyncio.Event()))
    await ana.delete(ana.heard_from(sim.world.bot.id)[0])
    go.set()
    await ana.hears("My reply was deleted while I was writing it")
    await sim.model.requests[0].left_early.wait()
    await answers_still(sim, ana)
    assert kept(tmp_path)[0] == {
        "text": f"{WORDS} and the second",
        "finished": 1,
        "error": "not shown to the end: the message was deleted",
    }
    assert len(ana.heard_from(sim.world.bot.id)) == 1 + 1 + 1


async def test_a_page_that_is_deleted_while_the_next_is_written_ends_nothing(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    go = asyncio.Event()
    sim.model.script(Say(LONG), Wait(go), Say("The end."))
    await ana.asks("tell me", hears=("word", lambda said: "message_reference" not in said))
    first, second = ana.heard_from(sim.world.bot.id)
    await ana.delete(first)
    go.set()
    last = await ana.hears("The end.", ended)
    assert last["id"] == second["id"]
    await answers_still(sim, ana)
    assert kept(tmp_path)[0] == {"text": f"{LONG}The end.", "finished": 1, "error": None}


async def test_an_archived_thread_is_opened_again(sim: Simulator, ana: Person, parley: App, tmp_path: Path) -> None:
    place = thread(sim)
    go = await streaming(sim, ana, Say(" and the second"), channel=place)
    sim.world.archive(place)
    go.set()
    await ana.hears(f"{WORDS} and the second", ended)
    await answers_still(sim, ana)
    assert kept(tmp_path)[0]["error"] is None


async def test_slow_mode_does_not_slow_a_reply(sim: Simulator, ana: Person, parley: App, tmp_path: Path) -> None:
    go = await streaming(sim, ana, Say(" and " + LONG))
    await ana.call("PATCH", f"/channels/{sim.world.general.id}", {"rate_limit_per_user": 600})
    go.set()
    await ana.hears(ended)
    await answers_still(sim, ana)
    assert kept(tmp_path)[0]["error"] is None


async def test_files_that_are_refused_in_the_end_come_as_messages(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    go = asyncio.Event()
    sim.model.script(Say(LONG * 8), Wait(go), Say("The end."))
    await ana.asks("tell me", hears="-# The answer is longer than this; it will come whole, as a file.")
    sim.world.deny(sim.world.general, Permission.ATTACH_FILES)
    go.set()
    await ana.hears("The end.", ended)
    pages = ana.heard_from(sim.world.bot.id)
    assert " ".join(page["content"] for page in pages).split() == f"{LONG * 8}The end.".split()
    await answers_still(sim, ana)
    assert kept(tmp_path)[0] == {"text": f"{LONG * 8}The end.", "finished": 1, "error": None}


async def test_embeds_that_may_not_be_shown_any_more_become_text(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    await ana.sets("style", "embed")
    go = asyncio.Event()
    sim.model.script(Say(LONG), Wait(go), Say("The end."))
    await ana.asks("tell me", hears=lambda said: bool(said["embeds"]))
    sim.world.deny(sim.world.general, Permission.EMBED_LINKS)
    go.set()
    await ana.hears("The end.", ended)
    pages = ana.heard_from(sim.world.bot.id)[1:]
    assert " ".join(page["content"] for page in pages).split() == f"{LONG}The end.".split()
    assert [page["embeds"] for page in pages] == [[], []]
    await answers_still(sim, ana)
    assert kept(tmp_path)[0] == {"text": f"{LONG}The end.", "finished": 1, "error": None}


@pytest.mark.parametrize("pattern", ["POST /channels/*/messages", "PATCH /channels/*/messages/*"])
async def test_a_discord_that_is_out_for_a_while_costs_nothing_but_time(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path, pattern: str
) -> None:
    go = await streaming(sim, ana, Say(" and " + LONG))
    sim.faults.fail(pattern, 503, times=2)
    go.set()
    await ana.hears(ended)
    pages = ana.heard_from(sim.world.bot.id)
    assert " ".join(page["content"] for page in pages).split() == f"{WORDS} and {LONG}".split()
    await answers_still(sim, ana)
    assert kept(tmp_path)[0]["error"] is None


async def test_a_gateway_that_is_cut_doubles_nothing(sim: Simulator, ana: Person, parley: App, tmp_path: Path) -> None:
    go = await streaming(sim, ana, Say(" and the second"))
    assert sim.faults.cut() == 1
    go.set()
    await ana.hears(f"{WORDS} and the second", ended)
    await answers_still(sim, ana)
    said = [message["content"] for message in ana.heard_from(sim.world.bot.id)]
    assert said == [f"{WORDS} and the second", "And the next answer."]
    assert len(sim.model.requests) == 2
    assert [record["error"] for record in kept(tmp_path)] == [None, None]


async def test_embeds_that_are_refused_before_anybody_knows_become_text(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    await ana.sets("style", "embed")
    go = asyncio.Event()
    sim.model.script(Say(LONG), Wait(go), Say(LONG))
    await ana.asks("tell me", hears=lambda said: bool(said["embeds"]))
    sim.faults.late_events = 0.3
    sim.world.deny(sim.world.general, Permission.EMBED_LINKS)
    go.set()
    await ana.hears(ended)
    pages = ana.heard_from(sim.world.bot.id)[1:]
    assert " ".join(page["content"] for page in pages).split() == (LONG * 2).split()
    assert all(page["embeds"] == [] for page in pages)


async def test_who_asked_is_told_apart_when_the_bot_is_thrown_out(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    go = await streaming(sim, ana, Say(" and the second"), Wait(asyncio.Event()))
    sim.world.kick(sim.world.bot)
    go.set()
    told = await ana.hears("I couldn't answer you", lambda said: "guild_id" not in said)
    await sim.model.requests[0].left_early.wait()
    await answers_still(sim, ana, told["channel_id"])
    assert kept(tmp_path)[0]["text"] == f"{WORDS} and the second"


@pytest.mark.parametrize("style", ["text", "embed"])
async def test_a_message_whose_arrival_was_not_heard_of_is_brought_up_to_date(
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
    reply = await ana.hears(ended)
    shown = reply["embeds"][0]["description"] if style == "embed" else reply["content"]
    assert shown == kept(tmp_path)[0]["text"]
    assert len(ana.heard_from(sim.world.bot.id)) == 1 + 1
    await ana.sets("style", "text")
    await answers_still(sim, ana)


async def test_a_channel_that_is_deleted_before_the_first_word_is_told_of_apart(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    place = sim.world.add_channel("short")
    go = asyncio.Event()
    sim.model.script(Wait(go), Say(WORDS), Wait(asyncio.Event()))
    await ana.mention("tell me", channel=place.id)
    request = await sim.model.asked()
    sim.world.remove_channel(place)
    go.set()
    await ana.hears("the channel was deleted", lambda said: "guild_id" not in said)
    await request.left_early.wait()
    await answers_still(sim, ana, sim.world.general.id)
    assert kept(tmp_path)[0] == {
        "text": WORDS,
        "finished": 1,
        "error": "not shown to the end: the channel was deleted",
    }
