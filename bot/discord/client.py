"""The bot as Discord sees it: intents, cogs, and commands that are synced when they changed."""

import hashlib
import json
import logging

import discord
import yarl
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.discord.commands.ask import Ask
from bot.discord.commands.controls import ReplyControls
from bot.discord.commands.conversation import ConversationCommands
from bot.discord.commands.help import HelpCommand
from bot.discord.commands.models import CurrentModel, HealthOf, ModelCommands
from bot.discord.commands.responses import Commands
from bot.discord.commands.settings import PreferenceCommands
from bot.discord.delivery.gates import Gates
from bot.discord.listener import Chat
from bot.preferences.resolver import Resolver
from bot.providers.offer import Offer
from bot.store.store import Store
from bot.turn.actions import Revisions
from bot.turn.turn import Responder

log = logging.getLogger(__name__)

LAST_GUILD_AFTER = 0.1
"""Seconds without another guild after which discord.py says it is ready. Nothing here waits for members, so a guild
that comes later is only missing from the count in the log."""


def point_at(api_url: str | None, gateway_url: str | None) -> None:
    """Have discord.py speak with another server than Discord's.

    It reads both addresses from classes and offers no other way, so this holds for the whole process.
    """
    if api_url:
        Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


def intents() -> discord.Intents:
    """Guilds, messages in them and in DMs, and what the messages say; no members, no presences."""
    return discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)


class Parley(commands.Bot):
    """A discord.py client with Parley's cogs."""

    def __init__(
        self,
        responder: Responder,
        offer: Offer,
        store: Store,
        resolver: Resolver,
        health: HealthOf,
        gates: Gates,
    ) -> None:
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nothing here speaks
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Commands,
            intents=intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            http_trace=gates.trace(),
            guild_ready_timeout=LAST_GUILD_AFTER,
        )
        self._store = store
        current = CurrentModel(offer, resolver)
        self._own_cogs = (
            Chat(self, responder, gates),
            Ask(responder, gates),
            ReplyControls(self, responder.turns, Revisions(responder, store), offer, gates),
            ModelCommands(offer, store, current, health),
            ConversationCommands(store),
            HelpCommand(current),
            PreferenceCommands(offer, store, resolver, current),
        )

    async def setup_hook(self) -> None:
        for cog in self._own_cogs:
            await self.add_cog(cog)
        await self._sync_commands()

    async def on_message(self, message: discord.Message, /) -> None:
        """Nothing: the chat cog listens, and there are no commands with a prefix."""

    async def on_ready(self) -> None:
        log.info("Connected as %s to %d servers", self.user, len(self.guilds))

    async def _sync_commands(self) -> None:
        """Send the slash commands to Discord if it was last given others."""
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        if self.application_id is None or digest == await self._store.synced_commands.digest(self.application_id):
            return
        try:
            await self.tree.sync()
        except discord.HTTPException as error:
            log.error("Discord did not take the slash commands; the next start sends them again: %s", error)
            return
        await self._store.synced_commands.remember(self.application_id, digest)
        log.info("Synced %d slash commands", len(payload))
