"""A bot as they are often written: it reads and edits in one loop, each message independently."""

import json
import time
from collections.abc import AsyncIterator

import aiohttp
import discord


class Editor(discord.Client):
    """Sends the first text at once, then edits the message at most every `interval` seconds."""

    def __init__(self, model_url: str, interval: float) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, message_content=True),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.1,
        )
        self._model_url = model_url
        self._interval = interval

    async def setup_hook(self) -> None:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def close(self) -> None:
        await self._session.close()
        await super().close()

    async def on_message(self, message: discord.Message) -> None:
        if message.author.bot or self.user not in message.mentions:
            return
        text, shown, edited = "", None, 0.0
        reply: discord.Message | None = None
        async for piece in self._stream(message.content):
            text += piece
            if reply is None:
                reply = await message.reply(text)
            elif time.monotonic() - edited >= self._interval:
                await reply.edit(content=text)
            else:
                continue
            shown, edited = text, time.monotonic()
        if reply and shown != text:
            await reply.edit(content=text)

    async def _stream(self, prompt: str) -> AsyncIterator[str]:
        body = {"model": "any", "stream": True, "messages": [{"role": "user", "content": prompt}]}
        async with self._session.post(f"{self._model_url}/chat/completions", json=body, timeout=_NO_LIMIT) as response:
            async for line in response.content:
                if line.startswith(b"data: {"):
                    delta = json.loads(line[6:])["choices"][0]["delta"]
                    if text := delta.get("content"):
                        yield text


_NO_LIMIT = aiohttp.ClientTimeout(total=None)
