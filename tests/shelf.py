"""A provider's lists on loopback: each path answers with what a test put there, and remembers who asked."""

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
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    json: Any


@dataclass
class Shelf:
    """`answers` are by path: a JSON value, bytes, or a status with one of them; a list of answers is given in turn."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator["Shelf"]:
        shelf = cls()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", shelf._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            shelf.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield shelf
        finally:
            await runner.cleanup()

    async def times(self, path: str, count: int) -> None:
        """Wait until the path was asked for that often."""
        async with asyncio.timeout(TIMEOUT), self._news:
            await self._news.wait_for(lambda: sum(each.path == path for each in self.asked) >= count)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await self._given(request)
        finally:
            self._at_once -= 1

    async def _given(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        async with self._news:
            self.asked.append(Asked(request.method, request.path, dict(request.headers), body))
            self._news.notify_all()
        answer = self.answers.get(request.path, (404, {"error": {"message": "no such path"}}))
        if callable(answer):
            answer = answer(self.asked[-1])
        if inspect.isawaitable(answer):
            answer = await answer
        if isinstance(answer, web.StreamResponse):
            return answer
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        if isinstance(content, bytes):
            return web.Response(status=status, body=content, content_type="application/json")
        return web.json_response(content, status=status)


def listed(*ids: str, **facts: Any) -> Json:
    """A list in the plainest form; every model has the same facts."""
    return {"object": "list", "data": [{"id": each, "object": "model"} | facts for each in ids]}
