"""Choices in layers: whose value holds, and which values are allowed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.looks import ReasoningDisplay
from bot.chat.messages import Detail
from bot.preferences.declaration import (
    LONGEST_SYSTEM_PROMPT,
    MOST_PAGES,
    MOST_TOKENS,
    NAMES,
    AnswerWhen,
    Footer,
    Preferences,
    Style,
    effective,
    origin,
)

values: dict[str, st.SearchStrategy[Any]] = {
    "model": st.sampled_from(["groq/openai/gpt-oss-20b", "ollama/gemma4"]),
    "system_prompt": st.text(max_size=20),
    "temperature": st.floats(0, 2),
    "top_p": st.floats(0, 1),
    "max_tokens": st.integers(1, MOST_TOKENS),
    "image_detail": st.sampled_from(Detail),
    "answer": st.sampled_from(AnswerWhen),
    "role_id": st.integers(1, 2**63),
    "fallback": st.lists(st.sampled_from(["groq/x", "mistral/y"])).map(tuple),
    "reasoning": st.sampled_from(ReasoningDisplay),
    "footer": st.sampled_from(Footer),
    "style": st.sampled_from(Style),
    "pages": st.integers(1, MOST_PAGES),
    "ping": st.booleans(),
}
layers = st.lists(st.fixed_dictionaries({}, optional=values).map(Preferences.of), min_size=1, max_size=4)


def test_every_preference_has_a_rule_here() -> None:
    assert set(NAMES) == set(values)


@given(layers)
def test_the_nearest_layer_that_chooses_is_where_a_value_comes_from(layers: list[Preferences]) -> None:
    whole = effective(layers)
    for name in NAMES:
        chosen = [getattr(layer, name) for layer in layers]
        source = origin(layers, name)
        assert getattr(whole, name) == chosen[source]
        assert chosen[:source] == [None] * source
        assert chosen[source] is not None or source == len(layers) - 1


@given(layers)
def test_values_are_what_a_layer_chooses_and_make_it_again(layers: list[Preferences]) -> None:
    for layer in layers:
        assert None not in layer.values().values()
        assert Preferences.of(layer.values()) == layer


def test_a_channel_hides_its_server_and_the_server_hides_the_operator() -> None:
    thread, channel = Preferences(temperature=0.0), Preferences(model="xai/grok-4.3")
    server = Preferences(model="openai/gpt-6-luna", top_p=0.5)
    operator = Preferences(model="ollama/gemma4", system_prompt="Be kind.")
    whole = effective([thread, channel, server, operator])
    assert whole == Preferences("xai/grok-4.3", "Be kind.", 0.0, 0.5)


def test_an_empty_system_prompt_is_a_choice() -> None:
    assert effective([Preferences(system_prompt=""), Preferences(system_prompt="Be kind.")]).system_prompt == ""


def test_stored_words_become_what_they_mean() -> None:
    assert Preferences.of({"image_detail": "low", "answer": "always"}) == Preferences(
        image_detail=Detail.LOW, answer=AnswerWhen.ALWAYS
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -0.1),
        ("temperature", 2.1),
        ("temperature", float("nan")),
        ("top_p", 1.01),
        ("top_p", float("inf")),
        ("max_tokens", 0),
        ("max_tokens", MOST_TOKENS + 1),
        ("system_prompt", "x" * (LONGEST_SYSTEM_PROMPT + 1)),
        ("image_detail", "sharp"),
        ("answer", "never"),
    ],
)
def test_what_is_not_allowed_is_refused_with_a_sentence(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        Preferences.of({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 0),
        ("temperature", 2),
        ("top_p", 1),
        ("max_tokens", 1),
        ("max_tokens", MOST_TOKENS),
        ("system_prompt", "x" * LONGEST_SYSTEM_PROMPT),
    ],
)
def test_the_bounds_themselves_are_allowed(name: str, value: object) -> None:
    assert Preferences.of({name: value}).values() == {name: value}
