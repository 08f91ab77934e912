"""One HTTP session for all providers: ask an endpoint once, get chunks."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, suppress
from typing import Self

import aiohttp
from pydantic_core import from_json

from bot.providers.errors import BrokenAnswer, CutOff, Overloaded, ProviderError, RefusedParameter, Silent, Unreachable
from bot.providers.failures import error_from_body, error_from_response
from bot.providers.offer import Endpoint
from bot.providers.patience import IDLE_SECONDS
from bot.providers.reasoning import ReasoningSplitter
from bot.providers.request import Adjustments, ChatRequest, encode
from bot.providers.sse import EventDecoder, EventTooLong
from bot.providers.wire import Chunk, decode

log = logging.getLogger(__name__)

CONNECT_SECONDS = 15
LAST_SECONDS = 0.25
"""How long to wait for the end of a body behind the end of its answer."""

LONGEST_ERROR = 64 * 1024
LONGEST_ANSWER = 16 * 2**20
"""Bytes of a body that is read whole."""

DONE = b"[DONE]"

_BROKEN_OFF = ("error", "insufficient_system_resource")
"""Finish reasons with which a provider says that it failed."""


class ChatClient:
    """Speaks the chat-completions form. An async context manager, open for the life of the process."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=idle_seconds)
        self._stack = AsyncExitStack()
        self._adjustments: dict[str, Adjustments] = {}

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0)  # as many answers at once as people ask for
        self.session = await self._stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, timeout=self._timeout)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def stream(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """The answer's chunks as they come; one chunk with everything where the provider does not stream.

        A parameter that the model turns out to refuse is left out from then on. Raises ProviderError. Closing the
        iterator closes the connection, which is how a provider learns to stop.
        """
        adjustments = self._adjustments.setdefault(endpoint.full_name, {})
        while True:
            body = encode(endpoint, request, adjustments)
            try:
                async with aclosing(self._once(endpoint, body.length, body.pieces())) as chunks:
                    async for chunk in chunks:
                        yield chunk
                return
            except RefusedParameter as error:
                if error.parameter not in body.optional:
                    raise
                log.warning("%s refuses %s: it is left out from now on", endpoint.full_name, error.parameter)
                adjustments[error.parameter] = error.instead

    async def _once(self, endpoint: Endpoint, length: int, body: AsyncIterator[bytes]) -> AsyncGenerator[Chunk, None]:
        headers = {"Content-Type": "application/json", "Content-Length": str(length)} | endpoint.headers
        try:
            async with self.session.post(endpoint.url, data=body, headers=headers, allow_redirects=False) as response:
                if response.status != 200:
                    raise error_from_response(response.status, await _beginning(response), response.headers)
                async for chunk in _chunks(response):
                    yield chunk
        except ProviderError as error:
            error.redact([endpoint.key.get_secret_value()] if endpoint.key else [])
            raise
        except aiohttp.SocketTimeoutError as error:
            raise Silent(str(error)) from error
        except aiohttp.ClientPayloadError as error:
            raise CutOff(str(error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error


async def _chunks(response: aiohttp.ClientResponse) -> AsyncIterator[Chunk]:
    """The chunks of a body with reasoning told from answer. Raises when the provider broke off."""
    splitter = ReasoningSplitter()
    finish: str | None = None
    async for chunk in _sent(response):
        finish = chunk.finish_reason or finish
        yield chunk.split(splitter)
    rest = splitter.close()
    if rest.answer or rest.reasoning:
        yield Chunk(rest.answer, rest.reasoning)
    if finish in _BROKEN_OFF:
        raise Overloaded(f"finish reason {finish}")


async def _sent(response: aiohttp.ClientResponse) -> AsyncIterator[Chunk]:
    """What was sent, whatever was asked for: servers do answer a request to stream with plain JSON."""
    if response.content_type == "text/html":
        raise BrokenAnswer(f"a web page: {(await _beginning(response)).decode('utf-8', 'replace')}")
    if response.content_type == "application/json":
        body = await _whole(response)
        if error := error_from_body(body):
            raise error
        yield decode(body)
        return
    begun = response.content_type == "text/event-stream"
    finished = False
    async for data in _events(response):
        if data.strip() == DONE:
            await _end(response)
            return
        chunk = decode(data)
        finished = finished or chunk.finish_reason is not None
        begun = True
        yield chunk
    if not begun:
        raise BrokenAnswer(f"no event in a body of the type {response.content_type}")
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
            if _is_whole(data):
                yield data
    except EventTooLong as error:
        raise BrokenAnswer(str(error)) from error


def _is_whole(data: bytes) -> bool:
    """Whether an event that came without its empty line is one, or only its beginning."""
    try:
        from_json(data)
    except ValueError:
        return data.strip() == DONE
    return True


async def _end(response: aiohttp.ClientResponse) -> None:
    """Take in what ends the body, so that the connection can be used again: it often comes a moment later."""
    with suppress(aiohttp.ClientError, TimeoutError):
        async with asyncio.timeout(LAST_SECONDS):
            await response.content.readany()


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """As much of a body as says what is wrong, even if it is cut."""
    body = bytearray()
    with suppress(aiohttp.ClientError, TimeoutError):
        async for piece in response.content.iter_any():
            body += piece
            if len(body) >= LONGEST_ERROR:
                break
    return bytes(body)


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > LONGEST_ANSWER:
            raise BrokenAnswer(f"a body of over {LONGEST_ANSWER} bytes")
    return bytes(body)
