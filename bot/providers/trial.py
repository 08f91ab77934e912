"""Tries out a provider: its list of models, the first token of a completion and, if that fails, its other URLs."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.chat.events import Metadata
from bot.chat.messages import Message, Role
from bot.providers.catalogue import Model
from bot.providers.client import ChatClient
from bot.providers.errors import (
    BadRequest,
    CutOff,
    InvalidResponse,
    KeyRejected,
    ModelNotFound,
    NoCredit,
    Overloaded,
    ProviderError,
    RateLimited,
    Retired,
    TimedOut,
    Unreachable,
    WrongAddress,
)
from bot.providers.models import ModelListClient
from bot.providers.offer import Endpoint, NotOffered, Offer, Server
from bot.providers.request import ChatRequest

CONCURRENT_TRIALS = 5

MAX_SECONDS_TO_FIRST_TOKEN = 60.0
"""A local server may have to load the model first."""

PROMPT = (Message.of(Role.USER, "Say OK."),)

_NO_RESPONSE = (Unreachable, TimedOut, CutOff)
_KEY_NOT_ACCEPTED = (*_NO_RESPONSE, KeyRejected, WrongAddress, InvalidResponse, Overloaded, Retired)
"""Errors that do not prove that the key is accepted."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcome of trying a provider.

    `models` are those that it lists, `first_token` the seconds to the first token of `model`; each may be an error
    instead. `first_token` is None if there was no model to ask. `alternative_url` is another base URL of the provider
    that responds where the configured one does not.
    """

    server: Server
    models: tuple[Model, ...] | ProviderError
    model: str = ""
    first_token: float | ProviderError | None = None
    alternative_url: str | None = None

    @property
    def failure(self) -> ProviderError | None:
        """Why no completion was possible, None if one was; a list that fails on its own does not count."""
        if self.first_token is None:
            return self.models if isinstance(self.models, ProviderError) else ModelNotFound("it lists no models")
        if isinstance(self.first_token, float):
            return None
        if isinstance(self.first_token, ModelNotFound) and isinstance(self.models, ModelNotFound | WrongAddress):
            return WrongAddress(self.first_token.detail)  # both URLs are unknown there, so it is not only the model
        return self.first_token

    @property
    def reachable(self) -> bool:
        return not all(isinstance(outcome, _NO_RESPONSE) for outcome in (self.models, self.first_token or self.models))

    @property
    def key_accepted(self) -> bool | None:
        """None if there is no key, or no way to tell: some providers list their models without one."""
        if not self.server.key:
            return None
        unsure = isinstance(self.failure, BadRequest) and isinstance(self.models, ProviderError)
        if self.first_token is not None and not unsure and not isinstance(self.failure, _KEY_NOT_ACCEPTED):
            return True
        rejected = any(isinstance(outcome, KeyRejected) for outcome in (self.first_token, self.models))
        return False if rejected else None


async def try_providers(
    offer: Offer, listed: dict[str, tuple[Model, ...]], wanted: Mapping[str, str]
) -> AsyncIterator[Trial]:
    """Try several providers at a time; yield the outcomes in the order of `wanted`.

    `wanted` maps a provider's name to the `provider/model` to ask, empty for its default model. `listed` is the mapping
    that the offer reads its lists from; it is filled here.
    """
    slots = asyncio.Semaphore(CONCURRENT_TRIALS)
    async with ChatClient(MAX_SECONDS_TO_FIRST_TOKEN) as client:

        async def trial(name: str, model: str) -> Trial:
            async with slots:
                return await _try_provider(client, offer, listed, name, model)

        tasks = [asyncio.create_task(trial(*each)) for each in wanted.items()]
        try:
            for task in tasks:
                yield await task
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _try_provider(
    client: ChatClient, offer: Offer, listed: dict[str, tuple[Model, ...]], name: str, wanted: str
) -> Trial:
    server, list_client = offer.server(name), ModelListClient(client.session)
    models = await _fetch_models(list_client, server)
    if isinstance(models, tuple):
        listed[name] = models
    try:
        endpoint = offer.endpoint(wanted or name)
    except NotOffered:
        trial = Trial(server, models)
    else:
        trial = Trial(server, models, endpoint.model.id, await _first_token(client, endpoint))
    if isinstance(trial.failure, Unreachable | TimedOut | CutOff | WrongAddress | InvalidResponse | Retired):
        return replace(trial, alternative_url=await _alternative_url(list_client, server))
    return trial


async def _fetch_models(list_client: ModelListClient, server: Server) -> tuple[Model, ...] | ProviderError:
    try:
        return await list_client.fetch(server)
    except ProviderError as error:
        return error


async def _first_token(client: ChatClient, endpoint: Endpoint) -> float | ProviderError:
    """Return the seconds to the first token. A model that rejects a limit of one token is asked without a limit."""
    outcome = await _time_first_token(client, endpoint, ChatRequest(PROMPT, max_tokens=1))
    if isinstance(outcome, BadRequest):
        return await _time_first_token(client, endpoint, ChatRequest(PROMPT))
    return outcome


async def _time_first_token(client: ChatClient, endpoint: Endpoint, request: ChatRequest) -> float | ProviderError:
    began = time.monotonic()
    try:
        async with asyncio.timeout(MAX_SECONDS_TO_FIRST_TOKEN), aclosing(client.stream(endpoint, request)) as deltas:
            async for delta in deltas:
                if not isinstance(delta, Metadata) or delta.finish_reason:
                    return time.monotonic() - began
    except ProviderError as error:
        return error
    except TimeoutError:
        return TimedOut(f"no token within {MAX_SECONDS_TO_FIRST_TOKEN:.0f} s")
    return InvalidResponse("a completion without a token")


async def _alternative_url(list_client: ModelListClient, server: Server) -> str | None:
    """Return another base URL of the provider that responds; None if there is none, or if the configured one is custom.

    The requests are sent without the key: a former URL may belong to someone else by now.
    """
    known = [str(url).rstrip("/") for url in (server.provider.base_url, *server.provider.former_base_urls)]
    for url in known if server.base_url in known else ():
        if url != server.base_url:
            models = await _fetch_models(list_client, replace(server, base_url=url, key=None))
            if isinstance(models, tuple | KeyRejected | NoCredit | RateLimited):
                return url
    return None
