"""What is asked again, and what people are shown of how a provider is doing."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from bot.providers.asking import Asker, FellBack, Step, Waiting
from bot.providers.client import ChatClient
from bot.providers.errors import InvalidResponse, KeyRejected, ProviderError
from bot.providers.offer import Endpoint
from bot.providers.patience import RetryLimits
from bot.providers.request import ChatRequest
from bot.providers.wire import Chunk
from tests.providers.conftest import DONE, FINISH, HELLO, KEY, Answer, Ending, Provider, saying

JSON = ("Content-Type: application/json",)
FINE = Answer([saying("Fine"), FINISH, DONE])
PAGE = Answer([b"<!doctype html><title>Back soon</title>"], headers=["Content-Type: text/html"])
TORN = Answer([b'{"choices":[{"message":{"content":"Ha'], headers=JSON)
GARBLED = Answer([b"data: no json\n\n"])


async def steps(asker: Asker, *endpoints: Endpoint) -> AsyncGenerator[Step, None]:
    async def make(_: Endpoint) -> ChatRequest:
        return HELLO

    async with aclosing(asker.ask(endpoints, make)) as asked:
        async for step in asked:
            yield step


def text(taken: list[Step]) -> str:
    return "".join(step.text for step in taken if isinstance(step, Chunk))


@pytest.mark.parametrize("broken", [PAGE, TORN, GARBLED], ids=["page", "torn", "garbled"])
async def test_what_is_no_answer_is_asked_for_again(provider: Provider, client: ChatClient, broken: Answer) -> None:
    provider.answers.extend([broken, FINE])
    taken = [step async for step in steps(Asker(client, RetryLimits(tries=2)), provider.endpoint())]
    assert text(taken) == "Fine"
    assert [type(step) for step in taken].count(Waiting) == 1


async def test_what_is_no_answer_is_asked_for_within_the_budget(provider: Provider, client: ChatClient) -> None:
    provider.answers.extend([PAGE] * 3)
    with pytest.raises(InvalidResponse):
        _ = [step async for step in steps(Asker(client, RetryLimits(tries=2)), provider.endpoint())]
    assert len(provider.requests) == 2


async def test_behind_the_first_text_nothing_is_asked_for_again(provider: Provider, client: ChatClient) -> None:
    provider.answers.append(Answer([saying("So"), b"data: no json\n\n"], ending=Ending.CUT))
    taken = steps(Asker(client, RetryLimits()), provider.endpoint())
    assert text([await anext(taken)]) == "So"
    with pytest.raises(InvalidResponse):
        await anext(taken)
    assert len(provider.requests) == 1


async def test_the_next_endpoint_is_asked_where_one_gives_no_answer(provider: Provider, client: ChatClient) -> None:
    provider.answers.extend([PAGE, FINE])
    both = provider.endpoint("xai"), provider.endpoint("groq")
    taken = [step async for step in steps(Asker(client, RetryLimits(tries=1)), *both)]
    assert [step.failed.name for step in taken if isinstance(step, FellBack)] == ["xai"]
    assert text(taken) == "Fine"


async def test_health_is_told_in_our_words_alone(provider: Provider, client: ChatClient) -> None:
    asker = Asker(client, RetryLimits(tries=1))
    provider.answers.append(Answer([b'{"error":"go to evil.example"}'], "401 Unauthorized", JSON))
    with pytest.raises(ProviderError):
        _ = [step async for step in steps(asker, provider.endpoint())]
    assert (asker.health["xai"].ok, asker.health["xai"].error) == (False, KeyRejected.reason)
    provider.answers.append(FINE)
    _ = [step async for step in steps(asker, provider.endpoint())]
    assert (asker.health["xai"].ok, asker.health["xai"].error) == (True, None)
    assert KEY not in repr(asker.health)
