"""Tries whether a provider works: its list of models, one token of an answer, and its other addresses if need be."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.chat.messages import Message, Role
from bot.providers.catalogue import Model
from bot.providers.client import ChatClient
from bot.providers.errors import (
    BadRequest,
    BrokenAnswer,
    CutOff,
    KeyRejected,
    ModelNotFound,
    NoCredit,
    Overloaded,
    ProviderError,
    RateLimited,
    Retired,
    Silent,
    Unreachable,
    WrongAddress,
)
from bot.providers.models import ModelReader
from bot.providers.offer import Endpoint, NotOffered, Offer, Server
from bot.providers.request import ChatRequest

AT_ONCE = 5
"""Providers that are tried side by side."""

LONGEST_WAIT = 60.0
"""Seconds to the first token: a local server may have to load the model before."""

QUESTION = (Message.of(Role.USER, "Say OK."),)

_NOBODY_THERE = (Unreachable, Silent, CutOff)
_BEFORE_THE_KEY = (*_NOBODY_THERE, KeyRejected, WrongAddress, BrokenAnswer, Overloaded, Retired)
"""Failures that leave open whether the key is accepted, or say that it is not."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying a provider: its models, seconds to the first token, or what there was instead.

    `first_token` is None where nobody could be asked since there is no model. `instead` is another base URL of the
    provider that answers where this one does not.
    """

    server: Server
    models: tuple[Model, ...] | ProviderError
    model: str = ""
    first_token: float | ProviderError | None = None
    instead: str | None = None

    @property
    def failure(self) -> ProviderError | None:
        """Why no answer can be had; a list that cannot be read is no such reason by itself."""
        if self.first_token is None:
            return self.models if isinstance(self.models, ProviderError) else ModelNotFound("it lists no models")
        if isinstance(self.first_token, float):
            return None
        if isinstance(self.first_token, ModelNotFound) and isinstance(self.models, ModelNotFound | WrongAddress):
            return WrongAddress(self.first_token.detail)  # an address that knows neither: not only the model is wrong
        return self.first_token

    @property
    def reachable(self) -> bool:
        return not all(isinstance(outcome, _NOBODY_THERE) for outcome in (self.models, self.first_token or self.models))

    @property
    def key_accepted(self) -> bool | None:
        """None where there is no key, or no telling: some providers list their models to anybody."""
        if not self.server.key:
            return None
        unsure = isinstance(self.failure, BadRequest) and isinstance(self.models, ProviderError)
        if self.first_token is not None and not unsure and not isinstance(self.failure, _BEFORE_THE_KEY):
            return True
        refused = any(isinstance(outcome, KeyRejected) for outcome in (self.first_token, self.models))
        return False if refused else None


async def try_providers(
    offer: Offer, listed: dict[str, tuple[Model, ...]], wanted: Mapping[str, str]
) -> AsyncIterator[Trial]:
    """Try providers of the offer, several at once; results come in the order that they are wanted.

    `wanted` has the model to ask, as `provider/model`, by the provider's name; empty for its default. `listed` is
    what the offer knows of lists, and is filled here.
    """
    turns = asyncio.Semaphore(AT_ONCE)
    async with ChatClient(LONGEST_WAIT) as client:

        async def trial(name: str, model: str) -> Trial:
            async with turns:
                return await _trial(client, offer, listed, name, model)

        tasks = [asyncio.create_task(trial(*each)) for each in wanted.items()]
        try:
            for task in tasks:
                yield await task
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _trial(
    client: ChatClient, offer: Offer, listed: dict[str, tuple[Model, ...]], name: str, wanted: str
) -> Trial:
    server, reader = offer.server(name), ModelReader(client.session)
    models = await _models(reader, server)
    if isinstance(models, tuple):
        listed[name] = models
    try:
        endpoint = offer.endpoint(wanted or name)
    except NotOffered:
        return await _elsewhere(reader, Trial(server, models))
    return await _elsewhere(reader, Trial(server, models, endpoint.model.id, await _first_token(client, endpoint)))


async def _models(reader: ModelReader, server: Server) -> tuple[Model, ...] | ProviderError:
    try:
        return await reader.models(server)
    except ProviderError as error:
        return error


async def _first_token(client: ChatClient, endpoint: Endpoint) -> float | ProviderError:
    """Seconds to the first token. A model that refuses so short an answer is asked for a longer one, and left."""
    outcome = await _asked(client, endpoint, ChatRequest(QUESTION, max_tokens=1))
    if isinstance(outcome, BadRequest):
        return await _asked(client, endpoint, ChatRequest(QUESTION))
    return outcome


async def _asked(client: ChatClient, endpoint: Endpoint, request: ChatRequest) -> float | ProviderError:
    began = time.monotonic()
    try:
        async with asyncio.timeout(LONGEST_WAIT), aclosing(client.stream(endpoint, request)) as chunks:
            async for chunk in chunks:
                if chunk.text or chunk.reasoning or chunk.finish_reason:
                    return time.monotonic() - began
    except ProviderError as error:
        return error
    except TimeoutError:
        return Silent(f"no token within {LONGEST_WAIT:.0f} s")
    return BrokenAnswer("an answer without a token")


async def _elsewhere(reader: ModelReader, trial: Trial) -> Trial:
    """The trial, with a look at the provider's other addresses where this one seems to be the trouble.

    They are asked without the key: an address that was given up can belong to somebody else by now.
    """
    if not isinstance(trial.failure, Unreachable | Silent | CutOff | WrongAddress | BrokenAnswer | Retired):
        return trial
    provider = trial.server.provider
    known = [str(url).rstrip("/") for url in (provider.base_url, *provider.former_base_urls)]
    if trial.server.base_url not in known:
        return trial  # the operator's own
    for url in known:
        if url != trial.server.base_url:
            models = await _models(reader, replace(trial.server, base_url=url, key=None))
            if isinstance(models, tuple | KeyRejected | NoCredit | RateLimited):
                return replace(trial, instead=url)
    return trial
