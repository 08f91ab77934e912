"""The gates of all channels and interactions; they learn the rate limits from Discord's responses."""

import re
from contextlib import suppress
from weakref import WeakValueDictionary

import aiohttp

from bot.reply.budget import RateBudget
from bot.reply.gate import INTERVAL, Gate, WriteKind

_WRITE = re.compile(
    r"/(?:channels/(?P<channel>\d+)/messages(?:/\d+)?|webhooks/\d+/(?P<token>[^/]+)(?:/messages/[^/]+)?)$"
)
_COUNTED = re.compile(r"/api/(?:v\d+/)?+(?!interactions/|webhooks/)")
"""Requests that count towards Discord's global limit: all except responses to interactions."""

_KINDS = {"POST": WriteKind.SEND, "PATCH": WriteKind.EDIT, "DELETE": WriteKind.DELETE}

TOKEN_SECONDS = 14 * 60
"""How long an interaction's token is used. Discord accepts it for 15 minutes; the last one is a safety margin."""


class Gates:
    """One gate per channel id, including threads, and per interaction token.

    A gate is kept while a reply uses it and until its windows have closed, so that the next reply still respects them.
    """

    def __init__(self, interval: float = INTERVAL, token_seconds: float = TOKEN_SECONDS) -> None:
        """`interval` is the seconds between two previews, `token_seconds` how long an interaction's token is used."""
        self.token_seconds = token_seconds
        self._interval = interval
        self._budget = RateBudget(INTERVAL / interval)
        self._gates: WeakValueDictionary[int | str, Gate] = WeakValueDictionary()

    def of(self, channel_id: int) -> Gate:
        """The gate of a channel."""
        return self._gates.setdefault(channel_id, Gate(self._interval, self._budget))

    def of_token(self, token: str) -> Gate:
        """The gate of the responses to one interaction, which Discord counts separately."""
        return self._gates.setdefault(token, Gate(self._interval))

    def trace(self) -> aiohttp.TraceConfig:
        """Hooks for the HTTP client of discord.py that pace its requests and let the gates learn from the responses."""
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._pace)
        trace.on_request_end.append(self._learn)
        return trace

    async def _pace(self, _: object, __: object, request: aiohttp.TraceRequestStartParams) -> None:
        if _COUNTED.match(request.url.path):
            await self._budget.request()

    async def _learn(self, _: object, __: object, request: aiohttp.TraceRequestEndParams) -> None:
        found = _WRITE.search(request.url.path)
        if not found:
            return
        gate = self._gates.get(int(found["channel"]) if found["channel"] else found["token"])
        kind = _KINDS.get(request.method)
        if gate is None or kind is None:
            return
        with suppress(KeyError, ValueError):  # a response without the headers is ignored
            headers = request.response.headers
            limit, remaining = (int(headers[f"X-RateLimit-{name}"]) for name in ("Limit", "Remaining"))
            gate.learn(kind, limit, remaining, float(headers["X-RateLimit-Reset-After"]))
