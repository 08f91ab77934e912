"""Every preference: what it declares, and its way through what a person types and through what is stored."""

import json
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from bot.discord.commands.setting_modal import MAX_INPUT_LENGTH, MAX_TITLE_LENGTH, parts_of
from bot.preferences.declaration import PREFERENCES, Preferences, read_json
from bot.text import Refused
from docs.settings import PAGE, page
from tests.preferences.values import named_values, samples, wrong_texts

NAMES = sorted(PREFERENCES)


@pytest.mark.parametrize("name", NAMES)
def test_declarations_fit_into_discords_forms_and_lists(name: str) -> None:
    preference = PREFERENCES[name]
    assert 0 < len(f"{preference.title}, continued") <= MAX_TITLE_LENGTH
    assert 0 < len(preference.help) <= 100
    assert len(f"parley-setting:{name}:category:{2**64}") <= 100
    assert Preferences(**{name: preference.default}).chosen().get(name) == preference.default


def test_the_settings_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "`make docs` writes it again"


@given(named_values)
def test_a_value_can_be_written_and_read_again(named: tuple[str, Any]) -> None:
    name, value = named
    preference = PREFERENCES[name]
    assert preference.read(preference.input.write(value)) == value
    stored = read_json(name, json.dumps(value))
    assert stored == value
    assert type(stored) is type(preference.read(preference.input.write(value)))
    assert Preferences(**{name: stored}).chosen() == {name: value}


@pytest.mark.parametrize("name", NAMES)
def test_an_invalid_value_is_refused_with_what_is_allowed(name: str) -> None:
    preference = PREFERENCES[name]
    for typed in wrong_texts(preference.input):
        with pytest.raises(Refused) as refused:
            preference.read(typed)
        assert str(refused.value) == f"{preference.title} must be {preference.input.allowed}."


@pytest.mark.parametrize("name", NAMES)
def test_a_value_of_another_type_is_invalid(name: str) -> None:
    right = samples(name)[0]
    for wrong in [{"a": 1}, [1], [[]], "\ud800", 10**30, None] + ([] if isinstance(right, bool) else [True]):
        with pytest.raises(ValueError, match=r"\S"):
            read_json(name, json.dumps(wrong))


def test_undeclared_names_are_refused() -> None:
    with pytest.raises(ValidationError):
        Preferences.model_validate({"loudness": 3})


@pytest.mark.parametrize(
    ("typed", "name", "value"),
    [
        ("0,5", "temperature", 0.5),
        (" 2 ", "pages", 2),
        ("Embed", "style", "embed"),
        ("ON", "ping", True),
        ("`xai/grok-4.3`", "model", "xai/grok-4.3"),
        ("xai, ,groq/x", "fallback", ("xai", "groq/x")),
        ("Nothing", "fallback", ()),
        ("<@&123>", "role_id", 123),
        ("  Be kind.\n", "system_prompt", "Be kind."),
    ],
)
def test_values_can_be_typed_in_several_ways(typed: str, name: str, value: Any) -> None:
    assert PREFERENCES[name].read(typed) == value


@pytest.mark.parametrize("text", ["", "short", "x" * 6_000, ("a line\n" * 900)[:6_000], "\n" * 4_001, "y" * 8_000])
def test_a_long_text_is_split_for_a_form_and_joined_again(text: str) -> None:
    parts = parts_of(text, 2)
    assert len(parts) == 2
    assert "".join(parts) == text
    assert all(len(part) <= MAX_INPUT_LENGTH for part in parts)
    if "line\n" in text:
        assert parts[0].endswith("\n")
