"""The scripted model over HTTP: POST /chat/completions, streamed or whole, and GET /models."""

import asyncio
import json
import time
from collections.abc import Coroutine
from itertools import count
from typing import Any

from aiohttp import web

from bot.simulator.errors import Json
from bot.simulator.model.default_answer import default_answer, split_into_chunks
from bot.simulator.model.script import (
    Cut,
    Fail,
    Finish,
    Hang,
    ModelRequest,
    Pause,
    Raw,
    Say,
    Script,
    ScriptedModel,
    Step,
    Wait,
    text_of,
)

DISCONNECT_POLL = 0.02  # seconds between checks for a client that has disconnected


class ClientDisconnected(Exception):
    """The client closed the connection before the end of the answer."""


class ConnectionCut(Exception):
    """The script breaks the connection here."""


class ModelHttp:
    def __init__(self, model: ScriptedModel) -> None:
        self.model = model
        self._completion_numbers = count(1)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/model/v1/chat/completions", self.create_completion),
            web.get("/model/v1/models", self.list_models),
            web.route("*", "/model/v1/{path:.*}", self.not_found),
        ]

    async def list_models(self, request: web.Request) -> web.Response:
        if error := self._check_key(request):
            return error
        models = [{"id": name, "object": "model", "created": 0, "owned_by": "simulator"} for name in self.model.models]
        return _json({"object": "list", "data": models})

    async def not_found(self, request: web.Request) -> web.Response:
        return _error(404, f"Invalid URL ({request.method} {request.path})", "invalid_request_error", None)

    def _check_key(self, request: web.Request) -> web.Response | None:
        """A 401 if the model has a key and the request has another."""
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.model.key is None or key == self.model.key:
            return None
        return _error(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key")

    async def create_completion(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        try:
            parsed = json.loads(body)
        except ValueError:
            return _error(400, "We could not parse the JSON body of your request.", "invalid_request_error", None)
        record = ModelRequest(request.method, request.path, dict(request.headers), body, parsed)
        script = await self.model.receive(record)
        if error := self._check_key(request):
            return error
        if not isinstance(parsed, dict) or not isinstance(parsed.get("messages"), list) or not parsed["messages"]:
            return _error(400, "'messages' must be a non-empty array.", "invalid_request_error", None)
        try:
            return await self._respond(request, record, script or self._default_script(parsed))
        finally:
            record.ended.set()

    def _default_script(self, body: Json) -> Script:
        delay = 1 / self.model.chunks_per_second if self.model.chunks_per_second else 0.0
        chunks = split_into_chunks(default_answer(body))
        return Script(tuple(step for chunk in chunks for step in (Pause(delay), Say(chunk))))

    async def _respond(self, request: web.Request, record: ModelRequest, script: Script) -> web.StreamResponse:
        completion = CompletionResponse(request, record.json, script, f"chatcmpl-{next(self._completion_numbers)}")
        try:
            return await completion.run()
        except (ConnectionError, ClientDisconnected):
            record.left_early.set()
        except ConnectionCut:
            pass
        if request.transport:
            request.transport.abort()
        return completion.response


class CompletionResponse:
    """Runs a script as the response to one request: an event stream, or one JSON object if `stream` is not set."""

    def __init__(self, request: web.Request, body: Json, script: Script, completion_id: str) -> None:
        self.request, self.body, self.script, self.id = request, body, script, completion_id
        self.streams = body.get("stream") is True
        self.response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        self.chunks: list[str] = []
        self.finish: Finish | None = None

    async def run(self) -> web.StreamResponse:
        for step in self.script.steps:
            if isinstance(step, Fail):
                return self._fail(step)
            await self._run_step(step)
        if not self.streams:
            return _json(self._completion())
        await self._end_stream(self.finish or Finish())
        await self.response.write_eof()
        return self.response

    def _fail(self, step: Fail) -> web.Response:
        if isinstance(step.body, str):
            return web.Response(status=step.status, text=step.body, headers=step.headers)
        default = {"error": {"message": f"Scripted failure {step.status}", "type": "server_error", "code": None}}
        return _json(default if step.body is None else step.body, step.status, step.headers)

    async def _run_step(self, step: Step) -> None:
        match step:
            case Say(text):
                self.chunks.append(text)
                await self._send(self._chunk({"content": text}, None))
            case Raw(content):
                await self._write(content)
            case Pause(seconds):
                await self._wait_while_connected(asyncio.sleep(seconds))
            case Wait(event):
                await self._wait_while_connected(event.wait())
            case Finish():
                self.finish = step
            case Cut():
                await asyncio.sleep(0)  # let earlier chunks go out first
                raise ConnectionCut
            case Hang():
                await self._wait_while_connected(asyncio.Event().wait())

    async def _wait_while_connected(self, awaited: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(awaited)
        try:
            while not (await asyncio.wait({task}, timeout=DISCONNECT_POLL))[0]:
                self._check_connected()
        finally:
            task.cancel()
        self._check_connected()

    def _check_connected(self) -> None:
        if self.request.transport is None or self.request.transport.is_closing():
            raise ClientDisconnected

    async def _end_stream(self, finish: Finish) -> None:
        if self.script.shape == "delta":
            await self._send(self._chunk({}, finish.reason))
            if (self.body.get("stream_options") or {}).get("include_usage"):
                await self._send(self._head("chat.completion.chunk") | {"choices": [], "usage": self._usage()})
        if self.script.done:
            await self._write(b"data: [DONE]\n\n")

    async def _send(self, chunk: Json) -> None:
        if self.streams:
            await self._write(b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n")

    async def _write(self, content: bytes) -> None:
        if not self.response.prepared:
            await self.response.prepare(self.request)
        await self.response.write(content)

    def _head(self, object_type: str) -> Json:
        return {"id": self.id, "object": object_type, "created": int(time.time()), "model": self.body.get("model")}

    def _chunk(self, delta: Json, finish_reason: str | None) -> Json:
        if self.script.shape == "message":
            message = {"role": "assistant", "content": delta.get("content", "")}
            choice: Json = {"index": 0, "message": message, "finish_reason": finish_reason or ""}
            return self._head("chat.completion") | {"choices": [choice], "usage": self._usage()}
        if len(self.chunks) == 1 and finish_reason is None:
            delta = {"role": "assistant"} | delta
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return self._head("chat.completion.chunk") | {"choices": [choice]}

    def _completion(self) -> Json:
        finish = self.finish or Finish()
        message = {"role": "assistant", "content": "".join(self.chunks)}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish.reason}
        return self._head("chat.completion") | {"choices": [choice], "usage": self._usage()}

    def _usage(self) -> Json:
        """The scripted usage, or an estimate of four characters per token."""
        if self.finish and self.finish.usage is not None:
            return self.finish.usage
        prompt = sum(len(text_of(m)) for m in self.body["messages"] if isinstance(m, dict)) // 4 + 1
        completion = len("".join(self.chunks)) // 4 + 1
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response(body, status=status, headers=headers)


def _error(status: int, message: str, error_type: str, code: str | None) -> web.Response:
    return _json({"error": {"message": message, "type": error_type, "param": None, "code": code}}, status)
