"""A provider that fails, over real connections: each cause has its error, and the text so far is kept."""

import json
from collections.abc import Sequence

import pytest

from bot.chat.messages import Message, Role
from bot.providers.client import ChatClient
from bot.providers.errors import (
    BadRequest,
    ContextTooLong,
    CutOff,
    InvalidResponse,
    KeyRejected,
    NoCredit,
    Overloaded,
    ProviderError,
    RateLimited,
    TimedOut,
    Unreachable,
    WrongAddress,
)
from bot.providers.request import ChatRequest
from tests.providers.conftest import DONE, FINISH, KEY, Answer, Ending, Provider, ask, event, saying

JSON = ("Content-Type: application/json",)


def refusal(status: str, message: str, code: str | None = None, **more: str) -> Answer:
    body = json.dumps({"error": {"message": message, "code": code, **more}}).encode()
    return Answer([body], status, JSON)


@pytest.mark.parametrize(
    ("status", "message", "code", "kind"),
    [
        ("401 Unauthorized", "Incorrect API key", "invalid_api_key", KeyRejected),
        ("429 Too Many Requests", "Slow down", None, RateLimited),
        ("429 Too Many Requests", "Nothing left", "insufficient_quota", NoCredit),
        ("400 Bad Request", "The maximum context length is 9", None, ContextTooLong),
        ("500 Oh", "It broke", None, Overloaded),
    ],
)
async def test_a_refusal_is_the_error_that_it_means(
    provider: Provider, client: ChatClient, status: str, message: str, code: str | None, kind: type[ProviderError]
) -> None:
    provider.answers.append(refusal(status, message, code))
    heard = await ask(client, provider.endpoint())
    assert type(heard.error) is kind
    assert message in heard.error.detail
    assert heard.deltas == []


async def test_a_refusal_may_arrive_in_pieces(provider: Provider, client: ChatClient) -> None:
    (body,) = refusal("429 Too Many Requests", "Nothing left", "insufficient_quota").pieces
    pieces = [body[start : start + 20] for start in range(0, len(body), 20)]
    provider.answers.append(Answer(pieces, "429 Too Many Requests", JSON, pause=0.01))
    assert type((await ask(client, provider.endpoint())).error) is NoCredit


async def test_a_refusal_that_is_cut_is_still_a_refusal(provider: Provider, client: ChatClient) -> None:
    provider.answers.append(Answer([b'{"error":{"mess'], "429 Too Many Requests", JSON, Ending.CUT))
    assert type((await ask(client, provider.endpoint())).error) is RateLimited


async def test_a_refusal_without_end_is_read_to_a_sensible_length(provider: Provider, client: ChatClient) -> None:
    provider.answers.append(Answer([b"x" * 2**16] * 4, "503 Busy", ("Content-Type: text/plain",), Ending.STAY))
    assert type((await ask(client, provider.endpoint())).error) is Overloaded


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_stream_that_is_cut_keeps_its_text(provider: Provider, client: ChatClient, chunked: bool) -> None:
    provider.answers.append(Answer([saying("So "), saying("far")], ending=Ending.CUT, chunked=chunked))
    heard = await ask(client, provider.endpoint())
    assert heard.text == "So far"
    assert type(heard.error) is CutOff


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_stream_that_is_cut_inside_of_an_event_is_cut_too(
    provider: Provider, client: ChatClient, chunked: bool
) -> None:
    provider.answers.append(Answer([saying("So far"), saying(" and")[:30]], ending=Ending.CUT, chunked=chunked))
    heard = await ask(client, provider.endpoint())
    assert heard.text == "So far"
    assert type(heard.error) is CutOff


async def test_an_end_without_finish_reason_or_done_is_cut(provider: Provider, client: ChatClient) -> None:
    provider.answers.append(Answer([saying("So far"), event({"choices": [{"delta": {"content": ""}}]})]))
    heard = await ask(client, provider.endpoint())
    assert heard.text == "So far"
    assert type(heard.error) is CutOff


async def test_an_error_in_the_stream_keeps_the_text(provider: Provider, client: ChatClient) -> None:
    failure = b"event: error\n" + event({"error": {"message": "It broke", "type": "server_error"}})
    provider.answers.append(Answer([saying("So far"), failure]))
    heard = await ask(client, provider.endpoint())
    assert heard.text == "So far"
    assert type(heard.error) is Overloaded


async def test_a_finish_reason_that_is_an_error_is_one_and_keeps_the_text(
    provider: Provider, client: ChatClient
) -> None:
    broken = event({"choices": [{"delta": {}, "finish_reason": "error"}]})
    provider.answers.append(Answer([saying("So far"), broken, DONE]))
    heard = await ask(client, provider.endpoint())
    assert heard.text == "So far"
    assert type(heard.error) is Overloaded


async def test_an_endless_completion_that_is_not_streamed_is_an_invalid_response(
    provider: Provider, client: ChatClient
) -> None:
    provider.answers.append(Answer([b" " * 2**20] * 17, headers=JSON))
    assert type((await ask(client, provider.endpoint())).error) is InvalidResponse


async def test_an_error_may_come_as_json_with_status_200(provider: Provider, client: ChatClient) -> None:
    body = json.dumps({"code": "Unavailable", "error": "No first token in time"}).encode()
    provider.answers.append(Answer([body], headers=JSON))
    heard = await ask(client, provider.endpoint())
    assert type(heard.error) is Overloaded
    assert "No first token" in heard.error.detail


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ([b"data: not json\n\n"], InvalidResponse),
        ([b'data: {"choices":[{"delta":{"content":"\xff\xfe"}}]}\n\n'], InvalidResponse),
        ([b'data: {"choices":[\n\n'], InvalidResponse),
        ([b"data: " + b"x" * 2**20, b"x" * 2**20], InvalidResponse),
        ([b"data: [7]\n\n"], InvalidResponse),
    ],
)
async def test_invalid_data_in_a_stream_is_an_invalid_response_and_keeps_the_text(
    provider: Provider, client: ChatClient, pieces: Sequence[bytes], kind: type[ProviderError]
) -> None:
    provider.answers.append(Answer([saying("So far"), *pieces, DONE]))
    heard = await ask(client, provider.endpoint())
    assert heard.text == "So far"
    assert type(heard.error) is kind


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<!doctype html><title>Welcome to the hotel</title>", "text/html; charset=utf-8"),
        (b"Welcome to the hotel", "text/plain"),
        (b'{"choices":[{"message":{"content":"Ha', "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"", "application/json"),
        (b"null", "application/json"),
    ],
)
async def test_a_body_that_is_no_completion_is_an_invalid_response(
    provider: Provider, client: ChatClient, body: bytes, content_type: str
) -> None:
    provider.answers.append(Answer([body] if body else [], headers=[f"Content-Type: {content_type}"]))
    assert type((await ask(client, provider.endpoint())).error) is InvalidResponse


async def test_a_server_that_is_down_is_unreachable(client: ChatClient) -> None:
    gone = Provider()
    async with gone.open():
        endpoint = gone.endpoint()
    assert type((await ask(client, endpoint)).error) is Unreachable


async def test_silence_before_and_within_a_completion_times_out(provider: Provider) -> None:
    async with ChatClient(idle_seconds=0.05) as impatient:
        for said in ([], [saying("So far")]):
            provider.answers.append(Answer(said, ending=Ending.STAY))
            heard = await ask(impatient, provider.endpoint())
            assert heard.text == "So far" * len(said)
            assert type(heard.error) is TimedOut


async def test_a_redirect_is_not_followed_so_the_key_is_sent_nowhere_else(
    provider: Provider, client: ChatClient
) -> None:
    elsewhere = Provider()
    async with elsewhere.open():
        for status in ("301 Moved", "307 Temporary Redirect", "308 Permanent Redirect"):
            provider.answers.append(Answer([], status, [f"Location: {elsewhere.url}/v1/chat/completions"]))
            assert type((await ask(client, provider.endpoint())).error) is WrongAddress
    assert elsewhere.connections == 0


async def test_a_key_that_the_provider_repeats_is_redacted(provider: Provider, client: ChatClient) -> None:
    for answer in (
        refusal("401 Unauthorized", f"Your key {KEY} is unknown"),
        Answer([event({"error": {"message": f"Your key {KEY} is unknown"}})]),
        Answer([f"data: {KEY} is unknown\n\n".encode()]),
    ):
        provider.answers.append(answer)
        error = (await ask(client, provider.endpoint())).error
        assert error is not None
        assert KEY not in f"{error} {error!r} {error.detail}"
        assert "is unknown" in error.detail


async def test_a_refused_parameter_is_left_out_from_then_on(provider: Provider, client: ChatClient) -> None:
    request = ChatRequest([Message.of(Role.USER, "Hello")], temperature=0.5, max_tokens=9)
    provider.answers.append(refusal("400 Bad Request", "0.5 will not do", "unsupported_value", param="temperature"))
    provider.answers.extend([Answer([saying("Fine"), FINISH, DONE])] * 2)
    for _ in range(2):
        assert (await ask(client, provider.endpoint(), request)).text == "Fine"
    assert ["temperature" in asked.json for asked in provider.requests] == [True, False, False]
    assert all(asked.json["max_tokens"] == 9 for asked in provider.requests)


async def test_a_parameter_that_is_refused_under_every_name_is_left_out(provider: Provider, client: ChatClient) -> None:
    request = ChatRequest([Message.of(Role.USER, "Hello")], max_tokens=9)
    names = ["max_tokens", "max_completion_tokens"]
    for name, other in (names, names[::-1], names):
        message = f"Unsupported parameter: '{name}' does not work. Use '{other}' instead."
        provider.answers.append(refusal("400 Bad Request", message, "unsupported_parameter", param=name))
    provider.answers[-1] = Answer([saying("Fine"), FINISH, DONE])
    assert (await ask(client, provider.endpoint(), request)).text == "Fine"
    asked = [{name for name in names if name in request.json} for request in provider.requests]
    assert asked == [{"max_tokens"}, {"max_completion_tokens"}, set()]


async def test_a_refusal_of_a_parameter_that_was_not_sent_is_not_tried_again(
    provider: Provider, client: ChatClient
) -> None:
    provider.answers.append(refusal("400 Bad Request", "No", "unsupported_parameter", param="messages"))
    assert isinstance((await ask(client, provider.endpoint())).error, BadRequest)
    assert len(provider.requests) == 1
