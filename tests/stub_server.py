"""A stub HTTP server on loopback, for the lists and completions of a provider: it records the requests."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.listener import Json

TIMEOUT = 10.0


@dataclass
class RecordedRequest:
    method: str
    path: str
    headers: dict[str, str]
    json: Any


@dataclass
class StubServer:
    """`responses` are by path: a JSON value, bytes, a status with one of them, or a function of the request."""

    url: str = ""
    responses: dict[str, Any] = field(default_factory=dict)
    requests: list[RecordedRequest] = field(default_factory=list)
    max_concurrent: int = 0
    _concurrent: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator["StubServer"]:
        stub = cls()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", stub._respond)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            stub.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield stub
        finally:
            await runner.cleanup()

    async def wait_for_requests(self, path: str, count: int) -> None:
        """Wait until the path was requested that often."""
        async with asyncio.timeout(TIMEOUT), self._changed:
            await self._changed.wait_for(lambda: sum(each.path == path for each in self.requests) >= count)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        self._concurrent += 1
        self.max_concurrent = max(self.max_concurrent, self._concurrent)
        try:
            return await self._response(request)
        finally:
            self._concurrent -= 1

    async def _response(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        async with self._changed:
            self.requests.append(RecordedRequest(request.method, request.path, dict(request.headers), body))
            self._changed.notify_all()
        response = self.responses.get(request.path, (404, {"error": {"message": "no such path"}}))
        if callable(response):
            response = response(self.requests[-1])
        if inspect.isawaitable(response):
            response = await response
        if isinstance(response, web.StreamResponse):
            return response
        status, content = response if isinstance(response, tuple) else (200, response)
        if isinstance(content, bytes):
            return web.Response(status=status, body=content, content_type="application/json")
        return web.json_response(content, status=status)


def model_list(*ids: str, **facts: Any) -> Json:
    """A list in the simplest format; every model has the same facts."""
    return {"object": "list", "data": [{"id": each, "object": "model"} | facts for each in ids]}
