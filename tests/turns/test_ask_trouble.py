"""An answer to /ask whose thread is deleted, locked or archived while it is written."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.app import App
from bot.simulator import Say, Simulator, Wait
from bot.simulator.objects import Channel
from tests.person import Person
from tests.turns.outcome import ended, next_turn_works, stored_answers

pytestmark = pytest.mark.usefixtures("no_errors_logged")

LOSSES: dict[str, tuple[Callable[[Simulator, Channel], None], str]] = {
    "deleted": (lambda sim, place: sim.world.remove_channel(place), "the channel was deleted"),
    "locked": (lambda sim, place: sim.world.lock(place), "the thread is locked"),
    "archived and locked": (lambda sim, place: sim.world.archive(place, locked=True), "the thread is locked"),
}


async def asked_in_thread(sim: Simulator, ana: Person, *rest: Say | Wait) -> tuple[Channel, asyncio.Event]:
    """Use /ask in a thread up to the first words; setting the returned event lets the model say the rest."""
    place = sim.world.start_thread(sim.world.general, sim.world.person, "a talk")
    go = asyncio.Event()
    sim.model.script(Say("The first half"), Wait(go), *rest)
    await ana.command("ask", {"question": "Well?"}, channel=place.id)
    await ana.sees("The first half")
    return place, go


@pytest.mark.parametrize(("strike", "why"), LOSSES.values(), ids=LOSSES)
async def test_the_loss_of_a_thread_is_reported_in_a_direct_message(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path, strike: Callable[[Simulator, Channel], None], why: str
) -> None:
    place, go = await asked_in_thread(sim, ana, Say(" and the second"), Wait(asyncio.Event()))
    strike(sim, place)
    go.set()
    told = await ana.sees("I couldn't answer you", lambda said: "guild_id" not in said)
    assert told["content"].startswith(f"I couldn't answer you in <#{place.id}>: {why}. ")
    await sim.model.requests[0].left_early.wait()
    await next_turn_works(sim, ana, sim.world.general.id)
    assert stored_answers(tmp_path)[0] == {
        "text": "The first half and the second",
        "finished": 1,
        "error": f"not shown to the end: {why}",
    }


async def test_an_archived_thread_is_reopened(sim: Simulator, ana: Person, parley: App, tmp_path: Path) -> None:
    place, go = await asked_in_thread(sim, ana, Say(" and the second, " + "word " * 600))
    sim.world.archive(place)
    go.set()
    last = await ana.sees(ended)
    assert last["channel_id"] == str(place.id)
    await next_turn_works(sim, ana)
    assert stored_answers(tmp_path)[0]["error"] is None
