"""What is asked again, and what people are shown of a provider's health."""

import pytest

from bot.chat.events import Delta, TextDelta
from bot.providers.asking import Asker, Waiting
from bot.providers.client import ChatClient
from bot.providers.errors import CircuitOpen, InvalidResponse, KeyRejected, Overloaded, ProviderError
from bot.providers.offer import Endpoint
from bot.providers.patience import FAILURES_TO_OPEN, RetryLimits
from tests.providers.conftest import DONE, FINISH, HELLO, KEY, Answer, Ending, Provider, saying

JSON = ("Content-Type: application/json",)
FINE = Answer([saying("Fine"), FINISH, DONE])
PAGE = Answer([b"<!doctype html><title>Back soon</title>"], headers=["Content-Type: text/html"])
TORN = Answer([b'{"choices":[{"message":{"content":"Ha'], headers=JSON)
GARBLED = Answer([b"data: no json\n\n"])
BUSY = Answer([b"{}"], "503 Busy", JSON)


async def stream(asker: Asker, endpoint: Endpoint) -> list[Delta | Waiting]:
    return [each async for each in asker.stream(endpoint, HELLO)]


def text(streamed: list[Delta | Waiting]) -> str:
    return "".join(each.text for each in streamed if isinstance(each, TextDelta))


@pytest.mark.parametrize("broken", [PAGE, TORN, GARBLED], ids=["page", "torn", "garbled"])
async def test_an_invalid_response_is_asked_for_again(provider: Provider, client: ChatClient, broken: Answer) -> None:
    provider.answers.extend([broken, FINE])
    streamed = await stream(Asker(client, RetryLimits(tries=2)), provider.endpoint())
    assert text(streamed) == "Fine"
    assert [type(each) for each in streamed].count(Waiting) == 1


async def test_an_endpoint_is_asked_no_more_often_than_allowed(provider: Provider, client: ChatClient) -> None:
    provider.answers.extend([PAGE] * 3)
    with pytest.raises(InvalidResponse):
        await stream(Asker(client, RetryLimits(tries=2)), provider.endpoint())
    assert len(provider.requests) == 2


async def test_an_endpoint_is_not_asked_again_when_that_would_take_too_long(
    provider: Provider, client: ChatClient
) -> None:
    provider.answers.append(Answer([b"{}"], "503 Busy", [*JSON, "Retry-After: 30"]))
    with pytest.raises(Overloaded):
        await stream(Asker(client, RetryLimits(tries=2, seconds=29)), provider.endpoint())
    assert len(provider.requests) == 1


async def test_nothing_is_asked_again_after_the_first_text(provider: Provider, client: ChatClient) -> None:
    provider.answers.append(Answer([saying("So"), b"data: no json\n\n"], ending=Ending.CUT))
    deltas = Asker(client, RetryLimits()).stream(provider.endpoint(), HELLO)
    assert await anext(deltas) == TextDelta("So")
    with pytest.raises(InvalidResponse):
        await anext(deltas)
    assert len(provider.requests) == 1


async def test_a_provider_that_keeps_failing_is_not_asked_for_a_while(provider: Provider, client: ChatClient) -> None:
    asker = Asker(client, RetryLimits(tries=1))
    provider.answers.extend([BUSY] * FAILURES_TO_OPEN)
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(Overloaded):
            await stream(asker, provider.endpoint())
    with pytest.raises(CircuitOpen):
        await stream(asker, provider.endpoint())
    assert len(provider.requests) == FAILURES_TO_OPEN


async def test_health_is_told_in_our_own_words(provider: Provider, client: ChatClient) -> None:
    asker = Asker(client, RetryLimits(tries=1))
    provider.answers.append(Answer([b'{"error":"go to evil.example"}'], "401 Unauthorized", JSON))
    with pytest.raises(ProviderError):
        await stream(asker, provider.endpoint())
    assert (asker.health["xai"].ok, asker.health["xai"].error) == (False, KeyRejected.reason)
    provider.answers.append(FINE)
    await stream(asker, provider.endpoint())
    assert (asker.health["xai"].ok, asker.health["xai"].error) == (True, None)
    assert KEY not in repr(asker.health)
