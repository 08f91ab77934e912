"""The `parley` command: arguments, logging, exit codes.

Exit codes: 0 success, 1 Parley cannot run or a check failed, 2 invalid arguments or settings. Each command imports
what it needs, so that `--help` is fast.
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


PORT_HELP = "Port to listen on; 0 picks a free one."


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="parley-bot", prog_name="parley")
def main() -> None:
    """Parley brings every chat model into every Discord channel.

    Settings come from environment variables and from .env in the current directory; .env.example documents them.
    """


@main.command()
def run() -> None:
    """Connect to Discord and answer messages.

    Migrates the database first.
    """
    from bot import app

    _run(app.run(_settings(need_token=True)))


@main.command()
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help=PORT_HELP)
@click.option("--no-browser", is_flag=True, help="Print the URL of the page without opening a browser.")
@click.option("--database", metavar="URL", help="Keep conversations in this database, e.g. sqlite:///play.db.")
def playground(port: int, no_browser: bool, database: str | None) -> None:
    """Try Parley in the browser, without an account.

    Runs the bot with a simulated Discord and a scripted model on this machine.
    """
    from bot import logs
    from bot.playground import play

    logs.configure("WARNING", "text", ())
    _run(play(port, not no_browser, database))


@main.command()
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help=PORT_HELP)
def simulator(port: int) -> None:
    """Simulate Discord and a model, for any bot.

    Prints one line of JSON with, among others, api_url, gateway_url, model_url, bot_token, person_token (the server's
    owner) and member_token (a member without special permissions).
    """
    from bot.simulator import serve

    _run(serve(port))


@main.command()
@click.option("--providers", is_flag=True, help="Instead, ask each provider for its models and for one token.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(providers: bool, as_json: bool) -> None:
    """Check the setup and suggest fixes.

    Checks settings, database, providers and Discord, and prints what is wrong and how to fix it.
    """
    from bot.doctor import examine, examine_providers

    settings = _settings()
    findings = examine_providers(settings) if providers else examine(settings)
    healthy = asyncio.run(_print_findings(findings, "providers" if providers else "findings", as_json))
    sys.exit(0 if healthy else 1)


@main.group()
def db() -> None:
    """Manage the database."""


@db.command()
def upgrade() -> None:
    """Migrate the database to the latest version, as `parley run` does on start."""
    from bot.store.engine import DatabaseUnusable, exclusive_use, migrate

    path = _settings().database_path
    try:
        with exclusive_use(path):
            migrate(path)
    except DatabaseUnusable as error:
        _fail(str(error))
    click.echo(f"{path} is up to date.")


def _settings(*, need_token: bool = False) -> "Settings":
    """Load the settings and configure logging; exits with 2 and a line per fault if they are invalid."""
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


def _run(main: Coroutine[Any, Any, None]) -> None:
    """Run the coroutine, on uvloop if it is installed; exits with 1 and a sentence on an expected error."""
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(main)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        _fail(error.strerror or str(error))
    except _expected_errors() as error:
        _fail(str(error))


def _expected_errors() -> tuple[type[Exception], ...]:
    """The errors whose messages are sentences for the operator. Imported only once an error was raised."""
    from bot.app import CannotRun
    from bot.settings import WrongSettings
    from bot.store.engine import DatabaseUnusable

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


async def _print_findings(findings: AsyncIterable["Finding"], key: str, as_json: bool) -> bool:
    """Print the findings, one by one or as a JSON document; returns whether all are ok."""
    seen = []
    async for finding in findings:
        seen.append(finding)
        if not as_json:
            click.echo(_format_finding(finding))
    healthy = all(finding.ok for finding in seen)
    if as_json:
        click.echo(json.dumps({"ok": healthy, key: [asdict(finding) for finding in seen]}, indent=2))
    return healthy


def _format_finding(finding: "Finding") -> str:
    mark = "FAIL" if not finding.ok else "hint" if finding.remedy else "ok"
    remedy = f"\n      {finding.remedy}" if finding.remedy else ""
    return f"{mark:5} {finding.what}{remedy}"
