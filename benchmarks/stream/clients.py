"""The clients that are compared, each used as its documentation recommends and kept open between requests.

`read` requests one completion and calls `seen` with each text that arrives and its number of chunks.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from importlib import import_module
from typing import Any, Protocol, Self

import aiohttp
from pydantic import HttpUrl, SecretStr

from bot.chat.events import TextDelta
from bot.chat.messages import Message, Role
from bot.providers.catalogue import load_catalogue
from bot.providers.client import ChatClient
from bot.providers.offer import Access, Offer
from bot.providers.request import ChatRequest

Seen = Callable[[str, int], None]
KEY = "key-of-the-benchmark"
QUESTION = "What is tea?"
MODEL = "gpt-4o"
MESSAGES = [{"role": "user", "content": QUESTION}]


class Client(Protocol):
    """An open client."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def read(self, base_url: str, seen: Seen) -> None: ...


class Parley:
    """The client of the bot, from bytes to deltas."""

    async def __aenter__(self) -> Self:
        self._client = await ChatClient().__aenter__()
        self._catalogue = load_catalogue()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.__aexit__()

    async def read(self, base_url: str, seen: Seen) -> None:
        access = Access(key=SecretStr(KEY), base_url=HttpUrl(base_url))
        endpoint = Offer(self._catalogue, {"openai": access}).endpoint(f"openai/{MODEL}")
        async for delta in self._client.stream(endpoint, ChatRequest([Message.of(Role.USER, QUESTION)])):
            if isinstance(delta, TextDelta):
                seen(delta.text, 1)


class OpenAI:
    """The SDK with its default HTTP client."""

    async def __aenter__(self) -> Self:
        self._client: Any = import_module("openai").AsyncOpenAI(api_key=KEY, base_url="http://127.0.0.1", max_retries=0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def read(self, base_url: str, seen: Seen) -> None:
        self._client.base_url = base_url
        stream = await self._client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
        async for chunk in stream:
            if chunk.choices and (text := chunk.choices[0].delta.content):
                seen(text, 1)


class LiteLLM:
    """Its streaming function, which keeps its own SDK client."""

    async def __aenter__(self) -> Self:
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # otherwise its import downloads prices
        self._litellm: Any = import_module("litellm")
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def read(self, base_url: str, seen: Seen) -> None:
        stream = await self._litellm.acompletion(
            f"openai/{MODEL}", MESSAGES, stream=True, api_base=base_url, api_key=KEY, max_retries=0
        )
        async for chunk in stream:
            if chunk.choices and (text := chunk.choices[0].delta.content):
                seen(text, 1)


class Bare:
    """aiohttp alone: chunks are counted, and only the last text of each read is extracted."""

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        connector = aiohttp.TCPConnector(limit=0)
        self._session = await self._stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def read(self, base_url: str, seen: Seen) -> None:
        body = {"model": MODEL, "messages": MESSAGES, "stream": True}
        headers = {"Authorization": f"Bearer {KEY}"}
        mark = b'"content":"'
        async with self._session.post(f"{base_url}/chat/completions", json=body, headers=headers) as response:
            async for piece in response.content.iter_any():
                start = piece.rfind(mark, 0, piece.rfind(b"\n\n")) + len(mark)
                if start >= len(mark):
                    seen(piece[start : piece.index(b'"', start)].decode(), piece.count(mark))


CLIENTS: Mapping[str, type[Client]] = {"parley": Parley, "bare": Bare, "openai": OpenAI, "litellm": LiteLLM}
TITLES = {
    "parley": "Parley, bytes to chunks",
    "bare": "aiohttp, bytes alone",
    "openai": "openai SDK",
    "litellm": "LiteLLM",
}
