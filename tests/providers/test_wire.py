"""Reading answers: whatever a provider sends in place of a field, what can be used is used."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.chat.messages import Usage
from bot.providers.errors import InvalidResponse, ProviderError
from bot.providers.wire import Chunk, decode

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}

keys = st.sampled_from(
    [
        "choices",
        "delta",
        "message",
        "content",
        "text",
        "thinking",
        "str",
        "usage",
        "error",
        "code",
        "type",
        "model",
        "list",
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(2**80)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=12
)


def read(value: Any) -> Chunk:
    return decode(json.dumps(value).encode())


def chunk_with(**changes: Any) -> dict[str, Any]:
    """A whole and ordinary chunk, some of its members replaced."""
    return {
        "id": "chunk-5",
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": "parrot-2",
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Tea"}, "finish_reason": None}],
        "usage": USAGE,
    } | changes


def choice_with(**changes: Any) -> dict[str, Any]:
    return chunk_with(choices=[{"index": 0, "delta": {"content": "Tea"}, "finish_reason": None} | changes])


def test_an_ordinary_chunk_is_read() -> None:
    assert read(chunk_with()) == Chunk("Tea", "", None, Usage(11, 7, 18), "parrot-2")


@given(values)
@example({"choices": [{"delta": {"content": {"str": 1}}}]})
def test_any_json_is_read_or_refused_as_a_broken_answer(value: Any) -> None:
    with suppress(ProviderError):
        assert isinstance(read(value), Chunk)


@given(st.binary(max_size=60) | st.text('{}[]":,\\uaden0123456789', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(ProviderError):
        assert isinstance(decode(data), Chunk)


@given(st.sampled_from(["id", "object", "created", "model", "usage", "system_fingerprint", "x_groq"]), values)
def test_an_odd_member_beside_the_text_does_not_cost_the_text(name: str, odd: Any) -> None:
    assert read(chunk_with(**{name: odd})).text == "Tea"


@given(st.sampled_from(["index", "finish_reason", "logprobs", "message", "native_finish_reason"]), values)
def test_an_odd_member_of_the_choice_does_not_cost_the_text(name: str, odd: Any) -> None:
    assert read(choice_with(**{name: odd})).text == "Tea"


@given(st.sampled_from(["role", "refusal", "reasoning", "reasoning_content", "tool_calls", "channel"]), values)
def test_an_odd_member_of_the_delta_does_not_cost_the_text(name: str, odd: Any) -> None:
    assert read(choice_with(delta={"content": "Tea", name: odd})).text == "Tea"


@given(values)
def test_odd_choices_beside_a_good_one_do_not_cost_its_text(odd: Any) -> None:
    good = {"delta": {"content": "Tea"}}
    other = odd if not isinstance(odd, dict) else None
    assert read(chunk_with(choices=[other, good])).text == "Tea"


@given(values)
def test_an_odd_token_count_does_not_cost_the_others(odd: Any) -> None:
    usage = read(chunk_with(usage=USAGE | {"completion_tokens": odd})).usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.total_tokens) == (11, 18)


@given(st.integers() | st.integers(2**62, 2**65))
def test_token_counts_that_do_not_fit_into_a_database_column_are_ignored(count: int) -> None:
    usage = read(chunk_with(usage={"total_tokens": count})).usage
    assert usage == Usage(None, None, count if 0 <= count < 2**63 else None)


@pytest.mark.parametrize(
    "body", [b"", b"[DONE", b"null", b"[]", b"7", b'"text"', b'{"choices":[{"delta":', b"\xff\xfe{}"]
)
def test_anything_but_a_json_object_is_an_invalid_response(body: bytes) -> None:
    with pytest.raises(InvalidResponse):
        decode(body)


@pytest.mark.parametrize("half", ["\\ud83d", "\\uDE00", "\\ud83d\\ud83d"])
def test_half_of_a_surrogate_pair_does_not_cost_the_answer(half: str) -> None:
    chunk = decode(
        f'{{"choices":[{{"delta":{{"content":"one \\ud83d\\ude00{half}!"}},"finish_reason":"stop"}}]}}'.encode()
    )
    assert chunk.finish_reason == "stop"
    assert chunk.text.strip("\ufffd!") == "one \N{GRINNING FACE}"


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(InvalidResponse):
        decode(b'{"choices":' + b"[" * 100_000)
