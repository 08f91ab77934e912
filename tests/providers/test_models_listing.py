"""Reading a list of models, in every form that providers have them (M1 to M8): tolerantly, and without the network."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.providers.catalogue import Model, ModelList, Price
from bot.providers.errors import InvalidResponse, KeyRejected, Overloaded
from bot.providers.listing import lookup, parse_items, parse_models

FACTS = ModelList(context="size", vision="sees", prompt_price="price.in", completion_price="price.out")
ODD_SIZES: list[Any] = [0, -1, True, None, "big", "", [8], {}, 1e300, float("nan"), 10**400, "9" * 400]
ODD_WORDS: list[Any] = [None, 1, {}, [], [7], {"image": True}]


def one(item: dict[str, Any], form: ModelList = FACTS) -> Model:
    [model] = parse_models([{"id": "heron-1"} | item], form)
    return model


@pytest.mark.parametrize(
    "body",
    [
        {"object": "list", "data": [{"id": "heron-1"}, {"id": "heron-2"}]},  # M1
        {"models": [{"id": "heron-1"}, {"id": "heron-2"}]},  # M2
        [{"id": "heron-1"}, {"id": "heron-2"}],  # M3
        {"data": [{"type": "model", "id": "heron-1", "created_at": "2026-11-02T00:00:00Z"}, {"id": "heron-2"}]},  # M9
        {"data": ["heron-0", None, 7, {}, {"id": ""}, {"id": None}, {"id": "heron-1"}, {"id": " heron-2 "}, []]},
        {"data": [{"id": "heron-1"}, {"id": "heron-1"}, {"id": "heron-2"}, {"id": "her\non"}, {"id": "a`b"}]},
    ],
)
def test_the_ids_are_found_wherever_a_list_has_them(body: Any) -> None:
    read = parse_models(parse_items(json.dumps(body).encode(), ModelList()), ModelList())
    assert [model.id for model in read] == ["heron-1", "heron-2"]


@pytest.mark.parametrize("body", [{"object": "list", "data": None}, {"data": []}, []])
def test_m4_a_server_without_models_lists_none(body: Any) -> None:
    assert parse_items(json.dumps(body).encode(), ModelList()) == []


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"data":{}}', b"<html>", b'{"data":[', b"[" * 100_000])
def test_what_is_no_list_is_a_broken_answer(body: bytes) -> None:
    with pytest.raises(InvalidResponse):
        parse_items(body, ModelList())


def test_an_error_in_place_of_a_list_is_that_error() -> None:
    with pytest.raises(KeyRejected):
        parse_items(b'{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}', ModelList())


def test_a_list_in_which_nothing_has_an_id_is_a_broken_answer() -> None:
    with pytest.raises(InvalidResponse):
        parse_models([{"name": "heron-1"}, {"name": "heron-2"}], ModelList())


def test_m5_a_prefix_is_stripped() -> None:
    assert [model.id for model in parse_models([{"id": "models/heron"}], ModelList(strip="models/"))] == ["heron"]


@pytest.mark.parametrize(
    ("size", "context"),
    [
        (32_768, 32_768),
        ("131072", 131_072),
        (65_536.0, 65_536),
        *((odd, None) for odd in ODD_SIZES),
    ],
)
def test_m6_the_context_window(size: Any, context: int | None) -> None:
    assert one({"size": size}).context == context


@pytest.mark.parametrize(
    ("sees", "vision"),
    [
        (True, True),
        (False, False),
        (["text", "image"], True),
        (["completion", "vision"], True),
        (["text"], False),
        ("vlm", True),
        ("llm", False),
        *((odd, None) for odd in ODD_WORDS),
    ],
)
def test_m7_whether_a_model_sees(sees: Any, vision: bool | None) -> None:
    assert one({"sees": sees}).vision is vision


@pytest.mark.parametrize(
    ("prompt", "completion", "price"),
    [
        ("0.0000004", "0.000002", Price(prompt=0.4, completion=2.0)),
        ("$0.00000045", "$0.0000022", Price(prompt=0.45, completion=2.2)),
        (1.5e-07, 6e-07, Price(prompt=0.15, completion=0.6)),
        ("0", 0, Price(prompt=0, completion=0)),
        ("-1", "-1", None),  # it depends on what answers
        ("0.1", None, None),
        ("free", "free", None),
        (1e308, 1e308, None),
        ([1], {}, None),
    ],
)
def test_m8_prices_for_a_token_become_prices_for_a_million(prompt: Any, completion: Any, price: Price | None) -> None:
    assert one({"price": {"in": prompt, "out": completion}}).price == price


def test_paths_lead_through_names_with_dots() -> None:
    item = {"model_info": {"general.architecture": "heron", "heron.context_length": 8_192}, "a": {"b": {"c": 1}}}
    assert lookup(item, "model_info.*.context_length") == 8_192
    assert lookup(item, "a.b.c") == 1
    assert [lookup(item, path) for path in ("a.b.c.d", "a.x", "x.*", "", "model_info.*.vision")] == [None] * 5


@pytest.mark.parametrize(
    "name",
    [
        "text-embedding-4-small",
        "whisper-large-v9",
        "heron-tts",
        "gpt-realtime",
        "bge-reranker",
        "omni-moderation-x",
        "imagen-5",
        "sora-3",
        "voxtral-mini-transcribe",
        "dall-e-4",
        "llama-guard-9",
        "davinci-002",
        "openai/*",
    ],
)
def test_models_that_do_not_chat_are_left_out(name: str) -> None:
    assert [model.id for model in parse_models([{"id": name}, {"id": "heron"}], ModelList())] == ["heron"]


def test_a_fact_can_say_that_a_model_does_not_chat() -> None:
    form = ModelList(only={"out": ("text",), "chat": ("true",)})
    items = [
        {"id": "says", "out": ["text", "audio"], "chat": True},
        {"id": "says-nothing"},
        {"id": "says-oddly", "out": [], "chat": 7},
        {"id": "draws", "out": ["image"]},
        {"id": "embeds", "chat": False},
    ]
    assert [model.id for model in parse_models(items, form)] == ["says", "says-nothing", "says-oddly"]


def test_a_pattern_that_is_none_is_a_fault_of_the_catalogue() -> None:
    with pytest.raises(ValidationError, match="not a regular expression"):
        ModelList(skip="(")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "size", "in"]), inner),
    max_leaves=8,
)


@given(st.sampled_from(["id", "size", "sees", "price"]), values)
def test_an_odd_fact_does_not_cost_the_other_models(name: str, odd: Any) -> None:
    items = [{"id": "heron-1", "size": 9} | {name: odd}, {"id": "heron-2"}]
    assert "heron-2" in [model.id for model in parse_models(items, FACTS)]


@given(values)
def test_any_json_is_a_list_or_a_broken_answer(value: Any) -> None:
    with suppress(InvalidResponse, Overloaded):  # a body with an `error` is what it says
        parse_models(parse_items(json.dumps(value).encode(), FACTS), FACTS)
