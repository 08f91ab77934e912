"""Runs a bot in its own process on its own core.

python -m benchmarks.replies.bots parley '{"api_url": …, "gateway_url": …, "model_url": …, "bot_token": …, "folder": …}'

Bots whose event loop can be observed print a JSON object with its lag since the last line of standard input, when that
ends.
"""

import asyncio
import gc
import json
import os
import runpy
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.replies.editor import Editor
from benchmarks.stream.figures import percentile
from benchmarks.stream.machine import Use, open_many_files, pin
from bot.app import open_app
from bot.discord.client import point_at
from bot.providers.catalogue import load_catalogue
from bot.reply import budget
from bot.settings import VARIABLES, load_settings

STEP = 0.005
"""Seconds of each sleep whose lateness is measured."""


@dataclass(frozen=True)
class Given:
    """The surroundings of a bot. `folder` is empty at first; `free` says that there is no global rate limit."""

    api_url: str
    gateway_url: str
    model_url: str
    bot_token: str
    folder: str
    free: bool = False


async def parley(given: Given) -> None:
    """Run Parley unmodified, except that without a global limit its own one is lifted too."""
    if given.free:
        budget.WRITES = budget.REQUESTS = 1_000_000
    settings = load_settings(
        _env_file=None,
        catalogue_file=None,
        discord_token=given.bot_token,
        discord_api_url=given.api_url,
        discord_gateway_url=given.gateway_url,
        database_url=f"sqlite:///{Path(given.folder) / 'parley.db'}",
        access={name: {"key": "key-of-the-benchmark", "base_url": given.model_url} for name in load_catalogue()},
        **dict.fromkeys(map(str.lower, VARIABLES)),
    )
    async with open_app(settings) as app:
        gc.collect()
        gc.freeze()  # as bot.app.run does
        await app.ready()
        await watch()


async def naive(given: Given) -> None:
    await _edit(given, 0.0)


async def interval(given: Given) -> None:
    await _edit(given, 1.0)


async def _edit(given: Given, seconds: float) -> None:
    async with Editor(given.model_url, seconds) as client:
        running = asyncio.create_task(client.start(given.bot_token))
        await watch()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def nanobot(given: Given) -> None:
    """Run its own command in this process, so that discord.py connects to the simulator."""
    home = Path(given.folder)
    config = {
        "agents": {
            "defaults": {"workspace": str(home / "workspace"), "provider": "custom", "model": "parrot-2"},
            "dream": {"enabled": False},
        },
        "providers": {"custom": {"apiKey": "key-of-the-benchmark", "apiBase": given.model_url}},
        "channels": {
            "discord": {"enabled": True, "token": given.bot_token, "allowFrom": ["*"], "streaming": True},
            "websocket": {"enabled": False},
        },
    }
    path = home / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    os.environ["HOME"] = str(home)
    sys.argv = ["nanobot", "gateway", "--config", str(path), "--port", "0"]
    runpy.run_module("nanobot", run_name="__main__", alter_sys=True)


async def watch() -> None:
    """Measure the event loop's lag since the last line of standard input; print it when the input ends."""
    lags: list[float] = []
    use = Use()

    async def measure_lag() -> None:
        while True:
            asleep = time.monotonic()
            await asyncio.sleep(STEP)
            lags.append(time.monotonic() - asleep - STEP)

    measuring = asyncio.create_task(measure_lag())
    while await asyncio.to_thread(sys.stdin.readline):
        lags.clear()
        use = Use()
    measuring.cancel()
    figures = {"loop_lag_p99_ms": percentile(lags, 99) * 1000, "loop_lag_max_ms": max(lags) * 1000}
    print(json.dumps(figures | use.shares()), flush=True)


OURS: dict[str, Callable[[Given], Awaitable[None]]] = {"parley": parley, "naive": naive, "interval": interval}


async def _run(name: str, given: Given) -> None:
    await OURS[name](given)


def main() -> None:
    name, given = sys.argv[1], Given(**json.loads(sys.argv[2]))
    pin(1)
    open_many_files()
    os.chdir(given.folder)  # so that no .env of the user is read
    point_at(given.api_url, given.gateway_url)
    if name == "nanobot":
        nanobot(given)
        return
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(name, given))


if __name__ == "__main__":
    main()
