"""One HTTP session for all providers: ask an endpoint once, get chunks."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Self

import aiohttp

from bot.providers.answer import Answer
from bot.providers.errors import BrokenAnswer, CutOff, ProviderError, RefusedParameter, Silent, Unreachable
from bot.providers.failures import error_from_response
from bot.providers.offer import Endpoint
from bot.providers.patience import IDLE_SECONDS
from bot.providers.request import Adjustments, Body, ChatRequest, encode
from bot.providers.wire import Chunk

log = logging.getLogger(__name__)

CONNECT_SECONDS = 15
LAST_SECONDS = 0.25
"""How long to wait for the end of a body behind the end of its answer."""

LONGEST_ERROR = 64 * 1024
LONGEST_ANSWER = 16 * 2**20
"""Bytes of a body that is read whole."""


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
                async with self._response(endpoint, body) as response:
                    async for chunk in _chunks(response):
                        yield chunk
                return
            except RefusedParameter as error:
                if error.parameter not in body.optional:
                    raise
                log.warning("%s refuses %s: it is left out from now on", endpoint.full_name, error.parameter)
                adjustments[error.parameter] = error.instead

    @asynccontextmanager
    async def _response(self, endpoint: Endpoint, body: Body) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        """The response to one request; whatever goes wrong while it is open is raised as ProviderError."""
        headers = {"Content-Type": "application/json", "Content-Length": str(body.length)} | endpoint.headers
        try:
            async with self.session.post(
                endpoint.url, data=body.pieces(), headers=headers, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise error_from_response(response.status, await _beginning(response), response.headers)
                yield response
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
    """The chunks of a body, whatever was asked for: servers do answer a request to stream with plain JSON."""
    if response.content_type == "text/html":
        raise BrokenAnswer(f"a web page: {(await _beginning(response)).decode('utf-8', 'replace')}")
    answer = Answer(response.content_type)
    if response.content_type == "application/json":
        for chunk in answer.whole(await _whole(response)):
            yield chunk
    else:
        try:
            async for piece in response.content.iter_any():
                for chunk in answer.feed(piece):
                    yield chunk
                if answer.done:
                    await _end(response)
                    break
        except (aiohttp.ClientError, TimeoutError):
            if not answer.finished:  # what breaks behind the end of an answer takes nothing from it
                raise
    for chunk in answer.close():
        yield chunk


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
