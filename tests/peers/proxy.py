"""The real LiteLLM proxy as a process on loopback, in the environment that `make peers` makes.

Its models are its own mocks, and one that it passes on to another server: the scripted model of the simulator, which
tells what LiteLLM made of a request.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.process import served
from tests.ports import unused_ports

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
    """A running proxy. `scripted` is the model that it requests from the simulator at `simulator_port`."""

    url: str
    key: str
    simulator_port: int
    scripted: str = "scripted"


@contextmanager
def running(folder: Path) -> Iterator[LiteLLM]:
    """Run a proxy until the end of the block, once it is ready; its configuration and log go to `folder`."""
    port, simulator_port = unused_ports(2)
    proxy = LiteLLM(f"http://127.0.0.1:{port}", f"sk-{secrets.token_hex(16)}", simulator_port)
    config = folder / "config.yaml"
    config.write_text(json.dumps(_configuration(proxy)), encoding="utf-8")  # JSON is YAML
    arguments = ["--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    environment = {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    with served("litellm", arguments, f"{proxy.url}/health/readiness", folder, environment):
        yield proxy


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
