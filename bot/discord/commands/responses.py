"""Responses to interactions, visible only to the person, and what the person is told if one fails."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import discord
from discord import app_commands

from bot.discord.border import CONNECTION_ERRORS
from bot.markdown.pages import split
from bot.text import Refused, Text

log = logging.getLogger(__name__)

_TITLES = {"manage_guild": "Manage Server"}
"""Permissions that have another name in Discord's clients than in its API."""


async def respond(interaction: discord.Interaction, *lines: Text | str) -> None:
    """Respond with messages that only the person sees, as many as the text needs."""
    for page in split("\n".join(map(str, lines))):
        if interaction.response.is_done():
            await interaction.followup.send(page, ephemeral=True, allowed_mentions=discord.AllowedMentions.none())
        else:
            await interaction.response.send_message(
                page, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
            )


def check_permission(interaction: discord.Interaction, permission: str) -> None:
    """Raise Refused unless the person has the permission here. In direct messages everyone has every permission."""
    if interaction.guild_id is None or getattr(interaction.permissions, permission):
        return
    title = _TITLES.get(permission, permission.replace("_", " ").title())
    raise Refused(Text("You need the {permission} permission.", permission=title))


def moderates(interaction: discord.Interaction) -> bool:
    """Whether the person moderates here, and so may act on other people's answers."""
    return interaction.guild_id is not None and interaction.permissions.manage_messages


@asynccontextmanager
async def explained(interaction: discord.Interaction, action: str) -> AsyncIterator[None]:
    """Tell the person why the body failed. `action` is its name in the log."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 the boundary of an interaction
        await explain(interaction, action, error)


async def explain(interaction: discord.Interaction, action: str, error: Exception) -> None:
    """Tell the person why their interaction failed. Unexpected errors are logged with their traceback."""
    if (refusal := _refusal(error)) is not None:
        log.info("%s refused: %s", action, refusal)
    else:
        log.error("%s %s failed in channel %s", action, interaction.id, interaction.channel_id, exc_info=error)
        refusal = Text(
            "Something went wrong on my side. The bot's operator can find the cause in the log under {id}.",
            id=interaction.id,
        )
    try:
        await respond(interaction, Text("⚠️ {reason}", reason=refusal))
    except (discord.HTTPException, *CONNECTION_ERRORS) as failure:
        log.warning("The person behind %s could not be told: %s", action, failure)


def _refusal(error: Exception) -> Text | None:
    """The sentence for people that an error carries; None for unexpected errors."""
    if isinstance(error, app_commands.CommandInvokeError):
        return _refusal(error.original)
    if isinstance(error, Refused):
        return error.text
    if isinstance(error, app_commands.CheckFailure | app_commands.TransformerError):
        return Text("{reason}", reason=str(error))
    return None


class CommandTree(app_commands.CommandTree[discord.Client]):
    """The slash commands. If one fails, the person is told why."""

    async def on_error(self, interaction: discord.Interaction, error: app_commands.AppCommandError, /) -> None:
        command = interaction.command.qualified_name if interaction.command else "unknown"
        await explain(interaction, f"/{command}", error)
