"""A discord.py client that records its events."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.simulator import Simulator

Client = TypeVar("Client", bound="Recorder")


class Recorder(discord.Client):
    """`received` waits for an event, `on` registers a listener."""

    def __init__(self, intents: discord.Intents | None = None) -> None:
        everything = discord.Intents.default()
        everything.message_content = True
        super().__init__(intents=intents or everything, guild_ready_timeout=0.02)
        self.tree = app_commands.CommandTree(self)
        self.told: list[tuple[str, tuple[Any, ...]]] = []
        self._news = asyncio.Condition()
        self._looked = 0

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        super().dispatch(event, *args, **kwargs)
        self.told.append((event, args))
        asyncio.get_running_loop().create_task(self._tell())

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def received(self, event: str, fits: Callable[..., bool] = lambda *args: True, timeout: float = 10) -> Any:
        """Wait for an event that fits; returns its first argument, or None if it has none."""

        def found() -> list[tuple[Any, ...]]:
            return [args for name, args in self.told if name == event and fits(*args)]

        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(lambda: bool(found()))
        args = found()[0]
        return args[0] if args else None

    def count(self, event: str) -> int:
        return sum(name == event for name, _ in self.told)

    def on(self, event: str, act: Callable[..., Any]) -> None:
        setattr(self, f"on_{event}", act)


@asynccontextmanager
async def pointed_at(sim: Simulator) -> AsyncIterator[None]:
    """Point discord.py at the simulator inside this block."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = sim.api_url, yarl.URL(sim.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


@asynccontextmanager
async def running(sim: Simulator, client: Client) -> AsyncIterator[Client]:
    """Log the client in; yields it once it is ready."""
    async with pointed_at(sim), client:
        task = asyncio.create_task(client.start(sim.bot_token))
        ready = asyncio.create_task(client.received("ready"))
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            ready.cancel()
            task.result()
        yield client
        await client.close()
        await task
