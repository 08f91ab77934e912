"""Fixtures that run the real bot with the simulator's Discord and its scripted model, on loopback."""

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.app import App, open_app
from bot.playground import playground_settings
from bot.preferences.declaration import PREFERENCES, Footer
from bot.settings import VARIABLES, Settings
from bot.simulator import Limits, Simulator
from tests.person import Person

PACE = 0.02
"""Seconds between two writes to a channel; the limits of `sim` allow that."""

StartParley = Callable[..., AbstractAsyncContextManager[App]]


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator.open(limits=Limits(messages=1_000, webhooks=1_000, overall=10_000)) as simulator:
        yield simulator


@pytest.fixture
def settings(sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings in which every provider is the scripted model; the environment is not read."""
    monkeypatch.chdir(tmp_path)
    settings = playground_settings(sim, f"sqlite:///{tmp_path / 'parley.db'}")
    return changed(settings, retry_tries=1, footer=Footer.OFF, grace_seconds=0)


def changed(settings: Settings, **changes: Any) -> Settings:
    """The settings with changes; variables of preferences take a value or the text of one."""
    defaults = {}
    for variable, name in VARIABLES.items():
        if (value := changes.pop(variable.lower(), None)) is not None:
            defaults[f"default_{name}"] = value if isinstance(value, str) else PREFERENCES[name].input.write(value)
    return settings.model_copy(update=changes | {"defaults": settings.defaults | defaults})


@pytest.fixture
def start_parley(settings: Settings) -> StartParley:
    """Start Parley with the settings, some of them changed."""

    @asynccontextmanager
    async def start(**changes: Any) -> AsyncIterator[App]:
        async with open_app(changed(settings, **changes), PACE) as app:
            await app.ready()
            yield app

    return start


@pytest.fixture
async def parley(start_parley: StartParley) -> AsyncIterator[App]:
    async with start_parley() as app:
        yield app


@pytest.fixture
async def ana(sim: Simulator) -> AsyncIterator[Person]:
    """The server's owner, in the channel general."""
    async with Person.connect(sim.api_url, sim.gateway_url, sim.person_token) as person:
        person.channel, person.bot = str(sim.world.general.id), str(sim.world.bot.id)
        yield person


@pytest.fixture
async def ben(sim: Simulator) -> AsyncIterator[Person]:
    """An ordinary member, in the channel general."""
    async with Person.connect(sim.api_url, sim.gateway_url, sim.member_token) as person:
        person.channel, person.bot = str(sim.world.general.id), str(sim.world.bot.id)
        yield person


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port that refuses connections: it stays bound, so that no other process can listen on it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
