"""Every quirk of the providers, by its number: what is on the wire, and the outcome with the real client.

The quirks are data, in `tests/providers/quirks`: a new one, or a new provider, is an entry there.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.chat.context import build_context
from bot.chat.messages import Detail, Message, Role
from bot.chat.parts import ImagePart
from bot.providers import errors
from bot.providers.catalogue import load_catalogue
from bot.providers.client import ChatClient
from bot.providers.errors import ProviderError
from bot.providers.models import ModelListClient
from bot.providers.offer import Access, Endpoint, Offer
from bot.providers.patience import IDLE_SECONDS
from bot.providers.request import ChatRequest
from tests.providers.conftest import DONE, FINISH, KEY, Answer, Heard, Provider, ask
from tests.providers.quirks import ERRORS, LISTS, REQUESTS, STREAMS, TAKEN, Listed, Sent, Taken, Wire, each
from tests.stub_server import StubServer

CATALOGUE = load_catalogue()
DOT = b"\x89PNG\r\n\x1a\n"
LAST = {"S": 6, "C": 8, "U": 9, "F": 4, "R": 7, "E": 18, "M": 9, "Q": 10}


@pytest.fixture
async def stub() -> AsyncIterator[StubServer]:
    async with StubServer.open() as stub:
        yield stub


def test_every_quirk_is_covered() -> None:
    quirks = [*STREAMS, *ERRORS, *LISTS, *REQUESTS]
    numbered = {re.sub(r"[a-z]", "", quirk.id) for quirk in quirks} | {"Q10"}  # tested by test_patience
    assert numbered == {f"{kind}{number}" for kind, last in LAST.items() for number in range(1, last + 1)} | {"H"}
    names = [quirk.name for quirk in quirks]
    assert len(set(names)) == len(names)
    assert {name.partition("/")[0] for name in TAKEN} == set(CATALOGUE)


def endpoint(name: str, base_url: str, *, key: bool = True) -> Endpoint:
    """Return the endpoint of a provider or a `provider/model` with this base URL."""
    provider = name.partition("/")[0]
    access = Access.model_validate({"key": KEY if key else None, "base_url": base_url})
    return Offer(CATALOGUE, {provider: access}).endpoint(
        name if CATALOGUE[provider].default_model or "/" in name else f"{name}/finch"
    )


def outcome(heard: Heard) -> dict[str, Any]:
    """Return what is shown and stored of a completion."""
    return {
        "text": heard.text,
        "reasoning": heard.reasoning,
        "finish": next(reversed(heard.finish_reasons), None),
        "usage": next(reversed(heard.usages), None),
        "error": type(heard.error).__name__ if heard.error else None,
    }


def expected(quirk: Wire) -> dict[str, Any]:
    return {name: getattr(quirk, name) for name in ("text", "reasoning", "finish", "usage", "error")}


def response(quirk: Wire) -> Answer:
    return Answer([quirk.body] if quirk.wire else [], quirk.status, [f"Content-Type: {quirk.type}", *quirk.headers])


async def check(quirk: Wire, provider: Provider, client: ChatClient) -> ProviderError | None:
    provider.answers.append(response(quirk))
    heard = await ask(client, endpoint(quirk.provider, f"{provider.url}/v1"))
    assert outcome(heard) == expected(quirk)
    return heard.error


@pytest.mark.parametrize("quirk", each(STREAMS))
async def test_streams(quirk: Wire, provider: Provider, client: ChatClient) -> None:
    error = await check(quirk, provider, client)
    assert error is None or quirk.words in error.detail


@pytest.mark.parametrize("quirk", each(ERRORS))
async def test_errors(quirk: Wire, provider: Provider, client: ChatClient) -> None:
    error = await check(quirk, provider, client)
    assert error is not None
    assert quirk.words in error.detail
    assert "None" not in error.detail
    assert error.retry_after == quirk.wait
    assert (error.parameter if isinstance(error, errors.UnsupportedParameter) else None) == quirk.parameter


@pytest.mark.parametrize("quirk", each(LISTS))
async def test_lists(quirk: Listed, stub: StubServer) -> None:
    stub.responses.update({path: body.encode() for path, body in quirk.answers.items()})
    access = Access.model_validate({"key": KEY, "base_url": f"{stub.url}/v1"})
    server = Offer(CATALOGUE, {quirk.provider: access}).server(quirk.provider)
    async with aiohttp.ClientSession() as session:
        assert await ModelListClient(session).fetch(server) == quirk.models
    if quirk.provider == "anthropic":
        assert stub.requests[0].headers["x-api-key"] == KEY
        assert stub.requests[0].headers["anthropic-version"] == "2023-06-01"


@pytest.mark.parametrize("quirk", each(REQUESTS))
async def test_requests(quirk: Sent, provider: Provider, client: ChatClient) -> None:
    name = f"{quirk.provider}/{quirk.model}" if quirk.model else quirk.provider
    asked = endpoint(name, provider.url + quirk.base, key=quirk.key)
    path = [
        Message.of(
            said.role, said.text, tuple(image(media_type, number) for number, media_type in enumerate(said.images, 1))
        )
        for said in quirk.said
    ]
    context = build_context(quirk.system, path, asked.context, asked.image_rules)
    request = ChatRequest(context.messages, quirk.temperature, quirk.top_p, quirk.max_tokens, quirk.detail)
    provider.answers.append(Answer([FINISH, DONE]))
    assert (await ask(client, asked, request)).error is None
    (seen,) = provider.requests
    assert seen.line == quirk.line
    assert quirk.headers.items() <= seen.headers.items()
    assert not set(quirk.no_headers) & seen.headers.keys()
    assert seen.body.decode() == (quirk.json_sent or seen.body.decode())


def image(media_type: str, number: int = 1) -> ImagePart:
    return ImagePart(f"{number}.{media_type.partition('/')[2]}", media_type, DOT)


@pytest.mark.parametrize(
    "idle_limit", [pytest.param(IDLE_SECONDS, id="Q10 silence may be long, an answer as long as it takes")]
)
async def test_patience(idle_limit: float, client: ChatClient) -> None:
    assert client.session.timeout.total is None
    assert client.session.timeout.sock_read == idle_limit
    assert idle_limit >= 60


@pytest.mark.parametrize(("name", "taken"), TAKEN.items(), ids=TAKEN)
async def test_request_of(name: str, taken: Taken, provider: Provider, client: ChatClient) -> None:
    message = Message.of(Role.USER, "What is it?", (image("image/png"),))
    for temperature in (0.0, 0.75, 2.0):
        provider.answers.append(Answer([FINISH, DONE]))
        await ask(
            client, endpoint(name, f"{provider.url}/v1"), ChatRequest([message], temperature, 0.9, 64, Detail.LOW)
        )
        sent = provider.requests[-1].json
        expected: dict[str, Any] = {taken.max_tokens: 64}
        if taken.temperature != "dropped":
            low, high = taken.temperature
            expected["temperature"] = min(max(temperature, low), high)
        expected |= {"top_p": 0.9} if taken.top_p else {}
        expected |= {"stream_options": {"include_usage": True}} if taken.stream_options else {}
        assert {field: sent[field] for field in sent if field not in ("model", "messages", "stream")} == expected
        assert sent["messages"][0]["content"][1]["image_url"].get("detail") == ("low" if taken.detail else None)


@pytest.mark.parametrize(("name", "taken"), TAKEN.items(), ids=TAKEN)
def test_images_of(name: str, taken: Taken) -> None:
    rules = endpoint(name, "http://localhost:9/v1").image_rules
    assert (sorted(rules.types), rules.count, rules.each) == (list(taken.images), taken.count, taken.each)
