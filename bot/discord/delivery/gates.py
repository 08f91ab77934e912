"""The gates of all places that replies are written in, taught by Discord's own answers."""

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
"""What counts towards Discord's limit over all channels: all of its API but the answers to interactions."""

_KINDS = {"POST": WriteKind.SEND, "PATCH": WriteKind.EDIT, "DELETE": WriteKind.DELETE}


TOKEN_SECONDS = 14 * 60
"""Discord takes answers to a command for a quarter of an hour; the last minute is not relied on."""


class Gates:
    """One gate per channel id, threads included, and per interaction's token, as long as a reply there needs it.

    A gate stays until its windows have closed, so that what Discord said of them holds for the next reply too.
    """

    def __init__(self, interval: float = INTERVAL, token_seconds: float = TOKEN_SECONDS) -> None:
        """`interval` is the seconds between two previews, `token_seconds` how long a command can be answered."""
        self.token_seconds = token_seconds
        self._interval = interval
        self._budget = RateBudget(INTERVAL / interval)
        self._gates: WeakValueDictionary[int | str, Gate] = WeakValueDictionary()

    def of(self, channel_id: int) -> Gate:
        """The gate of a channel."""
        return self._gates.setdefault(channel_id, Gate(self._interval, self._budget))

    def of_token(self, token: str) -> Gate:
        """The gate of what is written in answer to one interaction, which Discord counts apart."""
        return self._gates.setdefault(token, Gate(self._interval))

    def trace(self) -> aiohttp.TraceConfig:
        """What discord.py calls around its requests: they keep to the budget, and the gates learn from the answers."""
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
        with suppress(KeyError, ValueError):  # an answer without the headers teaches nothing
            headers = request.response.headers
            limit, remaining = (int(headers[f"X-RateLimit-{name}"]) for name in ("Limit", "Remaining"))
            gate.learn(kind, limit, remaining, float(headers["X-RateLimit-Reset-After"]))
