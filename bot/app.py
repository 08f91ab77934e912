"""Assembles the application and owns the lifetimes of its parts."""

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import discord

from bot.discord.client import Parley, point_at
from bot.discord.commands.ask import Ask
from bot.discord.commands.choices import CurrentModel
from bot.discord.commands.controls import ReplyControls
from bot.discord.commands.conversation import ConversationCommands
from bot.discord.commands.help import HelpCommand
from bot.discord.commands.models import ModelCommands
from bot.discord.commands.settings import PreferenceCommands
from bot.discord.delivery.gates import TOKEN_SECONDS, Gates
from bot.discord.listener import Listener
from bot.preferences.resolver import Resolver
from bot.providers.asking import Asker
from bot.providers.client import ChatClient
from bot.providers.models import ModelListClient
from bot.providers.refresh import ModelLists
from bot.reply.gate import INTERVAL
from bot.settings import ALLOWED, Settings
from bot.store.store import Store
from bot.turn.actions import Actions
from bot.turn.running import Running
from bot.turn.turn import Turns

log = logging.getLogger(__name__)


class CannotRun(Exception):
    """Parley cannot run; the message is a sentence for the operator."""


class App:
    """A running Parley; `open_app` creates it."""

    def __init__(self, client: Parley, token: str) -> None:
        self._client = client
        self._token = token
        self._connection: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        """Connect and wait until Discord reports that the client is ready. Raises CannotRun."""
        connection = self._connect()
        ready = asyncio.create_task(self._client.wait_until_ready())
        await asyncio.wait([connection, ready], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if connection.done():
            await self.run()

    async def run(self) -> None:
        """Stay connected until cancelled. Raises CannotRun."""
        try:
            await self._connect()
        except discord.LoginFailure as error:
            raise CannotRun("Discord rejected DISCORD_TOKEN. Reset the token in the developer portal.") from error
        except discord.PrivilegedIntentsRequired as error:
            raise CannotRun(
                "The MESSAGE CONTENT intent is not enabled. Enable it in the developer portal: your application, "
                "Bot, Privileged Gateway Intents."
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise CannotRun(f"Discord cannot be reached: {error}") from error
        except discord.HTTPException as error:
            raise CannotRun(f"Discord refused the login: {error}") from error

    def _connect(self) -> asyncio.Task[None]:
        self._connection = self._connection or asyncio.create_task(self._client.start(self._token))
        return self._connection

    async def close(self) -> None:
        await self._client.close()
        if self._connection:
            self._connection.cancel()
            await asyncio.gather(self._connection, return_exceptions=True)


@asynccontextmanager
async def open_app(
    settings: Settings, pace: float = INTERVAL, token_seconds: float = TOKEN_SECONDS
) -> AsyncIterator[App]:
    """Open the database and assemble the app; on exit, finish running replies, then close everything.

    `pace` is the seconds between two writes to a channel, `token_seconds` how long an interaction's token is used.
    Raises CannotRun and DatabaseUnusable.
    """
    if settings.discord_token is None:
        raise CannotRun(f"DISCORD_TOKEN is not set. Set it to {ALLOWED['DISCORD_TOKEN']}.")
    point_at(_text(settings.discord_api_url), _text(settings.discord_gateway_url))
    async with Store.open(settings.database_path) as store, ChatClient(settings.idle_seconds) as chat:
        asker = Asker(chat, settings.retry_limits())
        lists = ModelLists(ModelListClient(chat.session), store.model_lists, asker.health)
        offer = settings.offer(lists.listed)
        resolver = Resolver(store.preferences, settings.preferences())
        current = CurrentModel(offer, resolver)
        running = Running(settings.grace_seconds)
        turns = Turns(offer, asker, store, resolver, running)
        gates = Gates(pace, token_seconds)
        client = Parley(store.synced_commands, gates.trace())
        client.own_cogs = (
            Listener(client, turns, gates),
            Ask(turns, gates),
            ReplyControls(client, Actions(turns, store), offer, gates),
            ModelCommands(offer, store, current, lists.health),
            ConversationCommands(store, running),
            HelpCommand(current),
            PreferenceCommands(offer, store, resolver, current),
        )
        app = App(client, settings.discord_token.get_secret_value())
        async with lists.refreshing([offer.server(name) for name in offer.providers]):
            try:
                yield app
            finally:
                await running.drain()
                await app.close()


async def run(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM. Raises CannotRun and DatabaseUnusable."""
    stopped = stop_signal()
    async with open_app(settings) as app:
        gc.collect()
        gc.freeze()  # what exists now is permanent; scanning it at every collection would delay answers
        running = asyncio.create_task(app.run())
        stopping = asyncio.create_task(stopped.wait())
        await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if running.done():
            await running
        log.info("Stopping")


def stop_signal() -> asyncio.Event:
    """An event that is set on SIGINT and SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
    return stopped


def _text(url: object | None) -> str | None:
    return str(url) if url else None
