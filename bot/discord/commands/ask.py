"""People ask with a slash command: `/ask`."""

import asyncio
import logging
import re

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.prompts import Prompt
from bot.discord.border import CONNECTION_ERRORS, read_attachment, read_author, read_place
from bot.discord.commands.responses import respond
from bot.discord.delivery.followups import InteractionSurface
from bot.discord.delivery.gates import Gates
from bot.discord.delivery.surface import ChannelSurface, nobody
from bot.markdown.pages import LIMIT
from bot.turn.turn import Responder

log = logging.getLogger(__name__)

LONGEST_QUESTION = 1_500
"""Characters, so that the whole question mostly fits into the message that quotes it."""

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
        until = asyncio.get_running_loop().time() + self._gates.token_seconds
        channel = interaction.channel
        if channel is None or isinstance(channel, _SPEECHLESS):
            await respond(interaction, "Ask me in a channel that one can write in.")
            return
        place, author = read_place(channel, interaction.guild_id), read_author(interaction.user)
        if refusal := await self._responder.refusal(author, place):
            await respond(interaction, refusal)
            return
        said = await interaction.response.send_message(
            _quoted(question), allowed_mentions=nobody(), suppress_embeds=True
        )
        assert said.message_id is not None  # it is a message
        files = (read_attachment(image),) if image else ()
        prompt = Prompt(said.message_id, place, author, question, files)
        around = ChannelSurface(channel.get_partial_message(prompt.id), self._gates.of(channel.id))
        surface = InteractionSurface(interaction, self._gates.of_token(interaction.token), around, until)
        showing = asyncio.create_task(_show(interaction, image)) if image else None
        await self._responder.respond(prompt, surface)
        if showing:
            await showing


def _quoted(question: str) -> str:
    """The question as a quote that fits into a message."""
    quote = "\n".join(f"> {line}" for line in re.split(r"\r\n?|\n", question))
    return quote if len(quote) <= LIMIT else f"{quote[: LIMIT - 1]}…"


async def _show(interaction: discord.Interaction, image: discord.Attachment) -> None:
    """Put the image below the question, where people see it, and another model can find it later."""
    try:
        await interaction.edit_original_response(attachments=[await image.to_file()])
    except (discord.DiscordException, *CONNECTION_ERRORS) as error:
        log.warning("The image of an /ask in channel %s could not be shown: %s", interaction.channel_id, error)
