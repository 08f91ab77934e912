"""Those who manage a server set what holds in it, or in one of its channels."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.looks import USUAL_PAGES, ReasoningDisplay
from bot.chat.messages import Detail
from bot.chat.places import Place, PlaceKind
from bot.discord.border import read_place
from bot.discord.commands.models import LONGEST_CHOICE, MOST_CHOICES, model_choices
from bot.discord.commands.responses import permitted, respond
from bot.preferences.declaration import (
    LONGEST_SYSTEM_PROMPT,
    MOST_PAGES,
    MOST_TOKENS,
    NAMES,
    AnswerWhen,
    Footer,
    Preferences,
    Style,
    origin,
)
from bot.providers.offer import NotOffered, Offer
from bot.store.store import Store

Where = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.ForumChannel | discord.Thread

TITLES = {
    "model": "Model",
    "system_prompt": "System prompt",
    "temperature": "Temperature",
    "top_p": "top_p",
    "max_tokens": "Longest answer, in tokens",
    "image_detail": "Image detail",
    "answer": "When to answer",
    "role_id": "Who may talk",
    "fallback": "Falls back on",
    "reasoning": "The model's reasoning",
    "footer": "Footer of answers",
    "style": "Style of answers",
    "pages": "Messages per answer, at most",
    "ping": "Answers notify the asker",
}
UNSET = {
    "answer": "mention",
    "role_id": "everybody",
    "fallback": "nothing",
    "reasoning": "hidden",
    "footer": "off",
    "style": "text",
    "pages": str(USUAL_PAGES),
    "ping": "no",
}
NO_FALLBACK = UNSET["fallback"]
LONGEST_SHOWN = 300
_SETTINGS = [app_commands.Choice(name=TITLES[name], value=name) for name in NAMES]


@app_commands.default_permissions(manage_guild=True)
@app_commands.guild_only()
class Settings(
    commands.GroupCog, group_name="settings", group_description="What holds in this server and its channels"
):
    """`/settings show`, `set` and `reset`, for the server or one channel."""

    def __init__(self, offer: Offer, store: Store, operator: Preferences) -> None:
        self._offer = offer
        self._store = store
        self._operator = operator

    async def interaction_check(self, interaction: discord.Interaction) -> bool:
        """Server admins can open the commands to anyone in Discord's own settings, so it is checked here again."""
        return interaction.type is discord.InteractionType.autocomplete or await permitted(interaction, "manage_guild")

    @app_commands.command(description="See every setting that holds, and where its value comes from")
    @app_commands.describe(channel="The channel to look at; left out, this one")
    async def show(self, interaction: discord.Interaction, channel: Where | None = None) -> None:
        target = channel or interaction.channel
        if target is None:
            return
        place = read_place(target, interaction.guild_id)
        layers, sources = await self._layers(place)
        lines = []
        for name in NAMES:
            nearest = origin(layers, name)
            value = getattr(layers[nearest], name)
            source = sources[nearest] if value is not None else "not set"
            lines.append(f"**{TITLES[name]}** {shown(name, value)} · {source}")
        await respond(interaction, f"In <#{place.channel_id}>:\n" + "\n".join(lines))

    @app_commands.command(name="set", description="Change settings of the whole server, or of one channel")
    @app_commands.describe(
        channel="The channel to change; left out, the whole server",
        provider="Who answers; its default model unless you name one",
        model="The model, as provider/model or as a model of the provider",
        system_prompt="The standing instruction that every conversation begins with",
        temperature="How freely the model writes, from 0 to 2",
        top_p="How much of the probable the model considers, from 0 to 1",
        max_tokens="How long an answer may be, in tokens",
        image_detail="How closely the model looks at images",
        answer_when="Whether to answer mentions, or every message",
        role="The role that may talk to me; choose @everyone for everybody",
        fallback="What answers in turn when the model does not, with commas between; 'nothing' for none",
        reasoning="What is shown of a model's reasoning: nothing, some of it folded away, or all of it as a file",
        footer="How much is said below an answer: nothing, model and seconds, or tokens and cost, too",
        style="Whether answers are plain text or embeds",
        pages="How many messages an answer may have; what is longer comes whole as a file",
        ping="Whether an answer notifies the person who asked",
    )
    @app_commands.rename(answer_when="answer")
    async def set(
        self,
        interaction: discord.Interaction,
        channel: Where | None = None,
        provider: str | None = None,
        model: str | None = None,
        system_prompt: app_commands.Range[str, 1, LONGEST_SYSTEM_PROMPT] | None = None,
        temperature: app_commands.Range[float, 0, 2] | None = None,
        top_p: app_commands.Range[float, 0, 1] | None = None,
        max_tokens: app_commands.Range[int, 1, MOST_TOKENS] | None = None,
        image_detail: Detail | None = None,
        answer_when: AnswerWhen | None = None,
        role: discord.Role | None = None,
        fallback: str | None = None,
        reasoning: ReasoningDisplay | None = None,
        footer: Footer | None = None,
        style: Style | None = None,
        pages: app_commands.Range[int, 1, MOST_PAGES] | None = None,
        ping: bool | None = None,
    ) -> None:
        values: dict[str, Any] = {
            "system_prompt": system_prompt,
            "temperature": temperature,
            "top_p": top_p,
            "max_tokens": max_tokens,
            "image_detail": image_detail,
            "answer": answer_when,
            "role_id": role.id if role else None,
            "reasoning": reasoning,
            "footer": footer,
            "style": style,
            "pages": pages,
            "ping": ping,
        }
        values = {name: value for name, value in values.items() if value is not None}
        try:
            if provider or model:
                values["model"] = await self._model(interaction, channel, provider, model)
            if fallback:
                values["fallback"] = self._fallback(fallback)
            Preferences.of(values)
        except (NotOffered, ValueError) as error:
            await respond(interaction, f"⚠️ {error}")
            return
        if not values:
            await respond(interaction, "Name at least one setting to change; `/settings show` lists them.")
            return
        await self._change(interaction, channel, values)

    @set.autocomplete("provider")
    async def _providers(self, _: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        wanted = typed.casefold()
        offered = self._offer.providers.items()
        fitting = [(name, entry) for name, entry in offered if wanted in f"{name} {entry.title}".casefold()]
        return [app_commands.Choice(name=entry.title, value=name) for name, entry in fitting][:MOST_CHOICES]

    @set.autocomplete("model")
    async def _models(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return model_choices(self._offer, typed, interaction.namespace.provider or self._offer.default_model)

    @set.autocomplete("fallback")
    async def _fallbacks(self, _: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """What is typed so far, with each model that could come next."""
        *before, last = typed.split(",")
        begun = "".join(f"{name.strip()}, " for name in before)
        names = [begun + name for name in self._offer.complete(last)]
        return [app_commands.Choice(name=name, value=name) for name in names if len(name) <= LONGEST_CHOICE][
            :MOST_CHOICES
        ]

    @app_commands.command(description="Let go of a setting, so that the server's or the operator's holds again")
    @app_commands.describe(
        setting="The setting to let go of; left out, all of them",
        channel="The channel to change; left out, the whole server",
    )
    @app_commands.choices(setting=_SETTINGS)
    async def reset(
        self, interaction: discord.Interaction, setting: str | None = None, channel: Where | None = None
    ) -> None:
        await self._change(interaction, channel, dict.fromkeys([setting] if setting else NAMES))

    async def _change(self, interaction: discord.Interaction, channel: Where | None, values: dict[str, Any]) -> None:
        """Make the change and show each value before and after, which is also how to take it back."""
        scope_id = channel.id if channel else interaction.guild_id
        if scope_id is None:
            return
        before = (await self._store.preferences.of(scope_id))[0]
        await self._store.preferences.change(scope_id, values, interaction.user.id)
        lines = [
            f"**{TITLES[name]}** {shown(name, value)}, was {shown(name, getattr(before, name))}"
            for name, value in values.items()
            if value is not None or getattr(before, name) is not None
        ]
        where = f"in <#{channel.id}>" if channel else "in the whole server"
        done = f"Changed {where}:\n" + "\n".join(lines) if lines else f"There was nothing to let go of {where}."
        await respond(interaction, done)

    def _fallback(self, typed: str) -> tuple[str, ...]:
        """`provider/model` names out of a list with commas. Raises NotOffered."""
        if typed.strip().casefold() == NO_FALLBACK:
            return ()
        return tuple(self._offer.endpoint(name.strip()).full_name for name in typed.split(",") if name.strip())

    async def _model(
        self, interaction: discord.Interaction, channel: Where | None, provider: str | None, model: str | None
    ) -> str:
        """`provider/model` out of the two options. Raises NotOffered."""
        if not model:
            return self._offer.endpoint(provider or "").full_name
        place = (
            read_place(channel, interaction.guild_id)
            if channel
            else Place(PlaceKind.CHANNEL, interaction.guild_id or 0)
        )
        layers, _ = await self._layers(place)
        current = layers[origin(layers, "model")].model or self._offer.default_model
        return self._offer.resolve(model, provider or current.partition("/")[0]).full_name

    async def _layers(self, place: Place) -> tuple[list[Preferences], list[str]]:
        """The layers that hold at a place, nearest first, and what to call them."""
        stored = await self._store.preferences.of(*place.scopes)
        names = {place.channel_id: "this channel", place.parent_id: "its channel", place.guild_id: "the server"}
        operator = Preferences.of({"model": self._offer.default_model} | self._operator.values())
        return [*stored, operator], [*(names[scope] for scope in place.scopes), "the operator"]


def shown(name: str, value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return f"`{UNSET.get(name, 'the model decides')}`" if name != "system_prompt" else "none"
    if isinstance(value, bool):
        return "`yes`" if value else "`no`"
    if name == "role_id":
        return f"<@&{value}>"
    text = ", ".join(value) or UNSET[name] if isinstance(value, tuple) else str(value)
    text = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
    return f"`{text.replace('`', 'ˋ')}`"
