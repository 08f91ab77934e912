"""`/settings`: those who manage the server choose what applies in it, and in parts of it."""

import logging
from pathlib import Path

import pytest

from bot.app import App
from bot.preferences.declaration import PREFERENCES, SYSTEM_PROMPT
from bot.preferences.inputs import RoleId
from bot.settings import Settings
from bot.simulator import Say, Simulator
from bot.simulator.objects import CATEGORY, FORUM
from tests.conftest import StartParley
from tests.person import Person, Refused
from tests.preferences.values import samples
from tests.turns.memory import rows
from tests.turns.test_commands import asked_model

EPHEMERAL = 64
LONG_PROMPT = "Speak in verse.\n" * 320
"""5,120 characters: more than one text input can hold."""


async def test_a_channel_overrides_its_server(sim: Simulator, ana: Person, parley: App) -> None:
    general = sim.world.general.id
    await ana.sets("system_prompt", "Be brief.")
    await ana.sets("temperature", 0.5)
    await ana.sets("max_tokens", 50)
    await ana.sets("top_p", 0.9, where=general)
    changed = await ana.sets("temperature", "1,5", where=general)
    assert changed["content"] == f"Changed in <#{general}>:\n**Temperature** `1.5`, was not set"
    assert changed["flags"] & EPHEMERAL
    assert "`1`, was `1.5`" in (await ana.sets("temperature", 1, where=general))["content"]
    shown = (await ana.command("settings show"))["content"].splitlines()
    assert shown[0] == f"In <#{general}>:"
    assert len(shown) == 1 + len(PREFERENCES)
    assert {
        "**Temperature** `1` · the channel",
        "**System prompt** `Be brief.` · the server",
        "**Model** `xai/grok-4.20-non-reasoning` · default",
        "**Image detail** the model decides · default",
        "**Footer** `off` · the operator",
    } <= set(shown)

    await asked_model(sim, ana)
    request = sim.model.requests[0].json
    assert request["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (request["temperature"], request["top_p"], request["max_tokens"]) == (1, 0.9, 50)

    reset = await ana.command("settings reset", {"name": "temperature", "where": str(general)})
    assert reset["content"] == f"Reset in <#{general}>:\n**Temperature** was `1`; now `0.5` · the server"
    reset = (await ana.command("settings reset"))["content"].splitlines()
    assert reset[0] == "Reset in the whole server:"
    assert "**Temperature** was `0.5`; now the model decides · default" in reset
    assert "**System prompt** was " in reset
    assert "Be brief." in reset
    await ana.command("new")
    await asked_model(sim, ana)
    request = sim.model.requests[1].json
    assert request["messages"][0]["content"] == SYSTEM_PROMPT
    assert request["top_p"] == 0.9
    assert not {"temperature", "max_tokens"} & set(request)


async def test_a_thread_inherits_from_its_channel_its_category_and_the_server(
    sim: Simulator, ana: Person, parley: App
) -> None:
    category = sim.world.add_channel("projects", CATEGORY)
    plans = sim.world.add_channel("plans", parent=category)
    forum = sim.world.add_channel("questions", FORUM, parent=category)
    await ana.sets("model", "mistral")
    await ana.sets("temperature", 0.25, where=category.id)
    await ana.sets("top_p", 0.75, where=forum.id)
    ana.channel = str(plans.id)
    thread = await ana.start_thread(await ana.say("let us talk"), "talk")
    await ana.sets("max_tokens", 77, where=thread["id"])
    post = sim.world.start_thread(forum, sim.world.person, "a question")

    for place, chosen in ((thread["id"], (0.25, None, 77)), (str(post.id), (0.25, 0.75, None))):
        ana.channel = place
        assert await asked_model(sim, ana) == "mistral-small-latest"
        request = sim.model.requests[-1].json
        assert tuple(map(request.get, ("temperature", "top_p", "max_tokens"))) == chosen
    shown = (await ana.command("settings show", {"where": thread["id"]}))["content"].splitlines()
    assert {
        "**Model** `mistral/mistral-small-latest` · the server",
        "**Temperature** `0.25` · the category",
        "**Maximum answer length (tokens)** `77` · the thread",
    } <= set(shown)
    shown = (await ana.command("settings show", {"where": str(category.id)}))["content"]
    assert "**Temperature** `0.25` · the category" in shown
    assert "**top_p** the model decides · default" in shown


@pytest.mark.parametrize("name", sorted(PREFERENCES))
async def test_every_setting_can_be_changed_by_value_or_form_and_is_shown(
    sim: Simulator, ana: Person, parley: App, name: str
) -> None:
    is_role = isinstance(PREFERENCES[name].input, RoleId)
    typed = PREFERENCES[name].input.write(sim.world.add_role("regulars").id if is_role else samples(name)[0])
    first = (await ana.sets(name, typed))["content"]
    assert "was not set" in first
    await ana.use("settings set", {"name": name})
    modal = await ana.modal()
    assert modal["title"] == PREFERENCES[name].title
    assert modal["components"][0]["component"]["value"] == typed
    again = (await ana.answer(await ana.submit(modal, {})))["content"]
    assert again.splitlines()[1].startswith(first.splitlines()[1].partition(", was")[0])
    assert "was not set" not in again
    line = next(
        line
        for line in (await ana.command("settings show"))["content"].splitlines()
        if line.startswith(f"**{PREFERENCES[name].title}**")
    )
    assert line.endswith(" · the server")


async def test_names_and_values_are_completed_by_type(sim: Simulator, ana: Person, parley: App) -> None:
    role = sim.world.add_role("regulars")

    async def completed(name: str, typed: str) -> list[str]:
        offered = await ana.completes("settings set", {"name": name, "value": typed}, focused="value")
        return [choice["value"] for choice in offered]

    named = await ana.completes("settings set", {"name": "promp"}, focused="name")
    assert named == [{"name": "System prompt", "value": "system_prompt"}]
    assert len(await ana.completes("settings reset", {"name": ""}, focused="name")) == len(PREFERENCES)
    assert await completed("style", "") == ["text", "embed"]
    assert await completed("ping", "y") == ["yes"]
    assert (await completed("model", "mistral small"))[0] == "mistral/mistral-small-latest"
    assert (await completed("fallback", "xai, claude-haiku-4"))[0] == "xai, anthropic/claude-haiku-4-5"
    assert await completed("role_id", "regu") == [str(role.id)]
    assert await completed("role_id", "@every") == [str(sim.world.guild.id)]
    assert await completed("temperature", "0.7") == ["0.7"]
    assert await completed("temperature", "7") == []
    assert await completed("loudness", "") == []


async def test_a_long_text_is_edited_in_two_inputs(sim: Simulator, ana: Person, parley: App) -> None:
    await ana.use("settings set", {"name": "system_prompt"})
    modal = await ana.modal()
    inputs = [label["component"] for label in modal["components"]]
    assert [text_input.get("value") for text_input in inputs] == [SYSTEM_PROMPT, None]
    halves = {"part-0": LONG_PROMPT[:4_000], "part-1": LONG_PROMPT[4_000:]}
    await ana.answer(await ana.submit(modal, halves))
    await asked_model(sim, ana)
    assert sim.model.requests[0].json["messages"][0]["content"] == LONG_PROMPT.strip()

    await ana.use("settings set", {"name": "system_prompt"})
    modal = await ana.modal()
    inputs = [label["component"]["value"] for label in modal["components"]]
    assert "".join(inputs) == LONG_PROMPT.strip()
    assert inputs[0].endswith("\n")
    answer = await ana.submit(modal, {"part-0": "Be brief.", "part-1": ""})
    first = (await ana.answer(answer))["content"]
    assert "**System prompt** `Be brief.`, was \n```\nSpeak in verse." in first

    def copied() -> bool | None:
        pages = [str(page["content"]) for page in ana.messages_from(sim.world.bot.id)]
        return sum(page.count("\nSpeak in verse.") for page in pages) == 320 or None

    await ana.until(copied, what="the value before was not shown whole")


async def test_a_form_can_be_submitted_after_a_restart_and_twice(
    sim: Simulator, ana: Person, start_parley: StartParley
) -> None:
    thread = await ana.start_thread(await ana.say("let us talk"), "talk")
    async with start_parley():
        await ana.use("settings set", {"name": "pages", "where": thread["id"]})
        modal = await ana.modal()
    async with start_parley():
        first = await ana.answer(await ana.submit(modal, {"part-0": "3"}))
        assert first["content"].endswith("**Messages per answer** `3`, was not set")
        second = await ana.answer(await ana.submit(modal, {"part-0": "4"}))
        assert second["content"] == f"Changed in <#{thread['id']}>:\n**Messages per answer** `4`, was `3`"
        wrong = await ana.answer(await ana.submit(modal, {"part-0": "400"}))
        assert wrong["content"] == "⚠️ Messages per answer must be a whole number from 1 to 20."
        await ana.delete_channel(thread["id"])
        gone = await ana.answer(await ana.submit(modal | {"channel_id": ana.channel}, {"part-0": "5"}))
        assert gone["content"] == "⚠️ That channel no longer exists."


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("loudness", "11", "There's no setting called `loudness`. `/settings show` lists them all."),
        ("temperature", "2.1", "Temperature must be a number from 0 to 2."),
        ("temperature", "hot", "Temperature must be a number from 0 to 2."),
        ("pages", "2.5", "Messages per answer must be a whole number from 1 to 20."),
        ("answer", "never", "When to answer must be one of mention, always."),
        ("ping", "maybe", "Ping must be yes or no."),
        ("role_id", "regulars", "Who may talk must be a role's mention or id."),
        ("role_id", "<@&123456>", "There's no such role in this server."),
    ],
)
async def test_invalid_values_are_explained(ana: Person, parley: App, name: str, typed: str, sentence: str) -> None:
    assert (await ana.sets(name, typed))["content"] == f"⚠️ {sentence}"
    assert "nothing to reset" in (await ana.command("settings reset"))["content"]


async def test_an_unavailable_model_is_explained(ana: Person, start_parley: StartParley, settings: Settings) -> None:
    keyless = settings.access | {"groq": settings.access["groq"].model_copy(update={"key": None})}
    async with start_parley(access=keyless):
        for name, typed in (("model", "groq/owl"), ("fallback", "xai, groq/owl")):
            told = (await ana.sets(name, typed))["content"]
            assert told == "⚠️ Groq is not set up. The bot's operator needs to set GROQ_API_KEY."
        assert "There is no provider called `barn`." in (await ana.sets("fallback", "barn/owl"))["content"]
        assert "nothing to reset" in (await ana.command("settings reset"))["content"]


async def test_a_reset_of_nothing_says_so(ana: Person, parley: App) -> None:
    nothing = "There's nothing to reset in the whole server."
    assert (await ana.command("settings reset"))["content"] == nothing
    assert (await ana.command("settings reset", {"name": "pages"}))["content"] == nothing
    assert "no setting called" in (await ana.command("settings reset", {"name": "loudness"}))["content"]


async def test_invalid_stored_values_are_ignored_and_shown(
    sim: Simulator,
    ana: Person,
    parley: App,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await ana.sets("temperature", 0.5)
    await ana.sets("top_p", 0.5, where=sim.world.general.id)
    database = tmp_path / "parley.db"
    rows(database, "UPDATE preferences SET value = '\"warm\"' WHERE name = 'top_p'")
    rows(
        database,
        "INSERT INTO preferences (scope_kind, scope_id, name, value, locked, changed_by, changed_at) "
        f"VALUES ('guild', {sim.world.guild.id}, 'loudness', 'not JSON', false, 1, 1)",
    )
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            await asked_model(sim, ana)
    request = sim.model.requests[-1].json
    assert request["temperature"] == 0.5
    assert "top_p" not in request
    assert sum("Ignoring the stored preference" in line for line in caplog.messages) == 2

    shown = (await ana.command("settings show"))["content"].splitlines()
    assert "**top_p** the model decides · default" in shown
    assert set(shown[-2:]) == {
        '⚠️ **top_p** in the channel: the stored value `"warm"` is ignored. top_p must be a number from 0 to 1.',
        "⚠️ **loudness** in the server: the stored value `not JSON` is ignored. There's no such setting.",
    }
    assert 'was `"warm"`' in (await ana.sets("top_p", 0.7, where=sim.world.general.id))["content"]
    assert "**loudness** was `not JSON`" in (await ana.command("settings reset"))["content"]
    assert "⚠️" not in (await ana.command("settings show"))["content"]


async def test_a_whole_server_can_be_switched(sim: Simulator, ana: Person, parley: App) -> None:
    await ana.sets("model", "mistral")
    ana.channel = str(sim.world.random.id)
    assert await asked_model(sim, ana) == "mistral-small-latest"
    changed = await ana.sets("model", "mistral-large-latest")  # a model of the current provider
    assert "`mistral/mistral-large-latest`, was `mistral/mistral-small-latest`" in changed["content"]


async def test_a_channel_that_answers_always_needs_no_mention(
    sim: Simulator, ben: Person, ana: Person, parley: App
) -> None:
    await ana.sets("answer", "always", where=sim.world.general.id)
    sim.model.script(Say("Always here."))
    await ben.say("anybody there?")
    await ben.sees("Always here.")


async def test_only_a_role_may_talk(sim: Simulator, ana: Person, ben: Person, parley: App) -> None:
    role = sim.world.add_role("regulars")
    assert f"<@&{role.id}>" in (await ana.sets("role_id", role.mention))["content"]
    await ben.mention("hello")
    await ben.sees(f"Only <@&{role.id}> may talk to me here")
    assert await asked_model(sim, ana)  # she manages the server
    sim.world.set_roles(sim.world.member, role)
    assert await asked_model(sim, ben)


async def test_only_server_admins_see_the_settings(ana: Person, ben: Person, parley: App) -> None:
    assert "settings" in await ana.commands()
    assert "settings" not in await ben.commands()
    with pytest.raises((Refused, LookupError)):
        await ben.command("settings show")


async def test_the_permission_is_checked_even_if_discord_allows_the_command(
    sim: Simulator, ana: Person, ben: Person, parley: App
) -> None:
    for command in sim.world.application.commands.values():
        command.body["default_member_permissions"] = None
    refusal = "⚠️ You need the Manage Server permission."
    assert (await ben.sets("temperature", 1.0))["content"] == refusal
    for command_name in ("show", "reset"):
        assert (await ben.command(f"settings {command_name}"))["content"] == refusal
    assert (await ben.command("settings set", {"name": "temperature"}))["content"] == refusal


async def test_a_form_is_refused_if_the_permission_was_lost(
    sim: Simulator, ana: Person, ben: Person, parley: App
) -> None:
    admins = sim.world.add_role("admins", 1 << 5)  # Manage Server
    sim.world.set_roles(sim.world.member, admins)
    await ben.use("settings set", {"name": "pages"})
    modal = await ben.modal()
    sim.world.set_roles(sim.world.member)
    refused = await ben.answer(await ben.submit(modal, {"part-0": "3"}))
    assert refused["content"] == "⚠️ You need the Manage Server permission."
    assert "nothing to reset" in (await ana.command("settings reset"))["content"]
