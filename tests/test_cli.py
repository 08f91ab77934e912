"""The `parley` command in real processes: its output and exit status."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

from bot.simulator import Simulator
from bot.store.store import Store

KEPT = ("PATH", "PYTHONPATH", "HOME", "SYSTEMROOT", "TEMP", "LANG")
"""The variables of our environment that a process needs."""


@dataclass(frozen=True)
class Ended:
    """A finished process."""

    code: int
    out: str
    err: str

    @property
    def faults(self) -> list[str]:
        """The lines on standard error that are not log lines."""
        return [line for line in self.err.splitlines() if not line[:4].isdecimal()]


SEVERAL = """
import sys
from bot.cli import main
for arguments in sys.argv[1:]:
    try:
        main(arguments.split(), "parley")
    except SystemExit as end:
        print(end.code, end=chr(0))
        print(end=chr(0), file=sys.stderr)
"""


class Parley:
    """Runs the command in a folder, with only the given variables in its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def __call__(self, *arguments: str, **environment: str) -> Ended:
        return await self._run("-m", "bot", *arguments, **environment)

    async def each(self, *commands: str, **environment: str) -> list[Ended]:
        """Run several commands that end by themselves in one process, since starting one takes a second."""
        ended = await self._run("-c", SEVERAL, *commands, **environment)
        assert ended.code == 0
        outs, errs = ended.out.split("\0")[:-1], ended.err.split("\0")[:-1]
        assert len(outs) == len(errs) == len(commands)
        return [Ended(int(out[-1]), out[:-1], err) for out, err in zip(outs, errs, strict=True)]

    async def _run(self, *arguments: str, **environment: str) -> Ended:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *arguments), cwd=self.folder, env=kept | environment, stdout=PIPE, stderr=PIPE
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        ended = Ended(process.returncode, out.decode(), err.decode())
        assert "Traceback" not in ended.out + ended.err
        for name, value in environment.items():
            assert not name.endswith(("TOKEN", "KEY")) or value not in ended.out + ended.err
        return ended


@pytest.fixture
def parley(tmp_path: Path) -> Parley:
    return Parley(tmp_path)


COMMANDS = ["", "run", "playground", "simulator", "doctor", "db", "db upgrade"]


async def test_every_command_explains_itself(parley: Parley) -> None:
    helps = await parley.each(*(f"{command} --help" for command in COMMANDS))
    for command, ended in zip(COMMANDS, helps, strict=True):
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.startswith(f"Usage: parley {command}".rstrip())
        assert "--help" in ended.out
    listed = helps[0].out.partition("Commands:")[2].split()
    assert {name for command in COMMANDS for name in command.split()[:1]} <= set(listed)


async def test_the_version_is_that_of_the_distribution(parley: Parley) -> None:
    assert await parley("--version") == Ended(0, f"parley, version {version('parley-bot')}\n", "")


async def test_invalid_arguments_exit_with_2(parley: Parley) -> None:
    for ended in await parley.each("fly", "run --fast", "playground --port 70000", "simulator --port x"):
        assert (ended.code, ended.out) == (2, "")
        assert "Error: " in ended.err


async def test_invalid_settings_exit_with_2_and_a_line_for_each(parley: Parley) -> None:
    wrong = {"DISCORD_TOKEN": "t-0k3n", "LOG_LEVEL": "LOUD", "DATABASE_URL": "mysql://x", "XAI_BASE_URL": "x"}
    for ended in await parley.each("run", "doctor", "db upgrade", **wrong):
        assert (ended.code, ended.out) == (2, "")
        assert sorted(line.partition(":")[0] for line in ended.faults) == ["DATABASE_URL", "LOG_LEVEL", "XAI_BASE_URL"]


async def test_run_requires_a_token(parley: Parley) -> None:
    ended = await parley("run")
    assert ended.code == 2
    assert [line.partition(":")[0] for line in ended.faults] == ["DISCORD_TOKEN"]


async def test_a_dotenv_file_is_read_and_the_environment_takes_precedence(parley: Parley) -> None:
    (parley.folder / ".env").write_text("DATABASE_URL=sqlite:///from-file.db\nLOG_LEVEL=LOUD\n", "utf-8")
    ended = await parley("db", "upgrade", LOG_LEVEL="ERROR")
    assert (ended.code, ended.err) == (0, "")
    assert (parley.folder / "from-file.db").is_file()


async def test_the_database_is_created_and_migrated(parley: Parley) -> None:
    for ended in await parley.each("db upgrade", "db upgrade"):
        assert ended == Ended(0, f"{Path('data/parley.db')} is up to date.\n", "")
    async with Store.open(parley.folder / "data" / "parley.db"):
        pass


async def test_an_unusable_database_path_exits_with_one_sentence_and_status_1(parley: Parley) -> None:
    (parley.folder / "data").write_text("no folder")
    for ended in await parley.each("db upgrade", "run", DISCORD_TOKEN="t-0k3n"):
        assert (ended.code, ended.out) == (1, "")
        (sentence,) = ended.faults
        assert sentence.startswith(f"The database {Path('data/parley.db')} cannot be written: ")


async def test_a_database_in_use_exits_with_one_sentence_and_status_1_but_passes_the_doctor(parley: Parley) -> None:
    async with Store.open(parley.folder / "data" / "parley.db"):
        *refused, doctor = await parley.each(
            "db upgrade", "run", "doctor", DISCORD_TOKEN="t-0k3n", **await no_discord()
        )
    for ended in refused:
        assert (ended.code, ended.out) == (1, "")
        (sentence,) = ended.faults
        assert sentence.startswith("Another Parley is already using ")
    assert f"ok    database {Path('data/parley.db')} is in use by a running Parley" in doctor.out


async def no_discord() -> dict[str, str]:
    """Settings for a Discord that does not exist."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    server.close()
    await server.wait_closed()
    return {"DISCORD_API_URL": f"http://{host}:{port}/api/v10"}


async def test_an_no_discord_exits_with_one_sentence_and_status_1(parley: Parley) -> None:
    url = await no_discord()
    run, doctor = await parley.each("run", "doctor", DISCORD_TOKEN="t-0k3n", **url)
    assert (run.code, run.out) == (1, "")
    (sentence,) = run.faults
    assert sentence.startswith("Discord cannot be reached: ")
    assert doctor.code == 1
    assert f"FAIL  Discord at {url['DISCORD_API_URL']} cannot be reached" in doctor.out


async def test_a_rejected_token_exits_with_one_sentence_and_status_1(parley: Parley, sim: Simulator) -> None:
    urls = {"DISCORD_API_URL": sim.api_url, "DISCORD_GATEWAY_URL": sim.gateway_url}
    run, doctor = await parley.each("run", "doctor", DISCORD_TOKEN="not-a-token", **urls)
    assert (run.code, run.out) == (1, "")
    assert run.faults == ["Discord rejected DISCORD_TOKEN. Reset the token in the developer portal."]
    assert doctor.code == 1
    assert "FAIL  Discord rejected the token with HTTP 401" in doctor.out


async def test_the_doctor_says_what_is_missing_and_how_to_fix_it(parley: Parley) -> None:
    ended = await parley("doctor")
    assert (ended.code, ended.err) == (1, "")
    lines = ended.out.splitlines()
    assert any(line.startswith("ok    database ") for line in lines)
    wrong = [index for index, line in enumerate(lines) if line.startswith("FAIL  ")]
    assert "FAIL  DISCORD_TOKEN is not set" in lines
    assert all(lines[index + 1].startswith("      ") for index in wrong)


async def test_the_doctor_exits_with_0_if_every_check_passes(parley: Parley, sim: Simulator) -> None:
    ended = await parley(
        "doctor",
        DISCORD_TOKEN=sim.bot_token,
        DISCORD_API_URL=sim.api_url,
        XAI_API_KEY="k7-Zq2mmA0",
        XAI_BASE_URL=sim.model_url,
    )
    assert "FAIL" not in ended.out
    assert (ended.code, ended.err) == (0, "")
