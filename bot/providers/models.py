"""Asks a provider which models it has."""

import asyncio
from typing import Any
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from bot.providers.catalogue import Model, ModelList
from bot.providers.errors import CutOff, InvalidResponse, ProviderError, TimedOut, Unreachable
from bot.providers.failures import error_from_response
from bot.providers.listing import parse_detail, parse_id, parse_items, parse_models
from bot.providers.offer import Server

TIMEOUT = aiohttp.ClientTimeout(total=20, connect=10)
MAX_LIST_BYTES = 8 * 2**20
"""Limit for a list; the longest one, OpenRouter's, has about 1 MiB."""

MAX_DETAILS = 200
CONCURRENT_DETAILS = 4
"""Requests about single models, for one list."""


class ModelListClient:
    """Requests lists of models over a shared HTTP session."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def fetch(self, server: Server) -> tuple[Model, ...]:
        """Return the chat models that a provider lists. Raises ProviderError.

        If one way to ask for the list fails, the next is tried, unless the provider itself has trouble.
        """
        failure: ProviderError = InvalidResponse("no way to ask for models")
        for form, headers in _ways_to_ask(server):
            try:
                return await self._fetch_list(server, form, headers)
            except ProviderError as error:
                failure = error
                if error.retryable and not isinstance(error, InvalidResponse):  # another format may be valid
                    break
        failure.redact(server.secrets)
        raise failure

    async def _fetch_list(self, server: Server, form: ModelList, headers: dict[str, str]) -> tuple[Model, ...]:
        body = await self._request("GET", _url(server, form.path), headers)
        # in a thread: parsing hundreds of models would hold up the chunks of running completions
        items = await asyncio.to_thread(parse_items, body, form)
        if form.detail:
            items = await self._with_details(items, server, form, headers)
        return await asyncio.to_thread(parse_models, items, form)

    async def _with_details(
        self, items: list[Any], server: Server, form: ModelList, headers: dict[str, str]
    ) -> list[Any]:
        """Return the items merged with what the provider says about each model, where it does."""
        url, slots = _url(server, form.detail), asyncio.Semaphore(CONCURRENT_DETAILS)

        async def with_details(item: Any) -> Any:
            model_id = parse_id(item, form)
            if model_id is None:
                return item
            try:
                async with slots:
                    body = await self._request("POST", url, headers, {"model": model_id})
            except ProviderError:
                return item
            return parse_detail(body) | item

        detailed = await asyncio.gather(*(with_details(item) for item in items[:MAX_DETAILS]))
        return [*detailed, *items[MAX_DETAILS:]]

    async def _request(self, method: str, url: URL, headers: dict[str, str], json: Any = None) -> bytes:
        try:
            async with self._session.request(
                method, url, headers=headers, json=json, allow_redirects=False, timeout=TIMEOUT
            ) as response:
                body = await _read_start(response, MAX_LIST_BYTES)
                if response.status != 200:
                    raise error_from_response(response.status, body, response.headers)
                if len(body) > MAX_LIST_BYTES:
                    raise InvalidResponse(f"a list of models of over {MAX_LIST_BYTES} bytes")
                return body
        except aiohttp.ClientPayloadError as error:
            raise CutOff(str(error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            timed_out = isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError)
            raise (TimedOut if timed_out else Unreachable)(f"{type(error).__name__}: {error}") from error


def _ways_to_ask(server: Server) -> list[tuple[ModelList, dict[str, str]]]:
    """Return the formats of list to try with the headers of each, the most detailed first."""
    form = server.provider.model_list
    ways = [(form, server.headers)]
    if form.headers:
        own = server.with_key(form.headers)
        ways = [(form, server.provider.headers | own), (form, server.headers | own)]
    if form.path != form.fallback.path:
        ways.append((form.fallback, server.headers))
    return ways


def _url(server: Server, path: str) -> URL:
    return URL(urljoin(f"{server.base_url}/", path)).extend_query(server.provider.query)


async def _read_start(response: aiohttp.ClientResponse, length: int) -> bytes:
    """Return the body; if it is longer than `length`, a little more than that of it."""
    body = bytearray()
    async for data in response.content.iter_any():
        body += data
        if len(body) > length:
            break
    return bytes(body)
