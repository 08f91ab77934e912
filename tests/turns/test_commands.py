"""Slash commands with which members see and switch models, begin conversations and find help."""

from pathlib import Path

import pytest

from bot.app import App
from bot.settings import Settings
from bot.simulator import Say, Simulator
from tests.conftest import StartParley
from tests.person import Person
from tests.turns.memory import rows

EPHEMERAL = 64


async def asked_model(sim: Simulator, person: Person) -> str:
    """The model that answers the person in their current channel."""
    sim.model.script(Say("I do."))
    await person.mention("who answers?")
    await person.sees("I do.")
    request = await sim.model.asked()
    model: str = request.json["model"]
    return model


async def test_a_channel_is_switched_to_another_model(sim: Simulator, ana: Person, parley: App) -> None:
    [choice] = await ana.completes("model", {"name": "claude-haiku-4"}, focused="name")
    assert choice == {"name": "anthropic/claude-haiku-4-5", "value": "anthropic/claude-haiku-4-5"}
    answer = await ana.command("model", {"name": choice["value"]})
    assert answer["content"] == (
        "This channel now uses `anthropic/claude-haiku-4-5`; it was `xai/grok-4.20-non-reasoning`."
    )
    assert answer["flags"] & EPHEMERAL
    assert await asked_model(sim, ana) == "claude-haiku-4-5"
    assert "`anthropic/claude-haiku-4-5`" in (await ana.command("model"))["content"]


async def test_another_channel_keeps_its_model(sim: Simulator, ana: Person, parley: App) -> None:
    await ana.command("provider", {"name": "groq"})
    assert await asked_model(sim, ana) == "qwen/qwen3.6-27b"
    ana.channel = str(sim.world.random.id)
    assert await asked_model(sim, ana) == "grok-4.20-non-reasoning"


async def test_a_model_may_be_named_without_its_provider(sim: Simulator, ana: Person, parley: App) -> None:
    await ana.command("provider", {"name": "groq"})
    answer = await ana.command("model", {"name": "openai/gpt-oss-20b"})
    assert "`groq/openai/gpt-oss-20b`" in answer["content"]
    assert await asked_model(sim, ana) == "openai/gpt-oss-20b"


async def test_members_can_see_but_not_switch_the_model(sim: Simulator, ben: Person, parley: App) -> None:
    assert "`xai/grok-4.20-non-reasoning`" in (await ben.command("model"))["content"]
    assert "▸ **xAI**" in (await ben.command("provider"))["content"]
    for command, name in (("model", "groq/qwen/qwen3.6-27b"), ("provider", "groq")):
        refused = await ben.command(command, {"name": name})
        assert refused["content"] == "⚠️ You need the Manage Channels permission."
    assert await asked_model(sim, ben) == "grok-4.20-non-reasoning"


async def test_everyone_can_switch_in_a_direct_message(sim: Simulator, ben: Person, parley: App) -> None:
    ben.channel = (await ben.open_dm(sim.world.bot.id))["id"]
    await ben.command("provider", {"name": "mistral"})
    assert await asked_model(sim, ben) == "mistral-small-latest"


@pytest.mark.parametrize(
    ("command", "name", "sentence"),
    [
        ("provider", "hal", "There is no provider called `hal`. Available: `xai`, `gemini`"),
        ("model", "hal/9000", "This channel now uses"),  # a model of the current provider that the catalogue ignores
        ("model", "", "This channel now uses `xai/grok-4.20-non-reasoning`"),
    ],
)
async def test_unknown_names_are_explained(ana: Person, parley: App, command: str, name: str, sentence: str) -> None:
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


async def test_new_starts_a_new_conversation(sim: Simulator, ana: Person, parley: App) -> None:
    await asked_model(sim, ana)
    assert "starts a new conversation" in (await ana.command("new"))["content"]
    await asked_model(sim, ana)
    assert len(sim.model.requests[1].json["messages"]) == 2
    await asked_model(sim, ana)
    assert len(sim.model.requests[2].json["messages"]) == 4


async def test_help_explains_how_to_talk_and_names_the_model(ben: Person, parley: App) -> None:
    told = (await ben.command("help"))["content"]
    assert "Mention me" in told
    assert "`xai/grok-4.20-non-reasoning`" in told


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
