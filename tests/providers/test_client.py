"""The client against a real server: what it sends, what it reads, when it disconnects."""

import asyncio
import json
from dataclasses import replace

import pytest

from bot.chat.events import Metadata, TextDelta
from bot.chat.messages import Message, Role, Usage
from bot.chat.parts import ImagePart
from bot.providers.client import ChatClient
from bot.providers.request import PIECE, ChatRequest
from tests.providers.conftest import DONE, FINISH, HELLO, KEY, Answer, Ending, Provider, ask, event, saying


async def test_a_stream_is_read_delta_by_delta(provider: Provider, client: ChatClient) -> None:
    usage = event({"choices": [], "model": "parrot", "usage": {"total_tokens": 9}})
    provider.answers.append(Answer([saying("Good "), saying("day"), FINISH, usage, DONE]))
    heard = await ask(client, provider.endpoint())
    assert heard.error is None
    assert heard.deltas == [
        TextDelta("Good "),
        TextDelta("day"),
        Metadata(finish_reason="stop"),
        Metadata(usage=Usage(total_tokens=9), model="parrot"),
    ]
    assert heard.text == "Good day"


async def test_the_request_is_what_the_provider_expects(provider: Provider, client: ChatClient) -> None:
    provider.answers.append(Answer([FINISH, DONE]))
    await ask(client, provider.endpoint("groq", "openai/gpt-oss-20b"))
    (request,) = provider.requests
    assert request.line == "POST /v1/chat/completions HTTP/1.1"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"] == "application/json"
    assert request.json["model"] == "openai/gpt-oss-20b"
    assert request.json["messages"] == [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize("name", ["ollama", "lmstudio"])
async def test_without_a_key_there_is_no_authorization(provider: Provider, client: ChatClient, name: str) -> None:
    provider.answers.append(Answer([FINISH, DONE]))
    await ask(client, provider.endpoint(name, key=None))
    assert "authorization" not in provider.requests[0].headers


async def test_large_images_arrive_whole_with_their_length_announced(provider: Provider, client: ChatClient) -> None:
    images = tuple(ImagePart(f"{number}.png", "image/png", bytes(PIECE + number)) for number in range(3))
    provider.answers.append(Answer([FINISH, DONE]))
    await ask(client, provider.endpoint(), ChatRequest([Message.of(Role.USER, "These", images)]))
    (request,) = provider.requests
    assert int(request.headers["content-length"]) == len(request.body)
    assert len(request.json["messages"][0]["content"]) == 4


async def test_a_completion_that_is_not_streamed_is_one_text_delta(provider: Provider, client: ChatClient) -> None:
    answer = {"choices": [{"message": {"content": "All at once"}, "finish_reason": "stop"}], "error": None}
    provider.answers.append(Answer([json.dumps(answer).encode()], headers=["Content-Type: application/json"]))
    heard = await ask(client, provider.endpoint())
    assert heard.error is None
    assert heard.deltas == [TextDelta("All at once"), Metadata("stop")]
    assert heard.text == "All at once"


async def test_a_provider_that_cannot_stream_is_not_asked_to(provider: Provider, client: ChatClient) -> None:
    endpoint = provider.endpoint()
    slow = replace(endpoint, provider=endpoint.provider.model_copy(update={"stream": False}))
    answer = {"choices": [{"message": {"content": "All at once"}, "finish_reason": "stop"}], "usage": None}
    provider.answers.append(Answer([json.dumps(answer).encode()], headers=["Content-Type: application/json"]))
    heard = await ask(client, slow)
    assert (heard.text, heard.error) == ("All at once", None)
    assert provider.requests[0].json["stream"] is False


async def test_blank_lines_may_come_before_a_completion_that_is_not_streamed(
    provider: Provider, client: ChatClient
) -> None:
    body = [b"\n", b"\n\n", b'{"choices":[{"message":', b'{"content":"At last"}}]}']
    provider.answers.append(Answer(body, headers=["Content-Type: application/json; charset=utf-8"], pause=0.01))
    assert (await ask(client, provider.endpoint())).text == "At last"


async def test_comments_and_event_names_are_ignored(provider: Provider, client: ChatClient) -> None:
    body = [b": PLEASE WAIT\n\n", b"event: chunk\n", saying("Here"), b": PLEASE WAIT\n\n", FINISH, DONE]
    provider.answers.append(Answer(body))
    assert (await ask(client, provider.endpoint())).text == "Here"


async def test_a_character_may_be_split_between_reads(provider: Provider, client: ChatClient) -> None:
    stream = 'data: {"choices":[{"delta":{"content":"süß \N{CAT FACE}"},"finish_reason":"stop"}]}\r\n\r\n'.encode()
    provider.answers.append(Answer([stream[index : index + 1] for index in range(len(stream))], pause=0.0))
    heard = await ask(client, provider.endpoint())
    assert (heard.text, heard.error) == ("süß \N{CAT FACE}", None)


@pytest.mark.parametrize("done", [DONE, b"data:[DONE]\n\n", b"data: [DONE] \n\n", b"data: [DONE]"])
async def test_done_ends_the_completion_however_it_is_written(
    provider: Provider, client: ChatClient, done: bytes
) -> None:
    provider.answers.append(Answer([saying("Fine"), done]))
    heard = await ask(client, provider.endpoint())
    assert (heard.text, heard.error) == ("Fine", None)


async def test_a_finish_reason_ends_the_completion_without_done(provider: Provider, client: ChatClient) -> None:
    provider.answers.append(Answer([saying("Fine"), FINISH]))
    heard = await ask(client, provider.endpoint())
    assert (heard.text, heard.error) == ("Fine", None)


@pytest.mark.parametrize("ending", Ending)
@pytest.mark.parametrize("rest", [b"", b'data: {"usa\n\n', b"data: [DO\n\n"])
async def test_what_breaks_after_the_finish_reason_does_not_harm_the_completion(
    provider: Provider, rest: bytes, ending: Ending
) -> None:
    provider.answers.append(Answer([saying("Fine"), FINISH, rest] if rest else [saying("Fine"), FINISH], ending=ending))
    async with ChatClient(idle_seconds=0.2) as client:
        heard = await ask(client, provider.endpoint())
    assert (heard.text, heard.error) == ("Fine", None)


async def test_reading_continues_after_the_finish_reason(provider: Provider, client: ChatClient) -> None:
    usage = event({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"total_tokens": 5}})
    provider.answers.append(Answer([saying("Fine"), FINISH, usage, DONE]))
    assert (await ask(client, provider.endpoint())).usages == [Usage(total_tokens=5)]


async def test_a_connection_is_reused_for_the_next_request(provider: Provider, client: ChatClient) -> None:
    for number in range(3):
        provider.answers.append(Answer([saying(str(number)), FINISH, DONE], pause=0.01))
        assert (await ask(client, provider.endpoint())).text == str(number)
    assert provider.connections == 1


async def test_a_connection_that_stays_open_after_the_end_does_not_delay_the_completion(
    provider: Provider, client: ChatClient
) -> None:
    provider.answers.append(Answer([saying("Fine"), DONE], ending=Ending.STAY))
    heard = await ask(client, provider.endpoint())
    assert (heard.text, heard.error) == ("Fine", None)
    async with asyncio.timeout(5):
        await provider.left.wait()


async def test_closing_the_iterator_closes_the_connection(provider: Provider, client: ChatClient) -> None:
    provider.answers.append(Answer([saying("Once")], ending=Ending.STAY))
    deltas = client.stream(provider.endpoint(), HELLO)
    assert await anext(deltas) == TextDelta("Once")
    await deltas.aclose()
    async with asyncio.timeout(5):
        await provider.left.wait()


async def test_cancelling_the_reader_closes_the_connection(provider: Provider, client: ChatClient) -> None:
    provider.answers.append(Answer([saying("Once")], ending=Ending.STAY))
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in client.stream(provider.endpoint(), HELLO):
            begun.set()

    reader = asyncio.create_task(read())
    async with asyncio.timeout(5):
        await begun.wait()
        reader.cancel()
        await provider.left.wait()


async def test_several_completions_are_read_at_the_same_time(provider: Provider, client: ChatClient) -> None:
    for _ in range(20):
        provider.answers.append(Answer([saying("a"), saying("b"), FINISH, DONE], pause=0.005))
    heard = await asyncio.gather(*(ask(client, provider.endpoint()) for _ in range(20)))
    assert [one.text for one in heard] == ["ab"] * 20


async def test_slow_completions_do_not_delay_another(provider: Provider, client: ChatClient) -> None:
    provider.answers.extend([Answer([saying("Once")], ending=Ending.STAY)] * 3)
    provider.answers.append(Answer([saying("Short"), FINISH, DONE]))
    long = [client.stream(provider.endpoint(), HELLO) for _ in range(3)]
    for deltas in long:
        assert await anext(deltas) == TextDelta("Once")
    async with asyncio.timeout(5):
        assert (await ask(client, provider.endpoint())).text == "Short"
    for deltas in long:
        await deltas.aclose()


async def test_a_base_url_may_have_a_path_and_a_trailing_slash(provider: Provider, client: ChatClient) -> None:
    provider.url += "/proxy/"
    provider.answers.append(Answer([FINISH, DONE]))
    await ask(client, provider.endpoint())
    assert provider.requests[0].line.startswith("POST /proxy//v1/chat/completions ")
