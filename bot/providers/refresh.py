"""What the providers list of their models: read in the background, kept for the next start.

Nobody waits for a list. At a start the kept ones hold at once; each is read anew when it is old enough, and one that
cannot be read keeps what was known and is asked for again after a while.
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
from bot.providers.errors import NoCredit, Overloaded, ProviderError, RateLimited, Retired, Silent, Unreachable
from bot.providers.health import Health
from bot.providers.models import ModelReader
from bot.providers.offer import Server

log = logging.getLogger(__name__)

LISTS_AT_ONCE = 4

_WHOLE_PROVIDER = (NoCredit, Overloaded, RateLimited, Retired, Silent, Unreachable)
"""What a list fails with when the provider as a whole does; others may tell of the list alone, as there are keys that
may ask for answers and not for lists."""

_MODELS = TypeAdapter(tuple[Model, ...])


class StoredList(Protocol):
    """A provider's list as it was kept: JSON, from which address, and when, in Unix seconds."""

    @property
    def provider(self) -> str: ...
    @property
    def base_url(self) -> str: ...
    @property
    def models(self) -> str: ...
    @property
    def read_at(self) -> float: ...


class ListStore(Protocol):
    """Where lists are kept for the next start."""

    async def all(self) -> Sequence[StoredList]: ...

    async def keep(self, provider: str, base_url: str, models: str, read_at: float) -> None:
        """Keep a list in place of the provider's last one."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds for which a list is fresh; seconds until one that failed is asked for again, at first and at most."""

    fresh: float = 6 * 3600
    first_retry: float = 60
    longest_retry: float = 15 * 60

    def wait(self, failures: int, error: ProviderError) -> float:
        """Seconds to wait after so many failures in a row; what another try hardly mends is not tried often."""
        longest = self.longest_retry if error.again else self.fresh
        doubled = min(self.first_retry * 2.0 ** (min(failures, 32) - 1), longest)
        return min(max(doubled, error.wait or 0), self.fresh)


class ModelLists:
    """The lists of all providers. `asked` is how they did when they were last asked for an answer."""

    def __init__(
        self, reader: ModelReader, kept: ListStore, asked: Mapping[str, Health], rhythm: Rhythm | None = None
    ) -> None:
        self._reader = reader
        self._kept = kept
        self._asked = asked
        self._rhythm = rhythm or Rhythm()
        self._turns = asyncio.Semaphore(LISTS_AT_ONCE)
        self._keeping = asyncio.Lock()
        self._listed: dict[str, tuple[Model, ...]] = {}
        self._failures: dict[str, ProviderError] = {}
        self._health: dict[str, Health] = {}

    @property
    def listed(self) -> Mapping[str, Sequence[Model]]:
        """The models by the provider's name, as they are known by now."""
        return self._listed

    def health(self, name: str) -> Health | None:
        """How the provider did when it was last asked for anything; None where it never was.

        A list that fails by itself says little about the provider, so what answers say goes before it.
        """
        asked, listed = self._asked.get(name), self._health.get(name)
        if asked is None or listed is None:
            return asked or listed
        alone = name in self._failures and not isinstance(self._failures[name], _WHOLE_PROVIDER)
        return asked if alone or asked.at > listed.at else listed

    @asynccontextmanager
    async def kept_fresh(self, servers: Sequence[Server]) -> AsyncIterator[None]:
        """Know at once what was kept of these providers, and read their lists anew for as long as this is open."""
        waits = await self._recall(servers)
        tasks = [asyncio.create_task(self._keep_fresh(server, waits.get(server.name, 0))) for server in servers]
        for task in tasks:
            task.add_done_callback(_log_crash)
        try:
            yield
        finally:
            async with self._keeping:  # a write that is cut off would leave its connection open
                for task in tasks:
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _recall(self, servers: Sequence[Server]) -> dict[str, float]:
        """Take up the kept lists; returns for how many seconds each is still fresh."""
        addresses = {server.name: _public(server.base_url) for server in servers}
        waits = {}
        for kept in await self._kept.all():
            if addresses.get(kept.provider) != kept.base_url:
                continue  # a list of another server
            try:
                self._listed[kept.provider] = _MODELS.validate_json(kept.models)
            except ValidationError:
                continue  # written by another version
            self._health[kept.provider] = Health(True, "", kept.read_at)
            age = max(time.time() - kept.read_at, 0)
            waits[kept.provider] = max(self._rhythm.fresh - age, 0)
        return waits

    async def _keep_fresh(self, server: Server, wait: float) -> None:
        failures = 0
        while True:
            await asyncio.sleep(wait)
            try:
                async with self._turns:
                    models = await self._reader.models(server)
            except ProviderError as error:
                failures += 1
                self._failed(server, error)
                wait = self._rhythm.wait(failures, error)
            else:
                failures, wait = 0, self._rhythm.fresh
                await self._read(server, models)

    async def _read(self, server: Server, models: tuple[Model, ...]) -> None:
        """Take up a list once it is written down: what people were offered, they are offered after a restart."""
        now = time.time()
        async with self._keeping:
            await self._kept.keep(server.name, _public(server.base_url), _MODELS.dump_json(models).decode(), now)
        self._listed[server.name] = models
        self._failures.pop(server.name, None)
        self._health[server.name] = Health(True, "", now)
        log.info("%s lists %d models", server.provider.title, len(models))

    def _failed(self, server: Server, error: ProviderError) -> None:
        """Note a failure, and log it unless the last one was of the same kind."""
        known = type(self._failures.get(server.name)) is type(error)
        level = logging.DEBUG if known else logging.WARNING if server.key else logging.INFO
        log.log(level, "The models of %s are not known: %s: %s", server.provider.title, type(error).__name__, error)
        self._failures[server.name] = error
        self._health[server.name] = Health(False, error.why, time.time())


def _log_crash(task: asyncio.Task[None]) -> None:
    """One list less must not end everything, nor end unseen."""
    if not task.cancelled() and (error := task.exception()):
        log.error("A list of models is no longer kept fresh", exc_info=error)


def _public(base_url: str) -> str:
    """The address without a password that may stand in it."""
    return str(URL(base_url).with_user(None))
