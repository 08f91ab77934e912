"""The buttons below a reply."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import discord
from discord.ext import commands

from bot.discord.border import CONNECTION_ERRORS, partial_message, read_author, read_place
from bot.discord.commands.choices import MAX_CHOICE_LENGTH, MAX_CHOICES
from bot.discord.commands.responses import explained, moderates, respond
from bot.discord.delivery.buttons import DYNAMIC, Interaction, model_choice_view
from bot.discord.delivery.gates import Gates
from bot.discord.delivery.surface import ChannelSurface
from bot.providers.offer import Offer
from bot.reply.controls import Act
from bot.store.versions import Asked
from bot.text import Refused, Text
from bot.turn.actions import Actions, Press

log = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 5.0
"""Seconds at shutdown to tell people the outcome of what they pressed."""

_ACKNOWLEDGED = 40060
_TOO_LATE = 10062


class ReplyControls(commands.Cog):
    """Handles presses of buttons, including those of replies from before a restart."""

    def __init__(self, client: commands.Bot, actions: Actions, offer: Offer, gates: Gates) -> None:
        self._client = client
        self._actions = actions
        self._offer = offer
        self._gates = gates
        self._presses: set[asyncio.Task[Any]] = set()

    async def cog_load(self) -> None:
        self._client.add_dynamic_items(*DYNAMIC)

    async def cog_unload(self) -> None:
        """Finish what was pressed before the connections close."""
        if self._presses:
            await asyncio.wait(self._presses, timeout=SHUTDOWN_SECONDS)

    @commands.Cog.listener()
    async def on_control(self, interaction: Interaction, act: Act) -> None:
        """A button was pressed."""
        if interaction.message is None or interaction.channel is None:
            return
        press = _press(interaction, act, interaction.message.id)
        async with self._boundary(interaction, press):
            if act is Act.MODEL:
                await self._offer_models(interaction, press)
            elif await _acknowledge(interaction, press):
                await self._do(interaction, press)

    @commands.Cog.listener()
    async def on_model_choice(self, interaction: Interaction, message_id: int, model: str) -> None:
        """A model was chosen from the list that `_offer_models` showed."""
        if interaction.channel is None:
            return
        press = _press(interaction, Act.MODEL, message_id, model)
        async with self._boundary(interaction, press):
            if await _acknowledge(interaction, press):
                with _logging_failures(press):
                    asking = Text("Asking `{model}` …", model=model)
                    await interaction.edit_original_response(content=str(asking), view=None)
                await self._do(interaction, press)

    @asynccontextmanager
    async def _boundary(self, interaction: Interaction, press: Press) -> AsyncIterator[None]:
        """Tell the person why what happens inside failed; a shutdown waits for it."""
        task = asyncio.current_task()
        assert task is not None
        self._presses.add(task)
        try:
            async with explained(interaction, f"{press.act} below {press.message_id}"):
                yield
        finally:
            self._presses.discard(task)

    async def _offer_models(self, interaction: Interaction, press: Press) -> None:
        """Show only to the person which models could answer instead."""
        with _logging_failures(press):
            try:
                current = await self._actions.model_of(press)
            except Refused as refused:
                await respond(interaction, refused.text)
                return
            if current is None:
                if await _acknowledge(interaction, press):
                    await self._do(interaction, press)  # explains why not, and removes the stale buttons
            elif models := self._models(current):
                view = model_choice_view(press.message_id, models)
                question = Text("Which model should answer instead?")
                await interaction.response.send_message(str(question), view=view, ephemeral=True)
            else:
                await respond(interaction, Text("There's no other model to ask."))

    async def _do(self, interaction: Interaction, press: Press) -> None:
        def open_surface(asked: Asked) -> ChannelSurface:
            channel = self._client.get_channel(press.place.channel_id)
            prompt = partial_message(self._client, channel, press.place.channel_id, asked.prompt_id)
            return ChannelSurface(prompt, self._gates.of(press.place.channel_id), self._client, interaction)

        outcome = Text("I asked `{model}`.", model=press.model) if press.model else None
        try:
            await self._actions.press(press, open_surface)
        except Refused as refused:
            outcome = refused.text
        with _logging_failures(press):
            if press.model:
                await interaction.edit_original_response(content=str(outcome))
            elif outcome:
                await respond(interaction, outcome)

    def _models(self, current: str) -> list[str]:
        """Alternatives to a model: the default of each provider, then more models of the same provider."""
        providers = [name for name in self._offer.providers if self._offer.default_of(name)]
        defaults = [f"{name}/{self._offer.default_of(name)}" for name in providers]
        names = dict.fromkeys([*defaults, *self._offer.complete("", current.partition("/")[0])])
        return [name for name in names if name != current and len(name) <= MAX_CHOICE_LENGTH][:MAX_CHOICES]


def _press(interaction: Interaction, act: Act, message_id: int, model: str | None = None) -> Press:
    assert interaction.channel is not None
    place = read_place(interaction.channel, interaction.guild_id)
    reference = interaction.message.reference if interaction.message else None
    prompt_id = reference.message_id if reference else None
    return Press(act, message_id, prompt_id, place, read_author(interaction.user), moderates(interaction), model)


async def _acknowledge(interaction: Interaction, press: Press) -> bool:
    """Acknowledge the press; returns False if it was a duplicate, or so late that Discord showed it as failed."""
    try:
        await interaction.response.defer()
    except (discord.DiscordException, *CONNECTION_ERRORS) as error:
        log.warning("%s below %s could not be acknowledged: %s", press.act, press.message_id, error)
        return not isinstance(error, discord.HTTPException) or error.code not in (_ACKNOWLEDGED, _TOO_LATE)
    return True


@contextmanager
def _logging_failures(press: Press) -> Iterator[None]:
    """Only log it if the person can't be told any more: the channel may be gone, or Discord too slow."""
    try:
        yield
    except (discord.DiscordException, *CONNECTION_ERRORS) as error:
        log.warning("The person who pressed %s below %s could not be told: %s", press.act, press.message_id, error)
