"""The Discord client: intents, cogs, and slash commands that are synced when they change."""

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

from bot.discord.commands.responses import CommandTree
from bot.store.synced_commands import SyncedCommands

log = logging.getLogger(__name__)

GUILD_READY_SECONDS = 0.1
"""Seconds without another guild after which discord.py reports that it is ready. A guild that arrives later only misses
the count in the log, since members are not requested."""


def point_at(api_url: str | None, gateway_url: str | None) -> None:
    """Make discord.py connect to another server than Discord's, in the whole process.

    discord.py reads both URLs from class attributes and offers no other way.
    """
    if api_url:
        Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


def intents() -> discord.Intents:
    """Guilds, messages in guilds and DMs, and message content; no members, no presences."""
    return discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)


class Parley(commands.Bot):
    """A discord.py client with Parley's cogs."""

    def __init__(self, synced: SyncedCommands, trace: aiohttp.TraceConfig) -> None:
        """`trace` observes every request to Discord's REST API."""
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nothing here uses voice
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=CommandTree,
            intents=intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            http_trace=trace,
            guild_ready_timeout=GUILD_READY_SECONDS,
        )
        self._synced = synced
        self.own_cogs: Sequence[commands.Cog] = ()
        """The cogs to load; set before the client is started."""

    async def setup_hook(self) -> None:
        for cog in self.own_cogs:
            await self.add_cog(cog)
        await self._sync_commands()

    async def on_ready(self) -> None:
        log.info("Connected as %s to %d servers", self.user, len(self.guilds))

    async def _sync_commands(self) -> None:
        """Send the slash commands to Discord if they differ from those that were last sent."""
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        if self.application_id is None or digest == await self._synced.digest(self.application_id):
            return
        try:
            await self.tree.sync()
        except discord.HTTPException as error:
            log.error("Discord rejected the slash commands; they are sent again at the next start: %s", error)
            return
        await self._synced.remember(self.application_id, digest)
        log.info("Synced %d slash commands", len(payload))
