"""What servers and channels chose, and which commands were synced."""

from pathlib import Path

from bot.chat.looks import ReasoningDisplay
from bot.chat.messages import Detail
from bot.preferences.declaration import NAMES, AnswerWhen, Footer, Preferences, Style
from bot.store.store import Store

SERVER, CHANNEL, THREAD, ADMIN = 300, 700, 900, 41

EVERYTHING = {
    "model": "groq/openai/gpt-oss-20b",
    "system_prompt": "Be brief.\nBe kind — always.",
    "temperature": 0.7,
    "top_p": 1,
    "max_tokens": 500,
    "image_detail": Detail.LOW,
    "answer": AnswerWhen.ALWAYS,
    "role_id": 2**62,
    "fallback": ("groq/openai/gpt-oss-20b", "mistral"),
    "reasoning": ReasoningDisplay.FILE,
    "footer": Footer.OFF,
    "style": Style.EMBED,
    "pages": 3,
    "ping": False,
}


async def test_nothing_is_chosen_at_first(store: Store) -> None:
    assert await store.preferences.of(CHANNEL, SERVER) == [Preferences(), Preferences()]
    assert await store.preferences.of() == []


async def test_every_preference_comes_back_as_it_was_set(store: Store) -> None:
    assert set(EVERYTHING) == set(NAMES)
    await store.preferences.change(SERVER, EVERYTHING, ADMIN)
    assert await store.preferences.of(SERVER) == [Preferences.of(EVERYTHING)]


async def test_layers_come_in_the_order_they_are_asked_for(store: Store) -> None:
    await store.preferences.change(SERVER, {"temperature": 0.1}, ADMIN)
    await store.preferences.change(THREAD, {"temperature": 0.9}, ADMIN)
    low, none, high = Preferences(temperature=0.1), Preferences(), Preferences(temperature=0.9)
    assert await store.preferences.of(THREAD, CHANNEL, SERVER) == [high, none, low]
    assert await store.preferences.of(SERVER, THREAD) == [low, high]


async def test_a_change_replaces_what_it_names_and_leaves_the_rest(store: Store) -> None:
    await store.preferences.change(CHANNEL, {"model": "ollama/gemma4", "top_p": 0.5}, ADMIN)
    await store.preferences.change(CHANNEL, {"model": "xai/grok-4.3"}, ADMIN)
    assert await store.preferences.of(CHANNEL) == [Preferences(model="xai/grok-4.3", top_p=0.5)]


async def test_none_lets_go_of_a_choice_and_zero_is_one(store: Store) -> None:
    await store.preferences.change(CHANNEL, {"temperature": 0, "top_p": 0.5, "system_prompt": ""}, ADMIN)
    await store.preferences.change(CHANNEL, {"top_p": None, "max_tokens": None}, ADMIN)
    assert await store.preferences.of(CHANNEL) == [Preferences(temperature=0, system_prompt="")]


async def test_resetting_everything_leaves_nothing(store: Store) -> None:
    await store.preferences.change(CHANNEL, EVERYTHING, ADMIN)
    await store.preferences.change(CHANNEL, dict.fromkeys(NAMES), ADMIN)
    assert await store.preferences.of(CHANNEL) == [Preferences()]


async def test_choices_and_the_digest_outlive_the_process(path: Path) -> None:
    async with Store.open(path) as store:
        await store.preferences.change(SERVER, {"max_tokens": 9}, ADMIN)
        await store.synced_commands.remember(5, "a" * 64)
    async with Store.open(path) as store:
        assert await store.preferences.of(SERVER) == [Preferences(max_tokens=9)]
        assert await store.synced_commands.digest(5) == "a" * 64


async def test_the_digest_is_each_application_s_own_and_the_last_one_counts(store: Store) -> None:
    assert await store.synced_commands.digest(5) is None
    await store.synced_commands.remember(5, "one")
    await store.synced_commands.remember(6, "other")
    await store.synced_commands.remember(5, "two")
    assert await store.synced_commands.digest(5) == "two"
    assert await store.synced_commands.digest(6) == "other"
