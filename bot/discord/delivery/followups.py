"""Writes replies to slash commands. Discord accepts an interaction's token for 15 minutes."""

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
    attachments_of,
    classified_errors,
    content_of,
    embeds_of,
    files_of,
    no_mentions,
    send_direct_message,
)
from bot.reply.gate import Gate
from bot.reply.surface import BLANK, Page, SurfaceLost
from bot.text import Text

log = logging.getLogger(__name__)

_TOKEN_EXPIRED = {10015, 50027}


class InteractionSurface:
    """The surface of a slash command: follow-up messages while its token is valid, then messages in the channel."""

    def __init__(self, interaction: Interaction, gate: Gate, channel: ChannelSurface, until: float) -> None:
        """`until` is the event loop's time at which the token is no longer used."""
        self._interaction = interaction
        self._own_gate = gate
        self._channel = channel
        self._until = until
        self._sent: set[int] = set()
        self._unconfirmed = False

    @property
    def _open(self) -> bool:
        return asyncio.get_running_loop().time() < self._until

    @property
    def gate(self) -> Gate:
        return self._own_gate if self._open else self._channel.gate

    @property
    def takes_embeds(self) -> bool:
        return self._channel.takes_embeds

    def obstacle(self) -> SurfaceLost | None:
        return None  # commands can be answered even where messages cannot be sent

    def is_old(self, message_id: int) -> bool:
        return self._channel.is_old(message_id)

    async def send(self, page: Page, number: int, *, ping: bool = False) -> int:
        """Send a follow-up. It appears below the question, so it needs neither a reference nor a ping."""
        if self._unconfirmed and (arrived := await self._find_unconfirmed()):
            self._confirm(arrived)
            await self.edit(arrived, page, BLANK)
            return arrived
        if self._open:
            self._unconfirmed = True  # a follow-up has no nonce, so we must look whether it arrived
            with classified_errors(page), suppress(_TokenExpired), self._token():
                sent = await self._channel.in_open_thread(lambda: self._follow_up(page))
                self._confirm(sent.id)
                return int(sent.id)
        return await self._channel.send(page, number, ping=ping)

    def _confirm(self, message_id: int) -> None:
        self._unconfirmed = False
        self._sent.add(message_id)

    async def _find_unconfirmed(self) -> int | None:
        """The id of a follow-up that arrived although its response was lost."""
        with suppress(discord.DiscordException, *CONNECTION_ERRORS):
            posted = await self._channel.answers_to(self._interaction.id)
            return next((message_id for message_id in posted if message_id not in self._sent), None)
        return None

    async def edit(self, message_id: int, page: Page, was: Page) -> None:
        if self._open:
            with classified_errors(page, was), suppress(_TokenExpired), self._token():
                await self._channel.in_open_thread(
                    lambda: self._interaction.followup.edit_message(
                        message_id, **content_of(page, was), **attachments_of(page, was), allowed_mentions=no_mentions()
                    )
                )
                return
        await self._channel.edit(message_id, page, was)

    async def delete(self, message_id: int) -> None:
        await self._channel.delete(message_id)

    async def remove_buttons(self, message_id: int) -> None:
        await self._channel.remove_buttons(message_id)

    async def attachments(self) -> tuple[Attachment, ...]:
        return ()

    async def typing(self) -> None:
        await self._channel.typing()

    async def notify_privately(self, text: Text) -> None:
        """Send an ephemeral message below the command, or a direct message if that fails."""
        if self._open:
            try:
                await self._interaction.followup.send(str(text), ephemeral=True, allowed_mentions=no_mentions())
                return
            except (discord.DiscordException, *CONNECTION_ERRORS) as error:
                log.info("The command can no longer be answered: %s", error)
        await send_direct_message(self._interaction.user, text)

    async def _follow_up(self, page: Page) -> discord.WebhookMessage:
        return await self._interaction.followup.send(
            discord.utils.MISSING if page.embed else page.text,
            embeds=embeds_of(page),
            view=view_of(page.controls),
            files=files_of(page),
            allowed_mentions=no_mentions(),
            wait=True,
        )

    @contextmanager
    def _token(self) -> Iterator[None]:
        """Raise _TokenExpired when Discord no longer accepts the token."""
        try:
            yield
        except discord.HTTPException as error:
            if error.code not in _TOKEN_EXPIRED:
                raise
            self._until = 0.0
            raise _TokenExpired from error


class _TokenExpired(Exception):
    """The interaction can no longer be answered; only its channel can be written to."""
