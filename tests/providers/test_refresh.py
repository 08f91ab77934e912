"""Lists in the background: stored with their age, refreshed in time, and unaffected by failures."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.providers.catalogue import load_catalogue
from bot.providers.errors import KeyRejected, Overloaded, RateLimited, Unreachable
from bot.providers.health import Health
from bot.providers.models import ModelListClient
from bot.providers.offer import Access, Offer
from bot.providers.refresh import ModelLists, RefreshSchedule
from bot.store.store import Store
from tests.stub_server import TIMEOUT, StubServer, model_list

KEY = "k3-not-a-real-one"
QUICK = RefreshSchedule(interval=0.01, first_retry=0.005, longest_retry=0.01)
ONCE = RefreshSchedule(interval=3_600, first_retry=3_600, longest_retry=3_600)


@dataclass
class Environment:
    """A store in a real file, and a stub server to fetch lists from."""

    stub: StubServer
    path: Path

    @asynccontextmanager
    async def lists(
        self, schedule: RefreshSchedule = ONCE, url: str = "", asked: Mapping[str, Health] | None = None
    ) -> AsyncIterator[ModelLists]:
        access = Access.model_validate({"key": KEY, "base_url": url or f"{self.stub.url}/v1"})
        server = Offer(load_catalogue(), {"groq": access}).server("groq")
        async with Store.open(self.path) as store, aiohttp.ClientSession() as session:
            lists = ModelLists(ModelListClient(session), store.model_lists, {} if asked is None else asked, schedule)
            async with lists.refreshing([server]):
                yield lists

    def sql(self, query: str, *values: Any) -> list[Any]:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            return connection.execute(query, values).fetchall()


@pytest.fixture
async def env(tmp_path: Path) -> AsyncIterator[Environment]:
    async with StubServer.open() as stub:
        yield Environment(stub, tmp_path / "parley.db")


def names(lists: ModelLists) -> list[str]:
    return [model.id for model in lists.listed.get("groq", ())]


async def known(lists: ModelLists, *wanted: str) -> None:
    async with asyncio.timeout(TIMEOUT):
        while names(lists) != list(wanted):
            await asyncio.sleep(0)


async def told(lists: ModelLists) -> Health:
    async with asyncio.timeout(TIMEOUT):
        while not (health := lists.health("groq")):
            await asyncio.sleep(0)
    return health


async def test_a_list_is_stored_with_its_facts_and_its_age(env: Environment) -> None:
    env.stub.responses["/v1/models"] = model_list("heron-9", context_window=9_000)
    async with env.lists() as lists:
        assert lists.health("groq") is None
        await known(lists, "heron-9")
    async with env.lists(ONCE) as lists:
        assert [(model.id, model.context) for model in lists.listed["groq"]] == [("heron-9", 9_000)]
        health = lists.health("groq")
        [(read_at,)] = env.sql("SELECT read_at FROM model_lists")
        assert health == Health(True, None, read_at)
    assert len(env.stub.requests) == 1


async def test_a_list_is_refreshed_repeatedly(env: Environment) -> None:
    env.stub.responses["/v1/models"] = model_list("heron-1")
    async with env.lists(QUICK) as lists:
        await known(lists, "heron-1")
        env.stub.responses["/v1/models"] = model_list("heron-2", "heron-3")
        await known(lists, "heron-2", "heron-3")
        await env.stub.wait_for_requests("/v1/models", len(env.stub.requests) + 2)


async def test_a_failed_refresh_keeps_the_list_and_is_retried(
    env: Environment, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    env.stub.responses["/v1/models"] = model_list("heron-1")
    async with env.lists(QUICK) as lists:
        await known(lists, "heron-1")
        env.stub.responses["/v1/models"] = (503, {"error": {"message": f"no room for {KEY}"}})
        await env.stub.wait_for_requests("/v1/models", len(env.stub.requests) + 5)
        health = await told(lists)
        assert (names(lists), health.ok) == (["heron-1"], False)
        assert health.error == Overloaded.reason
        env.stub.responses["/v1/models"] = model_list("heron-2")
        await known(lists, "heron-2")
        assert (await told(lists)).ok
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.name for record in warnings] == ["bot.providers.refresh"], "the same trouble is told once"
    assert KEY not in caplog.text


async def test_an_old_list_is_refreshed_at_once_and_one_from_the_future_is_not(env: Environment) -> None:
    env.stub.responses["/v1/models"] = model_list("heron-1")
    async with env.lists() as lists:
        await known(lists, "heron-1")
    env.sql("UPDATE model_lists SET read_at = ?", time.time() + 10**6)  # the clock was set back
    async with env.lists() as lists:
        assert names(lists) == ["heron-1"]
    assert len(env.stub.requests) == 1
    env.sql("UPDATE model_lists SET read_at = ?", time.time() - 3_601)
    env.stub.responses["/v1/models"] = model_list("heron-2")
    async with env.lists() as lists:
        assert names(lists) == ["heron-1"]
        await known(lists, "heron-2")


async def test_the_list_of_another_server_is_ignored(env: Environment, unused_port: int) -> None:
    env.stub.responses["/v1/models"] = model_list("heron-1")
    async with env.lists() as lists:
        await known(lists, "heron-1")
    async with env.lists(url=f"http://127.0.0.1:{unused_port}/v1") as lists:
        health = await told(lists)
        assert (names(lists), health.ok) == ([], False)


@pytest.mark.parametrize("kept", ["no JSON", "{}", '[{"id": "heron-1", "wings": 2}]', "[7]"])
async def test_an_invalid_stored_list_is_fetched_again(env: Environment, kept: str) -> None:
    env.stub.responses["/v1/models"] = model_list("heron-1")
    async with env.lists() as lists:
        await known(lists, "heron-1")
    env.sql("UPDATE model_lists SET models = ?", kept)
    async with env.lists() as lists:
        assert names(lists) == []
        await known(lists, "heron-1")


async def test_a_list_that_cannot_be_stored_is_used(env: Environment, caplog: pytest.LogCaptureFixture) -> None:
    async with Store.open(env.path):
        pass
    env.sql("CREATE TRIGGER full BEFORE INSERT ON model_lists BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    env.stub.responses["/v1/models"] = model_list("heron-1")
    async with env.lists(QUICK) as lists:
        await known(lists, "heron-1")
        await env.stub.wait_for_requests("/v1/models", 3)
    assert "could not be stored: disk full" in caplog.text


async def test_closing_does_not_wait_for_a_silent_provider(env: Environment) -> None:
    never, asked = asyncio.Event(), asyncio.Event()

    async def silent(_: Any) -> Any:
        asked.set()
        await never.wait()

    env.stub.responses["/v1/models"] = silent
    async with asyncio.timeout(TIMEOUT):
        async with env.lists():
            await asked.wait()
        never.set()


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_completion_tells_more_about_health_than_a_forbidden_list(env: Environment, status: int) -> None:
    env.stub.responses["/v1/models"] = (status, {"error": {"message": "no lists for you"}})
    asked: dict[str, Health] = {}
    async with env.lists(asked=asked) as lists:
        assert not (await told(lists)).ok
        asked["groq"] = Health(True, None, time.time() - 60)
        assert lists.health("groq") == asked["groq"]


async def test_the_latest_outcome_determines_the_health(env: Environment) -> None:
    env.stub.responses["/v1/models"] = (503, {"error": {"message": "busy"}})
    asked: dict[str, Health] = {}
    async with env.lists(asked=asked) as lists:
        listing = await told(lists)
        asked["groq"] = Health(True, None, listing.at - 60)
        assert lists.health("groq") == listing
        asked["groq"] = Health(True, None, listing.at + 60)
        assert lists.health("groq") == asked["groq"]


def test_retry_delays_are_bounded_and_honour_the_provider() -> None:
    schedule = RefreshSchedule(interval=1_000, first_retry=10, longest_retry=60)
    assert [schedule.retry_delay(failures, Unreachable()) for failures in (1, 2, 3, 4, 5_000)] == [10, 20, 40, 60, 60]
    assert schedule.retry_delay(50, KeyRejected()) == 1_000, "asking again will not help"
    assert [schedule.retry_delay(1, RateLimited(retry_after=wait)) for wait in (5, 100, 10**9)] == [10, 100, 1_000]
    assert schedule.retry_delay(1, Overloaded()) == 10
