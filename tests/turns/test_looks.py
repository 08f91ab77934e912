"""Preferences for how replies look: reasoning, footer, style, length and pings."""

import asyncio

import pytest

from bot.app import App
from bot.preferences.declaration import Footer
from bot.simulator import Fail, Permission, Raw, Say, Simulator, Wait
from tests.conftest import StartParley
from tests.listener import Json
from tests.person import Person
from tests.turns.outcome import ended, read

THOUGHT = b'data: {"choices":[{"delta":{"reasoning_content":"First *this*, then ||that||. "}}]}\n\n'


def files(message: Json) -> list[str]:
    return [attachment["filename"] for attachment in message["attachments"]]


async def test_reasoning_is_hidden_by_default(sim: Simulator, ana: Person, parley: App) -> None:
    sim.model.script(Raw(THOUGHT), Say("Done."))
    reply = await ana.asks("think", sees=ended)
    assert (reply["content"], files(reply)) == ("Done.", [])


async def test_reasoning_is_shown_as_a_spoiler(sim: Simulator, ana: Person, parley: App) -> None:
    await ana.sets("reasoning", "preview")
    sim.model.script(Raw(THOUGHT), Say("Done."))
    reply = await ana.asks("think", sees=ended)
    assert reply["content"] == "Done.\n-# 💭 ||First \\*this\\*\\, then \\|\\|that\\|\\|\\.||"


async def test_reasoning_is_attached_and_stays_when_versions_are_switched(
    sim: Simulator, ana: Person, parley: App
) -> None:
    await ana.sets("reasoning", "file")
    sim.model.script(Raw(THOUGHT), Say("Done."))
    reply = await ana.asks("think", sees=ended)
    assert files(reply) == ["reasoning.md"]
    assert await read(reply) == "First *this*, then ||that||. "
    sim.model.script(Say("Done without."))
    await ana.click(reply, "Regenerate")
    second = await ana.sees("Done without.", ended)
    assert files(second) == []
    await ana.click(second, "◀️")
    first = await ana.sees("Done.", ended)
    assert files(first) == ["reasoning.md"]


async def test_the_time_spent_thinking_is_shown_until_there_is_text(sim: Simulator, ana: Person, parley: App) -> None:
    await ana.sets("reasoning", "preview")
    sim.model.script(Raw(THOUGHT), Wait(go := asyncio.Event()), Say("Done."))
    thinking = await ana.asks("think", sees=("-# Thinking… ", "||First"), timeout=20)
    go.set()
    reply = await ana.sees("Done.", ended)
    assert reply["id"] == thinking["id"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (Footer.OFF, []),
        (Footer.SHORT, ["-# `xai/grok-4.20-non-reasoning` · ", " s"]),
        (
            Footer.FULL,
            ["-# `xai/grok-4.20-non-reasoning` · ", " s, first words after ", " in + 2 out tokens · under $0.0001"],
        ),
    ],
)
async def test_the_footer_is_as_detailed_as_configured(
    sim: Simulator, ana: Person, start_parley: StartParley, form: Footer, words: list[str]
) -> None:
    sim.model.script(Say("Done."))
    async with start_parley(footer=form):
        reply = await ana.asks("hello", sees=("Done.", ended))
    assert [word for word in words if word not in reply["content"]] == []
    assert len(reply["content"].split("\n")) == (2 if words else 1)


async def test_the_footer_says_what_did_not_fit(sim: Simulator, ana: Person, start_parley: StartParley) -> None:
    async with start_parley(footer=Footer.SHORT):
        await ana.sets("model", "sambanova/gemma-4-31B-it")
        for number in range(6):
            sim.model.script(Say(f"{number}" * 100_000))
            last = await ana.asks("go on", sees=ended)
    assert "used the last " in last["content"]


async def test_an_answer_that_falls_back_says_so_below(sim: Simulator, ana: Person, start_parley: StartParley) -> None:
    sim.model.script(Fail(402, {"error": {"message": "Insufficient Balance"}}))
    sim.model.script(Say("Here."))
    async with start_parley(footer=Footer.SHORT, fallback_models="groq/qwen/qwen3.6-27b"):
        reply = await ana.asks("hello", sees=("Here.", ended))
    _, fallen, model = reply["content"].split("\n")
    assert fallen == "-# Fell back from xAI: no credit left. `groq/qwen/qwen3.6-27b` answered."
    assert model.startswith("-# `groq/qwen/qwen3.6-27b` · ")


async def test_answers_stream_as_embeds(sim: Simulator, ana: Person, parley: App) -> None:
    await ana.sets("style", "embed")
    sim.model.script(Say("word " * 700), Wait(go := asyncio.Event()), Say("word " * 300))
    await ana.asks(
        "hello", sees=lambda message: bool(message["embeds"]) and "word" in message["embeds"][0]["description"]
    )
    go.set()
    last = await ana.sees(ended)
    pages = ana.messages_from(sim.world.bot.id)[1:]
    assert len(pages) == 2
    assert pages[1]["id"] == last["id"]
    assert "".join(page["embeds"][0]["description"] for page in pages).split() == ["word"] * 1000
    assert [page["content"] for page in pages] == ["", ""]


async def test_without_permission_for_embeds_an_answer_is_plain_text(sim: Simulator, ana: Person, parley: App) -> None:
    await ana.sets("style", "embed")
    sim.world.deny(sim.world.general, Permission.EMBED_LINKS)
    sim.model.script(Say("Plain."))
    reply = await ana.asks("hello", sees=("Plain.", ended))
    assert reply["embeds"] == []


async def test_an_answer_beyond_the_page_limit_is_attached_whole_as_a_file(
    sim: Simulator, ana: Person, parley: App
) -> None:
    await ana.sets("pages", 2)
    text = "".join(f"Sentence number {number}. " for number in range(400))
    sim.model.script(Say(text[:6000]), Wait(go := asyncio.Event()), Say(text[6000:]))
    notice = await ana.asks(
        "a long story", sees="-# The answer is too long to show here. I'll attach all of it as a file."
    )
    go.set()
    last = await ana.sees(ended)
    assert last["id"] == notice["id"]
    assert last["content"] == f"-# The whole answer ({len(text):,} characters) is in the file."
    assert await read(last) == text
    assert len(ana.messages_from(sim.world.bot.id)) == 1 + 3


@pytest.mark.parametrize("wanted", [True, False])
async def test_the_asker_is_notified_if_configured(sim: Simulator, ana: Person, parley: App, wanted: bool) -> None:
    await ana.sets("ping", wanted)
    sim.model.script(Say("Done."))
    reply = await ana.asks("hello", sees=("Done.", ended))
    assert ana.pinged(reply) is wanted
