"""Asks a row of endpoints with patience: the same one again after a while, then the next.

Nothing is asked again once a character of the answer was seen. What happens on the way, a longer wait or the step to
the next endpoint, comes between the chunks, so that whoever shows the answer can say so.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from bot.providers.client import ChatClient
from bot.providers.errors import CircuitOpen, ProviderError
from bot.providers.health import Health
from bot.providers.offer import Endpoint
from bot.providers.patience import Breaker, RetryLimits, retry_delay
from bot.providers.request import ChatRequest
from bot.providers.wire import Chunk

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The endpoint is asked again in so many seconds; what came of it so far counts for nothing."""

    endpoint: Endpoint
    seconds: float


@dataclass(frozen=True, slots=True)
class FellBack:
    """From here on this endpoint is asked, since the other one failed."""

    endpoint: Endpoint
    failed: Endpoint
    error: ProviderError


Step = Chunk | Waiting | FellBack
MakeRequest = Callable[[Endpoint], Awaitable[ChatRequest]]


class Asker:
    """Knows how the providers are doing: a breaker for each, and the health that people are shown."""

    def __init__(self, client: ChatClient, budget: RetryLimits) -> None:
        self._client = client
        self._budget = budget
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._health: dict[str, Health] = {}

    @property
    def health(self) -> Mapping[str, Health]:
        """The last word of each provider that was asked, by its name."""
        return self._health

    async def ask(self, endpoints: Sequence[Endpoint], make: MakeRequest) -> AsyncGenerator[Step, None]:
        """The answer of the first endpoint that gives one. Raises the last one's ProviderError."""
        seen = False
        for number, endpoint in enumerate(endpoints, start=1):
            request = await make(endpoint)
            try:
                async with aclosing(self._patiently(endpoint, request)) as steps:
                    async for step in steps:
                        seen = seen or (isinstance(step, Chunk) and bool(step.text))
                        yield step
                return
            except ProviderError as error:
                if seen or number == len(endpoints):
                    raise
                log.warning("%s failed, %s is next: %s", endpoint.full_name, endpoints[number].full_name, error)
                yield FellBack(endpoints[number], endpoint, error)

    async def _patiently(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk | Waiting, None]:
        breaker = self._breakers.setdefault((endpoint.name, endpoint.base_url), Breaker(time.monotonic))
        if rest := breaker.blocked_for():
            raise CircuitOpen(f"asked again in {rest:.0f} s")
        began = time.monotonic()
        for attempt in range(1, self._budget.tries + 1):
            seen = False
            try:
                async with aclosing(self._client.stream(endpoint, request)) as chunks:
                    async for chunk in chunks:
                        seen = seen or bool(chunk.text)
                        yield chunk
                self._went_well(endpoint, breaker)
                return
            except ProviderError as error:
                self._failed(endpoint, breaker, error)
                wait = retry_delay(attempt, error.retry_after, random.random())  # noqa: S311 - spreads load, guards nothing
                late = time.monotonic() - began + wait > self._budget.seconds
                if seen or not error.retryable or attempt == self._budget.tries or late or breaker.blocked_for():
                    raise
                log.info("%s is asked again in %.1f s: %s", endpoint.full_name, wait, error)
            yield Waiting(endpoint, wait)
            await asyncio.sleep(wait)

    def _went_well(self, endpoint: Endpoint, breaker: Breaker) -> None:
        breaker.succeeded()
        self._health[endpoint.name] = Health(True, None, time.time())

    def _failed(self, endpoint: Endpoint, breaker: Breaker, error: ProviderError) -> None:
        if error.retryable:
            breaker.failed()
        else:
            breaker.succeeded()  # it is there, and does not like what it was asked
        self._health[endpoint.name] = Health(False, error.reason, time.time())
