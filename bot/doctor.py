"""Checks before anything runs: each looks at one thing that has to be right, and knows the remedy."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp

from bot.providers.offer import NotOffered
from bot.settings import ALLOWED, Settings
from bot.store.database import DatabaseInUse, DatabaseUnusable, migrate, sole_use

DISCORD_API = "https://discord.com/api/v10"
MESSAGE_CONTENT = 1 << 18 | 1 << 19
"""Application flags: the intent is on, or on for a bot in few servers (Discord, Application Flags)."""

SECONDS = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; `remedy` is for when it is not ok."""

    ok: bool
    what: str
    remedy: str = ""


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
    return Finding(
        bool(keyed or settings.default_model), what, "set a provider's key, or DEFAULT_MODEL to a local model"
    )


def _default_model(settings: Settings) -> Finding:
    try:
        endpoint = settings.offer().endpoint(settings.offer().default_model)
    except NotOffered as error:
        return Finding(False, "no default model", str(error))
    return Finding(True, f"default model {endpoint.full_name} at {endpoint.url}")


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
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        reason = str(error) or type(error).__name__
        yield Finding(False, f"Discord at {base} cannot be reached: {reason}", "check the network, and DISCORD_API_URL")
        return
    if status != 200:
        yield Finding(False, f"Discord answers {status} to the token", "reset the token in the developer portal")
        return
    yield Finding(True, f"Discord accepts the token of {application.get('name')}")
    yield Finding(
        bool(application.get("flags", 0) & MESSAGE_CONTENT),
        "the MESSAGE CONTENT intent",
        "switch it on in the developer portal: your application, Bot, Privileged Gateway Intents",
    )
