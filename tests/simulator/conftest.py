"""Fixtures: a simulator without delays or rate limits, a discord.py client, and two people."""

from collections.abc import AsyncIterator

import discord
import pytest

from bot.simulator import Limits, Simulator
from tests.person import Person
from tests.simulator.recorder import Recorder, running


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    loose = Limits(messages=1000, webhooks=1000, overall=1000)
    async with Simulator.open(chunks_per_second=0, limits=loose) as simulator:
        yield simulator


@pytest.fixture
async def bot(sim: Simulator) -> AsyncIterator[Recorder]:
    async with running(sim, Recorder()) as client:
        yield client


@pytest.fixture
async def ana(sim: Simulator) -> AsyncIterator[Person]:
    """The owner of the server, in #general."""
    async with Person.connect(sim.api_url, sim.gateway_url, sim.person_token) as person:
        person.channel = str(sim.world.general.id)
        yield person


@pytest.fixture
async def ben(sim: Simulator) -> AsyncIterator[Person]:
    """An ordinary member, in #general."""
    async with Person.connect(sim.api_url, sim.gateway_url, sim.member_token) as person:
        person.channel = str(sim.world.general.id)
        yield person


@pytest.fixture
def general(sim: Simulator, bot: Recorder) -> discord.TextChannel:
    """#general as the bot sees it."""
    channel = bot.get_channel(sim.world.general.id)
    assert isinstance(channel, discord.TextChannel)
    return channel
