"""The checks of `parley doctor`: each yields a finding, with a remedy if something is wrong."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
from yarl import URL

from bot.providers.catalogue import Model
from bot.providers.errors import (
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
    redacted,
)
from bot.providers.offer import Access, NotOffered, Offer
from bot.providers.trial import Trial, try_providers
from bot.settings import ALLOWED, Settings
from bot.store.engine import DatabaseInUse, DatabaseUnusable, exclusive_use, migrate

DISCORD_API = "https://discord.com/api/v10"
MESSAGE_CONTENT = 1 << 18 | 1 << 19
"""Application flags GATEWAY_MESSAGE_CONTENT and GATEWAY_MESSAGE_CONTENT_LIMITED (Discord docs: Application Flags)."""

TIMEOUT = aiohttp.ClientTimeout(total=10)

MAX_SUGGESTED_MODELS = 3

_REMEDIES: tuple[tuple[tuple[type[ProviderError], ...], str], ...] = (
    ((KeyRejected,), "check {key}"),
    ((NoCredit,), "add credit to your {title} account"),
    ((RateLimited,), "wait and try again; if it persists, check the rate limits of the account"),
    ((ModelNotFound,), "set DEFAULT_MODEL to a model that it offers{models}"),
    ((WrongAddress, InvalidResponse), "check {variable}: the server there does not speak the API of this provider"),
    ((Retired,), "set DEFAULT_MODEL to another model, or use another provider"),
    ((Unreachable, TimedOut), "check the network connection, and {variable} if it is set"),
    ((Overloaded, CutOff), "wait and try again; the problem is on the provider's side"),
)
_DEFAULT_REMEDY = "its catalogue entry may be out of date; correct it in CATALOGUE_FILE"
_NO_VARIABLE = 'it needs a key: add key = "{own_key}" to its entry in CATALOGUE_FILE, and set that variable'


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `remedy` is set if it failed, or if something can be improved."""

    ok: bool
    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class ProviderFinding(Finding):
    """The result of trying one provider; None means unknown.

    `ok` is also true for a provider that does not work but was never configured. `error` is the name of the error class
    and `detail` the provider's own message; `answers_instead` is a former base URL of the provider that responds.
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
    """Run every check except those of single providers."""
    yield await asyncio.to_thread(_database, settings)
    yield _providers(settings)
    yield _default_model(settings)
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        async for finding in _discord(settings, session):
            yield finding


def _database(settings: Settings) -> Finding:
    path = settings.database_path
    try:
        with exclusive_use(path):
            migrate(path)
    except DatabaseInUse:
        return Finding(True, f"database {path} is in use by a running Parley")
    except DatabaseUnusable as error:
        return Finding(False, f"database {path} cannot be used", str(error))
    return Finding(True, f"database {path} is writable and up to date")


def _providers(settings: Settings) -> Finding:
    offered = settings.offer().providers
    keyed = [provider.title for provider in offered.values() if provider.key]
    local = [provider.title for provider in offered.values() if not provider.key]
    if not keyed and not settings.preferences().model:
        remedy = "set the key of a provider, or set DEFAULT_MODEL to a local model"
        return Finding(False, "no provider has a key, and DEFAULT_MODEL is not set", remedy)
    return Finding(True, f"providers with a key: {', '.join(keyed) or 'none'}; without a key: {', '.join(local)}")


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
        yield Finding(
            False, f"Discord at {base} cannot be reached: {reason}", "check the network connection and DISCORD_API_URL"
        )
        return
    if status not in (200, 401, 403):
        yield Finding(
            False, f"Discord at {base} responded with HTTP {status}", "wait and try again; check DISCORD_API_URL"
        )
        return
    if status != 200:
        remedy = "copy the bot's token from the developer portal to DISCORD_TOKEN; reset it there if it is lost"
        yield Finding(False, f"Discord rejected the token with HTTP {status}", remedy)
        return
    yield Finding(True, f"Discord accepts the token of {application.get('name')}")
    if application.get("flags", 0) & MESSAGE_CONTENT:
        yield Finding(True, "the MESSAGE CONTENT intent is enabled")
    else:
        remedy = "enable it in the developer portal: your application, Bot, Privileged Gateway Intents"
        yield Finding(False, "the MESSAGE CONTENT intent is not enabled", remedy)


async def examine_providers(settings: Settings) -> AsyncIterator[ProviderFinding]:
    """Try every provider that has a key or needs none: list its models and ask for one token, which may be billed."""
    listed: dict[str, tuple[Model, ...]] = {}
    offer = settings.offer(listed)
    for name, provider in offer.unavailable.items():
        if provider.retired and settings.access.get(name, Access()).key:
            yield _retired(name, offer)
    chosen = settings.preferences().model or ""
    wanted = {name: chosen if chosen.partition("/")[0] == name else "" for name in offer.providers}
    async for trial in try_providers(offer, listed, wanted):
        yield _provider_finding(trial, settings)


def _retired(name: str, offer: Offer) -> ProviderFinding:
    provider = offer.unavailable[name]
    return ProviderFinding(
        False,
        f"{provider.title} was retired on {provider.retired}",
        f"remove {provider.key}, or set {name.upper()}_BASE_URL to a compatible server",
        provider=name,
        base_url=str(provider.base_url),
        error=Retired.__name__,
        detail=provider.note,
    )


def _provider_finding(trial: Trial, settings: Settings) -> ProviderFinding:
    name, failure = trial.server.name, trial.failure
    configured = _configured(name, trial, settings)
    detail = " ".join(redacted(failure.detail if failure else "", settings.secrets()).split())
    seconds = trial.first_token if isinstance(trial.first_token, float) else None
    return ProviderFinding(
        failure is None or not configured,
        _summary(trial, detail),
        _remedy(trial) if failure else "",
        provider=name,
        base_url=without_credentials(trial.server.base_url),
        configured=configured,
        works=failure is None,
        reachable=trial.reachable,
        key_accepted=trial.key_accepted,
        models=len(trial.models) if isinstance(trial.models, tuple) else None,
        model=trial.model or None,
        first_token_seconds=None if seconds is None else round(seconds, 3),
        error=type(failure).__name__ if failure else "",
        detail=detail,
        answers_instead=trial.alternative_url,
    )


def _configured(name: str, trial: Trial, settings: Settings) -> bool:
    """Whether the operator configured the provider: by a key, a base URL or the name of a model."""
    named = {model.partition("/")[0] for model in settings.named_models}
    return bool(trial.server.key or settings.access.get(name, Access()).base_url or name in named)


def _summary(trial: Trial, detail: str) -> str:
    """The result in one line."""
    failure, models, provider = trial.failure, trial.models, trial.server.provider
    if isinstance(failure, Unreachable) and not provider.key:
        return f"{provider.title} is not running at {without_credentials(trial.server.base_url)}"
    facts = ["key accepted"] if trial.key_accepted else []
    if isinstance(models, tuple):
        facts.append(f"{len(models)} model{'' if len(models) == 1 else 's'} listed")
    elif failure is None:
        facts.append(f"no model list: {models.reason}")
    if isinstance(trial.first_token, float):
        facts.append(f"first token of {trial.model} after {trial.first_token:.2f} s")
    if failure:
        facts.append(f"{failure.reason}{f' ({detail})' if detail else ''}")
    if trial.alternative_url:
        facts.append(f"but {trial.alternative_url} responds")
    return f"{provider.title} at {without_credentials(trial.server.base_url)}: {', '.join(facts)}"


def _remedy(trial: Trial) -> str:
    provider, name = trial.server.provider, trial.server.name.upper()
    variable = f"{name}_BASE_URL"
    if trial.alternative_url:
        return f"set {variable}={trial.alternative_url}"
    if isinstance(trial.failure, Unreachable) and provider.start:
        return f"start it with `{provider.start}`, or set {variable} to its address"
    if isinstance(trial.failure, KeyRejected) and not provider.key:
        return _NO_VARIABLE.format(own_key=f"{name}_API_KEY")
    template = next((text for errors, text in _REMEDIES if isinstance(trial.failure, errors)), _DEFAULT_REMEDY)
    models = _suggest_models(trial)
    remedy = template.format(key=provider.key, title=provider.title, variable=variable, models=models)
    has_note = provider.note and isinstance(trial.failure, KeyRejected | NoCredit)
    return f"{remedy}. {provider.note}" if has_note else remedy


def _suggest_models(trial: Trial) -> str:
    models = trial.models if isinstance(trial.models, tuple) else ()
    names = ", ".join(f"{trial.server.name}/{model.id}" for model in models[:MAX_SUGGESTED_MODELS])
    return f", such as {names}" if names else ""


def without_credentials(url: str) -> str:
    """The URL without a username and password."""
    return str(URL(url).with_user(None))
