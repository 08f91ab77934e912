"""/ask, whose answer starts as follow-ups to the interaction and may move to the channel."""

import asyncio

from bot.app import App, open_app
from bot.settings import Settings
from bot.simulator import Permission, Say, Simulator, Wait
from tests.conftest import PACE
from tests.forms import buttons, choices
from tests.listener import Json
from tests.person import Person
from tests.turns.pictures import PNG


def written(sim: Simulator, place: str) -> list[str]:
    """The methods of all writes below a path segment, in order."""
    return [each.method for each in sim.requests if f"/{place}/" in each.path and each.method in ("POST", "PATCH")]


def ended(message: Json) -> bool:
    return "Regenerate" in buttons(message)


async def test_a_question_is_quoted_and_answered_below(sim: Simulator, ana: Person, parley: App) -> None:
    sim.model.script(Say("Forty"), Wait(go := asyncio.Event()), Say("-two."))
    question = await ana.command("ask", {"question": "What is the answer?\nIn brief."})
    assert question["content"] == "> What is the answer?\n> In brief."
    await ana.sees("Forty")
    go.set()
    reply = await ana.sees("Forty-two.", ended)
    assert set(written(sim, "webhooks")) == {"POST", "PATCH"}

    sim.model.script(Say("By seven."))
    await ana.asks("divide it", sees=("By seven.", ended))
    said = [message["content"] for message in sim.model.requests[-1].json["messages"][1:]]
    assert said == ["What is the answer?\nIn brief.", "Forty-two.", "divide it"]
    await ana.until(lambda: True if not buttons(ana.latest(reply)) else None)


async def test_the_model_sees_the_image(sim: Simulator, ana: Person, parley: App) -> None:
    sim.model.script(Say("A cat."))
    question = await ana.command("ask", {"question": "What is this?", "image": ("cat.png", PNG)})
    await ana.sees("A cat.", ended)
    shown = await ana.until(lambda: ana.latest(question) if ana.latest(question)["attachments"] else None)
    assert (shown["content"], shown["attachments"][0]["filename"]) == ("> What is this?", "cat.png")
    kinds = [part["type"] for part in sim.model.requests[-1].json["messages"][-1]["content"]]
    assert kinds == ["text", "image_url"]


async def test_another_model_sees_the_image_that_the_first_could_not(sim: Simulator, ana: Person, parley: App) -> None:
    await ana.command("model", {"name": "deepseek/deepseek-flash"})
    sim.model.script(Say("I see nothing."))
    question = await ana.command("ask", {"question": "What is this?", "image": ("cat.png", PNG)})
    blind = await ana.sees("I see nothing.", ended)
    await ana.until(lambda: True if ana.latest(question)["attachments"] else None)
    asked = await ana.answer(await ana.click(blind, "Other model"))
    [claude] = [name for name in choices(asked, "The model that should answer") if name.startswith("anthropic/")]
    sim.model.script(Say("A cat."))
    await ana.select(asked, "The model that should answer", [claude])
    await ana.sees("A cat.", ended)
    assert [part["type"] for part in sim.model.requests[-1].json["messages"][-1]["content"]] == ["text", "image_url"]


async def test_a_question_with_many_lines_is_quoted_up_to_the_limit(sim: Simulator, ana: Person, parley: App) -> None:
    sim.model.script(Say("Fine."))
    question = await ana.command("ask", {"question": "\n" * 1_400 + "?"})
    assert len(question["content"]) <= 2_000
    assert question["content"].endswith("…")
    await ana.sees("Fine.", ended)


async def test_someone_who_may_not_talk_is_told_privately(
    sim: Simulator, ben: Person, ana: Person, parley: App
) -> None:
    role = sim.world.add_role("Talkers")
    await ana.sets("role_id", role.id)
    refused = await ben.command("ask", {"question": "May I?"})
    assert refused["content"].startswith(f"⚠️ Only <@&{role.id}> may talk to me here.")
    assert refused["flags"] & 64
    assert sim.model.requests == []


async def test_a_follow_up_whose_response_is_lost_is_not_posted_twice(sim: Simulator, ana: Person, parley: App) -> None:
    sim.faults.drop("POST /webhooks/*", after=True)
    sim.model.script(Say("Once."))
    await ana.command("ask", {"question": "How often?"})
    await ana.sees("Once.", ended)
    assert [message["content"] for message in ana.messages_from(sim.world.bot.id)[1:]] == ["Once."]


async def test_the_answer_can_be_regenerated_and_deleted(sim: Simulator, ana: Person, parley: App) -> None:
    sim.model.script(Say("One."))
    await ana.command("ask", {"question": "A number?"})
    first = await ana.sees("One.", ended)
    sim.model.script(Say("Two."))
    await ana.click(first, "Regenerate")
    second = await ana.sees("Two.", ended)
    assert second["id"] == first["id"]
    await ana.click(second, "Delete")
    await ana.gone(second)


async def test_it_works_where_messages_cannot_be_sent(sim: Simulator, ana: Person, parley: App) -> None:
    sim.world.deny(sim.world.general, Permission.SEND_MESSAGES)
    sim.model.script(Say("Still here."))
    await ana.command("ask", {"question": "Are you there?"})
    await ana.sees("Still here.", ended)


async def test_an_answer_that_outlives_its_token_moves_to_the_channel(sim: Simulator, ana: Person, parley: App) -> None:
    text = "".join(f"Sentence number {number}. " for number in range(150))
    sim.model.script(Say("Sentence"), Wait(go := asyncio.Event()), Say(text.removeprefix("Sentence")))
    await ana.command("ask", {"question": "Tell me a lot"})
    first = await ana.sees("Sentence", lambda message: "Stop" in buttons(message))
    assert written(sim, "webhooks") == ["POST"]
    sim.interactions.token_life = 0
    go.set()
    last = await ana.sees(ended)
    assert pages_of(ana, sim) == [first["id"], last["id"]]
    assert " ".join(page["content"] for page in ana.messages_from(sim.world.bot.id)[1:]).split() == text.split()
    assert written(sim, "webhooks")[1:] == ["PATCH"], "it was tried once"


async def test_an_answer_does_not_rely_on_a_token_about_to_expire(
    sim: Simulator, ana: Person, settings: Settings
) -> None:
    async with open_app(settings, PACE, token_seconds=0) as app:
        await app.ready()
        sim.model.script(Say("In time."))
        await ana.command("ask", {"question": "Hurry?"})
        await ana.sees("In time.", ended)
    assert written(sim, "webhooks") == []


def pages_of(person: Person, sim: Simulator) -> list[str]:
    """The ids of the messages below the question."""
    return [message["id"] for message in person.messages_from(sim.world.bot.id)[1:]]
