"""The simulator in its own process, with a bot in this one."""

import asyncio
import json
import signal
import sys

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.person import Person
from tests.simulator.recorder import Recorder


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
async def test_serves_until_sigterm(monkeypatch: pytest.MonkeyPatch) -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.simulator", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    started = json.loads(await program.stdout.readline())
    monkeypatch.setattr(Route, "BASE", started["api_url"])
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(started["gateway_url"]))
    bot = Recorder()

    async def answer(message: discord.Message) -> None:
        if message.author != bot.user:
            await message.reply(f"You said: {message.content}")

    bot.on("message", answer)
    async with Person.connect(started["api_url"], started["gateway_url"], started["member_token"]) as ben, bot:
        running = asyncio.create_task(bot.start(started["bot_token"]))
        await bot.received("ready")
        said = await ben.say("hello", channel=started["channel_id"])
        await ben.sees("You said: hello", reply_to=said)
        await bot.close()
        await running
    program.send_signal(signal.SIGTERM)
    assert await program.wait() == 0
