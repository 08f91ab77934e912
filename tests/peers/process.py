"""A real server as a process on loopback, from the environment that `make peers` makes."""

import os
import random
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

COMMANDS = Path(__file__).parent.parent.parent / ".venv-peers" / "bin"
START_SECONDS = 120


def command(name: str) -> Path:
    """The path of the server's command; fails with the remedy if it is not installed."""
    path = COMMANDS / name
    assert path.exists(), f"{name} is not installed: run `make peers`"
    return path


def unused_ports(count: int) -> list[int]:
    """Ports below the ephemeral range, so that no other process is given them before they are used."""
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 1_000):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no port is free")


@contextmanager
def served(
    name: str, arguments: Sequence[str], ready: str, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run the server until the end of the block, once it answers at the URL `ready`; its log goes to `folder`."""
    log = folder / f"{name}.log"
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder), **(environment or {})}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [str(command(name)), *arguments], cwd=folder, env=variables, stdout=output, stderr=output
        ) as process,
    ):
        try:
            _await_ready(name, ready, process, log)
            yield
        finally:
            _end(process)


def _await_ready(name: str, ready: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(ready, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"{name} did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-3_000:]}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
