"""Answers to slash commands: ephemeral, pinging nobody, and the check that Discord's own permissions leave to us."""

import logging

import discord
from discord import app_commands

from bot.markdown.pages import split
from bot.text import Text

log = logging.getLogger(__name__)


async def respond(interaction: discord.Interaction, text: Text | str) -> None:
    """Answer the person alone, over as many messages as the text needs."""
    for page in split(str(text)):
        if interaction.response.is_done():
            await interaction.followup.send(page, ephemeral=True, allowed_mentions=discord.AllowedMentions.none())
        else:
            await interaction.response.send_message(
                page, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
            )


async def permitted(interaction: discord.Interaction, permission: str) -> bool:
    """Whether the person has this permission here; where not, they are told. A direct message is one's own."""
    if interaction.guild_id is None or getattr(interaction.permissions, permission):
        return True
    title = permission.replace("_", " ").title()
    if permission == "manage_guild":
        title = "Manage Server"
    await respond(interaction, f"⚠️ That takes the permission {title}, which you do not have here.")
    return False


class Commands(app_commands.CommandTree[discord.Client]):
    """The slash commands; one that fails tells the person, and the log why."""

    async def on_error(self, interaction: discord.Interaction, error: app_commands.AppCommandError, /) -> None:
        command = interaction.command.qualified_name if interaction.command else "unknown"
        if isinstance(error, app_commands.CheckFailure | app_commands.TransformerError):
            log.info("/%s refused: %s", command, error)
            sentence = f"⚠️ {error}"
        else:
            log.error("/%s failed in channel %s", command, interaction.channel_id, exc_info=error)
            sentence = f"⚠️ Something went wrong. The operator finds the cause in the log, under {interaction.id}."
        try:
            await respond(interaction, sentence)
        except discord.HTTPException as failure:
            log.warning("The person behind /%s could not be told: %s", command, failure)
