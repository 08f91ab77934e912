"""Asks one endpoint, with retries and a circuit breaker.

There is no retry once a character of the answer has been seen. Waits are yielded between the deltas, so that they can
be shown.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import NamedTuple

from bot.chat.events import Delta, TextDelta
from bot.providers.client import ChatClient
from bot.providers.errors import CircuitOpen, ProviderError
from bot.providers.health import Health
from bot.providers.offer import Endpoint
from bot.providers.patience import Breaker, RetryLimits, retry_delay
from bot.providers.request import ChatRequest

log = logging.getLogger(__name__)


class Waiting(NamedTuple):
    """The request is retried in this many seconds; the deltas so far are void."""

    seconds: float


class Asker:
    """Sends requests, with a circuit breaker for each endpoint; records the health of each provider."""

    def __init__(self, client: ChatClient, limits: RetryLimits) -> None:
        self._client = client
        self._limits = limits
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._health: dict[str, Health] = {}

    @property
    def health(self) -> Mapping[str, Health]:
        """The outcome of the last request to each provider, by name; only of providers that were asked."""
        return self._health

    async def stream(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Delta | Waiting, None]:
        """The deltas of a completion, from as many requests as needed. Raises the ProviderError of the last one."""
        breaker = self._breakers.setdefault((endpoint.name, endpoint.base_url), Breaker(time.monotonic))
        if rest := breaker.blocked_for():
            raise CircuitOpen(f"next request in {rest:.0f} s")
        began = time.monotonic()
        for attempt in range(1, self._limits.tries + 1):
            text_seen = False
            try:
                async with aclosing(self._client.stream(endpoint, request)) as deltas:
                    async for delta in deltas:
                        text_seen = text_seen or isinstance(delta, TextDelta)
                        yield delta
                breaker.succeeded()
                self._health[endpoint.name] = Health(True, None, time.time())
                return
            except ProviderError as error:
                self._note_failure(endpoint, breaker, error)
                wait = retry_delay(attempt, error.retry_after, random.random())  # noqa: S311 - spreads load, guards nothing
                late = time.monotonic() - began + wait > self._limits.seconds
                if text_seen or not error.retryable or attempt == self._limits.tries or late or breaker.blocked_for():
                    raise
                log.info("%s is retried in %.1f s: %s", endpoint.full_name, wait, error)
            yield Waiting(wait)
            await asyncio.sleep(wait)

    def _note_failure(self, endpoint: Endpoint, breaker: Breaker, error: ProviderError) -> None:
        if error.retryable:
            breaker.failed()
        else:
            breaker.succeeded()  # it is reachable, but refuses this request
        self._health[endpoint.name] = Health(False, error.reason, time.time())
