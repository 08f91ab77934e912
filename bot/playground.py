"""The playground: Parley, a simulated Discord and a scripted model in one process."""

import asyncio
import tempfile
import webbrowser
from pathlib import Path
from typing import Any

import click

from bot.app import open_app, stop_signal
from bot.providers.catalogue import load_catalogue
from bot.settings import VARIABLES, Settings, load_settings
from bot.simulator import Simulator


def playground_settings(simulator: Simulator, database_url: str) -> Settings:
    """Settings for a simulator: the scripted model takes the place of every provider in the catalogue."""
    access = {"key": "playground", "base_url": simulator.model_url}
    nothing_chosen: dict[str, Any] = dict.fromkeys(map(str.lower, VARIABLES))
    return load_settings(
        _env_file=None,
        catalogue_file=None,
        discord_token=simulator.bot_token,
        discord_api_url=simulator.api_url,
        discord_gateway_url=simulator.gateway_url,
        database_url=database_url,
        access=dict.fromkeys(load_catalogue(), access),
        **nothing_chosen,
    )


async def play(port: int, browser: bool, database_url: str | None) -> None:
    """Run the playground until SIGINT or SIGTERM, and print its URL. `database_url` None: a temporary database."""
    stopped = stop_signal()
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        url = database_url or f"sqlite:///{Path(folder) / 'playground.db'}"
        async with Simulator.open(port=port) as simulator, open_app(playground_settings(simulator, url)) as app:
            await app.ready()
            click.echo(f"The playground is running at {simulator.url}/ (press Ctrl+C to stop)")
            if browser:
                await asyncio.to_thread(webbrowser.open, f"{simulator.url}/")
            await stopped.wait()
