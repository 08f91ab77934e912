"""How long a body is waited for: silence breaks it, and the end of the answer makes the wait short."""

import asyncio

from bot.chat.messages import Usage
from bot.providers.client import ChatClient
from bot.providers.errors import TimedOut
from tests.providers.conftest import DONE, FINISH, HELLO, Answer, Ending, Provider, ask, event, saying

PING = b": still there\n\n"
USAGE = event({"choices": [], "usage": {"total_tokens": 5}})


async def test_who_has_finished_and_stays_is_left_soon_not_after_the_whole_idle_limit(provider: Provider) -> None:
    provider.answers.append(Answer([saying("Fine"), FINISH], ending=Ending.STAY))
    async with ChatClient(grace_seconds=0.1) as client:
        async with asyncio.timeout(30):
            heard = await ask(client, provider.endpoint())
            await provider.left.wait()
    assert (heard.text, heard.error) == ("Fine", None)


async def test_comments_behind_the_finish_reason_do_not_draw_out_the_wait(provider: Provider) -> None:
    provider.answers.append(Answer([saying("Fine"), FINISH, *[PING] * 4000], ending=Ending.STAY, pause=0.01))
    async with ChatClient(grace_seconds=0.1) as client:
        async with asyncio.timeout(30):
            heard = await ask(client, provider.endpoint())
    assert (heard.text, heard.error) == ("Fine", None)


async def test_usage_is_waited_for_behind_the_finish_reason(provider: Provider) -> None:
    provider.answers.append(Answer([saying("Fine"), FINISH, PING, USAGE, DONE], pause=0.1))
    async with ChatClient(grace_seconds=2) as client:
        heard = await ask(client, provider.endpoint())
    assert (heard.text, heard.error) == ("Fine", None)
    assert heard.chunks[-1].usage == Usage(total_tokens=5)


async def test_a_text_that_goes_on_behind_a_finish_reason_is_read_to_its_end(provider: Provider) -> None:
    texts = [saying(str(number)) for number in range(10)]
    provider.answers.append(Answer([FINISH, *texts, DONE], pause=0.1))
    async with ChatClient(grace_seconds=0.6) as client:
        assert (await ask(client, provider.endpoint())).text == "0123456789"


async def test_comments_are_no_silence(provider: Provider) -> None:
    provider.answers.append(Answer([*[PING] * 30, saying("Fine"), FINISH, DONE], pause=0.03))
    async with ChatClient(idle_seconds=0.6) as client:
        heard = await ask(client, provider.endpoint())
    assert (heard.text, heard.error) == ("Fine", None)


async def test_a_slow_reader_is_no_silence_of_the_provider(provider: Provider) -> None:
    provider.answers.append(Answer([saying("First"), saying(" and last"), FINISH, DONE], pause=0.02))
    async with ChatClient(idle_seconds=0.2) as client:
        texts = []
        async for chunk in client.stream(provider.endpoint(), HELLO):
            texts.append(chunk.text)
            await asyncio.sleep(0.3)
    assert "".join(texts) == "First and last"


async def test_silence_in_the_body_of_a_refusal_or_of_a_whole_answer_ends(provider: Provider) -> None:
    form = ["Content-Type: application/json"]
    provider.answers.append(Answer([b'{"error": {"message": "No'], "400 Bad Request", form, Ending.STAY))
    provider.answers.append(Answer([b'{"choices": ['], headers=form, ending=Ending.STAY))
    async with ChatClient(idle_seconds=0.1) as client:
        assert (await ask(client, provider.endpoint())).error is not None
        assert isinstance((await ask(client, provider.endpoint())).error, TimedOut)
