"""Providers that fail briefly are retried, fallbacks answer instead, and people are told about it."""

import asyncio
from pathlib import Path

from bot.simulator import Cut, Fail, Finish, Raw, Say, Simulator, Wait
from tests.conftest import StartParley
from tests.person import Person
from tests.turns.memory import rows
from tests.turns.pictures import PNG

SOON = {"Retry-After": "0.01"}
BUSY = Fail(503, {"error": {"message": "busy"}}, SOON)
GROQ, MISTRAL = "groq/qwen/qwen3.6-27b", "mistral/mistral-small-latest"


def models(sim: Simulator) -> list[str]:
    return [request.json["model"] for request in sim.model.requests]


async def test_a_provider_that_is_briefly_busy_is_retried(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    sim.model.script(BUSY)
    sim.model.script(Cut())
    sim.model.script(Say("<think>hm</think>Here I am."))
    async with start_parley(retry_tries=3):
        asked = await ana.mention("hello")
        reply = await ana.sees("Here I am.", reply_to=asked)
        assert ana.saw(reply) == ["Here I am."]
    [stored] = rows(tmp_path / "parley.db", "SELECT reasoning, error FROM said WHERE role = 'assistant'")
    assert stored == {"reasoning": "hm", "error": None}


async def test_nothing_is_retried_once_text_was_shown(sim: Simulator, ana: Person, start_parley: StartParley) -> None:
    sim.model.script(Say("Half of"), Cut())
    async with start_parley(retry_tries=3, default_model=GROQ, fallback_models=MISTRAL):
        await ana.asks("hello", sees=("Half of", "broke before the answer was complete"))
    assert len(sim.model.requests) == 1


async def test_a_long_wait_is_announced_and_replaced_by_the_answer(
    sim: Simulator, ana: Person, start_parley: StartParley
) -> None:
    sim.model.script(Fail(429, {"error": {"message": "slow down"}}, {"Retry-After": "3.1"}))
    sim.model.script(Say("At last."))
    async with start_parley(retry_tries=2, default_model=GROQ):
        waiting = await ana.asks("hello", sees="-# Waiting for Groq, 3 s")
        await ana.sees("At last.")
        assert ana.saw(waiting) == ["-# Waiting for Groq, 3 s", "At last."]


async def test_a_wait_longer_than_allowed_is_not_started(
    sim: Simulator, ana: Person, start_parley: StartParley
) -> None:
    sim.model.script(Fail(429, {"error": {"message": "slow down"}}, {"Retry-After": "3600"}))
    async with start_parley(retry_tries=4):
        await ana.asks("hello", sees="is rate limiting this bot")
    assert len(sim.model.requests) == 1


async def test_a_fallback_answers_and_the_reply_says_so(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    sim.model.script(Fail(402, {"error": {"message": "Insufficient Balance"}}))
    sim.model.script(Say("I stand in."), Finish("stop"))
    async with start_parley(default_model=GROQ, fallback_models=f"{MISTRAL}, xai"):
        reply = await ana.asks("hello", sees="Fell back")
    assert reply["content"] == f"I stand in.\n-# Fell back from Groq: no credit left. `{MISTRAL}` answered."
    assert rows(tmp_path / "parley.db", "SELECT model FROM said WHERE role = 'assistant'") == [{"model": MISTRAL}]


async def test_when_every_fallback_fails_the_last_failure_is_explained(
    sim: Simulator, ana: Person, start_parley: StartParley
) -> None:
    sim.model.script(Fail(401, {"error": {"message": "no"}}))
    sim.model.script(Fail(404, {"error": {"message": "no", "code": "model_not_found"}}))
    async with start_parley(default_model=GROQ, fallback_models=MISTRAL):
        await ana.asks("hello", sees=("Mistral does not know the model", "Fell back from Groq: API key rejected"))


async def test_several_fallbacks_make_one_note(sim: Simulator, ana: Person, start_parley: StartParley) -> None:
    sim.model.script(Fail(402, {"error": {"message": "no credit"}}))
    sim.model.script(Fail(401, {"error": {"message": "no"}}))
    sim.model.script(Say("Third."))
    async with start_parley(default_model=GROQ, fallback_models=f"{MISTRAL},deepseek"):
        reply = await ana.asks("hello", sees=("Third.", "Fell back"))
    told = "Fell back from Groq: no credit left; Mistral: API key rejected."
    assert reply["content"] == f"Third.\n-# {told} `deepseek/deepseek-flash` answered."


async def test_a_fallback_with_vision_sees_what_the_first_model_cannot(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    sim.model.script(Fail(402, {"error": {"message": "no credit"}}))
    sim.model.script(Say("A dot."))
    async with start_parley(default_model="codestral", fallback_models=GROQ):
        await ana.asks(files=[("dot.png", PNG)], sees="A dot.")
    assert sim.model.requests[1].json["messages"][-1]["content"][0]["type"] == "image_url"
    assert rows(
        tmp_path / "parley.db", "SELECT json_extract(body, '$.name') AS name FROM parts WHERE kind = 'image'"
    ) == [{"name": "dot.png"}]


async def test_a_fallback_without_vision_says_what_it_was_not_shown(
    sim: Simulator, ana: Person, start_parley: StartParley
) -> None:
    sim.model.script(Fail(402, {"error": {"message": "no credit"}}))
    sim.model.script(Say("I read."))
    async with start_parley(default_model=GROQ, fallback_models="codestral"):
        await ana.asks(
            "look",
            files=[("dot.png", PNG)],
            sees=("I read.", "Left out dot.png: this model can't see images", "Fell back from Groq"),
        )
    assert isinstance(sim.model.requests[0].json["messages"][-1]["content"], list)
    assert sim.model.requests[1].json["messages"][-1]["content"] == "look\n\n[image dot.png, not shown]"


async def test_a_fallback_without_vision_says_that_it_was_not_shown_earlier_images(
    sim: Simulator, ana: Person, start_parley: StartParley
) -> None:
    sim.model.script(Say("A dot."))
    sim.model.script(Fail(402, {"error": {"message": "no credit"}}))
    sim.model.script(Say("I read."))
    async with start_parley(default_model=GROQ, fallback_models="codestral"):
        await ana.asks("look", files=[("dot.png", PNG)], sees="A dot.")
        reply = await ana.asks("and now?", sees=("I read.", "Fell back"))
    assert reply["content"].endswith("` answered without the earlier image.")


async def test_a_channel_has_its_own_fallbacks(sim: Simulator, ana: Person, start_parley: StartParley) -> None:
    async with start_parley(default_model=GROQ, fallback_models="xai"):
        offered = await ana.completes(
            "settings set", {"name": "fallback", "value": "deepseek/deepseek-flash,mistral"}, focused="value"
        )
        assert offered[0]["value"] == f"deepseek/deepseek-flash, {MISTRAL}"
        changed = await ana.sets("fallback", offered[0]["value"])
        assert f"**Fallback models** `deepseek/deepseek-flash, {MISTRAL}`, was not set" in changed["content"]
        for _ in range(2):
            sim.model.script(Fail(402, {"error": {"message": "no credit"}}))
        await ana.asks("hello", sees="Hello from")
        assert models(sim) == ["qwen/qwen3.6-27b", "deepseek-flash", "mistral-small-latest"]
        await ana.sets("fallback", "none")
        sim.model.script(Fail(402, {"error": {"message": "no credit"}}))
        await ana.asks("again", sees="no credit left")


async def test_a_provider_that_keeps_failing_is_not_asked_for_a_while(
    sim: Simulator, ana: Person, start_parley: StartParley
) -> None:
    sim.model.script(BUSY, times=5)
    async with start_parley(retry_tries=5, default_model=GROQ):
        await ana.asks("hello", sees="overloaded or broken")
        await ana.asks("hello?", sees="Groq failed several times in a row")
    assert len(sim.model.requests) == 5


async def test_a_parameter_that_a_model_rejects_is_omitted_from_then_on(
    sim: Simulator, ana: Person, start_parley: StartParley
) -> None:
    refusal = {"message": "Unsupported parameter: 'top_p' is not supported.", "code": "unsupported_parameter"}
    sim.model.script(Fail(400, {"error": refusal | {"param": "top_p"}}))
    async with start_parley(default_model=GROQ):
        await ana.sets("temperature", 0.3)
        await ana.sets("top_p", 0.5)
        for question in ("first", "second"):
            await ana.asks(question, sees=("Hello from", question))
    assert [sorted({"temperature", "top_p"} & set(request.json)) for request in sim.model.requests] == [
        ["temperature", "top_p"],
        ["temperature"],
        ["temperature"],
    ]


async def test_shutting_down_does_not_wait_for_a_retry(sim: Simulator, ana: Person, start_parley: StartParley) -> None:
    sim.model.script(Fail(429, {"error": {"message": "slow down"}}, {"Retry-After": "50"}))
    async with start_parley(retry_tries=2, default_model=GROQ):
        await ana.asks("hello", sees="-# Waiting for Groq, 50 s")
    await ana.sees("I was restarted while writing this")


async def test_reasoning_is_stored_but_not_shown(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    go = asyncio.Event()
    thought = b'data: {"choices":[{"delta":{"content":null,"reasoning_content":"Let me see. "}}]}\n\n'
    sim.model.script(Raw(thought), Say("<thi"), Say("nk>two and two"), Wait(go), Say("</thi"), Say("nk>\n\nFour."))
    async with start_parley():
        await ana.mention("what is 2 + 2?")
        await sim.model.asked()
        go.set()
        reply = await ana.sees("Four.")
        assert ana.saw(reply) == ["Four."]
    [stored] = rows(tmp_path / "parley.db", "SELECT reasoning, text FROM said WHERE role = 'assistant'")
    assert stored == {"reasoning": "Let me see. two and two", "text": "Four."}
