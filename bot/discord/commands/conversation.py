"""`/new` and `/stop`: start a new conversation, and stop an answer."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord.border import read_place
from bot.discord.commands.responses import moderates, respond
from bot.store.store import Store
from bot.text import Text
from bot.turn.running import Running


class ConversationCommands(commands.Cog):
    """`/new` and `/stop`."""

    def __init__(self, store: Store, running: Running) -> None:
        self._store = store
        self._running = running

    @app_commands.command(description="Start a new conversation here")
    async def new(self, interaction: discord.Interaction) -> None:
        if interaction.channel is None:
            return
        place = read_place(interaction.channel, interaction.guild_id)
        await self._store.conversations.begin(place, interaction.user.id)
        await respond(interaction, Text("Your next message here starts a new conversation."))

    @app_commands.command(description="Stop the answer I'm writing for you here; with Manage Messages, anyone's")
    async def stop(self, interaction: discord.Interaction) -> None:
        channel_id, person_id = interaction.channel_id or 0, interaction.user.id
        stopped = self._running.stop(channel_id, person_id, of_everyone=moderates(interaction))
        await respond(interaction, Text("Stopped.") if stopped else Text("I'm not writing anything for you here."))
