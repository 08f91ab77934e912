"""Members see and switch the provider and model of a channel, start afresh, and find help."""

from collections.abc import Callable, Collection

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord.border import read_place
from bot.discord.commands.responses import permitted, respond
from bot.preferences.declaration import Preferences, effective
from bot.providers.catalogue import Provider
from bot.providers.health import Health
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

**Below my answers**
- ⏹️ stops me, 🔄 has me try again, ⏩ has me go on, 🔀 lets another model answer, ◀️ ▶️ turn over between versions, \
🗑️ takes the answer away and forgets it. They are for the person who asked, and for moderators.

**Commands**
- `/ask` asks me without a mention.
- `/new` starts a fresh conversation, `/stop` ends the answer that I am writing.
- `/provider` and `/model` show who answers here, and switch it (with Manage Channels).
- `/settings` is for those who manage the server: system prompt, temperature, who may talk, \
how answers look, and more.

Here `{model}` answers."""


HealthOf = Callable[[str], Health | None]
"""How the provider of that name did when it was last asked; None where it never was."""


class Switch(commands.Cog):
    """`/provider`, `/model`, `/new` and `/help`."""

    def __init__(self, offer: Offer, store: Store, operator: Preferences, health: HealthOf) -> None:
        self._offer = offer
        self._store = store
        self._operator = operator
        self._health = health

    @app_commands.command(description="See the providers, or switch this channel to another")
    @app_commands.describe(name="The provider to switch this channel to")
    async def provider(self, interaction: discord.Interaction, name: str | None = None) -> None:
        if name:
            await self._switch(interaction, name.strip())
            return
        current = (await self._current(interaction)).partition("/")[0]
        lines = [
            f"{'▸' if name == current else '·'} {self._described(name, entry)}"
            for name, entry in self._offer.providers.items()
        ]
        lines = lines or ["No provider is set up. The operator has to set a provider's key."]
        hints = [
            "",
            "Switch this channel with `/provider name:`, or one model with `/model`.",
            "-# 🟢 answered when last asked · 🔴 failed · ⚪ not asked yet",
            *_absent(self._offer.unavailable.values()),
        ]
        await respond(interaction, "\n".join([*lines, *hints]))

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
            await respond(interaction, f"Here `{current}` answers. Switch this channel with `/model name:`.")
            return
        try:
            wanted = self._offer.resolve(name, current.partition("/")[0]).full_name
        except NotOffered as error:
            await respond(interaction, f"⚠️ {error}")
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
        await respond(interaction, "A fresh start: your next message here begins a new conversation.")

    @app_commands.command(description="How to talk to me, and what the commands do")
    async def help(self, interaction: discord.Interaction) -> None:
        await respond(interaction, HELP.format(model=await self._current(interaction)))

    def _described(self, name: str, entry: Provider) -> str:
        """A provider as people see it: what it is called, what it has and how it does. Nobody is asked for that."""
        default, known = self._offer.default_of(name), len(self._offer.model_ids(name))
        facts = [
            f"**{entry.title}** `{name}`",
            *([f"retired {entry.retired}"] if entry.retired else []),
            f"`{default}`" if default else "no default model",
            f"{known} model{'' if known == 1 else 's'}",
            _shown_health(self._health(name)),
        ]
        return " · ".join(facts) + (f"\n-# {entry.note}" if entry.note else "")

    async def _switch(self, interaction: discord.Interaction, wanted: str) -> None:
        channel = interaction.channel
        if channel is None or not await permitted(interaction, "manage_channels"):
            return
        before = await self._current(interaction)
        try:
            endpoint = self._offer.endpoint(wanted)
        except NotOffered as error:
            await respond(interaction, f"⚠️ {error}")
            return
        await self._store.preferences.change(channel.id, {"model": endpoint.full_name}, interaction.user.id)
        note = f"\n-# {endpoint.provider.note}" if endpoint.provider.note else ""
        await respond(interaction, f"Here `{endpoint.full_name}` answers from now on; it was `{before}`.{note}")

    async def _current(self, interaction: discord.Interaction) -> str:
        """`provider/model` that answers where the interaction is."""
        if interaction.channel is None:
            return self._offer.default_model
        place = read_place(interaction.channel, interaction.guild_id)
        layers = await self._store.preferences.of(*place.scopes)
        return effective([*layers, self._operator]).model or self._offer.default_model


def _shown_health(health: Health | None) -> str:
    """A light, when it was seen, and in brief what went wrong; the provider's own words are in the log."""
    if health is None:
        return "⚪"
    when = f"<t:{health.at:.0f}:R>"
    return f"🟢 {when}" if health.ok else f"🔴 {when}, {health.error}"


def _absent(providers: Collection[Provider]) -> list[str]:
    """Lines about the providers that are not offered."""
    retired = [f"{provider.title} ({provider.retired})" for provider in providers if provider.retired]
    keyless = [f"{provider.title} (`{provider.key}`)" for provider in providers if not provider.retired]
    lines = (("Without a key", keyless), ("Retired", retired))
    return [f"-# {title}: {', '.join(names)}" for title, names in lines if names]


def model_choices(offer: Offer, typed: str, current: str) -> list[app_commands.Choice[str]]:
    """What to offer for a half-typed model: the likeliest first, the current provider's before others."""
    names = offer.complete(typed, current.partition("/")[0])
    return [app_commands.Choice(name=name, value=name) for name in names if len(name) <= LONGEST_CHOICE][:MOST_CHOICES]
