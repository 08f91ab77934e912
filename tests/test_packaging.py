"""Parley as it is distributed: the installed wheel, and the files that document its settings."""

import os
import re
import signal
import subprocess
import sys
import sysconfig
import urllib.request
import venv
from pathlib import Path

import discord
import pytest

from bot.doctor import DISCORD_API
from bot.preferences.declaration import PREFERENCES
from bot.providers.catalogue import load_catalogue
from bot.settings import VARIABLES, Settings, load_settings

ROOT = Path(__file__).parent.parent
CATALOGUE = load_catalogue()
PLAIN = [name.upper() for name in Settings.model_fields if name not in ("access", "defaults")]
KEYS = [provider.key for provider in CATALOGUE.values() if provider.key]
BASE_URLS = {f"{name.upper()}_BASE_URL": str(provider.base_url).rstrip("/") for name, provider in CATALOGUE.items()}
BUILT_IN = {"DISCORD_API_URL": DISCORD_API, "DISCORD_GATEWAY_URL": "wss://gateway.discord.gg/", **BASE_URLS}
"""Defaults that are not in Settings but come from discord.py and the catalogue."""

LOCKS = [
    str(path.relative_to(ROOT)) for path in (*ROOT.glob("requirements*.lock"), *ROOT.glob("[!.]*/**/requirements.lock"))
]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with the wheel installed, on top of this environment's packages."""
    folder = tmp_path_factory.mktemp("installed")
    run(ROOT, sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    venv.create(folder / "venv")
    bin_folder = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    pip = (sys.executable, "-m", "pip", "--python", bin_folder / "python")
    run(folder, *pip, "install", "--quiet", "--no-index", "--no-deps", *folder.glob("*.whl"))
    packages = run(folder, bin_folder / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    Path(packages.strip(), "behind.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return bin_folder


def run(folder: Path, *command: str | Path) -> str:
    """The output of a command, run in this folder without any of Parley's settings in the environment."""
    done = subprocess.run(command, cwd=folder, env=bare_environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def bare_environment() -> dict[str, str]:
    ours = {*PLAIN, *VARIABLES, *KEYS, *BASE_URLS, "PYTHONPATH"}
    return {name: value for name, value in os.environ.items() if name not in ours}


def test_the_installed_command_prints_its_version_and_help(installed: Path, tmp_path: Path) -> None:
    where = run(tmp_path, installed / "python", "-c", "import bot; print(bot.__file__)")
    assert Path(where.strip()).is_relative_to(installed.parent)
    assert run(tmp_path, installed / "parley", "--version").startswith("parley, version ")
    helped = run(tmp_path, installed / "parley", "--help")
    assert {"run", "playground", "simulator", "doctor", "db"} <= set(re.findall(r"^  ([a-z]+) ", helped, re.MULTILINE))


def test_the_installed_wheel_migrates_a_database(installed: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert run(tmp_path, installed / "parley", "db", "upgrade") == "data/parley.db is up to date.\n"
    heads = "import sqlite3; print(*sqlite3.connect('data/parley.db').execute('SELECT * FROM alembic_version'))"
    newest = max(path.name for path in (ROOT / "migrations" / "versions").glob("*.py")).partition("_")[0]
    assert run(tmp_path, installed / "python", "-c", heads) == f"('{newest}',)\n"


def test_the_installed_wheel_runs_the_playground(installed: Path, tmp_path: Path) -> None:
    command = (installed / "parley", "playground", "--no-browser", "--port", "0")
    with subprocess.Popen(
        command, cwd=tmp_path, env=bare_environment(), stdout=subprocess.PIPE, text=True
    ) as playground:
        assert playground.stdout
        announced = re.search(r"http://127\.0\.0\.1:\d+/", playground.stdout.readline())
        try:
            assert announced
            with urllib.request.urlopen(announced[0], timeout=10) as page:
                assert b"<html" in page.read()
        finally:
            playground.send_signal(signal.SIGTERM)
    assert playground.returncode == 0


def test_the_example_settings_are_complete_and_work_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {*os.environ} - {*bare_environment()}:
        monkeypatch.delenv(name)
    example = ROOT / ".env.example"
    written = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", example.read_text(encoding="utf-8"), re.MULTILINE))
    assert set(written) - set(VARIABLES) == {*PLAIN, *KEYS, *BASE_URLS}
    for name, value in written.items():
        if name in VARIABLES:
            preference = PREFERENCES[VARIABLES[name]]
            assert value.strip('"') in ("", preference.default)
            continue
        default = BUILT_IN.get(name) or getattr(Settings.model_fields.get(name.lower()), "default", None)
        assert value.strip('"') == ("" if default is None else str(default).removesuffix(".0"))

    assert load_settings(_env_file=example) == load_settings(_env_file=None)


def test_the_readme_names_every_setting_and_provider() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [name for name in PLAIN if f"| `{name}` |" not in readme]
    for name, provider in CATALOGUE.items():
        key = f"`{provider.key}`" if provider.key else "none needed"
        model = f"`{provider.default_model}`" if provider.default_model else "set by you"
        row = f"| {provider.title} | `{name}` | {key} | `{BASE_URLS[f'{name.upper()}_BASE_URL']}` | {model} |"
        missing += [] if row in readme else [row]
    assert missing == []


def test_the_invitation_asks_for_what_the_code_needs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    needed = discord.Permissions(
        view_channel=True,
        read_message_history=True,
        send_messages=True,
        send_messages_in_threads=True,
        attach_files=True,
        embed_links=True,
    )
    assert set(re.findall(r"permissions=(\d+)", readme)) == {str(needed.value)}


def test_the_readme_calls_only_make_targets_that_exist() -> None:
    readme, makefile = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "Makefile"))
    called = set(re.findall(r"\bmake ([a-z-]+)\b", readme))
    assert {"playground", "test"} <= called
    assert called <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_files_have_hashes_and_name_no_registry(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    pinned = re.findall(r"^[\w.\[\]-]+==.*(?:\n .*)*", text, re.MULTILINE)
    assert pinned
    assert [entry for entry in pinned if "--hash=sha256:" not in entry] == []
