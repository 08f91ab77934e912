"""The buttons below a reply, as people see and use them."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from bot.app import App
from bot.simulator import Cut, Fail, Finish, Permission, Say, Simulator, Wait
from tests.conftest import StartParley
from tests.forms import buttons, choices
from tests.listener import Json
from tests.person import Person
from tests.turns.memory import rows
from tests.turns.pictures import PNG

DONE = ["Regenerate", "Other model", "Delete"]
CUT = ["Regenerate", "Continue", "Other model", "Delete"]
SELECT = "The model that should answer"
EPHEMERAL = 64


def offers(*names: str) -> Callable[[Json], bool]:
    """Whether a message has exactly these buttons enabled."""
    return lambda message: buttons(message) == list(names)


async def test_a_reply_can_be_stopped_while_it_streams(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    sim.model.script(Say("One, two,"), Wait(asyncio.Event()))
    async with start_parley():
        streaming = await ana.asks("count", sees=("One, two,", offers("Stop")))
        request = await sim.model.asked()
        await ana.click(streaming, "Stop")
        stopped = await ana.sees(offers(*CUT))
        await request.left_early.wait()
    assert stopped["content"] == f"One, two,\n-# Stopped by <@{ana.id}>."
    assert stopped["id"] == streaming["id"]
    [stored] = rows(tmp_path / "parley.db", "SELECT text, finished FROM said WHERE role = 'assistant'")
    assert stored == {"text": "One, two,", "finished": 1}


async def test_a_moderator_can_stop_a_reply_before_we_know_that_it_was_posted(
    sim: Simulator, ana: Person, ben: Person, parley: App
) -> None:
    sim.model.script(Say("One, two,"), Wait(asyncio.Event()))
    asked = await ben.mention("count")
    late = sim.faults.slow("POST /channels/*/messages", 1.0, times=1, after=True)
    streaming = await ana.sees("One, two,", offers("Stop"), reply_to=asked)
    assert late.times == 0, "the bot's own post was the one whose answer is late"
    await ana.click(streaming, "Stop")
    stopped = await ana.sees(offers(*CUT))
    assert stopped["content"] == f"One, two,\n-# Stopped by <@{ana.id}>."


async def test_a_reply_can_be_stopped_on_a_further_page_before_we_know_that_it_was_posted(
    sim: Simulator, ana: Person, parley: App
) -> None:
    sim.model.script(Say("One. " * 300), Wait(go := asyncio.Event()), Say("Two. " * 300), Wait(asyncio.Event()))
    first = await ana.asks("count", sees=("One.", offers("Stop")))
    late = sim.faults.slow("POST /channels/*/messages", 1.0, times=1, after=True)
    go.set()
    second = await ana.sees("Two.", offers("Stop"), lambda message: bool(message["id"] != first["id"]))
    assert late.times == 0
    await ana.click(second, "Stop")
    stopped = await ana.sees(offers(*CUT))
    assert stopped["content"].endswith(f"-# Stopped by <@{ana.id}>.")


async def test_an_answer_is_regenerated_in_its_own_message(sim: Simulator, ana: Person, parley: App) -> None:
    sim.model.script(Say("First try."))
    first = await ana.asks("tell me", sees=("First try.", offers(*DONE)))
    sim.model.script(Say("Second try."))
    await ana.click(first, "Regenerate")
    second = await ana.sees("Second try.", offers("Regenerate", "Other model", "Delete", "◀️"))
    assert second["id"] == first["id"]
    assert len(ana.messages_from(sim.world.bot.id)) == 1
    assert sim.model.requests[-1].json["messages"] == sim.model.requests[-2].json["messages"]


async def test_versions_can_be_switched_and_the_conversation_continues_from_the_one_shown(
    sim: Simulator, ana: Person, parley: App
) -> None:
    sim.model.script(Say("Version one. " * 300))
    await ana.asks("tell me", sees=offers(*DONE))
    first, last = ana.messages_from(sim.world.bot.id)
    for number in (2, 3):
        sim.model.script(Say(f"Version {number}."))
        await ana.click(ana.latest(last if number == 2 else first), "Regenerate")
        await ana.sees(f"Version {number}.", offers(*DONE, "◀️"))
    assert [message["content"] for message in (await ana.history())[:-1]] == ["Version 3."]

    await ana.click(ana.latest(first), "◀️")
    middle = await ana.sees("Version 2.", offers(*DONE, "◀️", "▶️"))
    await ana.click(middle, "◀️")
    again = await ana.sees(offers(*DONE, "▶️"))
    pages = ana.messages_from(sim.world.bot.id)[-1:]
    assert again["id"] == pages[0]["id"] != first["id"], "the long version has two pages"
    assert ana.latest(first)["content"].startswith("Version one.")
    assert buttons(ana.latest(first)) == []

    await ana.click(again, "▶️")
    await ana.sees("Version 2.", offers(*DONE, "◀️", "▶️"))
    sim.model.script(Say("Gladly."))
    await ana.say("go on", reply_to=first)
    await ana.sees("Gladly.")
    said = [message["content"] for message in sim.model.requests[-1].json["messages"][1:]]
    assert said == ["tell me", "Version 2.", "go on"]


async def test_a_truncated_answer_can_be_continued(sim: Simulator, ana: Person, parley: App, tmp_path: Path) -> None:
    sim.model.script(Say("It was a dark and stormy ni"), Finish("length"))
    cut = await ana.asks("a story", sees=offers(*CUT))
    sim.model.script(Say("ght."), Finish("stop"))
    await ana.click(cut, "Continue")
    whole = await ana.sees("It was a dark and stormy night.", offers(*DONE))
    assert whole["id"] == cut["id"]
    *_, prompt, begun, order = sim.model.requests[-1].json["messages"]
    assert (prompt["content"], begun["content"]) == ("a story", "It was a dark and stormy ni")
    assert order["role"] == "user"
    answers = rows(tmp_path / "parley.db", "SELECT text FROM said WHERE role = 'assistant'")
    assert answers == [{"text": "It was a dark and stormy night."}]

    sim.model.script(Say("Yes."))
    await ana.say("really?", reply_to=whole)
    await ana.sees("Yes.")
    assert len(sim.model.requests[-1].json["messages"]) == 4, "the request to continue is not part of the conversation"


async def test_an_answer_that_broke_off_is_continued_after_a_space(sim: Simulator, ana: Person, parley: App) -> None:
    sim.model.script(Say("One sentence."), Cut())
    cut = await ana.asks("a story", sees=("broke before", offers(*CUT)))
    sim.model.script(Say("Another."))
    await ana.click(cut, "Continue")
    assert (await ana.sees(offers(*DONE)))["content"] == "One sentence. Another."


async def test_continuing_can_fail_and_be_retried(sim: Simulator, ana: Person, parley: App) -> None:
    sim.model.script(Say("Half"), Cut())
    cut = await ana.asks("a story", sees=offers(*CUT))
    sim.model.script(Fail(402, {"error": {"message": "Insufficient Balance"}}))
    await ana.click(cut, "Continue")
    failed = await ana.sees("no credit left", offers(*CUT))
    assert failed["content"].startswith("Half\n-# ⚠️")
    sim.model.script(Say(" a story."))
    await ana.click(failed, "Continue")
    assert (await ana.sees(offers(*DONE)))["content"] == "Half a story."


async def test_another_model_answers_instead(sim: Simulator, ana: Person, parley: App) -> None:
    sim.model.script(Say("I am Grok."))
    first = await ana.asks("who are you?", sees=offers(*DONE))
    question = await ana.answer(await ana.click(first, "Other model"))
    assert question["flags"] & EPHEMERAL
    offered = choices(question, SELECT)
    assert "xai/grok-4.20-non-reasoning" not in offered
    [claude] = [name for name in offered if name.startswith("anthropic/")]
    sim.model.script(Say("I am Claude."))
    await ana.select(question, SELECT, [claude])
    second = await ana.sees("I am Claude.", offers(*DONE, "◀️"))
    assert second["id"] == first["id"]
    assert sim.model.requests[-1].json["model"] == claude.removeprefix("anthropic/")
    told = await ana.until(lambda: ana.latest(question) if "I asked" in ana.latest(question)["content"] else None)
    assert told["content"] == f"I asked `{claude}`."
    assert told["components"] == []


async def test_another_model_sees_the_image_that_the_first_could_not(sim: Simulator, ana: Person, parley: App) -> None:
    await ana.command("model", {"name": "deepseek/deepseek-flash"})
    sim.model.script(Say("I see nothing."))
    first = await ana.asks("what is this?", files=[("cat.png", PNG)], sees=("I see nothing.", offers(*DONE)))
    question = await ana.answer(await ana.click(first, "Other model"))
    sim.model.script(Say("A cat."))
    [claude] = [name for name in choices(question, SELECT) if name.startswith("anthropic/")]
    await ana.select(question, SELECT, [claude])
    await ana.sees("A cat.", offers(*DONE, "◀️"))
    kinds = [part["type"] for part in sim.model.requests[-1].json["messages"][-1]["content"]]
    assert kinds == ["text", "image_url"]


async def test_a_reply_is_deleted_and_forgotten(sim: Simulator, ana: Person, parley: App, tmp_path: Path) -> None:
    sim.model.script(Say("Long. " * 500))
    last = await ana.asks("a secret", sees=offers(*DONE))
    first = ana.messages_from(sim.world.bot.id)[0]
    await ana.click(last, "Delete")
    await ana.gone(first)
    assert [message["author"]["id"] for message in await ana.history()] == [ana.id]
    sim.model.script(Say("Which one?"))
    await ana.asks("remember?", sees="Which one?")
    assert "Long." not in str(sim.model.requests[-1].json)
    answers = rows(tmp_path / "parley.db", "SELECT text FROM said WHERE role = 'assistant'")
    assert answers == [{"text": "Which one?"}]


async def test_the_buttons_are_removed_when_the_conversation_continues(
    sim: Simulator, ana: Person, parley: App
) -> None:
    sim.model.script(Say("First."))
    first = await ana.asks("one", sees=("First.", offers(*DONE)))
    sim.model.script(Say("Second."))
    await ana.asks("two", sees=("Second.", offers(*DONE)))
    bared = await ana.until(lambda: ana.latest(first) if offers()(ana.latest(first)) else None)
    assert bared["content"] == "First."


async def test_a_press_that_comes_too_late_is_explained(sim: Simulator, ana: Person, parley: App) -> None:
    sim.model.script(Say("First."))
    first = await ana.asks("one", sees=("First.", offers(*DONE)))
    sim.faults.fail(f"PATCH /channels/*/messages/{first['id']}", 503)
    sim.model.script(Say("Second."))
    await ana.asks("two", sees=("Second.", offers(*DONE)))
    assert buttons(ana.latest(first)) == DONE, "it could not be edited"
    refused = await ana.answer(await ana.click(first, "Regenerate"))
    assert refused["content"].startswith("The conversation has already continued. Reply here to branch off.")
    await ana.sees("First.", offers())
    assert len(sim.model.requests) == 2


async def test_only_the_asker_and_moderators_can_use_the_buttons(
    sim: Simulator, ana: Person, ben: Person, parley: App
) -> None:
    sim.model.script(Say("Slow"), Wait(asyncio.Event()))
    await ben.mention("hello")
    streaming = await ana.sees("Slow", offers("Stop"))
    await ana.click(streaming, "Stop")
    stopped = await ben.sees(offers(*CUT))
    assert stopped["content"] == f"Slow\n-# Stopped by <@{ana.id}>."

    sim.model.script(Say("For Ana."))
    await ana.mention("hello")
    reply = await ben.sees("For Ana.", offers(*DONE))
    for button in DONE:
        refused = await ben.answer(await ben.click(reply, button))
        assert refused["content"] == f"Only <@{ana.id}>, who asked, and moderators can do that."
        assert refused["flags"] & EPHEMERAL
    assert len(sim.model.requests) == 2


async def test_buttons_work_after_a_restart(sim: Simulator, ana: Person, start_parley: StartParley) -> None:
    sim.model.script(Say("Before."))
    async with start_parley():
        reply = await ana.asks("hello", sees=("Before.", offers(*DONE)))
    sim.model.script(Say("After."))
    async with start_parley():
        await ana.click(reply, "Regenerate")
        after = await ana.sees("After.", offers(*DONE, "◀️"))
        await ana.click(after, "◀️")
        await ana.sees("Before.", offers(*DONE, "▶️"))


async def test_an_interrupted_reply_can_be_continued(sim: Simulator, ana: Person, start_parley: StartParley) -> None:
    sim.model.script(Say("Half of"), Wait(asyncio.Event()))
    async with start_parley():
        await ana.asks("hello", sees=("Half of", offers("Stop")))
    interrupted = await ana.sees("I was restarted", offers(*CUT))
    sim.model.script(Say(" it."))
    async with start_parley():
        await ana.click(interrupted, "Continue")
        assert (await ana.sees(offers(*DONE)))["content"] == "Half of it."


async def test_a_failed_answer_can_be_regenerated(sim: Simulator, ana: Person, parley: App) -> None:
    sim.model.script(Fail(503, "busy"))
    failed = await ana.asks("hello", sees=("overloaded", offers(*DONE)))
    sim.model.script(Say("Now."))
    await ana.click(failed, "Regenerate")
    assert (await ana.sees(offers(*DONE, "◀️")))["content"] == "Now."


async def test_two_presses_at_once_send_one_request(sim: Simulator, ana: Person, parley: App) -> None:
    sim.model.script(Say("First."))
    reply = await ana.asks("hello", sees=offers(*DONE))
    sim.model.script(Wait(go := asyncio.Event()), Say("Second"))
    sim.faults.slow(f"PATCH /channels/*/messages/{reply['id']}", 0.3, times=1)
    await ana.click(reply, "Regenerate")
    refused = await ana.answer(await ana.click(reply, "Regenerate"))
    assert refused["content"] == "I'm still writing this answer."
    go.set()
    await ana.sees("Second", offers(*DONE, "◀️"))
    assert len(sim.model.requests) == 2


async def test_someone_who_lost_the_role_cannot_regenerate(
    sim: Simulator, ana: Person, ben: Person, parley: App
) -> None:
    sim.model.script(Say("Once."))
    reply = await ben.asks("hello", sees=("Once.", offers(*DONE)))
    role = sim.world.add_role("Talkers", Permission(0))
    await ana.sets("role_id", role.id)
    refused = await ben.answer(await ben.click(reply, "Regenerate"))
    assert refused["content"].startswith(f"Only <@&{role.id}> may talk to me here.")


async def test_the_permission_is_checked_again_when_a_waiting_press_has_its_turn(
    sim: Simulator, ana: Person, ben: Person, parley: App
) -> None:
    sim.model.script(Say("Once."))
    reply = await ben.asks("hello", sees=("Once.", offers(*DONE)))
    sim.model.script(Say("Still at it"), Wait(go := asyncio.Event()), Say("."))
    await ben.command("new")
    await ben.asks("something long", sees="Still at it")
    pressed = await ben.click(reply, "Regenerate")
    role = sim.world.add_role("Talkers", Permission(0))
    await ana.sets("role_id", role.id)
    go.set()
    refused = await ben.answer(pressed)
    assert refused["content"].startswith(f"Only <@&{role.id}> may talk to me here.")
    assert len(sim.model.requests) == 2
