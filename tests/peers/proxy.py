"""The real LiteLLM proxy as a process on loopback, in the environment that `make peers` makes.

Its models are its own mocks, and one that it passes on to another server: the scripted model of the simulator, which
tells what LiteLLM made of a request.
"""

import json
import os
import random
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = Path(__file__).parent.parent.parent / ".venv-peers" / "bin" / "litellm"
START_SECONDS = 120

PARROT = "\n\n".join(
    f"Day {day}: the parrot learned {day} new words, and said each of them twice." for day in range(1, 51)
)
MOCKS = {
    "parrot": PARROT,
    "limited": "litellm.RateLimitError",
    "broken": "litellm.InternalServerError",
    "small": "litellm.ContextWindowExceededError",
}


@dataclass(frozen=True, slots=True)
class LiteLLM:
    """A running proxy. `scripted` is the model it asks of the simulator, which has to stand at `simulator_port`."""

    url: str
    key: str
    simulator_port: int
    scripted: str = "scripted"


@contextmanager
def running(folder: Path) -> Iterator[LiteLLM]:
    """A proxy that is ready, and ended at the end; `folder` takes its configuration and its log."""
    port, simulator_port = _unused_ports(2)
    proxy = LiteLLM(f"http://127.0.0.1:{port}", f"sk-{secrets.token_hex(16)}", simulator_port)
    config = folder / "config.yaml"
    config.write_text(json.dumps(_configuration(proxy)), encoding="utf-8")  # JSON is YAML
    command = [str(COMMAND), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    log = folder / "litellm.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            _await_ready(proxy, process, log)
            yield proxy
        finally:
            _end(process)


def _unused_ports(count: int) -> list[int]:
    """Ports below those that systems give out by themselves, so that nobody takes them before they are used."""
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 1_000):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no port is free")


def _configuration(proxy: LiteLLM) -> dict[str, Any]:
    mocks = {name: {"model": f"openai/{name}", "mock_response": answer} for name, answer in MOCKS.items()}
    address = f"http://127.0.0.1:{proxy.simulator_port}/model/v1"
    models = mocks | {proxy.scripted: {"model": "openai/parley-demo", "api_base": address}}
    return {
        "model_list": [
            {"model_name": name, "litellm_params": {"api_key": "unused", **parameters}}
            for name, parameters in models.items()
        ],
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
        "general_settings": {"master_key": proxy.key},
    }


def _await_ready(proxy: LiteLLM, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{proxy.url}/health/readiness", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"LiteLLM did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-3_000:]}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
