"""Buttons on a reply whose messages or place disappear during a regenerate, or before it."""

import asyncio
import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.app import App
from bot.chat.parts import ImagePart
from bot.simulator import Say, Simulator, Wait
from bot.simulator.messages import delete
from bot.simulator.objects import Channel
from tests.conftest import StartParley
from tests.listener import Json
from tests.person import Person
from tests.turns.memory import rows
from tests.turns.outcome import ended, next_turn_works, stored_answers
from tests.turns.pictures import PNG

pytestmark = pytest.mark.usefixtures("no_errors_logged")

LONG = "word " * 600


async def answered(sim: Simulator, ana: Person, text: str = "First.", channel: Channel | None = None) -> Json:
    """Ask, and return the last message of the finished answer."""
    sim.model.script(Say(text))
    return await ana.asks("tell me", channel=channel.id if channel else None, sees=ended)


async def regenerating(sim: Simulator, ana: Person, reply: Json, *rest: Say | Wait) -> asyncio.Event:
    """Regenerate up to the first words; setting the returned event lets the model say the rest."""
    go = asyncio.Event()
    sim.model.script(Say("Second"), Wait(go), *rest)
    await ana.click(reply, "Regenerate")
    await ana.sees("Second")
    return go


async def test_deleting_a_message_while_it_is_regenerated_ends_the_regeneration(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    reply = await answered(sim, ana)
    go = await regenerating(sim, ana, reply, Say(" try."), Wait(asyncio.Event()))
    await ana.delete(reply)
    go.set()
    await ana.sees("My reply was deleted while I was writing it")
    await sim.model.requests[1].left_early.wait()
    await next_turn_works(sim, ana)
    first, second, _ = stored_answers(tmp_path)
    assert first == {"text": "First.", "finished": 1, "error": None}
    assert second == {"text": "Second try.", "finished": 1, "error": "not shown to the end: the message was deleted"}
    assert len(ana.messages_from(sim.world.bot.id)) == 1 + 1 + 1


@pytest.mark.parametrize("in_thread", [True, False])
async def test_a_place_deleted_during_a_regenerate_is_reported_in_a_direct_message(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path, in_thread: bool
) -> None:
    general = sim.world.general
    place = sim.world.start_thread(general, sim.world.person, "a talk") if in_thread else sim.world.add_channel("short")
    reply = await answered(sim, ana, channel=place)
    go = await regenerating(sim, ana, reply, Say(" try."), Wait(asyncio.Event()))
    sim.world.remove_channel(place)
    go.set()
    told = await ana.sees("I couldn't answer you", lambda said: "guild_id" not in said)
    assert (
        told["content"]
        == f"I couldn't answer you in <#{place.id}>: the channel was deleted. Ask me again in another channel."
    )
    await sim.model.requests[1].left_early.wait()
    await next_turn_works(sim, ana, general.id)
    _, second, _ = stored_answers(tmp_path)
    assert second == {"text": "Second try.", "finished": 1, "error": "not shown to the end: the channel was deleted"}


async def test_regenerating_where_the_bot_can_no_longer_write_is_refused_in_a_direct_message(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    reply = await answered(sim, ana)
    sim.world.time_out(sim.world.bot)
    sim.model.script(Say("Second."))
    await ana.click(reply, "Regenerate")
    await ana.sees("I'm timed out there.", lambda said: "guild_id" not in said)
    sim.world.time_out(sim.world.bot, 0)
    assert ana.latest(reply)["content"] == "First."
    await next_turn_works(sim, ana)


async def test_a_regenerate_works_around_a_deleted_page(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    last = await answered(sim, ana, LONG)
    first = ana.messages_from(sim.world.bot.id)[0]
    await ana.delete(first)
    sim.model.script(Say("Second."))
    await ana.click(last, "Regenerate")
    second = await ana.sees("Second.", ended)
    assert second["id"] == last["id"]
    sim.model.script(Say("Third. " + LONG))
    await ana.click(second, "Regenerate")
    await ana.sees(ended, lambda said: said["id"] != last["id"])
    assert ana.latest(last)["content"].startswith("Third.")
    await next_turn_works(sim, ana)
    assert [record["error"] for record in stored_answers(tmp_path)] == [None] * 4


async def test_a_thread_archived_during_a_regenerate_is_reopened(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    place = sim.world.start_thread(sim.world.general, sim.world.person, "a talk")
    reply = await answered(sim, ana, channel=place)
    go = await regenerating(sim, ana, reply, Say(" try."))
    sim.world.archive(place)
    go.set()
    await ana.sees("Second try.", ended)
    assert place.thread
    assert not place.thread.archived
    await next_turn_works(sim, ana)


async def test_an_archived_thread_is_reopened_to_repair_a_reply(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    place = sim.world.start_thread(sim.world.general, sim.world.person, "a talk")
    async with start_parley():
        reply = await answered(sim, ana, channel=place)
    rows(
        tmp_path / "parley.db", "UPDATE messages SET streaming = 1 WHERE role = 'assistant'"
    )  # as if it had been killed
    sim.world.archive(place)
    async with start_parley():
        mended = await ana.sees("First.\n-# ⚠️ I was restarted while writing this")
        assert mended["id"] == reply["id"]
        await next_turn_works(sim, ana)


async def test_a_reply_with_a_missing_page_can_be_deleted(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    last = await answered(sim, ana, LONG)
    await ana.delete(ana.messages_from(sim.world.bot.id)[0])
    await ana.click(last, "Delete")
    await ana.gone(last)
    await next_turn_works(sim, ana)
    assert [record["text"] for record in stored_answers(tmp_path)] == ["And the next answer."]


async def test_a_reply_that_disappears_during_its_deletion_is_forgotten_before_the_end(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    async with start_parley():
        reply = await answered(sim, ana)
        sim.faults.slow(f"DELETE /channels/*/messages/{reply['id']}", 0.2, times=1)
        await ana.click(reply, "Delete")
        delete(sim.world, sim.world.general.messages[int(reply["id"])])
        await next_turn_works(sim, ana, sim.world.random.id)
    assert [record["text"] for record in stored_answers(tmp_path)] == ["And the next answer."]


async def test_a_reply_whose_channel_disappears_during_its_deletion_is_forgotten(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    place = sim.world.add_channel("short")
    async with start_parley():
        reply = await answered(sim, ana, channel=place)
        sim.faults.slow(f"DELETE /channels/*/messages/{reply['id']}", 0.2, times=1)
        await ana.click(reply, "Delete")
        sim.world.remove_channel(place)
        await next_turn_works(sim, ana, sim.world.general.id)
    assert [record["text"] for record in stored_answers(tmp_path)] == ["And the next answer."]


@pytest.mark.parametrize("button", ["Regenerate", "Delete", "Other model"])
async def test_a_press_in_a_channel_that_is_then_deleted_leaves_nothing_behind(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path, button: str
) -> None:
    place = sim.world.add_channel("short")
    reply = await answered(sim, ana, channel=place)
    sim.faults.slow("POST /interactions/*/callback", 0.2, times=1)
    pressed = asyncio.create_task(ana.click(reply, button))
    await ana.event("INTERACTION_CREATE")
    sim.world.remove_channel(place)
    pressed.cancel()
    await next_turn_works(sim, ana, sim.world.general.id)


@pytest.fixture
def new_images() -> Iterator[Callable[[], list[str]]]:
    """The images in memory that were not there before; without the garbage collector, references alone keep them."""

    def images() -> list[ImagePart]:
        return [each for each in gc.get_objects() if isinstance(each, ImagePart)]

    gc.collect()
    before = images()
    gc.disable()
    yield lambda: [image.name for image in images() if not any(image is each for each in before)]
    gc.enable()


async def test_a_refused_press_keeps_no_images_in_memory(
    sim: Simulator, ana: Person, parley: App, new_images: Callable[[], list[str]]
) -> None:
    sim.model.script(Say("A dot."))
    reply = await ana.asks("look", files=[("dot.png", PNG)], sees=("A dot.", ended))
    sim.faults.fail(f"PATCH /channels/*/messages/{reply['id']}", 503)  # so that its buttons stay
    await next_turn_works(sim, ana)
    await ana.answer(await ana.click(reply, "Delete"))
    assert new_images() == []


async def test_a_stopped_answer_keeps_no_images_in_memory(
    sim: Simulator, ana: Person, parley: App, new_images: Callable[[], list[str]]
) -> None:
    sim.model.script(Say("A"), Wait(asyncio.Event()))
    await ana.click(await ana.asks("look", files=[("dot.png", PNG)], sees="A"), "Stop")
    await ana.sees("Stopped by", ended)
    await ana.command("new")
    await next_turn_works(sim, ana)  # it waits in line for the end of the one before
    assert new_images() == []
