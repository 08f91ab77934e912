"""Receives gateway events: messages start turns; after the first connection, interrupted replies are repaired."""

import logging
from contextlib import suppress

import discord
from discord.ext import commands

from bot.chat.places import Place, PlaceKind
from bot.discord.border import CONNECTION_ERRORS, partial_message, read_place, read_prompt
from bot.discord.delivery.gates import Gates
from bot.discord.delivery.surface import ChannelSurface
from bot.store.conversations import Unfinished
from bot.turn.turn import Turns

log = logging.getLogger(__name__)


class Listener(commands.Cog):
    """Passes every message of a person to the turns, which decide whether to answer."""

    def __init__(self, client: commands.Bot, turns: Turns, gates: Gates) -> None:
        self._client = client
        self._turns = turns
        self._gates = gates
        self._repaired = False

    async def cog_load(self) -> None:
        self._client.event(self.on_message)  # replaces the bot's own, which looks for prefix commands

    async def on_message(self, message: discord.Message) -> None:
        me = self._client.user
        if me and (prompt := read_prompt(message, me)):
            await self._turns.answer(prompt, lambda _: ChannelSurface(message, self._gates.of(message.channel.id)))

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Repair what an earlier run left unfinished, once: Discord sends this event for each new session."""
        if not self._repaired:
            self._repaired = True
            await self._turns.repair(self._find)

    async def _find(self, left: Unfinished) -> tuple[ChannelSurface, Place]:
        """Where an unfinished reply is, and the place whose preferences apply to it."""
        channel: object = self._client.get_channel(left.channel_id)
        if channel is None and left.guild_id is not None:
            with suppress(discord.DiscordException, *CONNECTION_ERRORS):
                channel = await self._client.fetch_channel(left.channel_id)  # archived threads are in no cache
        prompt = partial_message(self._client, channel, left.channel_id, left.prompt_id)
        surface = ChannelSurface(prompt, self._gates.of(left.channel_id), self._client)
        if isinstance(channel, discord.abc.Snowflake) and left.guild_id is not None:
            return surface, read_place(channel, left.guild_id)
        kind = PlaceKind.DM if left.guild_id is None else PlaceKind.CHANNEL
        return surface, Place(kind, left.channel_id, left.guild_id)
