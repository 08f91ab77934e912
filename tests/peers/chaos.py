"""The real llmock as a process on loopback: a server that fails how and when it is told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.peers.process import served
from tests.ports import unused_ports

COMPLETIONS = "*/chat/completions"
"""Only these fail, since model lists are requested in the background at any time."""


@dataclass(frozen=True, slots=True)
class LLMock:
    """A running server. It applies the behaviours it was given to the next requests, one of each kind per request."""

    url: str

    async def plays(self, *behaviours: dict[str, Any]) -> None:
        """Replace all behaviours by these."""
        await self._call("POST", "reset")
        aimed = [{"match": {"path": COMPLETIONS}} | behaviour for behaviour in behaviours]
        if aimed:
            await self._call("POST", "scenario", {"behaviors": aimed})

    async def asked(self) -> list[dict[str, Any]]:
        """The completions requested since then, with the fault applied to each."""
        requests = (await self._call("GET", "requests"))["requests"]
        return [request for request in requests if request["path"].endswith("/chat/completions")]

    async def findings(self) -> list[dict[str, Any]]:
        """Its complaints about the client: ignored waits, request storms, pointless retries."""
        return list((await self._call("GET", "verdict"))["findings"])

    async def _call(self, method: str, what: str, body: Any = None) -> Any:
        async with (
            aiohttp.ClientSession(raise_for_status=True) as http,
            http.request(method, f"{self.url}/_llmock/{what}", json=body) as response,
        ):
            return await response.json()


@contextmanager
def running(folder: Path, *options: str) -> Iterator[LLMock]:
    """Run a server until the end of the block, once it is ready; its log goes to `folder`."""
    [port] = unused_ports(1)
    llmock = LLMock(f"http://127.0.0.1:{port}")
    arguments = ["serve", "--host", "127.0.0.1", "--port", str(port), "--response-style", "echo", *options]
    with served("llmock", arguments, f"{llmock.url}/health", folder):
        yield llmock
