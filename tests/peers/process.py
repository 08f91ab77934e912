"""A real server as a process on loopback, from the environment that `make peers` makes."""

import os
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
