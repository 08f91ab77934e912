"""Commands, buttons, selects and modals, with a person on one side and discord.py on the other."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.simulator import Limits, Permission, Simulator
from tests.person import NotAnswered, Person, Refused
from tests.simulator.recorder import Recorder, running

Interaction = discord.Interaction[Recorder]


async def names(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    known = ("groq", "grok", "gemini")
    return [app_commands.Choice(name=name, value=name) for name in known if name.startswith(current)]


class Form(discord.ui.Modal, title="About you"):
    name: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Your name", custom_id="name", max_length=20)

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"Hello {self.name.value}", ephemeral=True)


def register(bot: Recorder) -> None:
    tree = bot.tree
    settings = app_commands.Group(
        name="settings", description="settings", default_permissions=discord.Permissions(manage_guild=True)
    )

    @tree.command(description="answers at once")
    async def echo(interaction: Interaction, text: str, times: app_commands.Range[int, 1, 3] = 1) -> None:
        await interaction.response.send_message(" ".join([text] * times))

    @tree.command(description="thinks first")
    @app_commands.autocomplete(model=names)
    async def slow(interaction: Interaction, model: str) -> None:
        await interaction.response.defer(thinking=True, ephemeral=True)
        await interaction.edit_original_response(content=f"thought about {model}")
        await interaction.followup.send("and more", ephemeral=True)

    @tree.command(description="never answers")
    async def mute(interaction: Interaction) -> None:
        bot.told.append(("muted", (interaction,)))

    @tree.command(description="reads a file")
    async def read(interaction: Interaction, file: discord.Attachment, who: discord.Member | None = None) -> None:
        content = await file.read()
        await interaction.response.send_message(f"{file.filename}: {content.decode()} for {who}")

    @tree.command(description="opens a modal")
    async def form(interaction: Interaction) -> None:
        await interaction.response.send_modal(Form())

    @settings.command(name="set", description="sets")
    async def set_one(interaction: Interaction, key: str) -> None:
        await interaction.response.send_message(f"set {key}", ephemeral=True)

    tree.add_command(settings)


@pytest.fixture
async def bot(sim: Simulator) -> AsyncIterator[Recorder]:
    client = Recorder()
    register(client)
    async with running(sim, client) as bot:
        await bot.tree.sync()
        yield bot


async def test_command_gets_a_response(bot: Recorder, ana: Person) -> None:
    answer = await ana.command("echo", {"text": "hi", "times": 2})
    assert (answer["content"], answer["type"], answer["author"]["id"]) == ("hi hi", 20, ana.application_id)
    assert answer["interaction_metadata"]["user"]["id"] == ana.id
    with pytest.raises(Refused) as refused:
        await ana.command("echo", {"text": "hi", "times": 4})
    assert refused.value.code == 50035


async def test_deferred_ephemeral_response_is_private(bot: Recorder, ana: Person, ben: Person) -> None:
    answer = await ana.command("slow", {"model": "groq"})
    assert (answer["content"], answer["flags"]) == ("thought about groq", 64)
    assert ana.saw(answer) == ["", "thought about groq"]
    more = await ana.sees("and more")
    assert more["flags"] == 64
    await ana.say("something for all")
    await ben.sees("something for all")
    assert ben.messages_from(ana.application_id) == []
    assert [message["content"] for message in await ana.history()] == ["something for all"]
    with pytest.raises(Refused) as refused:
        await ben.call("GET", f"/channels/{ben.channel}/messages/{answer['id']}")
    assert refused.value.code == 10008


async def test_autocompletion(bot: Recorder, ana: Person) -> None:
    choices = await ana.completes("slow", {"model": "gro"}, focused="model")
    assert choices == [{"name": "groq", "value": "groq"}, {"name": "grok", "value": "grok"}]


async def test_subcommands_and_permissions(sim: Simulator, bot: Recorder, ana: Person, ben: Person) -> None:
    assert (await ana.command("settings set", {"key": "x"}))["content"] == "set x"
    assert "settings" not in await ben.commands()
    settings = (await ana.commands())["settings"]
    data = {"id": settings["id"], "name": "settings", "type": 1, "options": []}
    body = {"type": 2, "application_id": ana.application_id, "channel_id": ben.channel, "session_id": "", "data": data}
    with pytest.raises(Refused) as refused:
        await ben.call("POST", "/interactions", body)
    assert refused.value.code == 50013
    role = sim.world.add_role("managers", Permission.MANAGE_GUILD)
    sim.world.set_roles(sim.world.member, role)
    assert (await ben.command("settings set", {"key": "y"}))["content"] == "set y"


async def test_files_and_members_as_options(sim: Simulator, bot: Recorder, ana: Person) -> None:
    answer = await ana.command("read", {"file": ("a.txt", b"text"), "who": str(sim.world.member.id)})
    assert answer["content"] == "a.txt: text for ben"


async def test_interaction_fails_after_the_ack_window(ana: Person) -> None:
    async with Simulator.open(ack_window=0.05) as sim:
        client = Recorder()
        register(client)
        async with (
            running(sim, client) as bot,
            Person.connect(sim.api_url, sim.gateway_url, sim.person_token) as person,
        ):
            await bot.tree.sync()
            with pytest.raises(NotAnswered):
                await person.use("mute", channel=sim.world.general.id)
            late: Interaction = await bot.received("muted")
            with pytest.raises(discord.NotFound) as refused:
                await late.response.send_message("too late")
            assert refused.value.code == 10062


async def test_second_acknowledgement_is_rejected(bot: Recorder, ana: Person) -> None:
    using = asyncio.create_task(ana.use("mute"))
    interaction: Interaction = await bot.received("muted")
    await interaction.response.send_message("first")
    await using
    interaction.response._response_type = None  # otherwise discord.py itself raises
    with pytest.raises(discord.HTTPException) as refused:
        await interaction.response.send_message("second")
    assert refused.value.code == 40060


async def test_original_response_and_follow_ups_can_be_edited_and_deleted(bot: Recorder, ana: Person) -> None:
    using = asyncio.create_task(ana.use("mute"))
    interaction: Interaction = await bot.received("muted")
    await interaction.response.send_message("one")
    await using
    original = await interaction.original_response()
    assert original.content == "one"
    await original.edit(content="two")
    follow = await interaction.followup.send("three", wait=True)
    await follow.edit(content="four")
    await ana.sees("four")
    assert (ana.saw(str(original.id)), ana.saw(str(follow.id))) == (["one", "two"], ["three", "four"])
    await follow.delete()
    await ana.gone(str(follow.id))
    await interaction.delete_original_response()
    await ana.gone(str(original.id))


async def test_interaction_token_expires(ana: Person) -> None:
    async with (
        Simulator.open(token_life=0.0) as sim,
        Person.connect(sim.api_url, sim.gateway_url, sim.person_token) as person,
    ):
        client = Recorder()
        register(client)
        async with running(sim, client) as bot:
            await bot.tree.sync()
            using = asyncio.create_task(person.use("mute", channel=sim.world.general.id))
            interaction: Interaction = await bot.received("muted")
            await interaction.response.defer()
            await using
            with pytest.raises(discord.HTTPException) as refused:
                await interaction.edit_original_response(content="late")
            assert (refused.value.status, refused.value.code) == (401, 50027)


async def test_modal_is_submitted(bot: Recorder, ana: Person) -> None:
    await ana.use("form")
    modal = await ana.modal()
    assert modal["title"] == "About you"
    answer = await ana.answer(await ana.submit(modal, {"name": "Ana"}))
    assert (answer["content"], answer["flags"]) == ("Hello Ana", 64)
    with pytest.raises(Refused) as refused:
        await ana.submit(modal, {"name": "x" * 21})
    assert refused.value.code == 50035


class Choices(discord.ui.View):
    @discord.ui.button(label="Stop", custom_id="stop")
    async def stop_it(self, interaction: Interaction, button: discord.ui.Button[Any]) -> None:
        button.disabled = True
        await interaction.response.edit_message(content="stopped", view=self)

    @discord.ui.button(label="Private", custom_id="private")
    async def private(self, interaction: Interaction, button: discord.ui.Button[Any]) -> None:
        await interaction.response.send_message("between us", ephemeral=True)

    @discord.ui.select(custom_id="pick", options=[discord.SelectOption(label=c, value=c) for c in "abc"])
    async def pick(self, interaction: Interaction, select: discord.ui.Select[Any]) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content=f"picked {select.values[0]}")

    @discord.ui.select(cls=discord.ui.UserSelect, custom_id="who")
    async def who(self, interaction: Interaction, select: discord.ui.UserSelect[Any]) -> None:
        await interaction.response.send_message(f"chose {select.values[0]}")


async def test_buttons_and_selects(sim: Simulator, bot: Recorder, ana: Person) -> None:
    channel = bot.get_partial_messageable(sim.world.general.id)
    await channel.send("choose", view=Choices())
    message = await ana.sees("choose")
    assert (await ana.answer(await ana.click(message, "Private")))["content"] == "between us"
    await ana.select(message, "pick", ["b"])
    await ana.sees("picked b")
    chosen = await ana.answer(await ana.select(message, "who", [str(sim.world.member.id)]))
    assert chosen["content"] == "chose ben"
    await ana.click(message, "stop")
    stopped = await ana.sees("stopped")
    with pytest.raises(Refused) as refused:
        await ana.click(stopped, "stop")
    assert refused.value.code == 50035
    with pytest.raises(Refused):
        await ana.select(stopped, "pick", ["not offered"])


async def test_unchanged_commands_keep_id_and_version(sim: Simulator, bot: Recorder) -> None:
    first = {command.name: command.id for command in await bot.tree.fetch_commands()}
    versions = {command.id: command.version for command in sim.world.application.commands.values()}
    bot.tree.remove_command("mute")
    await bot.tree.sync()
    again = {command.name: command.id for command in await bot.tree.fetch_commands()}
    assert again == {name: first[name] for name in first if name != "mute"}
    assert all(versions[command.id] == command.version for command in sim.world.application.commands.values())


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Capital", "description": "x"},
        {"name": "x", "description": ""},
        {"name": "x", "description": "x" * 101},
        {"name": "x", "description": "x", "options": [{"type": 3, "name": "a", "description": "x"}] * 2},
        {"name": "x", "description": "x", "options": [{"type": 12, "name": "a", "description": "x"}]},
    ],
)
async def test_invalid_commands_are_rejected(bot: Recorder, body: dict[str, Any]) -> None:
    with pytest.raises(discord.HTTPException) as refused:
        await bot.http.bulk_upsert_global_commands(bot.application_id or 0, [body])
    assert refused.value.code == 50035


async def test_commands_work_in_dms(bot: Recorder, ana: Person) -> None:
    dm = await ana.open_dm(bot.user.id if bot.user else 0)
    assert (await ana.command("echo", {"text": "psst"}, channel=dm))["content"] == "psst"


async def test_each_interaction_token_has_its_own_bucket(ana: Person) -> None:
    async with Simulator.open(limits=Limits(webhooks=1, window=0.2)) as sim:
        client = Recorder()
        register(client)
        async with (
            running(sim, client) as bot,
            Person.connect(sim.api_url, sim.gateway_url, sim.person_token) as person,
        ):
            await bot.tree.sync()
            answer = await person.command("slow", {"model": "x"}, channel=sim.world.general.id)
            assert answer["content"] == "thought about x"
            await person.sees("and more")
    statuses = [r.status for r in sim.requests if r.path.startswith("/webhooks")]
    assert statuses == [200, 200]
