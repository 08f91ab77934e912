"""How the model lists of providers take effect: in autocompletion, in requests and in /provider."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Settings
from bot.simulator import Fail, Say, Simulator
from tests.conftest import StartParley
from tests.person import Person
from tests.stub_server import StubServer, model_list
from tests.turns.memory import rows
from tests.turns.pictures import PNG

EVENTUALLY = 10.0


@pytest.fixture
async def stub() -> AsyncIterator[StubServer]:
    async with StubServer.open() as stub:
        yield stub


def reached_at(settings: Settings, **addresses: str) -> dict[str, Any]:
    """Access to all providers, some of them at another address."""
    moved = {name: settings.access[name].model_copy(update={"base_url": url}) for name, url in addresses.items()}
    return settings.access | moved


async def choices(person: Person, typed: str) -> list[str]:
    return [choice["value"] for choice in await person.completes("model", {"name": typed}, focused="name")]


async def offered(person: Person, typed: str) -> list[str]:
    """Autocompletion's choices, as soon as there are any."""
    async with asyncio.timeout(EVENTUALLY):
        while not (found := await choices(person, typed)):
            pass
    return found


async def test_a_listed_model_is_offered_and_answers(sim: Simulator, ana: Person, start_parley: StartParley) -> None:
    sim.model.models = ["heron-9-large", "heron-embed"]
    async with start_parley(default_model="groq/openai/gpt-oss-20b"):
        found = await offered(ana, "heron")
        assert found[0] == "groq/heron-9-large"
        assert "openai/heron-9-large" in found
        assert not any("embed" in name for name in found)
        await ana.command("model", {"name": found[0]})
        sim.model.script(Say("Krraak."))
        await ana.asks("who are you?", sees="Krraak.")
        assert sim.model.requests[0].json["model"] == "heron-9-large"


async def test_models_that_start_with_what_was_typed_are_offered_first(
    sim: Simulator, ana: Person, start_parley: StartParley, settings: Settings, stub: StubServer
) -> None:
    sim.model.models = []
    stub.responses["/v1/models"] = model_list(*(f"nest-{n}/big-heron" for n in range(30)), "blue/heron-x", "heron-1")
    async with start_parley(access=reached_at(settings, openrouter=f"{stub.url}/v1")):
        found = await offered(ana, "heron")
        assert len(found) == 25
        assert found[:2] == ["openrouter/heron-1", "openrouter/nest-0/big-heron"]
        assert await choices(ana, "openrouter x blue") == ["openrouter/blue/heron-x"]
        assert await choices(ana, "heron blue xylophone") == []


async def test_after_a_restart_the_models_of_a_provider_that_is_down_are_still_offered(
    sim: Simulator, ana: Person, start_parley: StartParley, settings: Settings, stub: StubServer, unused_port: int
) -> None:
    stub.responses["/v1/models"] = model_list("heron-9-large")
    access = reached_at(settings, groq=f"{stub.url}/v1")
    async with start_parley(access=access):
        assert await offered(ana, "heron") == ["groq/heron-9-large"]
    stub.responses["/v1/models"] = (503, b"down")
    async with start_parley(access=access):
        assert await choices(ana, "heron") == ["groq/heron-9-large"]
    assert len(stub.requests) == 1, "a fresh list is not asked for again"

    async with start_parley(access=reached_at(settings, groq=f"http://127.0.0.1:{unused_port}/v1")):
        assert await choices(ana, "heron") == [], "those were the models of another server"


async def test_an_old_list_is_used_until_there_is_a_new_one(
    ana: Person, start_parley: StartParley, settings: Settings, stub: StubServer, tmp_path: Path
) -> None:
    stub.responses["/v1/models"] = model_list("heron-8")
    access = reached_at(settings, groq=f"{stub.url}/v1")
    async with start_parley(access=access):
        assert await offered(ana, "heron") == ["groq/heron-8"]
    rows(tmp_path / "parley.db", "UPDATE model_lists SET read_at = read_at - ?", 7 * 3600)
    stub.responses["/v1/models"] = (500, b"down")
    async with start_parley(access=access):
        await stub.wait_for_requests("/v1/models", 2)
        assert await choices(ana, "heron") == ["groq/heron-8"]
    stub.responses["/v1/models"] = model_list("heron-9")
    async with start_parley(access=access):
        assert await offered(ana, "heron-9") == ["groq/heron-9"]
        assert await choices(ana, "heron-8") == []


@pytest.mark.parametrize(("modalities", "pictures"), [(["text"], 0), (["text", "image"], 1)])
async def test_only_a_model_listed_with_vision_gets_an_image(
    ana: Person,
    start_parley: StartParley,
    settings: Settings,
    stub: StubServer,
    modalities: Sequence[str],
    pictures: int,
) -> None:
    stub.responses |= {
        "/v1/models": model_list("heron", architecture={"input_modalities": modalities}),
        "/v1/chat/completions": {"choices": [{"message": {"content": "A dot."}, "finish_reason": "stop"}]},
    }
    async with start_parley(access=reached_at(settings, openrouter=f"{stub.url}/v1")):
        await offered(ana, "heron")
        await ana.command("model", {"name": "openrouter/heron"})
        reply = await ana.asks("what is this?", files=[("dot.png", PNG)], sees="A dot.")
        if not pictures:
            await ana.sees("Left out dot.png: this model can't see images")
    content = stub.requests[-1].json["messages"][-1]["content"]
    assert ("image_url" in str(content)) == bool(pictures), reply


async def test_a_listed_context_window_limits_what_is_sent(
    ana: Person, start_parley: StartParley, settings: Settings, stub: StubServer
) -> None:
    stub.responses |= {
        "/v1/models": model_list("wide", context_window=100_000)["data"]
        + model_list("narrow", context_window=600)["data"],
        "/v1/chat/completions": {"choices": [{"message": {"content": "I see."}, "finish_reason": "stop"}]},
    }
    async with start_parley(access=reached_at(settings, groq=f"{stub.url}/v1"), default_model="groq/wide"):
        await offered(ana, "narrow")
        first = await ana.mention(f"remember this: {'a long tale of herons ' * 80}")
        await ana.sees("I see.", reply_to=first)
        for name, remembered in (("wide", True), ("narrow", False)):
            await ana.command("model", {"name": f"groq/{name}"})
            asked = await ana.mention("and now?")
            await ana.sees("I see.", reply_to=asked)
            assert ("herons" in str(stub.requests[-1].json["messages"])) is remembered


async def test_the_first_listed_model_replaces_a_missing_default(
    sim: Simulator, ana: Person, start_parley: StartParley
) -> None:
    sim.model.models = ["pulled-heron:7b"]
    async with start_parley():
        await offered(ana, "ollama pulled")
        for name in ("ollama", "litellm"):
            await offered(ana, f"{name} pulled")
            assert f"`{name}/pulled-heron:7b`" in (await ana.command("provider", {"name": name}))["content"]


async def test_a_provider_without_default_and_list_needs_a_model_name(
    sim: Simulator, ana: Person, start_parley: StartParley
) -> None:
    sim.model.models = []
    async with start_parley():
        told = (await ana.command("provider", {"name": "litellm"}))["content"]
        assert "LiteLLM has no default model. Name one as `litellm/model`" in told


def described(text: str, title: str) -> str:
    """The line about a provider."""
    return next(line for line in text.splitlines() if f"**{title}**" in line)


async def provider_lines(person: Person) -> str:
    """The text of /provider, which is one or two messages."""
    first = await person.command("provider")
    await person.sees("-# Retired: ")
    pages = [message for message in person.messages_from(first["author"]) if int(message["id"]) >= int(first["id"])]
    assert len(pages) <= 2
    return "\n".join(message["content"] for message in pages)


async def test_providers_are_shown_with_their_models_and_health(
    sim: Simulator,
    ana: Person,
    start_parley: StartParley,
    settings: Settings,
    stub: StubServer,
    unused_port: int,
) -> None:
    began = int(time.time())
    sim.model.models = ["heron-1", "heron-2"]
    stub.responses["/v1/models"] = (401, {"error": {"message": "no"}})
    access = reached_at(settings, groq=f"{stub.url}/v1", openai=f"http://127.0.0.1:{unused_port}/v1")
    access |= {"mistral": settings.access["mistral"].model_copy(update={"key": None})}
    access |= {"github": settings.access["github"].model_copy(update={"base_url": None})}
    async with start_parley(access=access):
        async with asyncio.timeout(EVENTUALLY):
            while " · ⚪" in (text := await provider_lines(ana)).partition("\n\n")[0]:
                pass
        assert described(text, "xAI").startswith("▸ **xAI** `xai` · `grok-4.20-non-reasoning` · 8 models · 🟢 <t:")
        assert described(text, "DeepSeek").startswith("· **DeepSeek** `deepseek` · `deepseek-flash` · 3 models · 🟢")
        assert "🔴 <t:" in described(text, "Groq")
        assert described(text, "Groq").endswith(", API key rejected")
        assert described(text, "OpenAI").endswith(", unreachable")
        assert "-# Without a key: Mistral (`MISTRAL_API_KEY`)" in text
        assert "-# Retired: GitHub (2026-07-30)" in text
        assert int(described(text, "xAI").partition("<t:")[2].partition(":")[0]) >= began

        sim.model.script(Fail(402, {"error": {"message": "Insufficient Balance"}}))
        await ana.asks("hello?", sees="no credit left")
        assert described(await provider_lines(ana), "xAI").endswith(", no credit left")
