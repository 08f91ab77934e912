"""What happens to the place of an answer to /ask while it is written."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.app import App
from bot.simulator import Say, Simulator, Wait
from bot.simulator.objects import Channel
from tests.person import Person
from tests.turns.afterwards import answers_still, ended, kept

pytestmark = pytest.mark.usefixtures("calm")

LOSSES: dict[str, tuple[Callable[[Simulator, Channel], None], str]] = {
    "deleted": (lambda sim, place: sim.world.remove_channel(place), "the channel was deleted"),
    "locked": (lambda sim, place: sim.world.lock(place), "the thread is locked"),
    "archived and locked": (lambda sim, place: sim.world.archive(place, locked=True), "the thread is locked"),
}


async def asked_in_thread(sim: Simulator, ana: Person, *rest: Say | Wait) -> tuple[Channel, asyncio.Event]:
    """A thread where an answer to /ask has said its first words; with the event set it says the rest."""
    place = sim.world.start_thread(sim.world.general, sim.world.person, "a talk")
    go = asyncio.Event()
    sim.model.script(Say("The first half"), Wait(go), *rest)
    await ana.command("ask", {"question": "Well?"}, channel=place.id)
    await ana.hears("The first half")
    return place, go


@pytest.mark.parametrize(("strike", "why"), LOSSES.values(), ids=LOSSES)
async def test_a_thread_that_is_lost_is_told_of_in_a_direct_message(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path, strike: Callable[[Simulator, Channel], None], why: str
) -> None:
    place, go = await asked_in_thread(sim, ana, Say(" and the second"), Wait(asyncio.Event()))
    strike(sim, place)
    go.set()
    told = await ana.hears("I couldn't answer you", lambda said: "guild_id" not in said)
    assert told["content"].startswith(f"I couldn't answer you in <#{place.id}>: {why}. ")
    await sim.model.requests[0].left_early.wait()
    await answers_still(sim, ana, sim.world.general.id)
    assert kept(tmp_path)[0] == {
        "text": "The first half and the second",
        "finished": 1,
        "error": f"not shown to the end: {why}",
    }


async def test_an_archived_thread_is_opened_again(sim: Simulator, ana: Person, parley: App, tmp_path: Path) -> None:
    place, go = await asked_in_thread(sim, ana, Say(" and the second, " + "word " * 600))
    sim.world.archive(place)
    go.set()
    last = await ana.hears(ended)
    assert last["channel_id"] == str(place.id)
    await answers_still(sim, ana)
    assert kept(tmp_path)[0]["error"] is None
