"""Component interactions on public and ephemeral messages, and their responses."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest

from bot.simulator import Limits, Permission, Simulator
from tests.forms import buttons, choices
from tests.person import NotAnswered, Person
from tests.simulator.recorder import Recorder, running

Interaction = discord.Interaction[Recorder]
MODELS = ("groq/small", "groq/large")


def panel() -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Other model", emoji="🔀", custom_id="other"))
    view.add_item(discord.ui.Button(emoji="◀️", custom_id="back", disabled=True))
    return view


def models() -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    options = [discord.SelectOption(label=model, description="fast", emoji="⚡") for model in MODELS]
    view.add_item(discord.ui.Select(placeholder="Which model?", custom_id="model", options=options))
    return view


class Waiting(Recorder):
    """Queues every interaction, for the test to respond to."""

    def __init__(self) -> None:
        super().__init__()
        self.started: asyncio.Queue[Interaction] = asyncio.Queue()

    async def on_interaction(self, interaction: Interaction) -> None:
        await self.started.put(interaction)


@pytest.fixture
async def bot(sim: Simulator) -> AsyncIterator[Waiting]:
    async with running(sim, Waiting()) as client:
        yield client


async def pressed(bot: Waiting, action: Any) -> tuple[Interaction, "asyncio.Task[str]"]:
    """Start a person's action; returns its interaction, and the task, which ends when it is acknowledged."""
    acting = asyncio.create_task(action)
    return await bot.started.get(), acting


async def open_ephemeral_menu(
    bot: Waiting, general: discord.TextChannel, ana: Person
) -> tuple[dict[str, Any], Interaction]:
    """Let Ana press a button that responds with an ephemeral menu; returns that message and the interaction."""
    await general.send("answer", view=panel())
    interaction, acting = await pressed(bot, ana.click(await ana.sees("answer"), "🔀"))
    await interaction.response.send_message("choose", view=models(), ephemeral=True)
    return await ana.answer(await acting), interaction


async def test_component_interaction_has_permissions_and_message(
    sim: Simulator, bot: Waiting, general: discord.TextChannel, ana: Person, ben: Person
) -> None:
    sent = await general.send("answer", view=panel())
    for person, manages in ((ana, True), (ben, False)):
        message = await person.sees("answer")
        assert buttons(message) == ["Other model"]
        interaction, acting = await pressed(bot, person.click(message, "Other model"))
        assert interaction.permissions.manage_messages is manages
        assert interaction.message is not None
        assert (interaction.message.id, interaction.message.content) == (sent.id, "answer")
        await interaction.response.defer()
        await acting
    role = sim.world.add_role("keepers")
    sim.world.set_roles(sim.world.member, role)
    sim.world.set_overwrite(sim.world.general, role, allow=Permission.MANAGE_MESSAGES)
    interaction, acting = await pressed(bot, ben.click(message, "Other model"))
    assert interaction.permissions.manage_messages
    await interaction.response.defer()
    await acting
    with pytest.raises(LookupError, match="there is Other model"):
        await ben.click(message, "Stop")


async def test_ephemeral_menu_is_edited_into_its_result(
    bot: Waiting, general: discord.TextChannel, ana: Person, ben: Person
) -> None:
    menu, _ = await open_ephemeral_menu(bot, general, ana)
    assert (menu["flags"], choices(menu, "Which model?")) == (64, list(MODELS))
    interaction, acting = await pressed(bot, ana.select(menu, "Which model?", ["groq/large"]))
    assert interaction.message is not None
    assert (interaction.message.id, interaction.message.flags.ephemeral) == (int(menu["id"]), True)
    await interaction.response.edit_message(content="groq/large answers now", view=None)
    await acting
    changed = await ana.sees("answers now")
    assert (changed["id"], changed["flags"], buttons(changed)) == (menu["id"], 64, [])
    assert not any(message["id"] == menu["id"] for message in ben.messages_from(ana.application_id))


async def test_ephemeral_menu_is_deleted(bot: Waiting, general: discord.TextChannel, ana: Person) -> None:
    menu, _ = await open_ephemeral_menu(bot, general, ana)
    interaction, acting = await pressed(bot, ana.select(menu, "model", ["groq/small"]))
    await interaction.response.defer()
    await acting
    await interaction.followup.send("a word to you", ephemeral=True)
    assert (await ana.sees("a word"))["flags"] == 64
    await interaction.delete_original_response()
    await ana.gone(menu["id"])
    with pytest.raises(discord.NotFound) as refused:
        await interaction.edit_original_response(content="gone")
    assert refused.value.code == 10008


async def test_ephemeral_menu_is_deleted_with_the_token_that_sent_it(
    bot: Waiting, general: discord.TextChannel, ana: Person
) -> None:
    menu, opened = await open_ephemeral_menu(bot, general, ana)
    interaction, acting = await pressed(bot, ana.select(menu, "model", ["groq/small"]))
    await interaction.response.send_message("done", ephemeral=True)
    await acting
    await opened.delete_original_response()
    await ana.gone(menu["id"])
    with pytest.raises(discord.NotFound) as refused:
        await opened.followup.edit_message((await interaction.original_response()).id, content="not mine")
    assert refused.value.code == 10008


async def test_bot_cannot_reach_ephemeral_messages_through_the_channel(
    bot: Waiting, general: discord.TextChannel, ana: Person
) -> None:
    menu, _ = await open_ephemeral_menu(bot, general, ana)
    partial = general.get_partial_message(int(menu["id"]))
    for attempt in (partial.edit(content="x"), partial.delete(), partial.fetch()):
        with pytest.raises(discord.NotFound) as refused:
            await attempt
        assert refused.value.code == 10008
    assert bot.count("message") == 1  # the panel alone


async def test_public_response_outlives_its_token(
    sim: Simulator, bot: Waiting, general: discord.TextChannel, ana: Person
) -> None:
    await general.send("answer", view=panel())
    interaction, acting = await pressed(bot, ana.click(await ana.sees("answer"), "other"))
    await interaction.response.send_message("one")
    await acting
    follow = await interaction.followup.send("more", wait=True, view=panel())
    original = await interaction.original_response()
    sim.interactions.token_life = 0
    for late in (original.edit(content="late"), follow.delete(), interaction.followup.send("late")):
        with pytest.raises(discord.HTTPException) as refused:
            await late
        assert (refused.value.status, refused.value.code) == (401, 50027)
    await general.get_partial_message(original.id).edit(content="two", view=panel())
    assert buttons(await ana.sees("two")) == ["Other model"]
    await general.get_partial_message(follow.id).delete()
    await ana.gone(str(follow.id))


async def test_unacknowledged_component_interaction_fails(
    general: discord.TextChannel, sim: Simulator, bot: Waiting, ana: Person
) -> None:
    sim.interactions.ack_window = 0.05
    await general.send("answer", view=panel())
    interaction, acting = await pressed(bot, ana.click(await ana.sees("answer"), "other"))
    with pytest.raises(NotAnswered):
        await acting
    with pytest.raises(discord.NotFound) as refused:
        await interaction.response.edit_message(content="late")
    assert refused.value.code == 10062


async def test_component_interaction_is_acknowledged_once(
    general: discord.TextChannel, bot: Waiting, ana: Person
) -> None:
    await general.send("answer", view=panel())
    interaction, acting = await pressed(bot, ana.click(await ana.sees("answer"), "other"))
    await interaction.response.defer()
    await acting
    interaction.response._response_type = None  # otherwise discord.py itself raises
    with pytest.raises(discord.HTTPException) as refused:
        await interaction.response.edit_message(content="twice")
    assert refused.value.code == 40060


async def test_response_can_carry_files_but_not_be_empty(
    general: discord.TextChannel, bot: Waiting, ana: Person
) -> None:
    sent = await general.send("answer", view=panel())
    interaction, acting = await pressed(bot, ana.click(await ana.sees("answer"), "other"))
    with pytest.raises(discord.HTTPException) as refused:
        await interaction.response.edit_message(content=None, view=None)
    assert refused.value.code == 50006
    file = discord.File(io.BytesIO(b"# Answer"), "answer.md")
    await interaction.response.edit_message(content="as a file", attachments=[file])
    await acting
    shown = await ana.sees("as a file")
    assert (shown["id"], [a["filename"] for a in shown["attachments"]]) == (str(sent.id), ["answer.md"])


async def test_response_in_a_locked_or_deleted_thread_fails(
    sim: Simulator, general: discord.TextChannel, bot: Waiting, ana: Person
) -> None:
    thread = await general.create_thread(name="apart", type=discord.ChannelType.public_thread)
    await thread.send("answer", view=panel())
    message = await ana.sees("answer")
    interaction, acting = await pressed(bot, ana.click(message, "other"))
    await interaction.response.defer()
    await acting
    await ana.lock(thread.id)
    for attempt in (interaction.edit_original_response(content="x"), interaction.followup.send("x")):
        with pytest.raises(discord.HTTPException) as refused:
            await attempt
        assert refused.value.code == 50083
    await ana.delete_channel(thread.id)
    with pytest.raises(discord.NotFound) as gone:
        await interaction.followup.send("x")
    assert gone.value.code == 10003


async def test_interaction_tokens_have_their_own_buckets_outside_the_global_limit(ana: Person) -> None:
    limits = Limits(webhooks=2, window=0.2, overall=1000, messages=1000)
    async with (
        Simulator.open(limits=limits) as sim,
        running(sim, Waiting()) as bot,
        Person.connect(sim.api_url, sim.gateway_url, sim.person_token) as person,
    ):
        await bot.get_partial_messageable(sim.world.general.id).send("answer", view=panel())
        message = await person.sees("answer")
        started = [await pressed(bot, person.click(message, "other")) for _ in range(2)]
        limits.overall = 0
        for interaction, acting in started:
            await interaction.response.send_message("one")
            await acting
            follow = await interaction.followup.send("two", wait=True)
            await follow.edit(content="three")
            await follow.delete()
    webhooks = [request for request in sim.requests if request.path.startswith("/webhooks")]
    assert [(r.method, r.status) for r in webhooks] == [("POST", 200), ("PATCH", 200), ("DELETE", 204)] * 2


async def test_buttons_work_in_dms(bot: Waiting, ana: Person) -> None:
    assert bot.user is not None
    dm = await ana.open_dm(bot.user.id)
    await bot.get_partial_messageable(int(dm["id"])).send("answer", view=panel())
    interaction, acting = await pressed(bot, ana.click(await ana.sees("answer"), "other"))
    assert (interaction.guild, interaction.user.id) == (None, int(ana.id))
    await interaction.response.edit_message(content="changed")
    await acting
    assert buttons(await ana.sees("changed")) == ["Other model"]


async def test_follow_up_refers_to_the_original_response(
    general: discord.TextChannel, bot: Waiting, ana: Person
) -> None:
    sent = await general.send("answer", view=panel())
    interaction, acting = await pressed(bot, ana.click(await ana.sees("answer"), "other"))
    await interaction.response.send_message("one")
    first = await ana.answer(await acting)
    assert "original_response_message_id" not in first["interaction_metadata"]
    assert first["interaction_metadata"]["interacted_message_id"] == str(sent.id)
    await interaction.followup.send("two")
    second = await ana.sees("two")
    assert second["interaction_metadata"]["original_response_message_id"] == first["id"]


class Where(discord.ui.Modal, title="Where and who"):
    place = discord.ui.Label(text="Channel", component=discord.ui.ChannelSelect[Any](custom_id="place"))
    who = discord.ui.Label(text="Who", component=discord.ui.MentionableSelect[Any](custom_id="who", max_values=2))

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        assert isinstance(self.place.component, discord.ui.ChannelSelect)
        assert isinstance(self.who.component, discord.ui.MentionableSelect)
        names = sorted(str(target) for target in self.who.component.values)
        await interaction.response.send_message(f"{self.place.component.values[0]} for {names}", ephemeral=True)


async def test_modal_selects_are_resolved(
    sim: Simulator, general: discord.TextChannel, bot: Waiting, ana: Person
) -> None:
    await general.send("answer", view=panel())
    interaction, acting = await pressed(bot, ana.click(await ana.sees("answer"), "other"))
    await interaction.response.send_modal(Where())
    await acting
    role = sim.world.bot_role
    chosen = {"place": [str(sim.world.random.id)], "who": [str(sim.world.member.id), str(role.id)]}
    answer = await ana.answer(await ana.submit(await ana.modal(), chosen))
    assert answer["content"] == "random for ['Parley', 'ben']"
