"""`/provider` and `/model`: show and switch the provider and model of a channel."""

from collections.abc import Callable, Collection

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord.border import read_place
from bot.discord.commands.choices import MAX_CHOICES, CurrentModel, model_choices
from bot.discord.commands.responses import check_permission, respond
from bot.providers.catalogue import Provider
from bot.providers.health import Health
from bot.providers.offer import Offer
from bot.store.store import Store
from bot.text import Text

HealthOf = Callable[[str], Health | None]
"""Returns the outcome of the last request to a provider; None if it was never asked."""


class ModelCommands(commands.Cog):
    """`/provider` and `/model`."""

    def __init__(self, offer: Offer, store: Store, current: CurrentModel, health: HealthOf) -> None:
        self._offer = offer
        self._store = store
        self._current = current
        self._health = health

    @app_commands.command(description="Show the providers, or switch this channel to another one")
    @app_commands.describe(name="The provider to switch this channel to")
    async def provider(self, interaction: discord.Interaction, name: str | None = None) -> None:
        if name:
            await self._switch(interaction, name.strip())
            return
        current = (await self._current(interaction)).partition("/")[0]
        lines: list[Text | str] = [
            f"{'▸' if name == current else '·'} {self._described(name, entry)}"
            for name, entry in self._offer.providers.items()
        ]
        await respond(
            interaction,
            *(lines or [Text("No provider is set up. The bot's operator needs to set the key of one.")]),
            "",
            Text("Switch this channel to another provider with `/provider name:`, or to a single model with `/model`."),
            Text("-# 🟢 worked when last asked · 🔴 failed · ⚪ not asked yet"),
            *_absent(self._offer.unavailable.values()),
        )

    @provider.autocomplete("name")
    async def _provider_names(self, _: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        wanted = typed.casefold()
        return [
            app_commands.Choice(name=entry.title, value=name)
            for name, entry in self._offer.providers.items()
            if wanted in f"{name} {entry.title}".casefold()
        ][:MAX_CHOICES]

    @app_commands.command(description="Show which model this channel uses, or switch it to another one")
    @app_commands.describe(name="The model, as provider/model or as a model of the current provider")
    async def model(self, interaction: discord.Interaction, name: str | None = None) -> None:
        current = await self._current(interaction)
        if name is None:
            await respond(
                interaction, Text("This channel uses `{model}`. Switch it with `/model name:`.", model=current)
            )
            return
        await self._switch(interaction, self._offer.resolve(name, current.partition("/")[0]).full_name)

    @model.autocomplete("name")
    async def _model_names(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return model_choices(self._offer, typed, await self._current(interaction))

    def _described(self, name: str, entry: Provider) -> str:
        """A line about a provider: title, default model, number of models, health. Sends no request to it."""
        default, known = self._offer.default_of(name), len(self._offer.model_ids(name))
        facts = [
            f"**{entry.title}** `{name}`",
            *([str(Text("retired {date}", date=entry.retired))] if entry.retired else []),
            f"`{default}`" if default else str(Text("no default model")),
            str(Text("1 model") if known == 1 else Text("{count} models", count=known)),
            _shown_health(self._health(name)),
        ]
        return " · ".join(facts) + (f"\n-# {entry.note}" if entry.note else "")

    async def _switch(self, interaction: discord.Interaction, wanted: str) -> None:
        if interaction.channel is None:
            return
        check_permission(interaction, "manage_channels")
        before = await self._current(interaction)
        endpoint = self._offer.endpoint(wanted)
        scope = read_place(interaction.channel, interaction.guild_id).scopes[0]
        values = {"model": endpoint.full_name}
        await self._store.preferences.change(scope, interaction.guild_id, values, interaction.user.id)
        await respond(
            interaction,
            Text("This channel now uses `{model}`; it was `{before}`.", model=endpoint.full_name, before=before),
            *([f"-# {endpoint.provider.note}"] if endpoint.provider.note else []),
        )


def _shown_health(health: Health | None) -> str:
    """A coloured dot, the time, and a short reason for a failure; the provider's own message is in the log."""
    if health is None:
        return "⚪"
    when = f"<t:{health.at:.0f}:R>"
    return f"🟢 {when}" if health.ok else f"🔴 {when}, {health.error}"


def _absent(providers: Collection[Provider]) -> list[Text]:
    """Lines about the providers that are not available."""
    retired = ", ".join(f"{provider.title} ({provider.retired})" for provider in providers if provider.retired)
    keyless = ", ".join(f"{provider.title} (`{provider.key}`)" for provider in providers if not provider.retired)
    lines = (
        (keyless, Text("-# Without a key: {providers}", providers=keyless)),
        (retired, Text("-# Retired: {providers}", providers=retired)),
    )
    return [line for names, line in lines if names]
