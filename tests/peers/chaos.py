"""The real llmock as a process on loopback: a server that fails in the way and at the moment it is told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.peers.process import served, unused_ports

COMPLETIONS = "*/chat/completions"
"""Only these are to fail: lists of models are asked for in the background, whenever it suits."""


@dataclass(frozen=True, slots=True)
class LLMock:
    """A running server. What it is told to do is done to the next requests, one behaviour of a kind for each."""

    url: str

    async def plays(self, *behaviours: dict[str, Any]) -> None:
        """Forget everything, then do this."""
        await self._call("POST", "reset")
        aimed = [{"match": {"path": COMPLETIONS}} | behaviour for behaviour in behaviours]
        if aimed:
            await self._call("POST", "scenario", {"behaviors": aimed})

    async def asked(self) -> list[dict[str, Any]]:
        """The completions it was asked for since then, with what it did to each."""
        requests = (await self._call("GET", "requests"))["requests"]
        return [request for request in requests if request["path"].endswith("/chat/completions")]

    async def findings(self) -> list[dict[str, Any]]:
        """What it has to say against the client: waits not kept, storms, retries that cannot help."""
        return list((await self._call("GET", "verdict"))["findings"])

    async def _call(self, method: str, what: str, body: Any = None) -> Any:
        async with (
            aiohttp.ClientSession(raise_for_status=True) as http,
            http.request(method, f"{self.url}/_llmock/{what}", json=body) as response,
        ):
            return await response.json()


@contextmanager
def running(folder: Path, *options: str) -> Iterator[LLMock]:
    """A server that is ready, and ended at the end; it repeats what it is told. `folder` takes its log."""
    [port] = unused_ports(1)
    llmock = LLMock(f"http://127.0.0.1:{port}")
    arguments = ["serve", "--host", "127.0.0.1", "--port", str(port), "--response-style", "echo", *options]
    with served("llmock", arguments, f"{llmock.url}/health", folder):
        yield llmock
