"""Parley between the simulator's Discord and a real LiteLLM proxy, unless a test overrides the fixtures."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.settings import Settings, load_settings
from bot.simulator import Limits, Simulator
from tests.peers.proxy import LiteLLM, running


@pytest.fixture(scope="session")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteLLM]:
    with running(tmp_path_factory.mktemp("litellm")) as proxy:
        yield proxy


@pytest.fixture
async def sim(litellm: LiteLLM) -> AsyncIterator[Simulator]:
    """A simulator at the address where LiteLLM expects the scripted model."""
    limits = Limits(messages=1_000, webhooks=1_000, overall=10_000)
    async with Simulator.open(port=litellm.simulator_port, limits=limits, chunks_per_second=100) as simulator:
        yield simulator


@pytest.fixture
def settings(sim: Simulator, litellm: LiteLLM, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with LiteLLM as the only provider."""
    monkeypatch.chdir(tmp_path)
    return load_settings(
        discord_token=sim.bot_token,
        discord_api_url=sim.api_url,
        discord_gateway_url=sim.gateway_url,
        database_url=f"sqlite:///{tmp_path / 'parley.db'}",
        access={"litellm": {"key": litellm.key, "base_url": f"{litellm.url}/v1"}},
        default_model="litellm/parrot",
    )
