"""Slash commands: members see and switch, those who manage the server set what holds."""

from pathlib import Path

import pytest

from bot.app import App
from bot.settings import Settings
from bot.simulator import Say, Simulator
from tests.conftest import StartParley
from tests.person import Person, Refused
from tests.turns.memory import rows

EPHEMERAL = 64


async def asked_model(sim: Simulator, person: Person, mention: str) -> str:
    """Which model answers when the person asks where they are."""
    sim.model.script(Say("I do."))
    await person.say(f"{mention} who answers?")
    await person.hears("I do.")
    request = await sim.model.asked()
    model: str = request.json["model"]
    return model


async def test_a_channel_is_switched_to_another_model(sim: Simulator, ana: Person, parley: App, at_parley: str) -> None:
    [choice] = await ana.completes("model", {"name": "claude-haiku-4"}, focused="name")
    assert choice == {"name": "anthropic/claude-haiku-4-5", "value": "anthropic/claude-haiku-4-5"}
    answer = await ana.command("model", {"name": choice["value"]})
    assert answer["content"] == (
        "Here `anthropic/claude-haiku-4-5` answers from now on; it was `xai/grok-4.20-non-reasoning`."
    )
    assert answer["flags"] & EPHEMERAL
    assert await asked_model(sim, ana, at_parley) == "claude-haiku-4-5"
    assert "`anthropic/claude-haiku-4-5`" in (await ana.command("model"))["content"]


async def test_another_channel_keeps_its_model(sim: Simulator, ana: Person, parley: App, at_parley: str) -> None:
    await ana.command("provider", {"name": "groq"})
    assert await asked_model(sim, ana, at_parley) == "qwen/qwen3.6-27b"
    ana.channel = str(sim.world.random.id)
    assert await asked_model(sim, ana, at_parley) == "grok-4.20-non-reasoning"


async def test_a_model_may_be_named_without_its_provider(
    sim: Simulator, ana: Person, parley: App, at_parley: str
) -> None:
    await ana.command("provider", {"name": "groq"})
    answer = await ana.command("model", {"name": "openai/gpt-oss-20b"})
    assert "`groq/openai/gpt-oss-20b`" in answer["content"]
    assert await asked_model(sim, ana, at_parley) == "openai/gpt-oss-20b"


async def test_members_see_but_do_not_switch(sim: Simulator, ben: Person, parley: App, at_parley: str) -> None:
    assert "`xai/grok-4.20-non-reasoning`" in (await ben.command("model"))["content"]
    assert "▸ **xAI**" in (await ben.command("provider"))["content"]
    for command, name in (("model", "groq/qwen/qwen3.6-27b"), ("provider", "groq")):
        refused = await ben.command(command, {"name": name})
        assert refused["content"] == "⚠️ That takes the permission Manage Channels, which you do not have here."
    assert await asked_model(sim, ben, at_parley) == "grok-4.20-non-reasoning"


async def test_in_a_direct_message_everybody_switches(sim: Simulator, ben: Person, parley: App) -> None:
    ben.channel = (await ben.open_dm(sim.world.bot.id))["id"]
    await ben.command("provider", {"name": "mistral"})
    assert await asked_model(sim, ben, "") == "mistral-small-latest"


@pytest.mark.parametrize(
    ("command", "name", "sentence"),
    [
        ("provider", "hal", "There is no provider called `hal`. Available: `xai`, `gemini`"),
        ("model", "hal/9000", "answers from now on"),  # a model of the current provider that the catalogue ignores
        ("model", "", "Here `xai/grok-4.20-non-reasoning` answers"),
    ],
)
async def test_what_is_not_known_is_explained(ana: Person, parley: App, command: str, name: str, sentence: str) -> None:
    assert sentence in (await ana.command(command, {"name": name}))["content"]


async def test_a_provider_without_its_key_is_not_listed(
    ana: Person, start_parley: StartParley, settings: Settings
) -> None:
    keyless = settings.access | {"groq": settings.access["groq"].model_copy(update={"key": None})}
    async with start_parley(access=keyless):
        listed = (await ana.command("provider"))["content"]
        assert "**Mistral**" in listed
        assert "**Groq**" not in listed
        assert await ana.completes("provider", {"name": "groq"}, focused="name") == []
        assert "needs to set GROQ_API_KEY" in (await ana.command("provider", {"name": "groq"}))["content"]


async def test_new_starts_afresh(sim: Simulator, ana: Person, parley: App, at_parley: str) -> None:
    await asked_model(sim, ana, at_parley)
    assert "A fresh start" in (await ana.command("new"))["content"]
    await asked_model(sim, ana, at_parley)
    assert len(sim.model.requests[1].json["messages"]) == 2
    await asked_model(sim, ana, at_parley)
    assert len(sim.model.requests[2].json["messages"]) == 4


async def test_help_says_how_to_talk_and_who_answers(ben: Person, parley: App) -> None:
    told = (await ben.command("help"))["content"]
    assert "Mention me" in told
    assert "`xai/grok-4.20-non-reasoning`" in told


async def test_settings_of_a_channel_hide_those_of_its_server(
    sim: Simulator, ana: Person, parley: App, at_parley: str
) -> None:
    general = sim.world.general.id
    await ana.command("settings set", {"system_prompt": "Be brief.", "temperature": 0.5, "max_tokens": 50})
    changed = await ana.command("settings set", {"channel": general, "temperature": 1.5, "top_p": 0.9})
    assert changed["content"].splitlines() == [
        f"Changed in <#{general}>:",
        "**Temperature** `1.5`, was `the model decides`",
        "**top_p** `0.9`, was `the model decides`",
    ]
    shown = (await ana.command("settings show"))["content"]
    assert "**Temperature** `1.5` · this channel" in shown
    assert "**System prompt** `Be brief.` · the server" in shown
    assert "**Model** `xai/grok-4.20-non-reasoning` · the operator" in shown
    assert "**Image detail** `the model decides` · not set" in shown

    await asked_model(sim, ana, at_parley)
    request = sim.model.requests[0].json
    assert request["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (request["temperature"], request["top_p"], request["max_tokens"]) == (1.5, 0.9, 50)

    await ana.command("settings reset", {"setting": "temperature", "channel": general})
    await ana.command("settings reset")
    await ana.command("new")
    await asked_model(sim, ana, at_parley)
    request = sim.model.requests[1].json
    assert request["top_p"] == 0.9
    assert not {"temperature", "max_tokens"} & set(request)


async def test_a_thread_inherits_from_its_channel(sim: Simulator, ana: Person, parley: App, at_parley: str) -> None:
    await ana.command("provider", {"name": "deepseek"})
    thread = await ana.start_thread(await ana.say("let us talk"), "talk")
    ana.channel = thread["id"]
    assert await asked_model(sim, ana, at_parley) == "deepseek-flash"
    assert "· its channel" in (await ana.command("settings show"))["content"]


async def test_a_server_is_switched_as_a_whole(sim: Simulator, ana: Person, parley: App, at_parley: str) -> None:
    choices = await ana.completes("settings set", {"provider": "mistral", "model": "small"}, focused="model")
    assert choices[0]["value"] == "mistral/mistral-small-latest"
    await ana.command("settings set", {"provider": "mistral"})
    ana.channel = str(sim.world.random.id)
    assert await asked_model(sim, ana, at_parley) == "mistral-small-latest"


async def test_a_channel_that_answers_always_needs_no_mention(
    sim: Simulator, ben: Person, ana: Person, parley: App
) -> None:
    await ana.command("settings set", {"channel": sim.world.general.id, "answer": "always"})
    sim.model.script(Say("Always here."))
    await ben.say("anybody there?")
    await ben.hears("Always here.")


async def test_only_a_role_may_talk(sim: Simulator, ana: Person, ben: Person, parley: App, at_parley: str) -> None:
    role = sim.world.add_role("regulars")
    await ana.command("settings set", {"role": role.id})
    await ben.say(f"{at_parley} hello")
    await ben.hears(f"Only <@&{role.id}> may talk to me here")
    assert await asked_model(sim, ana, at_parley)  # she manages the server
    sim.world.set_roles(sim.world.member, role)
    assert await asked_model(sim, ben, at_parley)


async def test_only_those_who_manage_the_server_set_it(sim: Simulator, ana: Person, ben: Person, parley: App) -> None:
    assert "settings" in await ana.commands()
    assert "settings" not in await ben.commands()
    with pytest.raises((Refused, LookupError)):
        await ben.command("settings show")


async def test_settings_are_guarded_where_discord_lets_everybody_in(sim: Simulator, ben: Person, parley: App) -> None:
    for command in sim.world.application.commands.values():
        command.body["default_member_permissions"] = None
    refused = await ben.command("settings set", {"temperature": 1.0})
    assert refused["content"] == "⚠️ That takes the permission Manage Server, which you do not have here."


async def test_nothing_to_change_is_said(ana: Person, parley: App) -> None:
    assert "Name at least one setting" in (await ana.command("settings set"))["content"]
    assert "nothing to let go of" in (await ana.command("settings reset"))["content"]


async def test_commands_are_synced_only_when_they_changed(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    def syncs() -> int:
        return sum(request.method == "PUT" and "commands" in request.path for request in sim.requests)

    async with start_parley():
        assert syncs() == 1
    async with start_parley():
        assert syncs() == 1
        assert "Mention me" in (await ana.command("help"))["content"]
    rows(tmp_path / "parley.db", "UPDATE synced_commands SET digest = 'of other commands'")
    async with start_parley():
        assert syncs() == 2
