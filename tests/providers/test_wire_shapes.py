"""One example of each form of chunks and completions."""

import json
from typing import Any

import pytest

from bot.chat.messages import Usage
from bot.providers.wire import Chunk, decode

USAGE = {"prompt_tokens": 31, "completion_tokens": 2, "total_tokens": 33}


def read(value: dict[str, Any]) -> Chunk:
    return decode(json.dumps(value).encode())


def delta(**members: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": members}]}


def test_the_product_s_first_sample_has_its_text_in_a_message_and_usage_in_every_chunk() -> None:
    chunk = read(
        {
            "id": "c-1",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": "parrot-1",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "Hal", "refusal": None},
                    "finish_reason": "",
                }
            ],
            "usage": USAGE,
            "system_fingerprint": "fp_9",
        }
    )
    assert chunk == Chunk("Hal", "", None, Usage(31, 2, 33), "parrot-1")


def test_a_delta_takes_precedence_over_a_message() -> None:
    assert read({"choices": [{"delta": {"content": "new"}, "message": {"content": "all"}}]}).text == "new"


def test_a_message_counts_where_the_delta_is_null() -> None:
    assert read({"choices": [{"delta": None, "message": {"content": "all"}}]}).text == "all"


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {}}]},
        delta(content=None),
        delta(role="assistant"),
        delta(tool_calls=[{"function": {"name": "look", "arguments": "{}"}, "id": ""}]),
        {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": [{"index": 0}]},
    ],
)
def test_a_chunk_may_say_nothing(value: dict[str, Any]) -> None:
    assert read(value) == Chunk()


@pytest.mark.parametrize("finish", [None, ""])
def test_an_empty_finish_reason_is_none(finish: str | None) -> None:
    assert read({"choices": [{"delta": {}, "finish_reason": finish}]}).finish_reason is None


@pytest.mark.parametrize("finish", ["stop", "length", "content_filter", "model_length", "end", "never seen before"])
def test_a_finish_reason_is_kept_in_the_provider_s_own_word(finish: str) -> None:
    assert read({"choices": [{"delta": {"content": "."}, "finish_reason": finish}]}) == Chunk(".", "", finish)


@pytest.mark.parametrize(
    "value",
    [
        {"choices": [], "usage": USAGE},
        {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": USAGE},
        {"choices": [{"delta": {}, "usage": USAGE}]},
        {"choices": [{"delta": {}}], "usage": USAGE | {"queue_time": 0.25, "cost": 0.001, "details": {"cached": 1}}},
        {"choices": [{"delta": {}}], "usage": {name: float(count) for name, count in USAGE.items()}},
    ],
)
def test_usage_is_found_wherever_it_is(value: dict[str, Any]) -> None:
    assert read(value).usage == Usage(31, 2, 33)


def test_usage_may_be_null_or_half_known_and_need_not_add_up() -> None:
    assert read({"choices": [], "usage": None}).usage is None
    assert read({"choices": [], "usage": {"completion_tokens": None}}).usage == Usage()
    odd = {"prompt_tokens": 11, "completion_tokens": 24, "total_tokens": 561}
    assert read({"choices": [], "usage": odd}).usage == Usage(11, 24, 561)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "reasoning_text"])
def test_reasoning_is_kept_apart_from_the_text(field: str) -> None:
    assert read(delta(**{"content": None, field: "Let me see"})) == Chunk("", "Let me see")


def test_reasoning_in_two_fields_is_read_once() -> None:
    details = [{"type": "reasoning.text", "text": "Hm", "index": 0}]
    assert read(delta(content="", reasoning="Hm", reasoning_details=details)).reasoning == "Hm"


def test_content_may_be_a_list_of_parts_of_which_some_are_thoughts() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm, "}, {"type": "text", "text": "well"}]},
        {"type": "text", "text": "It is "},
        {"type": "text", "text": "four."},
    ]
    assert read(delta(content=parts)) == Chunk("It is four.", "Hm, well")


def test_one_odd_part_does_not_cost_the_others() -> None:
    parts = [{"type": "text", "text": "It is "}, 7, {"type": "text", "text": None}, {"type": "text", "text": "four."}]
    assert read(delta(content=parts)).text == "It is four."


def test_a_whole_answer_may_have_blank_lines_before_it() -> None:
    body = b'\n\n\n{"choices":[{"message":{"content":"Done"},"finish_reason":"stop"}]}'
    assert decode(body) == Chunk("Done", "", "stop")


def test_unknown_members_are_ignored() -> None:
    chunk = read(
        {
            "choices": [{"index": 0, "delta": {"content": "Hi", "channel": "final"}, "logprobs": {"content": []}}],
            "provider": "Somewhere",
            "obfuscation": "mQ2",
            "x_extra": {"usage": USAGE},
            "citations": ["https://example.org"],
        }
    )
    assert chunk == Chunk("Hi")
