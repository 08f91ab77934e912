"""Many questions at once, within Discord's rate limits."""

import asyncio
from pathlib import Path

import aiohttp

from bot.app import open_app
from bot.discord.delivery.gates import Gates
from bot.playground import playground_settings
from bot.reply.budget import BURST
from bot.reply.gate import INTERVAL
from bot.simulator import Limits, Simulator
from tests.person import Person

CHANNELS = 40


async def test_many_replies_at_once_never_hit_discord_s_rate_limit(tmp_path: Path) -> None:
    """Across all channels together, within Discord's global limit plus a margin for imprecise clocks."""
    async with Simulator.open(limits=Limits(overall=60)) as sim:
        channels = [sim.world.add_channel(f"channel-{number}") for number in range(CHANNELS)]
        async with (
            open_app(playground_settings(sim, f"sqlite:///{tmp_path / 'parley.db'}")) as app,
            Person.connect(sim.api_url, sim.gateway_url, sim.person_token) as ana,
        ):
            await app.ready()
            sim.model.chunks_per_second = 0
            await asyncio.gather(*(ana.say(f"hello <@{sim.world.bot.id}>", channel=channel.id) for channel in channels))
            for channel in channels:
                await ana.sees("Hello", channel=channel.id)
        assert 429 not in {request.status for request in sim.requests}


async def test_interaction_responses_are_not_delayed(sim: Simulator) -> None:
    """Discord does not count them towards the limit, and gives up on them after three seconds."""
    async with aiohttp.ClientSession(trace_configs=[Gates(interval=10_000 * INTERVAL).trace()]) as session:

        async def ask(path: str) -> None:
            async with session.post(f"{sim.api_url}{path}", json={}):
                pass

        for _ in range(BURST):
            await ask("/channels/1/messages")
        counted = asyncio.create_task(ask("/channels/1/messages"))
        await ask("/interactions/1/token/callback")
        await ask("/webhooks/1/token")
        assert not counted.done()
        counted.cancel()
