"""Whole turns through the real LiteLLM proxy."""

from base64 import b64encode
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.app import App
from bot.settings import Settings
from bot.simulator import Simulator
from tests.conftest import StartParley
from tests.peers.proxy import PARROT, LiteLLM
from tests.peers.waiting import PATIENCE, recorded
from tests.person import Person
from tests.turns.pictures import PNG

pytestmark = [pytest.mark.peers, pytest.mark.timeout(240)]


async def test_a_mock_answer_is_streamed_in_edits_and_pages(sim: Simulator, ana: Person, parley: App) -> None:
    asked = await ana.mention("what of the parrot?")
    first = await ana.sees("Day 1:", reply_to=asked, timeout=PATIENCE)
    await ana.sees("Day 50: the parrot learned 50 new words, and said each of them twice.", timeout=PATIENCE)

    pages = [message["content"] for message in ana.messages_from(sim.world.bot.id)]
    assert len(pages) > 1
    assert "".join("".join(pages).split()) == "".join(PARROT.split())
    grown = ana.saw(first)
    assert len(grown) > 2
    assert [text for text in grown if not PARROT.startswith(text)] == []


async def test_the_usage_and_model_that_litellm_reports_are_stored(ana: Person, parley: App, tmp_path: Path) -> None:
    await ana.mention("what of the parrot?")
    end = await recorded(tmp_path / "parley.db")
    assert (end["model"], end["answered_by"]) == ("litellm/parrot", "parrot")
    assert (end["finish_reason"], end["error"]) == ("stop", None)
    assert end["prompt_tokens"] > 0
    assert end["completion_tokens"] > 0


async def test_the_second_turn_includes_the_first_and_an_image_is_sent(
    sim: Simulator, litellm: LiteLLM, ana: Person, parley: App
) -> None:
    await ana.asks("what of the parrot?", sees="Day 50:", timeout=PATIENCE)
    await ana.command("model", {"name": f"litellm/{litellm.scripted}"})

    await ana.asks(
        "and then?",
        sees="I was given 2 earlier messages. Before this you said: “what of the parrot?”",
        timeout=PATIENCE,
    )
    forwarded = await sim.model.asked()
    assert forwarded.json["messages"][1:] == [
        {"role": "user", "content": "what of the parrot?"},
        {"role": "assistant", "content": PARROT},
        {"role": "user", "content": "and then?"},
    ]

    await ana.asks(
        "what is this?",
        files=[("dot.png", PNG)],
        sees=f"I see 1 image: image/png, {len(PNG)} bytes, 1×1 pixels.",
        timeout=PATIENCE,
    )
    forwarded = await sim.model.asked()
    assert forwarded.json["messages"][-1]["content"] == [
        {"type": "text", "text": "what is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64encode(PNG).decode()}"}},
    ]


async def test_parameters_reach_the_model_only_if_they_are_set(
    sim: Simulator, litellm: LiteLLM, ana: Person, start_parley: StartParley
) -> None:
    chosen = {"temperature": 0.25, "top_p": 0.5, "max_tokens": 77}
    async with start_parley(default_model=f"litellm/{litellm.scripted}"):
        await ana.asks("hello", sees="Hello from", timeout=PATIENCE)
        for name, value in chosen.items():
            await ana.sets(name, value)
        await ana.asks("hello again", sees="Before this you said: “hello”", timeout=PATIENCE)
    before, after = (request.json for request in sim.model.requests)
    assert chosen.keys() & before.keys() == set()
    assert {name: after[name] for name in chosen} == chosen


async def test_an_answer_that_is_not_streamed_is_shown_at_once(
    ana: Person, start_parley: StartParley, litellm: LiteLLM, tmp_path: Path
) -> None:
    overlay = tmp_path / "own.toml"
    overlay.write_text("[litellm]\nstream = false\n", encoding="utf-8")
    async with start_parley(catalogue_file=overlay, default_model=f"litellm/{litellm.scripted}"):
        await ana.mention("hello")
        await recorded(tmp_path / "parley.db")
        reply = await ana.sees("This is the first message I was given.")
        assert all("This is the first message I was given." in shown for shown in ana.saw(reply))


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("nobody", "LiteLLM does not know the model `litellm/nobody`"),
        ("limited", "LiteLLM is rate limiting this bot"),
        ("small", "too long for `litellm/small`"),
        ("broken", "LiteLLM is overloaded or broken"),
    ],
)
async def test_an_error_from_litellm_becomes_a_sentence(
    ana: Person, start_parley: StartParley, litellm: LiteLLM, model: str, sentence: str
) -> None:
    async with start_parley(default_model=f"litellm/{model}", retry_tries=1):
        asked = await ana.mention("hello")
        reply = await ana.sees(sentence, reply_to=asked, timeout=PATIENCE)
    assert litellm.key not in reply["content"]


async def test_a_wrong_key_is_reported_to_the_operator_and_never_shown(
    ana: Person,
    settings: Settings,
    start_parley: StartParley,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    wrong = "sk-0123456789-not-the-key"
    access = settings.access["litellm"].model_copy(update={"key": SecretStr(wrong)})
    async with start_parley(access=settings.access | {"litellm": access}):
        asked = await ana.mention("hello")
        reply = await ana.sees("LiteLLM does not accept this bot's API key", reply_to=asked, timeout=PATIENCE)
        end = await recorded(tmp_path / "parley.db")
    assert wrong not in reply["content"] + end["error"] + caplog.text
