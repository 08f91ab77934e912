"""Members see and switch the provider and model of a channel, start afresh, and find help."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.preferences import Preferences, effective
from bot.discord.border import read_place
from bot.discord.replies import answer, permitted
from bot.providers.offer import NotOffered, Offer
from bot.store.store import Store

MOST_CHOICES = 25
"""Choices that Discord takes for one autocompletion, each of at most 100 characters."""

LONGEST_CHOICE = 100

HELP = """\
**Talking to me**
- Mention me in a message, or reply to one of mine; in direct messages just write.
- I remember our conversation. A mention within half an hour goes on with yours; a reply goes on from the message you \
reply to, so a reply to an older answer branches off there.
- Attach images (PNG, JPEG, GIF, WebP) and ask about them, if the model can see.

**Commands**
- `/new` starts a fresh conversation.
- `/provider` and `/model` show who answers here, and switch it (with Manage Channels).
- `/settings` is for those who manage the server: system prompt, temperature, who may talk, and more.

Here `{model}` answers."""


class Switch(commands.Cog):
    """`/provider`, `/model`, `/new` and `/help`."""

    def __init__(self, offer: Offer, store: Store, operator: Preferences) -> None:
        self._offer = offer
        self._store = store
        self._operator = operator

    @app_commands.command(description="See the providers, or switch this channel to another")
    @app_commands.describe(name="The provider to switch this channel to")
    async def provider(self, interaction: discord.Interaction, name: str | None = None) -> None:
        if name:
            await self._switch(interaction, name.strip())
            return
        current = (await self._current(interaction)).partition("/")[0]
        lines = []
        for key, entry in self._offer.providers.items():
            mark = "▸" if key == current else "·"
            note = f" · {entry.note}" if entry.note else ""
            lines.append(f"{mark} **{entry.title}** `{key}` · {entry.default_model or 'no default model'}{note}")
        listed = "\n".join(lines) or "No provider is set up. The operator has to set a provider's key."
        await answer(
            interaction, f"{listed}\n\nSwitch this channel with `/provider name:`, or one model with `/model`."
        )

    @provider.autocomplete("name")
    async def _provider_names(self, _: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        wanted = typed.casefold()
        return [
            app_commands.Choice(name=entry.title, value=name)
            for name, entry in self._offer.providers.items()
            if wanted in f"{name} {entry.title}".casefold()
        ][:MOST_CHOICES]

    @app_commands.command(description="See which model answers here, or switch this channel to another")
    @app_commands.describe(name="The model, as provider/model or as a model of the current provider")
    async def model(self, interaction: discord.Interaction, name: str | None = None) -> None:
        current = await self._current(interaction)
        if name is None:
            await answer(interaction, f"Here `{current}` answers. Switch this channel with `/model name:`.")
            return
        try:
            wanted = self._offer.named(name, current.partition("/")[0]).full_name
        except NotOffered as error:
            await answer(interaction, f"⚠️ {error}")
            return
        await self._switch(interaction, wanted)

    @model.autocomplete("name")
    async def _model_names(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return model_choices(self._offer, typed, await self._current(interaction))

    @app_commands.command(description="Start a fresh conversation here; I will not look back")
    async def new(self, interaction: discord.Interaction) -> None:
        if interaction.channel is None:
            return
        await self._store.conversations.begin(
            read_place(interaction.channel, interaction.guild_id), interaction.user.id
        )
        await answer(interaction, "A fresh start: your next message here begins a new conversation.")

    @app_commands.command(description="How to talk to me, and what the commands do")
    async def help(self, interaction: discord.Interaction) -> None:
        await answer(interaction, HELP.format(model=await self._current(interaction)))

    async def _switch(self, interaction: discord.Interaction, wanted: str) -> None:
        channel = interaction.channel
        if channel is None or not await permitted(interaction, "manage_channels"):
            return
        before = await self._current(interaction)
        try:
            endpoint = self._offer.endpoint(wanted)
        except NotOffered as error:
            await answer(interaction, f"⚠️ {error}")
            return
        await self._store.preferences.change(channel.id, {"model": endpoint.full_name}, interaction.user.id)
        note = f"\n-# {endpoint.provider.note}" if endpoint.provider.note else ""
        await answer(interaction, f"Here `{endpoint.full_name}` answers from now on; it was `{before}`.{note}")

    async def _current(self, interaction: discord.Interaction) -> str:
        """`provider/model` that answers where the interaction is."""
        if interaction.channel is None:
            return self._offer.default_model
        place = read_place(interaction.channel, interaction.guild_id)
        layers = await self._store.preferences.of(*place.scopes)
        return effective([*layers, self._operator]).model or self._offer.default_model


def model_choices(offer: Offer, typed: str, current: str) -> list[app_commands.Choice[str]]:
    """What to offer for a half-typed model: the current provider's first, then everybody's."""
    own = offer.complete(typed, current.partition("/")[0])
    names = dict.fromkeys([*own, *offer.complete(typed)])
    return [app_commands.Choice(name=name, value=name) for name in names if len(name) <= LONGEST_CHOICE][:MOST_CHOICES]
