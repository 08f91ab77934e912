"""The events of one generation, and how it ended, with a real provider on loopback."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest

from bot.chat.events import Ended, Event, ReasoningDelta, Status, TextDelta
from bot.chat.messages import Usage
from bot.chat.parts import TextPart
from bot.preferences.declaration import Preferences
from bot.providers.asking import Asker
from bot.providers.catalogue import load_catalogue
from bot.providers.client import ChatClient
from bot.providers.offer import Access, NotOffered, Offer
from bot.providers.patience import RetryLimits
from bot.store.store import Store
from bot.text import Text
from bot.turn.generate import LONG_WAIT, LONGEST_COMPLETION, Generation
from bot.turn.request import RequestBuilder
from tests.providers.conftest import DONE, FINISH, KEY, Answer, Ending, Provider, event, saying
from tests.store.conftest import ROOT
from tests.turn.conftest import move_clock

JSON = ("Content-Type: application/json",)
FINE = Answer([saying("Fine"), FINISH, DONE])
BUSY = Answer([b"{}"], "503 Busy", JSON)
REFUSED = Answer([b'{"error": "unknown key"}'], "401 Unauthorized", JSON)
USAGE = event({"choices": [], "model": "parrot-2", "usage": {"prompt_tokens": 9, "completion_tokens": 2}})
BOTH = Preferences(model="xai/parrot", fallback=("groq/heron",))


def thinking(text: str) -> bytes:
    return event({"choices": [{"delta": {"reasoning_content": text}}]})


class Model:
    """Makes generations from a provider's answers; `tries` is how often one endpoint is asked."""

    def __init__(self, provider: Provider, client: ChatClient, store: Store) -> None:
        self.provider = provider
        self.tries = 1
        self._client = client
        self._store = store

    def generation(self, *answers: Answer, preferences: Preferences | None = None) -> Generation:
        self.provider.answers.extend(answers)
        access = Access.model_validate({"key": KEY, "base_url": f"{self.provider.url}/v1"})
        offer = Offer(load_catalogue(), {"xai": access, "groq": access})
        asker = Asker(self._client, RetryLimits(tries=self.tries))
        return Generation(offer, asker, preferences or Preferences(model="xai/parrot"))

    def requests(self) -> RequestBuilder:
        return RequestBuilder(self._store.conversations, Preferences(), ROOT, (TextPart("Hello"),))

    async def events(
        self, *answers: Answer, preferences: Preferences | None = None, begun: str = ""
    ) -> tuple[list[Event], Ended]:
        """The events but the last, and that without its times, after checking that they make sense."""
        generation = self.generation(*answers, preferences=preferences)
        *events, ended = [each async for each in generation.events(self.requests(), begun)]
        assert isinstance(ended, Ended)
        assert ended == generation.ended
        assert (ended.first_text_after is not None) is (generation.answering is not None)
        assert 0 <= (ended.first_text_after or 0) <= ended.took
        return events, timeless(ended)


def timeless(ended: Ended) -> Ended:
    return replace(ended, took=0.0, first_text_after=None)


def same(events: Sequence[Event], expected: Sequence[Event]) -> bool:
    """Whether the events are equal and of the same types: as tuples, text and reasoning are equal."""
    return list(map(repr, events)) == list(map(repr, expected))


@pytest.fixture
def model(provider: Provider, client: ChatClient, store: Store) -> Model:
    return Model(provider, client, store)


async def test_a_plain_completion(model: Model) -> None:
    events, ended = await model.events(Answer([saying("Good "), saying("day"), FINISH, USAGE, DONE]))
    assert same(events, [TextDelta("Good "), TextDelta("day")])
    assert ended == Ended("xai/parrot", "parrot-2", "stop", Usage(9, 2))
    assert model.provider.requests[0].json["messages"] == [{"role": "user", "content": "Hello"}]


async def test_reasoning_is_separate_from_the_text(model: Model) -> None:
    events, _ = await model.events(Answer([thinking("Hm, "), thinking("yes."), saying("Yes."), FINISH, DONE]))
    assert same(events, [ReasoningDelta("Hm, "), ReasoningDelta("yes."), TextDelta("Yes.")])


async def test_a_continuation_is_joined_to_the_text(model: Model) -> None:
    events, _ = await model.events(Answer([saying("Or not"), saying("hing"), FINISH, DONE]), begun="The end.")
    assert same(events, [TextDelta(" Or not"), TextDelta("hing")])


async def test_a_retry_voids_reasoning_and_metadata(model: Model) -> None:
    model.tries = 2
    torn = Answer([thinking("Hm"), USAGE], headers=["Content-Type: text/event-stream"], ending=Ending.CUT)
    events, ended = await model.events(torn, FINE)
    assert same(events, [ReasoningDelta("Hm"), Status(), TextDelta("Fine")])
    assert ended == Ended("xai/parrot", None, "stop")


async def test_a_long_wait_is_shown_until_the_provider_sends_something(model: Model) -> None:
    model.tries = 2
    wait = LONG_WAIT + 1
    limited = Answer([b"{}"], "429 Too Many Requests", [*JSON, f"Retry-After: {wait}"])
    async with aclosing(model.generation(limited, FINE).events(model.requests())) as events:
        assert await anext(events) == Status(
            Text("Waiting for {provider}, {seconds:.0f} s", provider="xAI", seconds=wait)
        )
        following = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)  # it waits now
        move_clock(wait)
        assert same([await following, await anext(events)], [Status(), TextDelta("Fine")])
        assert isinstance(await anext(events), Ended)


async def test_a_short_wait_is_not_shown(model: Model) -> None:
    model.tries = 2
    limited = Answer([b"{}"], "429 Too Many Requests", [*JSON, f"Retry-After: {LONG_WAIT}"])
    async with aclosing(model.generation(limited).events(model.requests())) as events:
        assert await anext(events) == Status()


async def test_the_next_model_is_asked_if_one_sends_no_text(model: Model) -> None:
    thought = Answer([thinking("Hm"), USAGE, b"data: no json\n\n"])
    events, ended = await model.events(thought, FINE, preferences=BOTH)
    assert same(events, [ReasoningDelta("Hm"), Status(), TextDelta("Fine")])
    reason = Text("{provider}: {reason}", provider="xAI", reason=Text("invalid response"))
    assert ended == Ended("groq/heron", None, "stop", fallbacks=(reason,))
    assert [request.json["model"] for request in model.provider.requests] == ["parrot", "heron"]


async def test_if_every_model_fails_the_error_of_the_last_is_reported(model: Model) -> None:
    events, ended = await model.events(BUSY, REFUSED, preferences=BOTH)
    assert same(events, [Status()])
    assert list(map(str, ended.fallbacks)) == ["xAI: overloaded"]
    assert (ended.model, str(ended.error).partition(":")[0]) == ("groq/heron", "KeyRejected")
    assert str(ended.sentence).startswith("Groq does not accept this bot's API key.")


async def test_an_error_before_any_text_is_how_it_ended(model: Model) -> None:
    events, ended = await model.events(REFUSED)
    assert events == []
    assert ended.model == "xai/parrot"
    assert str(ended.error) == "KeyRejected: HTTP 401: unknown key"
    assert str(ended.sentence).startswith("xAI does not accept this bot's API key.")


@pytest.mark.parametrize("tries", [1, 4])
async def test_there_is_no_retry_or_fallback_after_the_first_text(model: Model, tries: int) -> None:
    model.tries = tries
    cut = Answer([saying("So far")], ending=Ending.CUT)
    events, ended = await model.events(cut, preferences=BOTH)
    assert same(events, [TextDelta("So far")])
    assert (ended.model, str(ended.error).partition(":")[0], ended.fallbacks) == ("xai/parrot", "CutOff", ())
    assert str(ended.sentence).startswith("The connection to xAI broke")


async def test_a_completion_cut_by_its_length_is_not_an_error(model: Model) -> None:
    length = event({"choices": [{"delta": {"content": "Half"}, "finish_reason": "length"}]})
    events, ended = await model.events(Answer([length, DONE]))
    assert same(events, [TextDelta("Half")])
    assert ended == Ended("xai/parrot", None, "length")


async def test_neither_an_unavailable_model_nor_its_fallbacks_are_asked(model: Model) -> None:
    chosen = Preferences(model="mistral/large", fallback=("groq/heron",))
    sentence = "Mistral is not set up. The bot's operator needs to set MISTRAL_API_KEY."
    events, ended = await model.events(preferences=chosen)
    assert events == []
    assert (ended.model, ended.error, str(ended.sentence)) == ("mistral/large", sentence, sentence)
    assert model.generation(preferences=chosen).endpoints == []


async def test_an_unavailable_fallback_is_skipped(model: Model) -> None:
    fallback = ("mistral/large", "groq/heron")
    _, ended = await model.events(BUSY, FINE, preferences=Preferences(model="xai/parrot", fallback=fallback))
    assert ended.model == "groq/heron"


def test_without_any_provider_there_is_no_generation(client: ChatClient) -> None:
    offer = Offer({"xai": load_catalogue()["xai"]}, {})
    with pytest.raises(NotOffered, match="No provider is set up"):
        Generation(offer, Asker(client, RetryLimits()), Preferences())


async def test_an_endless_completion_is_cut(model: Model) -> None:
    part = LONGEST_COMPLETION // 4
    endless = Answer([thinking("x" * part), *[saying("x" * part)] * 3, saying("more")], ending=Ending.STAY)
    events, ended = await model.events(endless)
    assert sum(len(each.text) for each in events if isinstance(each, TextDelta)) == 3 * part
    assert ended.error == "cut at 1,000,000 characters"
    assert str(ended.sentence) == "I cut `xai/parrot` off at 1,000,000 characters."
    async with asyncio.timeout(5):
        await model.provider.left.wait()


async def test_what_a_completion_continues_counts_towards_its_length(model: Model) -> None:
    answer = Answer([saying("x"), saying("more"), FINISH, DONE])
    events, ended = await model.events(answer, begun="x" * (LONGEST_COMPLETION - 1))
    assert same(events, [TextDelta("x")])
    assert ended.error == "cut at 1,000,000 characters"


async def test_a_reader_that_stops_ends_the_request_and_gets_the_facts_so_far(model: Model) -> None:
    generation = model.generation(Answer([USAGE, saying("Once"), saying(" upon")], ending=Ending.STAY))
    async with aclosing(generation.events(model.requests())) as events:
        assert await anext(events) == TextDelta("Once")
    ended = generation.ended
    assert timeless(ended) == Ended("xai/parrot", "parrot-2", None, Usage(9, 2))
    assert 0 < (ended.first_text_after or 0) <= ended.took
    assert generation.ended == ended, "the time is not counted any further"
    assert generation.answering
    async with asyncio.timeout(5):
        await model.provider.left.wait()


async def test_a_generation_that_was_never_read_took_no_time(model: Model) -> None:
    generation = model.generation(preferences=BOTH)
    assert generation.ended == Ended("xai/parrot")
    assert [endpoint.full_name for endpoint in generation.endpoints] == ["xai/parrot", "groq/heron"]
    assert generation.answering is None
