"""`/ask`: ask without a mention, even where Parley cannot send messages."""

import asyncio
import logging
import re

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.parts import Origin, TextPart
from bot.chat.prompts import Prompt, Trigger
from bot.discord.border import CONNECTION_ERRORS, read_attachment, read_author, read_place
from bot.discord.delivery.followups import InteractionSurface
from bot.discord.delivery.gates import Gates
from bot.discord.delivery.surface import ChannelSurface, no_mentions
from bot.markdown.pages import LIMIT
from bot.text import Refused, Text
from bot.turn.decide import check
from bot.turn.turn import Turns

log = logging.getLogger(__name__)

MAX_QUESTION_LENGTH = 1_500
"""Characters; the whole question then nearly always fits into the message that quotes it."""

_TRIGGERS = frozenset((Trigger.COMMAND,))
_NO_MESSAGES = discord.CategoryChannel | discord.ForumChannel | discord.GroupChannel


class Ask(commands.Cog):
    """`/ask`: shows the question as a quote and streams the answer below it."""

    def __init__(self, turns: Turns, gates: Gates) -> None:
        self._turns = turns
        self._gates = gates

    @app_commands.command(description="Ask me something; I continue our conversation here")
    @app_commands.describe(question="What you want to know", image="An image for the model to look at")
    async def ask(
        self,
        interaction: discord.Interaction,
        question: app_commands.Range[str, 1, MAX_QUESTION_LENGTH],
        image: discord.Attachment | None = None,
    ) -> None:
        until = asyncio.get_running_loop().time() + self._gates.token_seconds
        channel = interaction.channel
        if channel is None or isinstance(channel, _NO_MESSAGES):
            raise Refused(Text("I can't answer here. Ask me in a text channel or a thread."))
        place, author = read_place(channel, interaction.guild_id), read_author(interaction.user)
        facts = await self._turns.facts(place, author, _TRIGGERS)
        check(facts)
        posted = await interaction.response.send_message(
            _quoted(question), allowed_mentions=no_mentions(), suppress_embeds=True
        )
        assert posted.message_id is not None  # the response is a message
        origin = Origin(author.id, posted.message_id)
        files = (read_attachment(image, origin),) if image else ()
        prompt = Prompt(posted.message_id, place, author, (TextPart(question, origin),), files, triggers=_TRIGGERS)
        messages = ChannelSurface(channel.get_partial_message(prompt.id), self._gates.of(channel.id))
        surface = InteractionSurface(interaction, self._gates.of_token(interaction.token), messages, until)
        showing = asyncio.create_task(_show_image(interaction, image)) if image else None
        await self._turns.answer(prompt, lambda _: surface, facts)
        if showing:
            await showing


def _quoted(question: str) -> str:
    """The question as a block quote that fits into one message."""
    quote = "\n".join(f"> {line}" for line in re.split(r"\r\n?|\n", question))
    return quote if len(quote) <= LIMIT else f"{quote[: LIMIT - 1]}…"


async def _show_image(interaction: discord.Interaction, image: discord.Attachment) -> None:
    """Attach the image to the question, so that people see it and another model can use it later."""
    try:
        await interaction.edit_original_response(attachments=[await image.to_file()])
    except (discord.DiscordException, *CONNECTION_ERRORS) as error:
        log.warning("The image of an /ask in channel %s could not be shown: %s", interaction.channel_id, error)
