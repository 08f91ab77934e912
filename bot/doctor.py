"""Checks before anything runs: each looks at one thing that has to be right, and knows the remedy."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
from yarl import URL

from bot.providers.catalogue import Model
from bot.providers.errors import (
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
    redacted,
)
from bot.providers.offer import Access, NotOffered, Offer
from bot.providers.trial import Trial, try_providers
from bot.settings import ALLOWED, Settings
from bot.store.database import DatabaseInUse, DatabaseUnusable, migrate, sole_use

DISCORD_API = "https://discord.com/api/v10"
MESSAGE_CONTENT = 1 << 18 | 1 << 19
"""Application flags: the intent is on, or on for a bot in few servers (Discord, Application Flags)."""

SECONDS = aiohttp.ClientTimeout(total=10)

SHOWN_MODELS = 3

_REMEDIES: tuple[tuple[tuple[type[ProviderError], ...], str], ...] = (
    ((KeyRejected,), "check {key}"),
    ((NoCredit,), "top up the account at {title}"),
    ((RateLimited,), "wait and try again; the account may not be allowed more"),
    ((ModelNotFound,), "name a model that it has in DEFAULT_MODEL{models}"),
    ((WrongAddress, BrokenAnswer), "check {variable}: what answers there is no provider of this form"),
    ((Retired,), "choose another model with DEFAULT_MODEL, or another provider"),
    ((Unreachable, Silent), "check the network, and {variable} if it is set"),
    ((Overloaded, CutOff), "wait and try again: the trouble is at the provider"),
)
_OTHER_REMEDY = "its paragraph of the catalogue may be out of date; CATALOGUE_FILE can correct it"
_NO_VARIABLE = 'it wants a key: give its paragraph in CATALOGUE_FILE the name of a variable, as key = "{own_key}"'


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; `remedy` is for when it is not ok, or could be better."""

    ok: bool
    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class ProviderFinding(Finding):
    """What came of trying a provider; None is what could not be found out.

    It is ok when it works, and also when it does not and the operator never asked for it. `error` is the kind of
    trouble and `detail` the provider's own words; `answers_instead` is another base URL of the provider that works.
    """

    provider: str = ""
    base_url: str = ""
    configured: bool = True
    works: bool = False
    reachable: bool | None = None
    key_accepted: bool | None = None
    models: int | None = None
    model: str | None = None
    first_token_seconds: float | None = None
    error: str = ""
    detail: str = ""
    answers_instead: str | None = None


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Run every check, one after the other."""
    yield await asyncio.to_thread(_database, settings)
    yield _providers(settings)
    yield _default_model(settings)
    async with aiohttp.ClientSession(timeout=SECONDS) as session:
        async for finding in _discord(settings, session):
            yield finding


def _database(settings: Settings) -> Finding:
    path = settings.database_path
    try:
        with sole_use(path):
            migrate(path)
    except DatabaseInUse:
        return Finding(True, f"database {path} is in use by a running Parley")
    except DatabaseUnusable as error:
        return Finding(False, f"database {path}", str(error))
    return Finding(True, f"database {path} is writable and up to date")


def _providers(settings: Settings) -> Finding:
    offered = settings.offer().providers
    keyed = [provider.title for provider in offered.values() if provider.key]
    local = [provider.title for provider in offered.values() if not provider.key]
    what = f"providers with a key: {', '.join(keyed) or 'none'}; without need of one: {', '.join(local)}"
    ok = bool(keyed or settings.preferences().model)
    return Finding(ok, what, "" if ok else "set a provider's key, or DEFAULT_MODEL to a local model")


def _default_model(settings: Settings) -> Finding:
    try:
        endpoint = settings.offer().endpoint(settings.offer().default_model)
    except NotOffered as error:
        return Finding(False, "no default model", str(error))
    return Finding(True, f"default model {endpoint.full_name} at {endpoint.url.with_user(None)}")


async def _discord(settings: Settings, session: aiohttp.ClientSession) -> AsyncIterator[Finding]:
    if settings.discord_token is None:
        yield Finding(False, "DISCORD_TOKEN is not set", f"set it to {ALLOWED['DISCORD_TOKEN']}")
        return
    base = str(settings.discord_api_url or DISCORD_API).rstrip("/")
    headers = {"Authorization": f"Bot {settings.discord_token.get_secret_value()}"}
    try:
        async with session.get(f"{base}/oauth2/applications/@me", headers=headers) as response:
            status = response.status
            application = await response.json() if status == 200 else {}
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        reason = str(error) or type(error).__name__
        yield Finding(False, f"Discord at {base} cannot be reached: {reason}", "check the network, and DISCORD_API_URL")
        return
    if status not in (200, 401, 403):
        yield Finding(False, f"Discord at {base} answers {status}", "try again in a moment, and check DISCORD_API_URL")
        return
    if status != 200:
        yield Finding(False, f"Discord answers {status} to the token", "reset the token in the developer portal")
        return
    yield Finding(True, f"Discord accepts the token of {application.get('name')}")
    reads = bool(application.get("flags", 0) & MESSAGE_CONTENT)
    remedy = "" if reads else "switch it on in the developer portal: your application, Bot, Privileged Gateway Intents"
    yield Finding(reads, "the MESSAGE CONTENT intent", remedy)


async def examine_providers(settings: Settings) -> AsyncIterator[ProviderFinding]:
    """Try every provider that has a key, and those that need none. Takes a token of each; nothing else is changed."""
    listed: dict[str, tuple[Model, ...]] = {}
    offer = settings.offer(listed)
    for name, provider in offer.absent.items():
        if provider.retired and settings.access.get(name, Access()).key:
            yield _retired(name, offer)
    chosen = settings.preferences().model or ""
    wanted = {name: chosen if chosen.partition("/")[0] == name else "" for name in offer.providers}
    async for trial in try_providers(offer, listed, wanted):
        yield _finding(trial, settings)


def _retired(name: str, offer: Offer) -> ProviderFinding:
    provider = offer.absent[name]
    return ProviderFinding(
        False,
        f"{provider.title} was retired on {provider.retired}",
        f"take {provider.key} away, or point {name.upper()}_BASE_URL at a server that stands in for it",
        provider=name,
        base_url=str(provider.base_url),
        error=Retired.__name__,
        detail=provider.note,
    )


def _finding(trial: Trial, settings: Settings) -> ProviderFinding:
    name, failure = trial.server.name, trial.failure
    configured = _configured(name, trial, settings)
    detail = " ".join(redacted(failure.detail if failure else "", settings.secrets()).split())
    seconds = trial.first_token if isinstance(trial.first_token, float) else None
    return ProviderFinding(
        failure is None or not configured,
        _what(trial, detail),
        _remedy(trial) if failure else "",
        provider=name,
        base_url=shown_url(trial.server.base_url),
        configured=configured,
        works=failure is None,
        reachable=trial.reachable,
        key_accepted=trial.key_accepted,
        models=len(trial.models) if isinstance(trial.models, tuple) else None,
        model=trial.model or None,
        first_token_seconds=None if seconds is None else round(seconds, 3),
        error=type(failure).__name__ if failure else "",
        detail=detail,
        answers_instead=trial.instead,
    )


def _configured(name: str, trial: Trial, settings: Settings) -> bool:
    """Whether the operator asked for the provider: by a key, an address or the name of a model."""
    named = {model.partition("/")[0] for model in settings.named_models}
    return bool(trial.server.key or settings.access.get(name, Access()).base_url or name in named)


def _what(trial: Trial, detail: str) -> str:
    """What was found out, in one line."""
    failure, models, provider = trial.failure, trial.models, trial.server.provider
    if isinstance(failure, Unreachable) and not provider.key:
        return f"{provider.title} does not run at {shown_url(trial.server.base_url)}"
    facts = ["key accepted"] if trial.key_accepted else []
    if isinstance(models, tuple):
        facts.append(f"{len(models)} model{'' if len(models) == 1 else 's'} listed")
    elif failure is None:
        facts.append(f"no list of models: {models.why}")
    if isinstance(trial.first_token, float):
        facts.append(f"first token of {trial.model} after {trial.first_token:.2f} s")
    if failure:
        facts.append(f"{failure.why}{f' ({detail})' if detail else ''}")
    if trial.instead:
        facts.append(f"but {trial.instead} answers")
    return f"{provider.title} at {shown_url(trial.server.base_url)}: {', '.join(facts)}"


def _remedy(trial: Trial) -> str:
    provider, name = trial.server.provider, trial.server.name.upper()
    variable = f"{name}_BASE_URL"
    if trial.instead:
        return f"set {variable}={trial.instead}"
    if isinstance(trial.failure, Unreachable) and provider.start:
        return f"start it with `{provider.start}`, or set {variable} to where it runs"
    if isinstance(trial.failure, KeyRejected) and not provider.key:
        return _NO_VARIABLE.format(own_key=f"{name}_API_KEY")
    words = next((words for kinds, words in _REMEDIES if isinstance(trial.failure, kinds)), _OTHER_REMEDY)
    models = _some_models(trial)
    remedy = words.format(key=provider.key, title=provider.title, variable=variable, models=models)
    noted = provider.note and isinstance(trial.failure, KeyRejected | NoCredit)
    return f"{remedy}. {provider.note}" if noted else remedy


def _some_models(trial: Trial) -> str:
    models = trial.models if isinstance(trial.models, tuple) else ()
    names = ", ".join(f"{trial.server.name}/{model.id}" for model in models[:SHOWN_MODELS])
    return f", as {names}" if names else ""


def shown_url(url: str) -> str:
    """An address without the credentials that may be in it."""
    return str(URL(url).with_user(None))
