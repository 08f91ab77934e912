"""The `parley` command: arguments, logging, exit codes.

Exit codes: 0 all is well, 1 Parley cannot run or a check failed, 2 wrong arguments or settings. Each command loads what
it needs, so that `--help` answers at once.
"""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterable, Coroutine
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from bot.doctor import Finding
    from bot.settings import Settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="parley-bot", prog_name="parley")
def main() -> None:
    """Parley brings every chat model into every Discord channel.

    Settings come from the environment and from .env in this folder; .env.example explains them all.
    """


@main.command()
def run() -> None:
    """Migrate the database, then connect to Discord and answer."""
    from bot import app

    _run(app.run(_settings(need_token=True)))


@main.command()
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--no-browser", is_flag=True, help="Only print the page's address.")
@click.option("--database", metavar="URL", help="Keep conversations in this database, as sqlite:///play.db.")
def playground(port: int, no_browser: bool, database: str | None) -> None:
    """Try Parley with a simulated Discord and a scripted model: no account, no key."""
    from bot import logs
    from bot.playground import play

    logs.configure("WARNING", "text", ())
    _run(play(port, not no_browser, database))


@main.command()
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
def simulator(port: int) -> None:
    """Run the simulated Discord and the scripted model alone, for any Discord bot.

    Prints one line of JSON: api_url, gateway_url, model_url, bot_token, person_token (manages the server) and
    member_token (an ordinary member).
    """
    from bot.simulator import serve

    _run(serve(port))


@main.command()
@click.option("--providers", is_flag=True, help="Ask every provider for its models and for one token instead.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(providers: bool, as_json: bool) -> None:
    """Check settings, database, providers and Discord, and name the remedy for what is wrong."""
    from bot.doctor import examine, examine_providers

    settings = _settings()
    findings = examine_providers(settings) if providers else examine(settings)
    healthy = asyncio.run(_told(findings, "providers" if providers else "findings", as_json))
    sys.exit(0 if healthy else 1)


@main.group()
def db() -> None:
    """Look after the database."""


@db.command()
def upgrade() -> None:
    """Bring the database's tables up to date, as `parley run` does before it connects."""
    from bot.store.database import DatabaseUnusable, exclusive_use, migrate

    path = _settings().database_path
    try:
        with exclusive_use(path):
            migrate(path)
    except DatabaseUnusable as error:
        _fail(str(error))
    click.echo(f"{path} is up to date.")


def _settings(*, need_token: bool = False) -> "Settings":
    """The settings, with logging set up by them; a fault ends the program with a line for each."""
    from bot import logs
    from bot.settings import WrongSettings, load_settings

    try:
        settings = load_settings(need_token=need_token)
    except WrongSettings as error:
        for fault in error.faults:
            click.echo(fault, err=True)
        sys.exit(2)
    logs.configure(settings.log_level, settings.log_format, settings.secrets())
    return settings


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run until it ends, on uvloop where the platform has it."""
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(work)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        _fail(error.strerror or str(error))
    except _expected() as error:
        _fail(str(error))


def _expected() -> tuple[type[Exception], ...]:
    """Whose messages are sentences for the operator; looked for only when something was raised."""
    from bot.app import CannotRun
    from bot.settings import WrongSettings
    from bot.store.database import DatabaseUnusable

    return CannotRun, DatabaseUnusable, WrongSettings


def _loop_factory() -> Any:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _fail(sentence: str) -> NoReturn:
    logging.getLogger(__name__).debug("Ending", exc_info=True)
    click.echo(sentence, err=True)
    sys.exit(1)


async def _told(findings: AsyncIterable["Finding"], title: str, as_json: bool) -> bool:
    """Print the findings, as they come or as one document; whether all is well."""
    told = []
    async for finding in findings:
        told.append(finding)
        if not as_json:
            click.echo(_line(finding))
    healthy = all(finding.ok for finding in told)
    if as_json:
        click.echo(json.dumps({"ok": healthy, title: [asdict(finding) for finding in told]}, indent=2))
    return healthy


def _line(finding: "Finding") -> str:
    mark = "FAIL" if not finding.ok else "hint" if finding.remedy else "ok"
    remedy = f"\n      {finding.remedy}" if finding.remedy else ""
    return f"{mark:5} {finding.what}{remedy}"
