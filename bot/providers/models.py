"""Asks a provider which models it has, by the richest list that it knows."""

import asyncio
from typing import Any
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from bot.providers.catalogue import Model, ModelList
from bot.providers.errors import BrokenAnswer, CutOff, ProviderError, Silent, Unreachable
from bot.providers.failures import error_from_response
from bot.providers.listing import read_detail, read_id, read_items, read_models
from bot.providers.offer import Server

SECONDS = aiohttp.ClientTimeout(total=20, connect=10)
LONGEST_LIST = 8 * 2**20
"""Bytes of a list; OpenRouter's, the longest, has about one MiB."""

MOST_DETAILS = 200
DETAILS_AT_ONCE = 4
"""Requests for single models, of one list."""


class ModelReader:
    """Reads providers' lists over one HTTP session."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def models(self, server: Server) -> tuple[Model, ...]:
        """The models that a provider lists and that chat. Raises ProviderError.

        Where the list cannot be had in one way, the next is tried, unless the provider as a whole has trouble.
        """
        failure: ProviderError = BrokenAnswer("no way to ask for models")
        for form, headers in _ways(server):
            try:
                return await self._listed(server, form, headers)
            except ProviderError as error:
                failure = error
                if error.again and not isinstance(error, BrokenAnswer):  # another form of it may be whole
                    break
        failure.redact(server.secrets)
        raise failure

    async def _listed(self, server: Server, form: ModelList, headers: dict[str, str]) -> tuple[Model, ...]:
        body = await self._fetch("GET", _address(server, form.path), headers)
        # off the loop: a list of hundreds takes longer than a chunk of an answer may wait
        items = await asyncio.to_thread(read_items, body, form)
        if form.detail:
            items = await self._detailed(items, server, form, headers)
        return await asyncio.to_thread(read_models, items, form)

    async def _detailed(self, items: list[Any], server: Server, form: ModelList, headers: dict[str, str]) -> list[Any]:
        """The items with what the provider tells of each model by itself; nothing more where it does not tell."""
        address, turns = _address(server, form.detail), asyncio.Semaphore(DETAILS_AT_ONCE)

        async def detailed(item: Any) -> Any:
            name = read_id(item, form)
            if name is None:
                return item
            try:
                async with turns:
                    body = await self._fetch("POST", address, headers, {"model": name})
            except ProviderError:
                return item
            return read_detail(body) | item

        known = await asyncio.gather(*(detailed(item) for item in items[:MOST_DETAILS]))
        return [*known, *items[MOST_DETAILS:]]

    async def _fetch(self, method: str, url: URL, headers: dict[str, str], json: Any = None) -> bytes:
        try:
            async with self._session.request(
                method, url, headers=headers, json=json, allow_redirects=False, timeout=SECONDS
            ) as response:
                body = await _beginning(response, LONGEST_LIST)
                if response.status != 200:
                    raise error_from_response(response.status, body, response.headers)
                if len(body) > LONGEST_LIST:
                    raise BrokenAnswer(f"a list of models of over {LONGEST_LIST} bytes")
                return body
        except aiohttp.ClientPayloadError as error:
            raise CutOff(str(error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            silent = isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError)
            raise (Silent if silent else Unreachable)(f"{type(error).__name__}: {error}") from error


def _ways(server: Server) -> list[tuple[ModelList, dict[str, str]]]:
    """The forms of list to try, and the headers of each; what a list wants instead of the usual key goes first."""
    form = server.provider.model_list
    ways = [(form, server.headers)]
    if form.headers:
        own = server.with_key(form.headers)
        ways = [(form, server.provider.headers | own), (form, server.headers | own)]
    if form.path != form.plain.path:
        ways.append((form.plain, server.headers))
    return ways


def _address(server: Server, path: str) -> URL:
    return URL(urljoin(f"{server.base_url}/", path)).extend_query(server.provider.query)


async def _beginning(response: aiohttp.ClientResponse, length: int) -> bytes:
    """The body, or a little more than this length of it."""
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > length:
            break
    return bytes(body)
