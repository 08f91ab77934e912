"""`/new`: start a new conversation."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord.border import read_place
from bot.discord.commands.responses import respond
from bot.store.store import Store
from bot.text import Text


class ConversationCommands(commands.Cog):
    """`/new`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @app_commands.command(description="Start a new conversation here")
    async def new(self, interaction: discord.Interaction) -> None:
        if interaction.channel is None:
            return
        place = read_place(interaction.channel, interaction.guild_id)
        await self._store.conversations.begin(place, interaction.user.id)
        await respond(interaction, Text("Your next message here starts a new conversation."))
