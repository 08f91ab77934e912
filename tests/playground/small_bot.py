"""A small discord.py bot that uses every feature that the page shows."""

import asyncio

import discord
from discord import app_commands

from tests.simulator.recorder import Recorder

COLOURS = ("amber", "azure", "crimson")


class SmallBot(Recorder):
    """Answers mentions with a message that gets longer each time a test releases `grow`."""

    def __init__(self) -> None:
        super().__init__()
        self.grow = asyncio.Semaphore(0)
        self.asked: list[str] = []
        add_commands(self)

    async def on_message(self, message: discord.Message) -> None:
        if message.author == self.user or self.user not in message.mentions:
            return
        text = "One"
        reply = await message.reply(text)
        for more in ("\n- two", "\n```py\nthree = 3\n```", "\n**four**"):
            await self.grow.acquire()
            text += more
            await reply.edit(content=text)


class Panel(discord.ui.View):
    """A button that edits, one that opens a modal, one that does not respond, a link, and a select."""

    def __init__(self) -> None:
        super().__init__()
        self.add_item(discord.ui.Button(label="Read more", url="https://example.com/"))

    @discord.ui.button(label="Count", style=discord.ButtonStyle.primary)
    async def count(self, interaction: discord.Interaction, button: discord.ui.Button["Panel"]) -> None:
        button.label = "Counted"
        await interaction.response.edit_message(content="Counted: 1", view=self)

    @discord.ui.button(label="Ask")
    async def ask(self, interaction: discord.Interaction, button: discord.ui.Button["Panel"]) -> None:
        await interaction.response.send_modal(Question())

    @discord.ui.button(label="Silent", style=discord.ButtonStyle.danger)
    async def silent(self, interaction: discord.Interaction, button: discord.ui.Button["Panel"]) -> None:
        pass

    @discord.ui.select(
        placeholder="Pick colours",
        max_values=2,
        options=[discord.SelectOption(label=name, description=f"as {name} as can be") for name in COLOURS],
    )
    async def pick(self, interaction: discord.Interaction, select: discord.ui.Select["Panel"]) -> None:
        await interaction.response.send_message(f"Picked {' and '.join(sorted(select.values))}")


class Question(discord.ui.Modal, title="A question"):
    name = discord.ui.Label(text="Your name", component=discord.ui.TextInput[discord.ui.Modal](max_length=20))
    colour = discord.ui.Label(
        text="A colour",
        description="Any will do",
        component=discord.ui.Select[discord.ui.Modal](options=[discord.SelectOption(label=name) for name in COLOURS]),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        assert isinstance(self.name.component, discord.ui.TextInput)
        assert isinstance(self.colour.component, discord.ui.Select)
        await interaction.response.send_message(f"{self.name.component.value} likes {self.colour.component.values[0]}")


def add_commands(bot: SmallBot) -> None:
    @bot.tree.command(description="Paint something")
    async def paint(
        interaction: discord.Interaction,
        colour: str,
        coats: app_commands.Range[int, 1, 9],
        where: discord.TextChannel | None = None,
        shiny: bool | None = None,
    ) -> None:
        await interaction.response.send_message(f"{colour} {coats!r} {where} {shiny}", ephemeral=True)

    @paint.autocomplete("colour")
    async def colours(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        bot.asked.append(typed)
        return [app_commands.Choice(name=name.title(), value=name) for name in COLOURS if typed.lower() in name]

    house = app_commands.Group(name="house", description="The house")

    @house.command(description="Clean a room")
    @app_commands.choices(room=[app_commands.Choice(name="The kitchen", value="kitchen")])
    async def clean(interaction: discord.Interaction, room: str) -> None:
        await interaction.response.defer(thinking=True)
        await bot.grow.acquire()
        await interaction.edit_original_response(content=f"{room} is clean")

    bot.tree.add_command(house)

    @bot.tree.command(description="For those who manage the server")
    @app_commands.default_permissions(manage_guild=True)
    async def manage(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Managed")

    @bot.tree.command(description="Show the panel")
    async def panel(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Press something", view=Panel())
