"""Refusals in every form that providers have for them, and what they mean."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.providers import errors
from bot.providers.errors import (
    MAX_DETAIL_LENGTH,
    BadRequest,
    ContextTooLong,
    KeyRejected,
    ModelNotFound,
    NoCredit,
    Overloaded,
    ProviderError,
    RateLimited,
    Retired,
    TooLarge,
    UnsupportedParameter,
    WrongAddress,
)
from bot.providers.failures import error_from_body, error_from_response
from bot.providers.wire import decode


def nested(message: str, **members: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None} | members}


OVERFLOW = "The maximum context length is 8 tokens and you sent 9."

ANSWERS: list[tuple[int, Any, type[ProviderError], str]] = [
    # an object, as OpenAI and most others have it
    (401, nested("Incorrect API key provided.", code="invalid_api_key"), KeyRejected, "Incorrect API key"),
    (403, nested("Not for you."), KeyRejected, "Not for you."),
    (400, nested("Roles must take turns.", param="messages", code="bad_order"), BadRequest, "take turns"),
    (404, nested("The model `owl` does not exist.", code="model_not_found"), ModelNotFound, "owl"),
    (400, nested(OVERFLOW, code="context_length_exceeded"), ContextTooLong, "8 tokens"),
    (400, nested("/chat/completions: Invalid model name passed in model=owl.", code="400"), ModelNotFound, "owl"),
    (400, nested("litellm.ContextWindowExceededError: 8 tokens", code="400"), ContextTooLong, "8 tokens"),
    (429, nested("Slow down, please."), RateLimited, "Slow down"),
    (429, nested("Your account is empty.", code="insufficient_quota"), NoCredit, "empty"),
    (429, nested("Your account is empty.", type="insufficient_quota"), NoCredit, "empty"),
    (402, {"error": {"message": "Add a card.", "code": "PAYMENT_METHOD_REQUIRED"}}, NoCredit, "card"),
    (498, nested("No capacity left."), Overloaded, "capacity"),
    (503, nested("Back soon."), Overloaded, "Back soon"),
    (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}, Overloaded, "Busy"),
    (404, {"type": "error", "error": {"type": "not_found_error", "message": "model: owl"}}, ModelNotFound, "owl"),
    # a string, beside it perhaps prose for a code
    (400, {"error": "'url' must be base64."}, BadRequest, "must be base64"),
    (400, {"code": "The client was wrong", "error": "No such argument here"}, BadRequest, "No such argument"),
    (400, {"code": "The client was wrong", "error": "Incorrect API key provided: 12"}, KeyRejected, "API key"),
    # a list of one
    (400, [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID"}}], KeyRejected, "not valid"),
    (404, [{"error": {"code": 404, "message": "models/owl is unknown", "status": "NOT_FOUND"}}], ModelNotFound, "owl"),
    # somebody else's words inside
    (
        429,
        {"error": {"code": 429, "message": "Upstream failed", "metadata": {"raw": "owl is tired"}}},
        RateLimited,
        "tired",
    ),
    (
        400,
        {"error": {"code": 400, "message": "Upstream failed", "metadata": {"raw": OVERFLOW}}},
        ContextTooLong,
        "8 tok",
    ),
    # flat; the message a string, an object, a list, or JSON in a string
    (401, {"message": "Unauthorized", "request_id": "r-5"}, KeyRejected, "Unauthorized"),
    (400, {"object": "error", "message": "Wrong order", "code": "3230"}, BadRequest, "Wrong order"),
    (
        422,
        {"object": "error", "message": {"detail": [{"loc": ["body", "seeds"], "msg": "Too many", "input": 3}]}},
        BadRequest,
        "body.seeds: Too many",
    ),
    (422, {"detail": [{"loc": ["body", "messages"], "msg": "Missing", "type": "x"}]}, BadRequest, "Missing"),
    (422, {"object": "error", "message": json.dumps({"detail": [{"loc": ["a"], "msg": "Odd"}]})}, BadRequest, "a: Odd"),
    # words where codes belong
    (429, {"error": {"message": "Limit", "type": "None", "param": "None", "code": "429"}}, RateLimited, "Limit"),
    (404, nested("model 'owl' not found", type="not_found_error"), ModelNotFound, "owl"),
    # no JSON at all
    (404, b"<html><center>nginx</center></html>", WrongAddress, "nginx"),
    (410, b"Gone fishing", Retired, "fishing"),
    (502, b"", Overloaded, "empty body"),
    (500, b"\xff\xfe\x00", Overloaded, "HTTP 500"),
    (413, b"Too much", TooLarge, "Too much"),
    (307, b"", WrongAddress, "307"),
]


def body_of(answer: Any) -> bytes:
    return answer if isinstance(answer, bytes) else json.dumps(answer).encode()


@pytest.mark.parametrize(("status", "answer", "kind", "words"), ANSWERS)
def test_a_refusal_is_sorted_by_what_it_says(status: int, answer: Any, kind: type[ProviderError], words: str) -> None:
    error = error_from_response(status, body_of(answer))
    assert type(error) is kind
    assert words in error.detail
    assert str(status) in error.detail
    assert "None" not in error.detail


@pytest.mark.parametrize("status", [408, 409, 425, 498, 499, 500, 502, 503, 504, 529])
def test_a_provider_in_trouble_may_be_asked_again(status: int) -> None:
    error = error_from_response(status, b"")
    assert type(error) is Overloaded
    assert error.retryable


def test_how_long_to_wait_is_read_from_the_headers_or_from_google_s_body() -> None:
    body = body_of(nested("Slow down."))
    assert error_from_response(429, body, {"Retry-After": "7"}).retry_after == 7
    assert error_from_response(429, body).retry_after is None
    google = body_of([{"error": {"code": 429, "message": "Slow", "details": [{"retryDelay": "34s"}]}}])
    assert error_from_response(429, google).retry_after == 34
    assert error_from_response(429, google, {"Retry-After": "7"}).retry_after == 7


@pytest.mark.parametrize(
    "words",
    [
        "prompt is too long: 900 tokens",
        "This exceeds the context window of the model",
        "The input exceeds the maximum number of tokens allowed",
        "The maximum prompt length is 10",
        "Please reduce the length of the messages or completion",
        "The prompt is too large for model with 10 tokens",
        "The prompt is greater than the context length",
        "The request exceeds the available context size",
    ],
)
@pytest.mark.parametrize("status", [400, 413])
def test_every_provider_s_words_for_too_long_are_understood(words: str, status: int) -> None:
    assert type(error_from_response(status, body_of(nested(words)))) is ContextTooLong


@pytest.mark.parametrize(
    ("answer", "parameter", "instead"),
    [
        (
            nested(
                "Unsupported parameter: 'max_tokens' does not work. Use 'max_completion_tokens' instead.",
                param="max_tokens",
                code="unsupported_parameter",
            ),
            "max_tokens",
            "max_completion_tokens",
        ),
        (nested("0.2 will not do.", param="temperature", code="unsupported_value"), "temperature", None),
        ({"code": "Wrong", "error": "Argument not supported on this model: topP"}, "top_p", None),
        ([{"error": {"code": 400, "message": 'Unknown name "stream_options": no field.'}}], "stream_options", None),
    ],
)
def test_a_refused_parameter_is_named(answer: Any, parameter: str, instead: str | None) -> None:
    error = error_from_response(400, body_of(answer))
    assert isinstance(error, UnsupportedParameter)
    assert (error.parameter, error.replacement) == (parameter, instead)


IN_STREAM: list[tuple[Any, type[ProviderError]]] = [
    ({"error": {"message": "We stumbled.", "type": "server_error"}}, Overloaded),
    ({"error": {"message": "It crashed.", "type": "model_load_failed"}}, Overloaded),
    ({"error": {"message": "A tool was expected.", "type": "invalid_request_error"}}, BadRequest),
    ({"error": {"message": "Connection lost upstream.", "code": "429"}}, RateLimited),
    ({"error": {"message": OVERFLOW, "code": 400}}, ContextTooLong),
    ({"code": "Not available", "error": "No first token in time"}, Overloaded),
    ([{"error": {"code": 503, "message": "Too many people", "status": "UNAVAILABLE"}}], Overloaded),
    ({"object": "error", "message": "It broke", "code": "3230"}, Overloaded),
    (
        {"error": {"code": 400, "message": "No room left"}, "choices": [{"delta": {"content": ""}}], "usage": {}},
        BadRequest,
    ),
    (
        {"error": {"code": "server_error", "message": "Gone"}, "choices": [{"delta": {}, "finish_reason": "error"}]},
        Overloaded,
    ),
]


@pytest.mark.parametrize(("value", "kind"), IN_STREAM)
def test_an_error_in_place_of_a_chunk_is_raised(value: Any, kind: type[ProviderError]) -> None:
    with pytest.raises(ProviderError) as raised:
        decode(body_of(value))
    assert type(raised.value) is kind
    assert raised.value.detail.count(": ") == 1
    assert not raised.value.detail.endswith(": ")


@pytest.mark.parametrize(
    "value",
    [
        {"choices": [{"message": {"content": "Fine"}}], "error": None},
        {"choices": None, "error": None},
        {"choices": [], "usage": {"total_tokens": 3}},
        {"choices": [{"delta": {"content": "error"}}], "error": {}},
    ],
)
def test_what_is_no_error_is_none(value: Any) -> None:
    assert error_from_body(body_of(value)) is None
    decode(body_of(value))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "message", "code", "detail", "metadata", "raw", "loc", "msg", "param", "status", "type"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.integers(201, 599), json_values)
def test_any_json_is_sorted_somewhere(status: int, value: Any) -> None:
    error = error_from_response(status, body_of(value))
    assert error.detail.startswith(f"HTTP {status}")
    assert len(error.detail) <= MAX_DETAIL_LENGTH


@given(st.integers(201, 599), st.binary(max_size=100))
def test_any_bytes_are_sorted_somewhere(status: int, body: bytes) -> None:
    assert error_from_response(status, body).detail.startswith(f"HTTP {status}")


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"error":' * 50_000, b'{"error":{"code":"' + b"9" * 5_000 + b'"}}'])
def test_absurd_bodies_are_sorted_too(body: bytes) -> None:
    assert isinstance(error_from_response(400, body), ProviderError)
    assert error_from_body(body) is None or isinstance(error_from_body(body), ProviderError)


def error_types() -> list[type[ProviderError]]:
    return [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, ProviderError)]


@pytest.mark.parametrize("error_type", [each for each in error_types() if each is not UnsupportedParameter])
def test_every_error_has_a_sentence_that_names_its_subject(error_type: type[ProviderError]) -> None:
    sentence = str(error_type("the detail").sentence("Groq", "`groq/owl`"))
    assert "the detail" not in sentence
    assert "{" not in sentence
    assert sentence.endswith(".")
    assert error_type is ContextTooLong or "Groq" in sentence
