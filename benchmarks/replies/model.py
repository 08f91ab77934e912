"""A model that streams the requested answer at a fixed rate and records when each chunk was sent."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

from aiohttp import web

from benchmarks.replies.answers import Answer, requested_answer

NAME = "parrot-2"
FIRST_CHUNK_AFTER = 0.3
"""Seconds."""

Json = dict[str, Any]


class Model:
    """Serves completions at `url`; `answers` are those that can be requested, by number."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: dict[int, Answer] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        model = cls()
        app = web.Application(client_max_size=2**26)
        app.add_routes([web.post("/v1/chat/completions", model.complete), web.get("/v1/models", model.models)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
            model.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
            yield model
        finally:
            await runner.cleanup()

    async def models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": NAME, "object": "model"}]})

    async def complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        requested = requested_answer(_prompt(body))
        answer = self.answers.get(requested.number) if requested else None
        if not body.get("stream"):
            return web.json_response(_object("chat.completion", message={"role": "assistant", "content": "Well."}))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        with suppress(ConnectionError):  # the bot's process has ended
            if answer and not answer.sent:
                await self._stream(answer, response)
            else:
                await response.write(_event("Well."))
            await response.write(_event(None, "stop") + b"data: [DONE]\n\n")
        return response

    async def _stream(self, answer: Answer, response: web.StreamResponse) -> None:
        start = time.monotonic() + FIRST_CHUNK_AFTER
        for at in range(answer.chunks):
            await asyncio.sleep(start + at / answer.rate - time.monotonic())
            answer.sent.append(time.monotonic())
            await response.write(_event(answer.chunk(at)))


def _prompt(body: Json) -> str:
    """Return the content of the last user message."""
    contents = [message["content"] for message in body["messages"] if message["role"] == "user"]
    return json.dumps(contents[-1]) if contents else ""


def _event(text: str | None, finish: str | None = None) -> bytes:
    delta = {} if text is None else {"role": "assistant", "content": text}
    return (
        b"data: " + json.dumps(_object("chat.completion.chunk", delta=delta, finish_reason=finish)).encode() + b"\n\n"
    )


def _object(object_type: str, *, finish_reason: str | None = "stop", **fields: Json) -> Json:
    choice = {"index": 0, "finish_reason": finish_reason} | fields
    return {"id": "chatcmpl-1", "object": object_type, "created": 1_790_000_000, "model": NAME, "choices": [choice]}
