"""Timeouts while reading a body: without data, and after the end of the completion."""

import asyncio

from bot.chat.events import TextDelta
from bot.chat.messages import Usage
from bot.providers.client import ChatClient
from bot.providers.errors import TimedOut
from tests.providers.conftest import DONE, FINISH, HELLO, Answer, Ending, Provider, ask, event, saying

PING = b": still there\n\n"
USAGE = event({"choices": [], "usage": {"total_tokens": 5}})


async def test_a_finished_stream_that_stays_open_is_closed_soon(provider: Provider) -> None:
    provider.answers.append(Answer([saying("Fine"), FINISH], ending=Ending.STAY))
    async with ChatClient(grace_seconds=0.1) as client:
        async with asyncio.timeout(30):
            heard = await ask(client, provider.endpoint())
            await provider.left.wait()
    assert (heard.text, heard.error) == ("Fine", None)


async def test_comments_after_the_finish_reason_do_not_prolong_the_wait(provider: Provider) -> None:
    provider.answers.append(Answer([saying("Fine"), FINISH, *[PING] * 4000], ending=Ending.STAY, pause=0.01))
    async with ChatClient(grace_seconds=0.1) as client:
        async with asyncio.timeout(30):
            heard = await ask(client, provider.endpoint())
    assert (heard.text, heard.error) == ("Fine", None)


async def test_usage_after_the_finish_reason_is_awaited(provider: Provider) -> None:
    provider.answers.append(Answer([saying("Fine"), FINISH, PING, USAGE, DONE], pause=0.1))
    async with ChatClient(grace_seconds=2) as client:
        heard = await ask(client, provider.endpoint())
    assert (heard.text, heard.error) == ("Fine", None)
    assert heard.usages == [Usage(total_tokens=5)]


async def test_text_after_a_finish_reason_is_read_to_its_end(provider: Provider) -> None:
    texts = [saying(str(number)) for number in range(10)]
    provider.answers.append(Answer([FINISH, *texts, DONE], pause=0.1))
    async with ChatClient(grace_seconds=0.6) as client:
        assert (await ask(client, provider.endpoint())).text == "0123456789"


async def test_comments_prevent_a_timeout(provider: Provider) -> None:
    provider.answers.append(Answer([*[PING] * 30, saying("Fine"), FINISH, DONE], pause=0.03))
    async with ChatClient(idle_seconds=0.6) as client:
        heard = await ask(client, provider.endpoint())
    assert (heard.text, heard.error) == ("Fine", None)


async def test_a_slow_reader_does_not_cause_a_timeout(provider: Provider) -> None:
    provider.answers.append(Answer([saying("First"), saying(" and last"), FINISH, DONE], pause=0.02))
    async with ChatClient(idle_seconds=0.2) as client:
        texts = []
        async for delta in client.stream(provider.endpoint(), HELLO):
            if isinstance(delta, TextDelta):
                texts.append(delta.text)
            await asyncio.sleep(0.3)
    assert "".join(texts) == "First and last"


async def test_the_body_of_an_error_or_a_whole_completion_can_time_out(provider: Provider) -> None:
    form = ["Content-Type: application/json"]
    provider.answers.append(Answer([b'{"error": {"message": "No'], "400 Bad Request", form, Ending.STAY))
    provider.answers.append(Answer([b'{"choices": ['], headers=form, ending=Ending.STAY))
    async with ChatClient(idle_seconds=0.1) as client:
        assert (await ask(client, provider.endpoint())).error is not None
        assert isinstance((await ask(client, provider.endpoint())).error, TimedOut)
