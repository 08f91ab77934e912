"""Answers that a real server breaks in every way it supports: the result is complete or one of our errors."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.app import App
from bot.chat.events import TextDelta
from bot.chat.messages import Message, Role
from bot.providers.catalogue import load_catalogue
from bot.providers.client import ChatClient
from bot.providers.errors import (
    BadRequest,
    ContentFiltered,
    ContextTooLong,
    CutOff,
    InvalidResponse,
    KeyRejected,
    ModelNotFound,
    NoCredit,
    Overloaded,
    ProviderError,
    RateLimited,
    Retired,
    TimedOut,
    TooLarge,
    Unreachable,
    WrongAddress,
)
from bot.providers.offer import Access, Endpoint, Offer
from bot.providers.request import ChatRequest
from bot.settings import Settings, load_settings
from bot.simulator import Limits, Simulator
from tests.peers.chaos import LLMock, running
from tests.peers.waiting import PATIENCE, recorded
from tests.person import Person
from tests.providers.conftest import KEY, Heard, ask

pytestmark = [pytest.mark.peers, pytest.mark.timeout(120)]

HERON = "The heron waits among the reeds until the water is still."
WORDS = len(HERON.split())
FINISH, USAGE, DONE = WORDS + 1, WORDS + 2, WORDS + 3
"""Events before the finish reason, the usage and [DONE]: the role, and each word."""

SAYS = {"type": "reply", "text": HERON, "times": None}
FORMS = {"openai": "/v1", "groq": "/groq/openai/v1", "xai": "/xai/v1", "mistral": "/mistral/v1"}
"""Paths at which the server speaks like these providers."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LLMock]:
    with running(tmp_path_factory.mktemp("llmock")) as llmock:
        yield llmock


@pytest.fixture
async def llmock(server: LLMock) -> LLMock:
    """A server that answers with the sentence about the heron, without faults so far."""
    await server.plays(SAYS)
    return server


@pytest.fixture
async def client() -> AsyncIterator[ChatClient]:
    async with ChatClient() as client:
        yield client


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    limits = Limits(messages=1_000, webhooks=1_000, overall=10_000)
    async with Simulator.open(limits=limits, chunks_per_second=100) as simulator:
        yield simulator


@pytest.fixture
def settings(sim: Simulator, llmock: LLMock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with OpenAI as the only provider, at llmock's address."""
    monkeypatch.chdir(tmp_path)
    return load_settings(
        discord_token=sim.bot_token,
        discord_api_url=sim.api_url,
        discord_gateway_url=sim.gateway_url,
        database_url=f"sqlite:///{tmp_path / 'parley.db'}",
        access={"openai": {"key": KEY, "base_url": f"{llmock.url}/v1"}},
        default_model="openai/heron-1",
    )


def endpoint(llmock: LLMock, name: str = "openai", key: str = KEY) -> Endpoint:
    access = Access.model_validate({"key": key, "base_url": llmock.url + FORMS[name]})
    return Offer(load_catalogue(), {name: access}).endpoint(f"{name}/heron-1")


def fault(kind: str, after: int, **more: Any) -> dict[str, Any]:
    return {"type": "stream_fault", "kind": kind, "after_chunks": after, **more}


def said(words: int) -> str:
    """The answer up to this many words."""
    return "".join(f"{word} " for word in HERON.split()[:words]) if words < WORDS else HERON


async def spoilt(client: ChatClient, llmock: LLMock, *behaviours: dict[str, Any], name: str = "openai") -> Heard:
    """The client's result for an answer with this fault; asserts that the fault was applied."""
    await llmock.plays(*behaviours, SAYS)
    heard = await ask(client, endpoint(llmock, name))
    [asked] = await llmock.asked()
    assert asked["fault"] or all(each["type"] in ("delay", "slow_first_token") for each in behaviours)
    return heard


@pytest.mark.parametrize("name", FORMS)
async def test_an_answer_is_streamed_word_by_word_with_its_usage(client: ChatClient, llmock: LLMock, name: str) -> None:
    heard = await ask(client, endpoint(llmock, name))
    assert (heard.text, heard.error) == (HERON, None)
    texts = [delta.text for delta in heard.deltas if isinstance(delta, TextDelta)]
    assert texts == [f"{word} " for word in HERON.split()[:-1]] + ["still."]
    assert heard.finish_reasons == ["stop"]
    assert {each.model for each in heard.metadata if each.model} == {"heron-1"}
    usages = heard.usages
    if endpoint(llmock, name).provider.stream_options:
        [usage] = usages
        assert usage.prompt_tokens
        assert usage.completion_tokens
        assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    [asked] = await llmock.asked()
    assert (asked["status"], asked["completed"], asked["stream"]) == (200, True, True)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, KeyRejected),
        (402, NoCredit),
        (403, KeyRejected),
        (404, ModelNotFound),
        (405, WrongAddress),
        (408, Overloaded),
        (409, Overloaded),
        (410, Retired),
        (413, TooLarge),
        (422, BadRequest),
        (425, Overloaded),
        (429, RateLimited),
        (500, Overloaded),
        (502, Overloaded),
        (503, Overloaded),
        (504, Overloaded),
        (529, Overloaded),
    ],
)
async def test_a_status_is_mapped_to_an_error_with_its_retry_delay(
    client: ChatClient, llmock: LLMock, name: str, status: int, kind: type[ProviderError]
) -> None:
    heard = await spoilt(client, llmock, {"type": "fail", "status": status, "retry_after": 7}, name=name)
    assert type(heard.error) is kind
    assert (heard.text, heard.error.retry_after) == ("", 7)


async def test_every_other_status_is_one_of_our_errors(client: ChatClient, llmock: LLMock) -> None:
    statuses = range(400, 600)
    await llmock.plays(*({"type": "fail", "status": status} for status in statuses))
    for status in statuses:
        heard = await ask(client, endpoint(llmock))
        assert heard.error is not None
        assert heard.error.detail.startswith(f"HTTP {status} ")


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("context_length_exceeded", "This pond holds 40 frogs at most.", ContextTooLong),
        ("content_filter", "Herons may not be asked about this.", ContentFiltered),
        ("insufficient_quota", "No fish, no answer.", NoCredit),
    ],
)
async def test_the_error_code_takes_precedence_over_the_status(
    client: ChatClient, llmock: LLMock, code: str, message: str, kind: type[ProviderError]
) -> None:
    heard = await spoilt(client, llmock, {"type": "fail", "status": 400, "code": code, "message": message})
    assert type(heard.error) is kind
    assert message in heard.error.detail


@pytest.mark.parametrize("after", range(DONE + 1))
@pytest.mark.parametrize(
    ("kind", "error"), [("disconnect", CutOff), ("truncate", CutOff), ("malformed", InvalidResponse)]
)
async def test_a_broken_stream_keeps_its_text_and_is_complete_after_its_finish_reason(
    client: ChatClient, llmock: LLMock, kind: str, error: type[ProviderError], after: int
) -> None:
    heard = await spoilt(client, llmock, fault(kind, after))
    assert heard.text == said(max(after - 1, 0))
    assert type(heard.error) is (error if after <= FINISH else type(None))
    assert bool(heard.usages) is (after == DONE or (kind == "malformed" and after > USAGE))


@pytest.mark.parametrize("after", [0, 3, FINISH, USAGE, DONE])
async def test_a_stall_is_tolerated_until_the_idle_timeout(client: ChatClient, llmock: LLMock, after: int) -> None:
    stalled = fault("stall", after, stall_seconds=0.5)
    assert await spoilt(client, llmock, stalled) == await spoilt(client, llmock, fault("stall", 1, stall_seconds=0))
    async with ChatClient(idle_seconds=0.1) as impatient:
        heard = await spoilt(impatient, llmock, stalled)
    assert heard.text == said(max(after - 1, 0))
    assert type(heard.error) is (TimedOut if after <= FINISH else type(None))


@pytest.mark.parametrize("kind", ["delay", "slow_first_token"])
async def test_a_late_start_is_tolerated_until_the_idle_timeout(client: ChatClient, llmock: LLMock, kind: str) -> None:
    late = {"type": kind, "seconds": 0.5}
    heard = await spoilt(client, llmock, late)
    assert (heard.text, heard.error) == (HERON, None)
    async with ChatClient(idle_seconds=0.1) as impatient:
        heard = await spoilt(impatient, llmock, late)
    assert heard.text == ""
    assert type(heard.error) is TimedOut


async def test_unrequested_tool_calls_are_not_text(client: ChatClient, llmock: LLMock) -> None:
    await llmock.plays({"type": "reply", "tool_calls": [{"name": "fish", "arguments": {"depth": 2}}]})
    heard = await ask(client, endpoint(llmock))
    assert (heard.text, heard.error) == ("", None)
    assert heard.finish_reasons == ["tool_calls"]


async def test_slow_words_do_not_time_out_and_limits_are_recognised(tmp_path: Path) -> None:
    options = ["--stream-chunk-delay-ms=100", "--rpm=2", "--context-window=500"]
    with running(tmp_path, *options) as llmock:
        async with ChatClient(idle_seconds=1) as client:
            await llmock.plays(SAYS)
            heard = await ask(client, endpoint(llmock))
            assert (heard.text, heard.error) == (HERON, None)
            [asked] = await llmock.asked()
            assert asked["duration"] > 1

            long = ChatRequest([Message.of(Role.USER, "reeds " * 2_000)])
            assert type((await ask(client, endpoint(llmock), long)).error) is ContextTooLong

            errors = [(await ask(client, endpoint(llmock, key="another-key"))).error for _ in range(3)]
            assert errors[:2] == [None, None]
            assert type(errors[2]) is RateLimited
            assert errors[2].retry_after is not None
            assert 0 < errors[2].retry_after <= 30


async def test_with_random_faults_every_answer_is_complete_or_has_the_right_error(tmp_path: Path) -> None:
    rates = ["429", "500", "503"]
    kinds = ["disconnect", "truncate", "malformed", "stall"]
    options = [f"--error-rate={status}=0.1" for status in rates] + [f"--stream-fault={kind}=0.15" for kind in kinds]
    with running(tmp_path, *options, "--stream-stall-seconds=0.1", "--stream-chunk-delay-ms=1") as llmock:
        async with ChatClient() as client:
            await llmock.plays(SAYS)
            answers = await asyncio.gather(*(ask(client, endpoint(llmock)) for _ in range(300)))
        asked = await llmock.asked()
    assert all(heard.text == HERON for heard in answers if heard.error is None)
    assert all(HERON.startswith(heard.text) for heard in answers)

    meant = {
        "chaos:429": RateLimited,
        "chaos:500": Overloaded,
        "chaos:503": Overloaded,
        "stream:disconnect": CutOff,
        "stream:truncate": CutOff,
        "stream:malformed": InvalidResponse,
    }
    done = [(request["fault"] or "").partition("@")[0] for request in asked]
    assert set(done) == {"", "stream:stall", *meant}
    heard_of = Counter(type(heard.error) for heard in answers)
    assert heard_of == Counter(meant.get(what, type(None)) for what in done)


async def test_a_server_that_is_gone_is_unreachable(client: ChatClient, tmp_path: Path) -> None:
    with running(tmp_path) as llmock:
        assert (await ask(client, endpoint(llmock))).error is None
    assert type((await ask(client, endpoint(llmock))).error) is Unreachable


@pytest.mark.parametrize(
    "failures",
    [
        [{"type": "fail", "status": 503, "retry_after": 1}, fault("disconnect", 1)],
        [{"type": "fail", "status": 429, "retry_after": 1}],
        [fault("disconnect", 0), {"type": "fail", "status": 500, "retry_after": 0}],
        [fault("truncate", 1)],
    ],
    ids=["down-then-cut", "limited", "cut-then-broken", "truncated"],
)
async def test_a_failure_before_the_first_word_is_retried_and_then_answered(
    llmock: LLMock, ana: Person, parley: App, tmp_path: Path, failures: list[dict[str, Any]]
) -> None:
    await llmock.plays(*failures, SAYS)
    asked = await ana.mention("what does the heron do?")
    reply = await ana.sees(HERON, reply_to=asked, timeout=PATIENCE)
    end = await recorded(tmp_path / "parley.db")
    assert (end["finish_reason"], end["error"]) == ("stop", None)
    assert end["prompt_tokens"] > 0
    assert [message["id"] for message in ana.messages_from(reply["author"]["id"])] == [reply["id"]]

    tries = await llmock.asked()
    assert [bool(each["fault"]) for each in tries] == [True] * len(failures) + [False]
    assert await llmock.findings() == []


async def test_an_answer_that_is_cut_off_is_kept_and_the_person_is_told(
    llmock: LLMock, ana: Person, parley: App, tmp_path: Path
) -> None:
    await llmock.plays(fault("disconnect", 5), SAYS)
    asked = await ana.mention("what does the heron do?")
    reply = await ana.sees("broke before the answer was complete", reply_to=asked, timeout=PATIENCE)
    assert reply["content"].startswith(said(4).strip())
    assert (await recorded(tmp_path / "parley.db"))["error"]
    assert len(await llmock.asked()) == 1
