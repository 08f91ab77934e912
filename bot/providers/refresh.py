"""The models that the providers list: refreshed in the background, and stored for the next start.

Nothing waits for a list. At the start the stored lists are used; each is refreshed when it is old enough. If a refresh
fails, the last known list stays in use and the refresh is retried after a while.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from pydantic import TypeAdapter, ValidationError
from yarl import URL

from bot.providers.catalogue import Model
from bot.providers.errors import NoCredit, Overloaded, ProviderError, RateLimited, Retired, TimedOut, Unreachable
from bot.providers.health import Health
from bot.providers.models import ModelListClient
from bot.providers.offer import Server

log = logging.getLogger(__name__)

CONCURRENT_LISTS = 4

_WHOLE_PROVIDER = (NoCredit, Overloaded, RateLimited, Retired, TimedOut, Unreachable)
"""Errors that concern the whole provider. Others may concern the list alone: some keys may request completions but not
lists."""

_MODELS = TypeAdapter(tuple[Model, ...])


class StoredList(Protocol):
    """A provider's stored list: `models` is JSON, `base_url` where it was read, `read_at` a Unix time."""

    @property
    def provider(self) -> str: ...
    @property
    def base_url(self) -> str: ...
    @property
    def models(self) -> str: ...
    @property
    def read_at(self) -> float: ...


class ListStore(Protocol):
    """Stores the lists for the next start."""

    async def all(self) -> Sequence[StoredList]: ...

    async def keep(self, provider: str, base_url: str, models: str, read_at: float) -> None:
        """Store a list in place of the provider's last one."""


@dataclass(frozen=True, slots=True)
class RefreshSchedule:
    """Seconds between two refreshes of a list, and before the retries of one that failed: the first and the longest."""

    interval: float = 6 * 3600
    first_retry: float = 60
    longest_retry: float = 15 * 60

    def retry_delay(self, failures: int, error: ProviderError) -> float:
        """Return the seconds to wait after so many failures in a row; longer for errors that are not retryable."""
        longest = self.longest_retry if error.retryable else self.interval
        doubled = min(self.first_retry * 2.0 ** (min(failures, 32) - 1), longest)
        return min(max(doubled, error.retry_after or 0), self.interval)


class ModelLists:
    """The model lists of all providers, and the health of the providers.

    `completion_health` is how each provider did at its last completion.
    """

    def __init__(
        self,
        client: ModelListClient,
        store: ListStore,
        completion_health: Mapping[str, Health],
        schedule: RefreshSchedule | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._completion_health = completion_health
        self._schedule = schedule or RefreshSchedule()
        self._slots = asyncio.Semaphore(CONCURRENT_LISTS)
        self._storing = asyncio.Lock()
        self._listed: dict[str, tuple[Model, ...]] = {}
        self._errors: dict[str, ProviderError] = {}
        self._list_health: dict[str, Health] = {}

    @property
    def listed(self) -> Mapping[str, Sequence[Model]]:
        """The models known so far, by the provider's name."""
        return self._listed

    def health(self, name: str) -> Health | None:
        """Return the outcome of the last request to the provider, None if there was none.

        A list that fails on its own says little about the provider, so completions take precedence over it.
        """
        completion, listing = self._completion_health.get(name), self._list_health.get(name)
        if completion is None or listing is None:
            return completion or listing
        list_only = name in self._errors and not isinstance(self._errors[name], _WHOLE_PROVIDER)
        return completion if list_only or completion.at > listing.at else listing

    @asynccontextmanager
    async def refreshing(self, servers: Sequence[Server]) -> AsyncIterator[None]:
        """Load the stored lists of these providers, and refresh them in the background until the context ends."""
        delays = await self._load(servers)
        tasks = [asyncio.create_task(self._keep_fresh(server, delays.get(server.name, 0))) for server in servers]
        for task in tasks:
            task.add_done_callback(_log_crash)
        try:
            yield
        finally:
            async with self._storing:  # a write that is cancelled would leave its connection open
                for task in tasks:
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _load(self, servers: Sequence[Server]) -> dict[str, float]:
        """Load the stored lists; return the seconds until each needs a refresh."""
        base_urls = {server.name: _public(server.base_url) for server in servers}
        delays = {}
        for stored in await self._store.all():
            if base_urls.get(stored.provider) != stored.base_url:
                continue  # the list of another server
            try:
                self._listed[stored.provider] = _MODELS.validate_json(stored.models)
            except ValidationError:
                continue  # written by another version
            self._list_health[stored.provider] = Health(True, None, stored.read_at)
            age = max(time.time() - stored.read_at, 0)
            delays[stored.provider] = max(self._schedule.interval - age, 0)
        return delays

    async def _keep_fresh(self, server: Server, delay: float) -> None:
        failures = 0
        while True:
            await asyncio.sleep(delay)
            try:
                async with self._slots:
                    models = await self._client.fetch(server)
            except ProviderError as error:
                failures += 1
                self._failed(server, error)
                delay = self._schedule.retry_delay(failures, error)
            else:
                failures, delay = 0, self._schedule.interval
                await self._succeeded(server, models)

    async def _succeeded(self, server: Server, models: tuple[Model, ...]) -> None:
        now = time.time()
        async with self._storing:  # stored before it is used, so that a restart does not take models away again
            await self._store.keep(server.name, _public(server.base_url), _MODELS.dump_json(models).decode(), now)
        self._listed[server.name] = models
        self._errors.pop(server.name, None)
        self._list_health[server.name] = Health(True, None, now)
        log.info("%s lists %d models", server.provider.title, len(models))

    def _failed(self, server: Server, error: ProviderError) -> None:
        """Record a failure, and log it prominently unless the last one was the same."""
        repeated = type(self._errors.get(server.name)) is type(error)
        level = logging.DEBUG if repeated else logging.WARNING if server.key else logging.INFO
        log.log(level, "The models of %s are not known: %s: %s", server.provider.title, type(error).__name__, error)
        self._errors[server.name] = error
        self._list_health[server.name] = Health(False, error.reason, time.time())


def _log_crash(task: asyncio.Task[None]) -> None:
    """Log the exception of a refresh that failed unexpectedly; the other lists are still refreshed."""
    if not task.cancelled() and (error := task.exception()):
        log.error("A list of models is no longer refreshed", exc_info=error)


def _public(base_url: str) -> str:
    """Return the base URL without credentials."""
    return str(URL(base_url).with_user(None))
