"""One HTTP session for all providers: ask an endpoint, get chunks."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack
from typing import Self

import aiohttp

from bot.providers.errors import BrokenAnswer, CutOff, Unreachable
from bot.providers.failures import error_from_body, error_from_response
from bot.providers.offer import Endpoint
from bot.providers.request import ChatRequest, encode
from bot.providers.sse import EventDecoder, EventTooLong
from bot.providers.wire import Chunk, decode

log = logging.getLogger(__name__)

CONNECT_SECONDS = 15
IDLE_SECONDS = 120
"""How long a provider may send nothing at all: reasoning models and queues are silent for long."""

LONGEST_ERROR = 64 * 1024
LONGEST_ANSWER = 16 * 2**20
"""Bytes of a body that is read whole."""


class ChatClient:
    """Speaks the chat-completions form. An async context manager, open for the life of the process."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=idle_seconds)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0)  # as many answers at once as people ask for
        self._session = await self._stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, timeout=self._timeout)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def stream(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """The answer's chunks as they come; one chunk with everything where the provider does not stream.

        Raises ProviderError. Closing the iterator closes the connection, which is how a provider learns to stop.
        """
        body = encode(endpoint, request)
        headers = {"Content-Type": "application/json", "Content-Length": str(body.length)} | endpoint.headers
        try:
            async with self._session.post(
                endpoint.url, data=body.pieces(), headers=headers, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise error_from_response(response.status, await response.content.read(LONGEST_ERROR))
                async for chunk in _chunks(response):
                    yield chunk
        except aiohttp.ClientPayloadError as error:
            raise CutOff(str(error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error


async def _chunks(response: aiohttp.ClientResponse) -> AsyncIterator[Chunk]:
    """The chunks of a body, whatever was asked for: servers do answer a request to stream with plain JSON."""
    if response.content_type == "application/json":
        yield await _whole(response)
        return
    finished = False
    async for data in _events(response):
        if data == b"[DONE]":
            return
        chunk = decode(data)
        finished = finished or chunk.finish_reason is not None
        yield chunk
    if not finished:
        raise CutOff("the stream ended without a finish reason")


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    decoder = EventDecoder()
    try:
        async for piece in response.content.iter_any():
            for data in decoder.feed(piece):
                if data:
                    yield data
        for data in decoder.close():
            if data:
                yield data
    except EventTooLong as error:
        raise BrokenAnswer(str(error)) from error


async def _whole(response: aiohttp.ClientResponse) -> Chunk:
    pieces = bytearray()
    async for piece in response.content.iter_any():
        pieces += piece
        if len(pieces) > LONGEST_ANSWER:
            raise BrokenAnswer(f"a body of over {LONGEST_ANSWER} bytes")
    body = bytes(pieces)
    if error := error_from_body(body):
        raise error
    return decode(body)
