"""Modals of text inputs, checked as Discord documents them."""

from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest

from bot.simulator import Simulator
from tests.person import Person, Refused
from tests.simulator.recorder import Recorder, running

Input = discord.ui.TextInput[Any]
LONGEST = "x" * 4_000


def modal(*inputs: Input, title: str = "A form", heading: str = "A text", description: str | None = None) -> Any:
    made = discord.ui.Modal(title=title, custom_id="form", timeout=9)
    for text_input in inputs:
        made.add_item(discord.ui.Label(text=heading, description=description, component=text_input))
    return made


class Opening(Recorder):
    """Opens whatever modal a test puts there."""

    def __init__(self) -> None:
        super().__init__()
        self.modal = modal(Input(default=LONGEST, max_length=4_000))
        self.refusal: discord.HTTPException | None = None

        @self.tree.command(description="opens a modal")
        async def form(interaction: discord.Interaction) -> None:
            try:
                await interaction.response.send_modal(self.modal)
            except discord.HTTPException as error:
                self.refusal = error
                await interaction.response.send_message("refused")


@pytest.fixture
async def bot(sim: Simulator) -> AsyncIterator[Opening]:
    async with running(sim, Opening()) as opening:
        await opening.tree.sync()
        yield opening


async def test_a_prefilled_input_is_shown_and_sent_back(bot: Opening, ana: Person) -> None:
    await ana.use("form")
    shown = await ana.modal()
    [label] = shown["components"]
    assert (label["type"], label["label"], label["component"]["value"]) == (18, "A text", LONGEST)
    bot.modal.on_submit = answering(bot.modal)
    answer = await ana.answer(await ana.submit(shown, {}))
    assert answer["content"] == "4000"


def answering(shown: Any) -> Any:
    async def on_submit(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(str(len(shown.children[0].component.value)))

    return on_submit


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (modal(Input(default=LONGEST + "x")), "data.components.0.component.value"),
        (modal(Input(max_length=4_001)), "data.components.0.component.max_length"),
        (modal(Input(placeholder="x" * 101)), "data.components.0.component.placeholder"),
        (modal(Input(label="Again")), "data.components.0.component.label"),
        (modal(Input(), heading="x" * 46), "data.components.0.label"),
        (modal(Input(), description="x" * 101), "data.components.0.description"),
        (modal(Input(), title="x" * 46), "data.title"),
        (modal(Input(custom_id="one"), Input(custom_id="one")), "data.components"),
        (modal(), "data.components"),
    ],
)
async def test_a_modal_beyond_the_limits_is_refused(bot: Opening, ana: Person, wrong: Any, path: str) -> None:
    bot.modal = wrong
    assert (await ana.command("form"))["content"] == "refused"
    assert bot.refusal is not None
    assert (bot.refusal.status, bot.refusal.code) == (400, 50035)
    assert f"In {path}: " in str(bot.refusal)


async def test_what_is_required_or_too_short_cannot_be_submitted(bot: Opening, ana: Person) -> None:
    required, optional = Input(custom_id="a", min_length=3), Input(custom_id="b", required=False)
    bot.modal = modal(required, optional)
    await ana.use("form")
    shown = await ana.modal()
    for entered in ("", "ab"):
        with pytest.raises(Refused) as refused:
            await ana.submit(shown, {"a": entered})
        assert refused.value.code == 50035
    bot.modal.on_submit = answering(bot.modal)
    assert (await ana.answer(await ana.submit(shown, {"a": "abc"})))["content"] == "3"


async def test_a_channel_option_takes_only_its_types(sim: Simulator, bot: Opening, ana: Person) -> None:
    @bot.tree.command(description="takes a category")
    async def within(interaction: discord.Interaction, where: discord.CategoryChannel) -> None:
        await interaction.response.send_message(f"in {where}")

    await bot.tree.sync()
    category = sim.world.add_channel("projects", 4)
    assert (await ana.command("within", {"where": str(category.id)}))["content"] == "in projects"
    with pytest.raises(Refused) as refused:
        await ana.use("within", {"where": str(sim.world.general.id)})
    assert refused.value.code == 50035
