"""People ask with a slash command: `/ask`."""

import asyncio

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.messages import Prompt
from bot.discord.border import read_attachment, read_author, read_place
from bot.discord.followups import InteractionSurface
from bot.discord.gates import Gates
from bot.discord.surface import ChannelSurface, nobody
from bot.responder import Responder

LONGEST_QUESTION = 1_500
"""Characters, so that the question fits into a message as a quote whatever lines it has."""

_SPEECHLESS = discord.CategoryChannel | discord.ForumChannel | discord.GroupChannel


class Ask(commands.Cog):
    """`/ask`: the question is shown as a quote, and the answer streams below it."""

    def __init__(self, responder: Responder, gates: Gates) -> None:
        self._responder = responder
        self._gates = gates

    @app_commands.command(description="Ask me something; it goes on from our conversation here")
    @app_commands.describe(question="What you want to know", image="An image for the model to look at")
    async def ask(
        self,
        interaction: discord.Interaction,
        question: app_commands.Range[str, 1, LONGEST_QUESTION],
        image: discord.Attachment | None = None,
    ) -> None:
        channel = interaction.channel
        if channel is None or isinstance(
            channel, discord.CategoryChannel | discord.ForumChannel | discord.GroupChannel
        ):
            return
        until = asyncio.get_running_loop().time() + self._gates.token_seconds
        quote = "\n".join(f"> {line}" for line in question.splitlines()) + (f"\n> 🖼️ {image.filename}" if image else "")
        asked = await interaction.response.send_message(quote, allowed_mentions=nobody(), suppress_embeds=True)
        if asked.message_id is None:
            return
        prompt = Prompt(
            id=asked.message_id,
            place=read_place(channel, interaction.guild_id),
            author=read_author(interaction.user),
            text=question,
            attachments=(read_attachment(image),) if image else (),
        )
        around = ChannelSurface(channel.get_partial_message(prompt.id), self._gates.of(channel.id))
        surface = InteractionSurface(interaction, self._gates.of_token(interaction.token), around, until)
        await self._responder.respond(prompt, surface)
