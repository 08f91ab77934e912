"""The answer to a slash command, which Discord takes for a quarter of an hour."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import discord

from bot.chat.prompts import Attachment
from bot.discord.border import CONNECTION_ERRORS
from bot.discord.delivery.buttons import Interaction, view_of
from bot.discord.delivery.surface import (
    ChannelSurface,
    attached,
    embeds_of,
    files_of,
    nobody,
    sorted_errors,
    tell_directly,
    written,
)
from bot.reply.gate import Gate
from bot.reply.surface import BLANK, Page

log = logging.getLogger(__name__)

_TOKEN_ENDED = {10015, 50027}


class InteractionSurface:
    """Below a slash command: follow-up messages as long as its token lives, then messages of the channel."""

    def __init__(self, interaction: Interaction, gate: Gate, channel: ChannelSurface, until: float) -> None:
        """`until` is the moment of the event loop's clock at which the token is not to be relied on any more."""
        self._interaction = interaction
        self._own_gate = gate
        self._channel = channel
        self._until = until
        self._sent: set[int] = set()
        self._unheard = False

    @property
    def _open(self) -> bool:
        return asyncio.get_running_loop().time() < self._until

    @property
    def gate(self) -> Gate:
        return self._own_gate if self._open else self._channel.gate

    @property
    def takes_embeds(self) -> bool:
        return self._channel.takes_embeds

    def aged(self, message_id: int) -> bool:
        return self._channel.aged(message_id)

    async def send(self, page: Page, *, ping: bool = False) -> int:
        """A follow-up stands below the question, so it needs no reference; the asker knows to look for it."""
        if self._unheard and (arrived := await self._arrived()):
            self._heard(arrived)
            await self.edit(arrived, page, BLANK)
            return arrived
        if self._open:
            self._unheard = True  # a follow-up has no nonce, so whether it arrived has to be looked for
            with sorted_errors(page), suppress(_TokenEnded), self._token():
                sent = await self._channel.in_open_thread(lambda: self._follow_up(page))
                self._heard(sent.id)
                return int(sent.id)
        return await self._channel.send(page, ping=ping)

    def _heard(self, message_id: int) -> None:
        self._unheard = False
        self._sent.add(message_id)
        self._channel.sent += 1

    async def _arrived(self) -> int | None:
        """A follow-up that stands in the channel although we were not told so."""
        with suppress(discord.DiscordException, *CONNECTION_ERRORS):
            posted = await self._channel.answers_to(self._interaction.id)
            return next((message_id for message_id in posted if message_id not in self._sent), None)
        return None

    async def edit(self, message_id: int, page: Page, was: Page) -> None:
        if self._open:
            with sorted_errors(page, was), suppress(_TokenEnded), self._token():
                await self._channel.in_open_thread(
                    lambda: self._interaction.followup.edit_message(
                        message_id, **written(page, was), **attached(page, was), allowed_mentions=nobody()
                    )
                )
                return
        await self._channel.edit(message_id, page, was)

    async def delete(self, message_id: int) -> None:
        await self._channel.delete(message_id)

    async def bare(self, message_id: int) -> None:
        await self._channel.bare(message_id)

    async def attachments(self) -> tuple[Attachment, ...]:
        return ()

    async def typing(self) -> None:
        await self._channel.typing()

    async def whisper(self, text: str) -> None:
        """For the person's eyes only, below the command; in a direct message where that cannot be."""
        if self._open:
            try:
                await self._interaction.followup.send(text, ephemeral=True, allowed_mentions=nobody())
                return
            except (discord.DiscordException, *CONNECTION_ERRORS) as error:
                log.info("Nothing can be said below the command any more: %s", error)
        await tell_directly(self._interaction.user, text)

    async def _follow_up(self, page: Page) -> discord.WebhookMessage:
        return await self._interaction.followup.send(
            discord.utils.MISSING if page.embed else page.text,
            embeds=embeds_of(page),
            view=view_of(page.controls),
            files=files_of(page),
            allowed_mentions=nobody(),
            wait=True,
        )

    @contextmanager
    def _token(self) -> Iterator[None]:
        """Notice when Discord takes the token no more."""
        try:
            yield
        except discord.HTTPException as error:
            if error.code not in _TOKEN_ENDED:
                raise
            self._until = 0.0
            raise _TokenEnded from error


class _TokenEnded(Exception):
    """The interaction cannot be answered any more, only its channel can be written to."""
