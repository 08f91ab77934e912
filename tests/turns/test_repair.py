"""A reply that was streaming when Parley was killed is completed at the next start."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bot.simulator import Say, Simulator, Wait
from tests.conftest import StartParley
from tests.forms import buttons
from tests.person import Person
from tests.turns.memory import rows


@asynccontextmanager
async def parley_process(sim: Simulator, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`parley run` as an operator starts it, on the database that `start_parley` opens too."""
    settings = {
        "DISCORD_TOKEN": sim.bot_token,
        "DISCORD_API_URL": sim.api_url,
        "DISCORD_GATEWAY_URL": sim.gateway_url,
        "DATABASE_URL": f"sqlite:///{folder / 'parley.db'}",
        "XAI_API_KEY": "a key",
        "XAI_BASE_URL": sim.model_url,
        "PATH": os.environ["PATH"],
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", cwd=folder, env=settings, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        async for line in process.stderr:
            if b"Connected as" in line:
                break
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_reply_interrupted_by_a_kill_is_completed(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    sim.model.script(Say("one " * 600), Say("and this is as far"), Wait(asyncio.Event()))
    async with parley_process(sim, tmp_path) as process:
        last = await ana.asks("count", sees="and this is as far")
        process.send_signal(signal.SIGKILL)
        await process.wait()
    pages = [message["id"] for message in ana.messages_from(sim.world.bot.id)]
    async with start_parley():
        mended = await ana.sees("as far\n-# ⚠️ I was restarted while writing this")
        assert mended["id"] == last["id"]
        assert buttons(mended) == ["Regenerate", "Continue", "Other model", "Delete"]
        assert [message["id"] for message in ana.messages_from(sim.world.bot.id)] == pages
        sim.model.script(Say(" as it goes."))
        await ana.click(mended, "Continue")
        whole = await ana.sees("this is as far as it goes.", lambda message: "Regenerate" in buttons(message))
        sim.model.script(Say("Gladly."))
        await ana.say("go on", reply_to=whole)
        await ana.sees("Gladly.")
    said = sim.model.requests[-1].json["messages"]
    assert said[-2]["content"].endswith("and this is as far as it goes.")
    assert rows(tmp_path / "parley.db", "SELECT finished FROM said WHERE role = 'assistant'") == [
        {"finished": 1},
        {"finished": 1},
    ]


async def test_a_question_without_an_answer_yet_gets_a_note(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    sim.model.script(Wait(asyncio.Event()))
    async with parley_process(sim, tmp_path):
        asked = await ana.mention("hello?")
        await sim.model.asked()
    async with start_parley():
        await ana.sees("I was restarted while writing this", reply_to=asked)
    async with start_parley():
        sim.model.script(Say("Here."))
        await ana.asks("once more", sees="Here.")
    assert len(ana.messages_from(sim.world.bot.id)) == 2


async def test_a_question_asked_during_a_repair_waits_for_it(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    sim.model.script(Say("half an ans"), Wait(asyncio.Event()))
    async with parley_process(sim, tmp_path):
        reply = await ana.asks("hello?", sees="half an ans")
    sim.faults.fail(f"PATCH /channels/*/messages/{reply['id']}", 503, times=1)  # it is tried again after a second
    sim.model.script(Say("Here."))
    async with start_parley():
        await ana.mention("and now?")
        await ana.sees("I was restarted while writing this", lambda said: not buttons(said))
        assert (await ana.sees("Here."))["id"] > reply["id"]


async def test_a_reply_deleted_before_the_restart_is_not_repaired(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    go = asyncio.Event()
    sim.model.script(Say("never"), Wait(go), Say(" mind"), Wait(asyncio.Event()))
    async with parley_process(sim, tmp_path):
        await ana.asks("hello?", sees="never")
        go.set()  # a message is written down before it is edited
        reply = await ana.sees("never mind")
    await ana.delete(reply)
    async with start_parley():
        sim.model.script(Say("Here."))
        await ana.asks("once more", sees="Here.")
    assert rows(tmp_path / "parley.db", "SELECT error FROM said WHERE role = 'assistant' ORDER BY id")[0]["error"] == (
        "cut off by a restart, and not repaired: the message was deleted"
    )


async def test_at_shutdown_a_running_answer_can_finish_and_new_questions_are_refused(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    go = asyncio.Event()
    sim.model.script(Say("Half"), Wait(go), Say(" and whole."))
    async with AsyncExitStack() as running:
        await running.enter_async_context(start_parley(grace_seconds=30))
        streaming = await ana.asks("hello", sees="Half")
        closing = asyncio.create_task(running.aclose())
        asked = await ana.mention("still there?")
        await ana.sees("I'm restarting. Ask me again in a minute.", reply_to=asked)
        go.set()
        await closing
    assert ana.latest(streaming)["content"] == "Half and whole."
    assert rows(tmp_path / "parley.db", "SELECT finished, error FROM said WHERE role = 'assistant'") == [
        {"finished": 1, "error": None}
    ]
    assert len(sim.model.requests) == 1


async def test_in_an_archived_thread_the_preferences_of_its_server_apply_to_the_repaired_reply(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    thread = await ana.start_thread(await ana.say("let us talk elsewhere"), "elsewhere")
    sim.model.script(Say("half an ans"), Wait(asyncio.Event()))
    async with parley_process(sim, tmp_path):
        await ana.sets("style", "embed")
        await ana.asks("hello?", thread, sees=lambda message: "half an ans" in str(message["embeds"]))
    await ana.archive(thread)
    async with start_parley():
        repaired = await ana.sees(
            lambda message: "I was restarted while writing this" in str(message["embeds"]), channel=thread
        )
    assert repaired["content"] == ""
