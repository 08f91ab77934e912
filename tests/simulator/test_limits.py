"""Rate limits and injected faults, and how discord.py reacts to them."""

import asyncio
import time

import aiohttp
import discord
import pytest

from bot.simulator import Limits, Simulator
from tests.person import Person
from tests.simulator.recorder import Recorder, running


async def test_rate_limit_headers_and_429(sim: Simulator) -> None:
    sim.limits.messages = 2
    headers = {"Authorization": f"Bot {sim.bot_token}"}
    url = f"{sim.api_url}/channels/{sim.world.general.id}/messages"
    async with aiohttp.ClientSession(headers=headers) as http:
        answers = [await http.post(url, json={"content": str(number)}) for number in range(3)]
        message = await answers[0].json()
        edited = await http.patch(f"{url}/{message['id']}", json={"content": "new"})
        refused = answers[2]
        assert [answer.status for answer in answers] == [200, 200, 429]
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
        assert 0 < float(refused.headers["X-RateLimit-Reset-After"]) <= 5
        assert float(refused.headers["X-RateLimit-Reset"]) > time.time()
        assert (refused.headers["X-RateLimit-Scope"], "Via" in refused.headers) == ("user", True)
        told = await refused.json()
        assert (told["global"], 0 < told["retry_after"] <= 5) == (False, True)
        assert int(refused.headers["Retry-After"]) >= told["retry_after"]
        # edits are counted separately but have the same hash
        assert (edited.status, edited.headers["X-RateLimit-Remaining"]) == (200, "1")
        assert edited.headers["X-RateLimit-Bucket"] == refused.headers["X-RateLimit-Bucket"]
        assert edited.headers["Content-Type"] == "application/json"


async def test_thread_has_its_own_bucket(sim: Simulator, general: discord.TextChannel) -> None:
    sim.limits.messages = 1
    thread = await general.create_thread(name="apart", type=discord.ChannelType.public_thread)
    await asyncio.gather(sim_send(sim, thread.id), sim_send(sim, general.id))
    assert not [request for request in sim.requests if request.status == 429]


async def sim_send(sim: Simulator, channel_id: int) -> None:
    headers = {"Authorization": f"Bot {sim.bot_token}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        await http.post(f"{sim.api_url}/channels/{channel_id}/messages", json={"content": "x"})


async def test_discord_py_waits_for_the_reset() -> None:
    async with Simulator.open(limits=Limits(messages=2, window=0.3)) as sim, running(sim, Recorder()) as bot:
        channel = bot.get_partial_messageable(sim.world.general.id)
        began = time.monotonic()
        for number in range(5):
            await channel.send(str(number))
        assert time.monotonic() - began > 0.5
    assert [m.content for m in sim.world.general.messages.values()] == ["0", "1", "2", "3", "4"]
    assert not [request for request in sim.requests if request.status == 429]


async def test_discord_py_retries_after_a_429() -> None:
    async with Simulator.open(limits=Limits(messages=1, window=0.2)) as sim, running(sim, Recorder()) as bot:
        # another client has exhausted the window
        await sim_send(sim, sim.world.general.id)
        await bot.get_partial_messageable(sim.world.general.id).send("at last")
    assert [request.status for request in sim.requests if request.method == "POST"] == [200, 429, 200]


async def test_global_limit_excludes_interactions_and_people(ana: Person) -> None:
    async with Simulator.open(limits=Limits(overall=2)) as sim:
        headers = {"Authorization": f"Bot {sim.bot_token}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            answers = [await http.get(f"{sim.api_url}/users/@me") for _ in range(3)]
            assert [answer.status for answer in answers] == [200, 200, 429]
            assert (await answers[2].json())["global"] is True
            assert answers[2].headers["X-RateLimit-Global"] == "true"
            callback = await http.post(f"{sim.api_url}/interactions/1/abc/callback", json={"type": 4})
            assert callback.status == 404
            me = await http.get(f"{sim.api_url}/users/@me", headers={"Authorization": sim.person_token})
            assert me.status == 200


async def test_injected_429_is_retried(sim: Simulator, general: discord.TextChannel) -> None:
    sim.faults.fail("POST /channels/*/messages", 429, times=2, retry_after=0.01)
    await general.send("third time lucky")
    assert [r.status for r in sim.requests if r.method == "POST"] == [429, 429, 200]


async def test_edge_429_is_not_retried(sim: Simulator, general: discord.TextChannel) -> None:
    sim.faults.fail("POST /channels/*/messages", 429, html=True)
    with pytest.raises(discord.HTTPException) as refused:
        await general.send("banned")
    assert refused.value.status == 429


async def test_injected_errors(sim: Simulator, general: discord.TextChannel) -> None:
    sim.faults.fail("POST *", 503)
    with pytest.raises(discord.DiscordServerError):
        await general.send("unavailable")
    sim.faults.drop("POST *")
    with pytest.raises(aiohttp.ClientError):
        await general.send("dropped")
    sim.faults.drop("POST *", after=True)
    with pytest.raises(aiohttp.ClientError):
        await general.send("taken but dropped")
    assert [m.content for m in sim.world.general.messages.values()] == ["taken but dropped"]
    await general.send("all is well")


async def test_outage_lasts_until_ended(sim: Simulator, general: discord.TextChannel) -> None:
    outage = sim.faults.outage("* /channels/*", 503)
    for _ in range(3):
        with pytest.raises(discord.DiscordServerError):
            await general.send("unavailable")
    outage.end()
    sim.faults.fail("POST *", 503, after=True)
    with pytest.raises(discord.DiscordServerError):
        await general.send("taken all the same", nonce="1")
    assert (await general.send("taken all the same", nonce="1")).content == "taken all the same"
    assert len(sim.world.general.messages) == 1


async def test_latency(sim: Simulator, general: discord.TextChannel) -> None:
    slow = sim.faults.slow("POST *", 0.15)
    began = time.monotonic()
    await general.send("slow")
    assert time.monotonic() - began >= 0.15
    assert slow.times < 1_000_000


async def test_faults_over_http(sim: Simulator, bot: Recorder, ana: Person) -> None:
    async with aiohttp.ClientSession(sim.url) as http:
        await http.post("/_control/faults", json={"route": "POST /channels/*", "status": 500})
        response = await http.post(
            f"/api/v10/channels/{ana.channel}/messages", headers={"Authorization": sim.person_token}, json={}
        )
        assert response.status == 500
        struck = await http.post("/_control/gateway", json={"act": "reconnect"})
        assert await struck.json() == {"struck": 1}
        await bot.received("resumed")
        session = await (await http.get("/_control/session")).json()
        assert session == sim.session_json()
        logged = await (await http.get("/_control/requests")).json()
        assert logged[-1]["status"] == 500


async def test_invalid_authorization_gets_401(sim: Simulator) -> None:
    async with aiohttp.ClientSession() as http:
        for token in ("", "wrong", f"Bot {sim.person_token}", sim.bot_token):
            answer = await http.get(f"{sim.api_url}/users/@me", headers={"Authorization": token})
            assert answer.status == 401
            assert await answer.json() == {"message": "401: Unauthorized", "code": 0}


async def test_event_may_arrive_before_or_after_the_response(
    sim: Simulator, bot: Recorder, general: discord.TextChannel
) -> None:
    slow = sim.faults.slow("POST *", 5, times=1, after=True)
    sending = asyncio.create_task(general.send("echo first"))
    await bot.received("message", lambda message: message.content == "echo first", timeout=2)
    assert not sending.done()
    assert slow.times == 0
    sending.cancel()
    sim.faults.late_events = 0.1
    await general.send("answer first")
    assert bot.count("message") == 1
    await bot.received("message", lambda message: message.content == "answer first")
