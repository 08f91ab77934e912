"""People stop, repeat, change and delete replies: the buttons below them, and `/stop`."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord.border import CONNECTION_ERRORS, message_at, read_author, read_place
from bot.discord.commands.models import LONGEST_CHOICE, MOST_CHOICES
from bot.discord.commands.responses import respond
from bot.discord.delivery.buttons import DYNAMIC, Interaction, choice_of
from bot.discord.delivery.gates import Gates
from bot.discord.delivery.surface import ChannelSurface
from bot.providers.offer import Offer
from bot.reply.controls import Act
from bot.store.versions import ShownVersion
from bot.turn.actions import Press, Revisions
from bot.turn.running import Running

log = logging.getLogger(__name__)

LAST_WORDS = 5.0
"""Seconds for telling people the outcome of what they pressed when Parley ends; what they pressed has ended by then."""

_ACKNOWLEDGED = 40060
_TOO_LATE = 10062


class ReplyControls(commands.Cog):
    """What the buttons do, also those of replies from before a restart."""

    def __init__(self, client: commands.Bot, turns: Running, revisions: Revisions, offer: Offer, gates: Gates) -> None:
        self._client = client
        self._turns = turns
        self._revisions = revisions
        self._offer = offer
        self._gates = gates
        self._pressed: set[asyncio.Task[Any]] = set()

    async def cog_load(self) -> None:
        self._client.add_dynamic_items(*DYNAMIC)

    async def cog_unload(self) -> None:
        """What was pressed comes to its end before the connections close."""
        if self._pressed:
            await asyncio.wait(self._pressed, timeout=LAST_WORDS)

    @app_commands.command(description="Stop the answer I am writing here: yours, or with Manage Messages anybody's")
    async def stop(self, interaction: discord.Interaction) -> None:
        ended = self._turns.stop(interaction.channel_id or 0, interaction.user.id, everybodys=_moderates(interaction))
        await respond(interaction, "Stopped." if ended else "I am not writing anything for you here.")

    @commands.Cog.listener()
    async def on_control(self, interaction: Interaction, act: Act) -> None:
        """A button was pressed."""
        if interaction.message is None or interaction.channel is None:
            return
        press = _press(interaction, act, interaction.message.id)
        with self._awaited():
            if act is Act.MODEL:
                await self._offer_models(interaction, press)
                return
            if await _acknowledged(interaction, press):
                await self._do(interaction, press)

    @commands.Cog.listener()
    async def on_model_choice(self, interaction: Interaction, message_id: int, model: str) -> None:
        """Another model was chosen; the list of them has done its work."""
        if interaction.channel is None:
            return
        press = _press(interaction, Act.MODEL, message_id, model)
        with self._awaited():
            if await _acknowledged(interaction, press):
                with _unheard(press):
                    await interaction.edit_original_response(content=f"One moment, I ask `{model}` …", view=None)
                await self._do(interaction, press)

    @contextmanager
    def _awaited(self) -> Iterator[None]:
        """Have the end of Parley wait for this."""
        task = asyncio.current_task()
        assert task is not None
        self._pressed.add(task)
        try:
            yield
        finally:
            self._pressed.discard(task)

    async def _offer_models(self, interaction: Interaction, press: Press) -> None:
        allowed = await self._revisions.allowed(press)
        if isinstance(allowed, str) or allowed.gone_on:
            if await _acknowledged(interaction, press):
                await self._do(interaction, press)  # which says why not
            return
        with _unheard(press):
            if models := self._models(allowed.completion.model):
                view = choice_of(press.message_id, models)
                await interaction.response.send_message("Which model should answer instead?", view=view, ephemeral=True)
            else:
                await respond(interaction, "There is no other model here.")

    async def _do(self, interaction: Interaction, press: Press) -> None:
        def surface_of(answered: ShownVersion) -> ChannelSurface:
            prompt = message_at(self._client, answered.channel_id, answered.prompt_id)
            gate = self._gates.of(answered.channel_id)
            return ChannelSurface(prompt, gate, len(answered.shown), self._client, interaction)

        sentence = await self._revisions.press(press, surface_of)
        with _unheard(press):
            if press.model:
                await interaction.edit_original_response(content=sentence or f"I asked `{press.model}`.")
            elif sentence:
                await respond(interaction, sentence)

    def _models(self, current: str) -> list[str]:
        """What to offer in place of a model: each provider's default, then more of the same provider."""
        providers = [name for name in self._offer.providers if self._offer.default_of(name)]
        defaults = [f"{name}/{self._offer.default_of(name)}" for name in providers]
        names = dict.fromkeys([*defaults, *self._offer.complete("", current.partition("/")[0])])
        return [name for name in names if name != current and len(name) <= LONGEST_CHOICE][:MOST_CHOICES]


def _press(interaction: Interaction, act: Act, message_id: int, model: str | None = None) -> Press:
    assert interaction.channel is not None
    place = read_place(interaction.channel, interaction.guild_id)
    reference = interaction.message.reference if interaction.message else None
    prompt_id = reference.message_id if reference else None
    return Press(act, message_id, prompt_id, place, read_author(interaction.user), _moderates(interaction), model)


def _moderates(interaction: Interaction) -> bool:
    return interaction.guild_id is not None and interaction.permissions.manage_messages


async def _acknowledged(interaction: Interaction, press: Press) -> bool:
    """Tell Discord that the press has come; False for one that has come before, or so late that people were told."""
    try:
        await interaction.response.defer()
    except (discord.DiscordException, *CONNECTION_ERRORS) as error:
        log.warning("Discord was not told of %s below %s: %s", press.act, press.message_id, error)
        return not isinstance(error, discord.HTTPException) or error.code not in (_ACKNOWLEDGED, _TOO_LATE)
    return True


@contextmanager
def _unheard(press: Press) -> Iterator[None]:
    """Go on where the person cannot be told any more: the channel may be gone, or Discord too slow."""
    try:
        yield
    except (discord.DiscordException, *CONNECTION_ERRORS) as error:
        log.warning("The person who pressed %s below %s could not be told: %s", press.act, press.message_id, error)
