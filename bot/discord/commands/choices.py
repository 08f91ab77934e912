"""What commands suggest while an option is typed, and the model that a channel uses."""

from collections.abc import Collection

import discord
from discord import app_commands

from bot.discord.border import read_place
from bot.preferences.resolver import Resolver
from bot.providers.offer import Offer

MAX_CHOICES = 25
"""Choices that Discord accepts for one autocompletion, each of at most 100 characters."""

MAX_CHOICE_LENGTH = 100


class CurrentModel:
    """Finds out which `provider/model` a channel uses."""

    def __init__(self, offer: Offer, resolver: Resolver) -> None:
        self._offer = offer
        self._resolver = resolver

    async def __call__(self, interaction: discord.Interaction) -> str:
        """The model of the interaction's channel. Raises NotOffered if no provider is available."""
        if interaction.channel is None:
            return self._offer.default_model
        place = read_place(interaction.channel, interaction.guild_id)
        return (await self._resolver.at(place)).values.model or self._offer.default_model


def model_choices(offer: Offer, typed: str, current: str) -> list[app_commands.Choice[str]]:
    """Suggestions for a partly typed model, the best first, those of the current provider before others."""
    return text_choices(offer.complete(typed, current.partition("/")[0]))


def text_choices(texts: Collection[str]) -> list[app_commands.Choice[str]]:
    """As many of the texts as Discord accepts for one autocompletion."""
    short = [text for text in texts if 0 < len(text) <= MAX_CHOICE_LENGTH]
    return [app_commands.Choice(name=text, value=text) for text in short[:MAX_CHOICES]]
