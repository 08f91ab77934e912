"""A model that streams the answer that a prompt names, by the clock, and notes when it sent each chunk."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

from aiohttp import web

from benchmarks.replies.answers import Answer, wanted

NAME = "parrot-2"
THINKS = 0.3
"""Seconds before the first chunk."""

Json = dict[str, Any]


class Model:
    """Answers at `url`; `answers` are those that it may be asked for, by number."""

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
        asked = wanted(_prompt(body))
        answer = self.answers.get(asked.number) if asked else None
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
        start = time.monotonic() + THINKS
        for at in range(answer.chunks):
            await asyncio.sleep(start + at / answer.rate - time.monotonic())
            answer.sent.append(time.monotonic())
            await response.write(_event(answer.chunk(at)))


def _prompt(body: Json) -> str:
    """The last thing that a person said."""
    said = [message["content"] for message in body["messages"] if message["role"] == "user"]
    return json.dumps(said[-1]) if said else ""


def _event(text: str | None, finish: str | None = None) -> bytes:
    delta = {} if text is None else {"role": "assistant", "content": text}
    return (
        b"data: " + json.dumps(_object("chat.completion.chunk", delta=delta, finish_reason=finish)).encode() + b"\n\n"
    )


def _object(kind: str, *, finish_reason: str | None = "stop", **said: Json) -> Json:
    choice = {"index": 0, "finish_reason": finish_reason} | said
    return {"id": "chatcmpl-1", "object": kind, "created": 1_790_000_000, "model": NAME, "choices": [choice]}
