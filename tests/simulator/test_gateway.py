"""The gateway: login, events, heartbeats, resume."""

import asyncio
import zlib

import aiohttp
import discord
import pytest

from bot.simulator import Permission, Simulator
from tests.person import Person
from tests.simulator.recorder import Recorder, pointed_at, running


async def test_login_and_guild_create(sim: Simulator, bot: Recorder) -> None:
    assert bot.user is not None
    assert bot.user.id == sim.world.bot.id
    assert bot.application_id == sim.world.application.id
    guild = bot.guilds[0]
    assert [channel.name for channel in guild.text_channels] == ["general", "random", "read-only"]
    assert guild.owner_id == sim.world.person.id
    assert guild.me.guild_permissions.send_messages
    assert not guild.text_channels[2].permissions_for(guild.me).send_messages
    assert bot.application_flags.gateway_message_content_limited


async def test_invalid_token_is_rejected(sim: Simulator) -> None:
    async with pointed_at(sim), Recorder() as client:
        with pytest.raises(discord.LoginFailure):
            await client.start("wrong")


async def test_message_events_arrive(sim: Simulator, bot: Recorder, ana: Person) -> None:
    said = await ana.say("hello")
    message = await bot.received("message")
    assert (message.content, message.author.id, message.guild.id) == ("hello", sim.world.person.id, sim.world.guild.id)
    assert isinstance(message.author, discord.Member)
    await ana.edit(said, "hello again")
    edited = await bot.received("raw_message_edit")
    assert edited.message.content == "hello again"
    await ana.delete(said)
    assert (await bot.received("raw_message_delete")).message_id == message.id


async def test_bot_receives_events_of_its_own_messages(bot: Recorder, general: discord.TextChannel) -> None:
    sent = await general.send("one")
    await sent.edit(content="two")
    await sent.delete()
    assert (await bot.received("message")).id == sent.id
    assert (await bot.received("raw_message_edit")).message.content == "two"
    assert (await bot.received("raw_message_delete")).message_id == sent.id


async def test_resume_replays_missed_events(sim: Simulator, bot: Recorder, ana: Person) -> None:
    assert sim.faults.cut() == 1
    await ana.say("while nobody listened")
    await bot.received("resumed")
    assert (await bot.received("message")).content == "while nobody listened"
    assert bot.count("ready") == 1


@pytest.mark.parametrize("code", [4000, 1001])
async def test_close_code_allows_resume(sim: Simulator, bot: Recorder, ana: Person, code: int) -> None:
    sim.faults.cut(code=code)
    await ana.say("in between")
    await bot.received("resumed")
    assert (await bot.received("message")).content == "in between"


async def test_op_7_resumes(sim: Simulator, bot: Recorder, ana: Person) -> None:
    sim.faults.reconnect()
    await bot.received("resumed")
    await ana.say("after op 7")
    assert (await bot.received("message")).content == "after op 7"


async def test_op_9_resumable_resumes(sim: Simulator, bot: Recorder) -> None:
    sim.faults.invalidate(resumable=True)
    await bot.received("resumed")


async def test_op_9_not_resumable_starts_a_new_session(
    sim: Simulator, bot: Recorder, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    sleep = asyncio.sleep

    async def at_once(seconds: float) -> None:
        # discord.py waits five seconds before it identifies again
        waited.append(seconds)
        await sleep(0)

    monkeypatch.setattr("discord.client.asyncio.sleep", at_once)
    sim.faults.invalidate()
    async with asyncio.timeout(10):
        while bot.count("ready") < 2:
            await sleep(0.01)
    await ana.say("to the new session")
    assert (await bot.received("message")).content == "to the new session"


async def test_heartbeats_are_acknowledged_unless_disabled(sim: Simulator) -> None:
    async with aiohttp.ClientSession() as http, http.ws_connect(sim.gateway_url) as socket:
        hello = await socket.receive_json()
        assert hello["op"] == 10
        assert hello["d"]["heartbeat_interval"] == 41250
        await socket.send_json({"op": 1, "d": None})
        assert (await socket.receive_json())["op"] == 11
        sim.faults.heartbeats = False
        await socket.send_json({"op": 1, "d": None})
        with pytest.raises(TimeoutError):
            await socket.receive_json(timeout=0.05)


async def test_zlib_stream_compression(sim: Simulator) -> None:
    inflate = zlib.decompressobj()
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{sim.gateway_url}?compress=zlib-stream") as socket:
        await socket.send_json({"op": 2, "d": {"token": sim.bot_token, "intents": 1, "properties": {}}})
        first, second = await socket.receive_bytes(), await socket.receive_bytes()
    assert first.endswith(b"\0\0\xff\xff")
    assert b'"op":10' in inflate.decompress(first)
    assert b'"t":"READY"' in inflate.decompress(second)


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        ({"op": 2, "d": {"token": "wrong", "intents": 1}}, 4004),
        ({"op": 2, "d": {"token": "BOT", "intents": 1 << 40}}, 4013),
        ({"op": 3, "d": {}}, 4003),
        ({"no": "op"}, 4002),
    ],
)
async def test_close_codes(sim: Simulator, packet: dict[str, object], code: int) -> None:
    if isinstance(data := packet.get("d"), dict) and data.get("token") == "BOT":
        data["token"] = sim.bot_token
    async with aiohttp.ClientSession() as http, http.ws_connect(sim.gateway_url) as socket:
        await socket.receive_json()
        await socket.send_json(packet)
        await socket.receive()
        assert socket.close_code == code


async def test_disallowed_content_intent_closes_with_4014() -> None:
    async with Simulator.open(message_content_intent=False) as sim:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            async with running(sim, Recorder()):
                pass


async def test_content_is_blank_without_the_intent_with_exceptions(sim: Simulator, ana: Person) -> None:
    async with running(sim, Recorder(discord.Intents.default())) as bot:
        await ana.say("for others", files=[("a.txt", b"a")])
        silent = await bot.received("message")
        assert (silent.content, silent.attachments) == ("", [])
        await ana.say(f"for you {sim.world.bot.mention}")
        await bot.received("message", lambda message: "for you" in message.content)
        dm = await ana.open_dm(bot.user.id if bot.user else 0)
        await ana.say("in private", channel=dm)
        private = await bot.received("message", lambda message: message.guild is None)
        assert private.content == "in private"
        channel = bot.get_partial_messageable(sim.world.general.id)
        own = await channel.send("said by the bot")
        assert (await bot.received("message", lambda m: m.id == own.id)).content == "said by the bot"
        await ana.say("an answer", channel=sim.world.general.id, reply_to=own.id)
        await bot.received("message", lambda message: message.content == "an answer")


async def test_intents_filter_events(sim: Simulator, ana: Person) -> None:
    intents = discord.Intents(guilds=True, guild_messages=True)
    async with running(sim, Recorder(intents)) as bot:
        await ana.typing()
        await ana.react(await ana.say("x"), "👍")
        await ana.say("last")
        await bot.received("message", lambda message: message.id and bot.count("message") == 2)
        assert not {"raw_typing", "raw_reaction_add"} & {name for name, _ in bot.told}


async def test_hidden_channels_send_no_message_events(sim: Simulator, bot: Recorder, ana: Person, ben: Person) -> None:
    hidden = sim.world.add_channel("hidden")
    for target in (sim.world.guild.roles[sim.world.guild.id], sim.world.bot_role):
        sim.world.set_overwrite(hidden, target, deny=Permission.VIEW_CHANNEL)
    await ana.say("a secret", channel=hidden.id)
    await ana.say("no secret", channel=sim.world.general.id)
    assert (await bot.received("message")).content == "no secret"
    assert (await ben.sees("secret"))["content"] == "no secret"


async def test_request_guild_members(sim: Simulator, bot: Recorder) -> None:
    guild = bot.guilds[0]
    found = await guild.query_members(query="be")
    assert [member.name for member in found] == ["ben"]
    by_id = await guild.query_members(user_ids=[sim.world.person.id])
    assert by_id[0].id == sim.world.person.id


async def test_urls_use_the_host_of_the_request(sim: Simulator) -> None:
    headers = {"Host": "discord.example", "X-Forwarded-Proto": "https"}
    async with aiohttp.ClientSession(headers=headers) as http:
        async with http.get(f"{sim.api_url}/gateway") as response:
            assert (await response.json())["url"] == "wss://discord.example/gateway"
        async with http.ws_connect(sim.gateway_url) as socket:
            await socket.receive_json()
            await socket.send_json({"op": 2, "d": {"token": sim.bot_token, "intents": 1}})
            ready = await socket.receive_json()
    assert ready["d"]["resume_gateway_url"] == "wss://discord.example/gateway"
