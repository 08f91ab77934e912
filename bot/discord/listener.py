"""People talk to Parley: messages in, replies out."""

import logging

import discord
from discord.ext import commands

from bot.chat.places import Place
from bot.discord.border import message_at, read_place, read_prompt
from bot.discord.delivery.gates import Gates
from bot.discord.delivery.surface import ChannelSurface
from bot.store.conversations import Unfinished
from bot.turn.turn import Responder

log = logging.getLogger(__name__)


class Chat(commands.Cog):
    """Answers mentions, replies, direct messages, and whatever a channel wants to have answered."""

    def __init__(self, client: commands.Bot, responder: Responder, gates: Gates) -> None:
        self._client = client
        self._responder = responder
        self._gates = gates
        self._repaired = False

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Mend what an earlier run left behind, once; Discord says that it is ready after each new session."""
        if not self._repaired:
            self._repaired = True
            await self._responder.repair(self._where)

    def _where(self, left: Unfinished) -> tuple[ChannelSurface, Place]:
        """Where the reply stands, and what holds there."""
        prompt = message_at(self._client, left.channel_id, left.prompt_id)
        place = read_place(prompt.channel, prompt.guild.id if prompt.guild else None)
        return ChannelSurface(prompt, self._gates.of(left.channel_id), len(left.shown), self._client), place

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        me = self._client.user
        prompt = read_prompt(message, me) if me else None
        if prompt is None or not await self._responder.wants(prompt):
            return
        surface = ChannelSurface(message, self._gates.of(message.channel.id))
        if obstacle := surface.obstacle():
            channel_id = prompt.place.channel_id
            log.warning("No answer to %s in channel %s: %s", prompt.id, channel_id, obstacle)
            if prompt.addressed:
                await surface.whisper(f"I cannot answer you in <#{channel_id}>: {obstacle}. {obstacle.remedy}")
            return
        await self._responder.respond(prompt, surface)
