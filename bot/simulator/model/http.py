"""The scripted model over HTTP: POST /chat/completions, streamed or whole, and GET /models."""

import asyncio
import json
import time
from collections.abc import Coroutine
from itertools import count
from typing import Any

from aiohttp import web

from bot.simulator.errors import Json
from bot.simulator.model.friendly import friendly_answer, pieces
from bot.simulator.model.script import (
    Answer,
    Cut,
    Fail,
    Finish,
    Hang,
    ModelRequest,
    Pause,
    Raw,
    Say,
    ScriptedModel,
    Step,
    Wait,
    words_of,
)

LOOK_EVERY = 0.02  # how often a waiting answer looks whether the client is still there


class ClientLeftError(Exception):
    """The client closed the connection before the end."""


class ConnectionCutError(Exception):
    """The script says that the connection breaks here."""


class ModelHttp:
    def __init__(self, model: ScriptedModel) -> None:
        self.model = model
        self._numbers = count(1)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/model/v1/chat/completions", self.complete),
            web.get("/model/v1/models", self.list_models),
            web.route("*", "/model/v1/{path:.*}", self.nothing_here),
        ]

    async def list_models(self, request: web.Request) -> web.Response:
        if refused := self._refuse_key(request):
            return refused
        models = [{"id": name, "object": "model", "created": 0, "owned_by": "simulator"} for name in self.model.models]
        return _json({"object": "list", "data": models})

    async def nothing_here(self, request: web.Request) -> web.Response:
        return _error(404, f"Invalid URL ({request.method} {request.path})", "invalid_request_error", None)

    def _refuse_key(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.model.key is None or given == self.model.key:
            return None
        return _error(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key")

    async def complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        try:
            parsed = json.loads(body)
        except ValueError:
            return _error(400, "We could not parse the JSON body of your request.", "invalid_request_error", None)
        record = ModelRequest(request.method, request.path, dict(request.headers), body, parsed)
        answer = await self.model.receive(record)
        if refused := self._refuse_key(request):
            return refused
        if not isinstance(parsed, dict) or not isinstance(parsed.get("messages"), list) or not parsed["messages"]:
            return _error(400, "'messages' must be a non-empty array.", "invalid_request_error", None)
        try:
            return await self._give(request, record, answer or self._friendly(parsed))
        finally:
            record.ended.set()

    def _friendly(self, body: Json) -> Answer:
        pause = 1 / self.model.chunks_per_second if self.model.chunks_per_second else 0.0
        said = [Say(piece) for piece in pieces(friendly_answer(body))]
        return Answer(tuple(step for chunk in said for step in (Pause(pause), chunk)))

    async def _give(self, request: web.Request, record: ModelRequest, answer: Answer) -> web.StreamResponse:
        teller = Teller(request, record, answer, f"chatcmpl-{next(self._numbers)}")
        try:
            return await teller.tell()
        except (ConnectionError, ClientLeftError):
            record.left_early.set()
        except ConnectionCutError:
            pass
        if request.transport:
            request.transport.abort()
        return teller.response


class Teller:
    """Gives one answer to one request."""

    def __init__(self, request: web.Request, record: ModelRequest, answer: Answer, name: str) -> None:
        self.request, self.body, self.answer, self.name = request, record.json, answer, name
        self.streams = self.body.get("stream") is True
        self.response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        self.said: list[str] = []
        self.finish: Finish | None = None

    async def tell(self) -> web.StreamResponse:
        for step in self.answer.steps:
            if isinstance(step, Fail):
                return self._fail(step)
            await self._do(step)
        if not self.streams:
            return _json(self._whole())
        await self._finish(self.finish or Finish())
        await self.response.write_eof()
        return self.response

    def _fail(self, step: Fail) -> web.Response:
        if isinstance(step.body, str):
            return web.Response(status=step.status, text=step.body, headers=step.headers)
        standard = {"error": {"message": f"Scripted failure {step.status}", "type": "server_error", "code": None}}
        return _json(standard if step.body is None else step.body, step.status, step.headers)

    async def _do(self, step: Step) -> None:
        match step:
            case Say(text):
                self.said.append(text)
                await self._send(self._chunk({"content": text}, None))
            case Raw(content):
                await self._write(content)
            case Pause(seconds):
                await self._while_there(asyncio.sleep(seconds))
            case Wait(event):
                await self._while_there(event.wait())
            case Finish():
                self.finish = step
            case Cut():
                await asyncio.sleep(0)  # what was said before goes out first
                raise ConnectionCutError
            case Hang():
                await self._while_there(asyncio.Event().wait())

    async def _while_there(self, waited_for: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(waited_for)
        try:
            while not (await asyncio.wait({task}, timeout=LOOK_EVERY))[0]:
                self._check_client()
        finally:
            task.cancel()
        self._check_client()

    def _check_client(self) -> None:
        if self.request.transport is None or self.request.transport.is_closing():
            raise ClientLeftError

    async def _finish(self, finish: Finish) -> None:
        if self.answer.shape == "delta":
            await self._send(self._chunk({}, finish.reason))
            if (self.body.get("stream_options") or {}).get("include_usage"):
                await self._send(self._head("chat.completion.chunk") | {"choices": [], "usage": self._usage()})
        if self.answer.done:
            await self._write(b"data: [DONE]\n\n")

    async def _send(self, chunk: Json) -> None:
        if self.streams:
            await self._write(b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n")

    async def _write(self, content: bytes) -> None:
        if not self.response.prepared:
            await self.response.prepare(self.request)
        await self.response.write(content)

    def _head(self, kind: str) -> Json:
        return {"id": self.name, "object": kind, "created": int(time.time()), "model": self.body.get("model")}

    def _chunk(self, delta: Json, reason: str | None) -> Json:
        if self.answer.shape == "message":
            message = {"role": "assistant", "content": delta.get("content", "")}
            choice: Json = {"index": 0, "message": message, "finish_reason": reason or ""}
            return self._head("chat.completion") | {"choices": [choice], "usage": self._usage()}
        if len(self.said) == 1 and reason is None:
            delta = {"role": "assistant"} | delta
        return self._head("chat.completion.chunk") | {
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]
        }

    def _whole(self) -> Json:
        finish = self.finish or Finish()
        message = {"role": "assistant", "content": "".join(self.said)}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish.reason}
        return self._head("chat.completion") | {"choices": [choice], "usage": self._usage()}

    def _usage(self) -> Json:
        """As scripted, or one token for about four characters."""
        if self.finish and self.finish.usage is not None:
            return self.finish.usage
        asked = sum(len(words_of(m)) for m in self.body["messages"] if isinstance(m, dict)) // 4 + 1
        said = len("".join(self.said)) // 4 + 1
        return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response(body, status=status, headers=headers)


def _error(status: int, message: str, kind: str, code: str | None) -> web.Response:
    return _json({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)
