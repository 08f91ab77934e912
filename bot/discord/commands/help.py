"""`/help`: how to talk to Parley."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord.commands.choices import CurrentModel
from bot.discord.commands.responses import respond
from bot.text import Text

HELP = """\
**Talking to me**
- Mention me in a message, or reply to one of mine. In direct messages, just write.
- I remember our conversation. A mention within half an hour continues it; a reply continues from the message you \
reply to, so a reply to an older answer branches off there.
- Attach images (PNG, JPEG, GIF, WebP) and ask about them, if the model can see images.

**Below my answers**
- ⏹️ stops the answer, 🔄 regenerates it, ⏩ continues it, 🔀 asks another model, ◀️ ▶️ switch versions, 🗑️ deletes \
the answer. They're for the person who asked, and for moderators.

**Commands**
- `/ask` asks without a mention.
- `/new` starts a new conversation, `/stop` stops the answer that I'm writing.
- `/provider` and `/model` show which model this channel uses. With Manage Channels you can switch it.
- `/settings` is for server admins: system prompt, temperature, who may talk to me, how answers look, \
and more.

This channel uses `{model}`."""


class HelpCommand(commands.Cog):
    """`/help`."""

    def __init__(self, current: CurrentModel) -> None:
        self._current = current

    @app_commands.command(description="How to talk to me, and what the commands do")
    async def help(self, interaction: discord.Interaction) -> None:
        await respond(interaction, Text(HELP, model=await self._current(interaction)))
