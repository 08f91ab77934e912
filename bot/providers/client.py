"""The HTTP client for all providers: sends a request to an endpoint, yields deltas."""

import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Self

import aiohttp

from bot.chat.events import Delta
from bot.providers.body_reader import BodyReader, avoid_mmap_churn
from bot.providers.completion import CompletionReader
from bot.providers.errors import CutOff, InvalidResponse, ProviderError, TimedOut, Unreachable, UnsupportedParameter
from bot.providers.failures import error_from_response
from bot.providers.offer import Endpoint
from bot.providers.patience import GRACE_SECONDS, IDLE_SECONDS
from bot.providers.request import Adjustments, Body, ChatRequest, adjust, encode

log = logging.getLogger(__name__)

CONNECT_SECONDS = 15


class ChatClient:
    """A client of the chat-completions API with one HTTP session. An async context manager."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS, grace_seconds: float = GRACE_SECONDS) -> None:
        self._idle = idle_seconds
        self._grace = grace_seconds
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=idle_seconds)
        self._stack = AsyncExitStack()
        self._adjustments: dict[str, Adjustments] = {}

    async def __aenter__(self) -> Self:
        avoid_mmap_churn()
        connector = aiohttp.TCPConnector(limit=0)  # no limit: as many simultaneous answers as people ask for
        self.session = await self._stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, timeout=self._timeout)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def stream(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """The deltas of a completion as they arrive; all at once if the provider does not stream. Raises ProviderError.

        If the model refuses a parameter or the role of the system prompt, this request and later ones are sent without
        the parameter, or with another role. Closing the iterator closes the connection, which makes the provider stop.
        """
        async with self._body(endpoint, request) as body:
            reader = CompletionReader(body.media_type)
            if body.media_type == "application/json":  # some servers respond to streaming requests with this
                for delta in reader.whole(await body.read_all()):
                    yield delta
            while not reader.done and (piece := await body.read()):
                for delta in reader.feed(piece):
                    yield delta
                    if reader.finish_reason:
                        body.limit_wait(self._grace)
            if reader.done:
                await body.drain()
            for delta in reader.close():
                yield delta

    @asynccontextmanager
    async def _body(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[BodyReader, None]:
        """The body of a successful response. While it is open, errors are raised as ProviderError."""
        with _as_provider_errors(endpoint):
            response = await self._successful_response(endpoint, request)
            async with response:
                with BodyReader(response, self._idle) as body:
                    if response.content_type == "text/html":
                        page = await body.read_start()
                        raise InvalidResponse(f"a web page: {page.decode('utf-8', 'replace')}")
                    yield body

    async def _successful_response(self, endpoint: Endpoint, request: ChatRequest) -> aiohttp.ClientResponse:
        """A response with status 200; repeats the request while the model refuses something that can be left out."""
        adjustments = self._adjustments.setdefault(endpoint.full_name, {})
        while True:
            body = encode(endpoint, request, adjustments)
            response = await self._post(endpoint, body)
            if response.status == 200:
                return response
            async with response:
                with BodyReader(response, self._idle) as reader:
                    error = error_from_response(response.status, await reader.read_start(), response.headers)
            if response.status == 404 and endpoint.moved_to:
                error.add_context(
                    f"{endpoint.name.upper()}_BASE_URL is outdated: the current one is {endpoint.moved_to}"
                )
            if not isinstance(error, UnsupportedParameter) or not adjust(adjustments, body, error):
                raise error
            log.warning("%s refuses %s, so it is left out or replaced from now on", endpoint.full_name, error.parameter)

    async def _post(self, endpoint: Endpoint, body: Body) -> aiohttp.ClientResponse:
        headers = {"Content-Type": "application/json", "Content-Length": str(body.length)} | endpoint.headers
        return await self.session.post(endpoint.url, data=body.pieces(), headers=headers, allow_redirects=False)


@contextmanager
def _as_provider_errors(endpoint: Endpoint) -> Iterator[None]:
    """Raise errors as ProviderError, with secrets redacted."""
    try:
        yield
    except ProviderError as error:
        error.redact(endpoint.secrets)
        raise
    except aiohttp.SocketTimeoutError as error:
        raise TimedOut(str(error)) from error
    except aiohttp.ClientPayloadError as error:
        raise CutOff(str(error)) from error
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error
