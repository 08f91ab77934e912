"""Fetching lists of models over real HTTP: where each provider has them, and how failures are handled."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.providers.catalogue import Model, Price, load_catalogue
from bot.providers.errors import (
    CutOff,
    InvalidResponse,
    KeyRejected,
    ModelNotFound,
    Overloaded,
    ProviderError,
    Unreachable,
    WrongAddress,
)
from bot.providers.models import MAX_LIST_BYTES, ModelListClient
from bot.providers.offer import Access, Offer, Server
from tests.stub_server import RecordedRequest, StubServer, model_list

KEY = "k3-not-a-real-one"


@pytest.fixture
async def stub() -> AsyncIterator[StubServer]:
    async with StubServer.open() as stub:
        yield stub


def server(stub: StubServer, name: str, path: str = "/v1") -> Server:
    access = Access.model_validate({"key": KEY, "base_url": f"{stub.url}{path}"})
    return Offer(load_catalogue(), {name: access}).server(name)


async def models(stub: StubServer, name: str, path: str = "/v1") -> dict[str, Model]:
    """Return the models of the provider's lists, by id."""
    async with aiohttp.ClientSession() as session:
        return {model.id: model for model in await ModelListClient(session).fetch(server(stub, name, path))}


async def test_openrouter(stub: StubServer) -> None:
    stub.responses["/v1/models"] = {
        "data": [
            {
                "id": "heron/heron-2:free",
                "context_length": 96_000,
                "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
                "pricing": {"prompt": "0.0000003", "completion": "0.0000025"},
                "top_provider": {"context_length": None},
            },
            {"id": "heron/painter", "architecture": {"output_modalities": ["image"]}},
        ]
    }
    assert await models(stub, "openrouter") == {
        "heron/heron-2:free": Model(
            id="heron/heron-2:free", context=96_000, vision=True, price=Price(prompt=0.3, completion=2.5)
        )
    }
    assert stub.requests[0].headers["Authorization"] == f"Bearer {KEY}"


async def test_xai_lists_prices_in_a_unit_of_its_own(stub: StubServer) -> None:
    item = {
        "id": "grok-x",
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "max_prompt_length": 40_000,
        "prompt_text_token_price": 12_500,
        "completion_text_token_price": 25_000,
    }
    stub.responses["/v1/language-models"] = {"models": [item]}
    expected = Model(id="grok-x", context=40_000, vision=False, price=Price(prompt=1.25, completion=2.5))
    assert await models(stub, "xai") == {"grok-x": expected}


async def test_mistral(stub: StubServer) -> None:
    chat = {"id": "heron-small", "max_context_length": 64_000, "capabilities": {"completion_chat": True}}
    eyes = {"id": "heron-eyes", "capabilities": {"completion_chat": True, "vision": True}}
    other = {"id": "heron-fim", "capabilities": {"completion_chat": False}}
    stub.responses["/v1/models"] = [chat, eyes, other]
    read = await models(stub, "mistral")
    assert list(read) == ["heron-small", "heron-eyes"]
    assert (read["heron-small"].context, read["heron-eyes"].vision) == (64_000, True)


async def test_groq(stub: StubServer) -> None:
    awake, asleep = {"id": "a", "active": True, "context_window": 16_384}, {"id": "b", "active": False}
    stub.responses["/v1/models"] = {"data": [awake, asleep]}
    assert await models(stub, "groq") == {"a": Model(id="a", context=16_384)}


async def test_gemini(stub: StubServer) -> None:
    stub.responses["/v1/models"] = model_list("models/gemini-x", "models/embedding-9", "models/gemini-x-tts")
    assert list(await models(stub, "gemini")) == ["gemini-x"]


async def test_synthetic(stub: StubServer) -> None:
    facts = {"context_length": 262_144, "input_modalities": ["text"], "output_modalities": ["text"]}
    stub.responses["/v1/models"] = model_list(
        "syn:x", **facts, pricing={"prompt": "$0.000001", "completion": "$0.000003"}
    )
    expected = Model(id="syn:x", context=262_144, vision=False, price=Price(prompt=1, completion=3))
    assert await models(stub, "glhf") == {"syn:x": expected}


async def test_lm_studio_has_a_detailed_list_outside_its_base_url(stub: StubServer) -> None:
    stub.responses["/api/v0/models"] = {
        "data": [
            {"id": "heron-vl", "type": "vlm", "max_context_length": 32_768},
            {"id": "heron", "type": "llm", "max_context_length": 4_096},
            {"id": "nests", "type": "embeddings"},
        ]
    }
    read = await models(stub, "lmstudio")
    assert {name: (model.vision, model.context) for name, model in read.items()} == {
        "heron-vl": (True, 32_768),
        "heron": (False, 4_096),
    }


async def test_litellm(stub: StubServer) -> None:
    info = {"max_input_tokens": 8_000, "supports_vision": None, "mode": "chat"}
    costs = {"input_cost_per_token": 2e-07, "output_cost_per_token": 4e-07}
    stub.responses["/v1/model/info"] = {
        "data": [
            {"model_name": "team-chat", "model_info": info | costs},
            {"model_name": "team-chat", "model_info": {}},  # a second deployment of the same model
            {"model_name": "team-vectors", "model_info": {"mode": "embedding"}},
            {"model_name": "openai/*", "model_info": {}},
        ]
    }
    price = Price(prompt=0.2, completion=0.4)
    assert await models(stub, "litellm") == {"team-chat": Model(id="team-chat", context=8_000, price=price)}


async def test_ollama_has_details_for_each_model(stub: StubServer) -> None:
    details = {
        "heron:latest": {"capabilities": ["completion", "vision"], "model_info": {"heron.context_length": 131_072}},
        "nests:1b": {"capabilities": ["embedding"], "model_info": {}},
        "broken": (500, {"error": "no such file"}),
    }

    def show(asked: RecordedRequest) -> Any:
        return details[asked.json["model"]]

    stub.responses |= {"/v1/models": model_list(*details), "/api/show": show}
    assert await models(stub, "ollama") == {
        "heron:latest": Model(id="heron:latest", context=131_072, vision=True),
        "broken": Model(id="broken"),
    }


async def test_four_details_are_requested_at_a_time(stub: StubServer) -> None:
    together = asyncio.Barrier(4)

    async def show(_: RecordedRequest) -> Any:
        await together.wait()
        return {}

    stub.responses |= {"/v1/models": model_list(*(f"heron-{n}" for n in range(32))), "/api/show": show}
    assert len(await models(stub, "ollama")) == 32
    assert stub.max_concurrent == 4


async def test_m9_anthropic_expects_its_own_headers(stub: StubServer) -> None:
    def native(asked: RecordedRequest) -> Any:
        if "Authorization" in asked.headers:
            return 401, {"type": "error", "error": {"type": "authentication_error", "message": "Invalid bearer token"}}
        assert asked.headers["x-api-key"] == KEY
        assert asked.headers["anthropic-version"] == "2023-06-01"
        return {"data": [{"type": "model", "id": "claude-x", "max_input_tokens": 500_000}], "has_more": False}

    stub.responses["/v1/models"] = native
    assert await models(stub, "anthropic") == {"claude-x": Model(id="claude-x", context=500_000)}


async def test_a_replacement_for_anthropic_gets_the_usual_auth_header(stub: StubServer) -> None:
    def proxy(asked: RecordedRequest) -> Any:
        return (
            model_list("claude-x")
            if asked.headers.get("Authorization") == f"Bearer {KEY}"
            else (401, {"detail": "who?"})
        )

    stub.responses["/v1/models"] = proxy
    assert list(await models(stub, "anthropic")) == ["claude-x"]


@pytest.mark.parametrize("name", ["xai", "lmstudio", "litellm"])
@pytest.mark.parametrize("instead", [(404, {"error": "no"}), (403, {"detail": "no"}), b"<html>", {"data": [{"x": 1}]}])
async def test_the_plain_list_is_the_fallback(stub: StubServer, name: str, instead: Any) -> None:
    form = load_catalogue()[name].model_list
    rich = form.path if form.path.startswith("/") else f"/v1/{form.path}"
    stub.responses |= {rich: instead, "/v1/models": model_list("heron")}
    assert await models(stub, name) == {"heron": Model(id="heron")}


async def test_a_provider_in_trouble_is_asked_once(stub: StubServer) -> None:
    stub.responses["/v1/language-models"] = (503, b"busy")
    with pytest.raises(Overloaded):
        await models(stub, "xai")
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((401, {"error": {"message": f"Incorrect API key provided: {KEY}"}}), KeyRejected),
        ((404, b"<html>nginx</html>"), WrongAddress),
        ((404, {"error": {"message": "nothing here"}}), ModelNotFound),
        (b'{"data":[' + b" " * MAX_LIST_BYTES, InvalidResponse),
    ],
)
async def test_a_list_that_cannot_be_fetched(stub: StubServer, answer: Any, error: type[ProviderError]) -> None:
    stub.responses["/v1/models"] = answer
    with pytest.raises(error) as caught:
        await models(stub, "deepseek")
    assert KEY not in caught.value.detail


async def test_a_redirect_is_not_followed_so_the_key_stays_here(stub: StubServer) -> None:
    async with StubServer.open() as elsewhere:
        away = web.Response(status=307, headers={"Location": f"{elsewhere.url}/v1/models"})
        stub.responses["/v1/models"] = lambda _: away
        with pytest.raises(WrongAddress):
            await models(stub, "deepseek")
        assert elsewhere.requests == []


async def test_a_server_that_is_not_there(stub: StubServer, unused_port: int) -> None:
    gone = StubServer(f"http://127.0.0.1:{unused_port}")
    with pytest.raises(Unreachable):
        await models(gone, "deepseek")


async def test_a_body_that_is_not_compressed_as_declared(stub: StubServer) -> None:
    broken = web.Response(body=b"no gzip at all", headers={"Content-Encoding": "gzip"})
    stub.responses["/v1/models"] = lambda _: broken
    with pytest.raises(CutOff):
        await models(stub, "deepseek")
