"""The bot as Discord sees it: intents, cogs, and commands that are synced when they changed."""

import hashlib
import json
import logging
from collections.abc import Sequence

import aiohttp
import discord
import yarl
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.discord.commands.responses import Commands
from bot.store.synced_commands import SyncedCommands

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

    def __init__(self, synced: SyncedCommands, trace: aiohttp.TraceConfig) -> None:
        """`trace` sees every request to Discord's REST API."""
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nothing here uses voice
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Commands,
            intents=intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            http_trace=trace,
            guild_ready_timeout=LAST_GUILD_AFTER,
        )
        self._synced = synced
        self.own_cogs: Sequence[commands.Cog] = ()
        """What the client does; set before it is started."""

    async def setup_hook(self) -> None:
        for cog in self.own_cogs:
            await self.add_cog(cog)
        await self._sync_commands()

    async def on_ready(self) -> None:
        log.info("Connected as %s to %d servers", self.user, len(self.guilds))

    async def _sync_commands(self) -> None:
        """Send the slash commands to Discord if it was last given others."""
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        if self.application_id is None or digest == await self._synced.digest(self.application_id):
            return
        try:
            await self.tree.sync()
        except discord.HTTPException as error:
            log.error("Discord did not take the slash commands; the next start sends them again: %s", error)
            return
        await self._synced.remember(self.application_id, digest)
        log.info("Synced %d slash commands", len(payload))
