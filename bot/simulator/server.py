"""Discord's REST API over HTTP: reads requests, applies faults and limits, logs, and lets the handlers answer."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.multipart import BodyPartReader

from bot.simulator.drafts import Upload
from bot.simulator.errors import ApiError, Form, Json, Refusal
from bot.simulator.faults import Fault, Faults
from bot.simulator.gateway import origin_of
from bot.simulator.limits import Limiter
from bot.simulator.objects import User
from bot.simulator.rest import channels, commands, guilds, interactions, messages
from bot.simulator.rest.call import Call, Island, Route
from bot.simulator.shapes import check_shape

KEPT = 20_000  # requests that are remembered; a playground may run for days
PREFIXES = ("/api/v10", "/api/v9", "/api")
ROUTES: tuple[Route, ...] = (
    *guilds.ROUTES,
    *channels.ROUTES,
    *messages.ROUTES,
    *commands.ROUTES,
    *interactions.ROUTES,
)


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One REST request: path without /api/v10; status 0 when the connection was dropped."""

    method: str
    path: str
    status: int
    json: Any
    user_id: int | None = None
    at: float = field(default_factory=time.monotonic)


class RestServer:
    def __init__(self, island: Island, limiter: Limiter, faults: Faults, kept: int = KEPT) -> None:
        self.island, self.limiter, self.faults, self.kept = island, limiter, faults, kept
        self.log: list[LoggedRequest] = []

    def _note(self, request: LoggedRequest) -> None:
        self.log.append(request)
        if len(self.log) > self.kept:
            del self.log[: self.kept // 10]

    def routes(self) -> list[web.RouteDef]:
        known = [
            web.route(route.method, prefix + route.path, partial(self.serve, route, prefix), name=None)
            for prefix in PREFIXES
            for route in ROUTES
        ]
        return [*known, web.route("*", "/api/{path:.*}", self._nothing_here)]

    async def _nothing_here(self, request: web.Request) -> web.Response:
        refused = ApiError(Refusal.NOT_FOUND)
        path = "/" + request.match_info["path"].removeprefix("v10/").removeprefix("v9/")
        self._note(LoggedRequest(request.method, path, refused.status, None))
        return answer(refused.status, refused.body())

    async def serve(self, route: Route, prefix: str, request: web.Request) -> web.Response:
        path = request.path.removeprefix(prefix)
        body, uploads = None, dict[int, Upload]()
        try:
            body, uploads = await read_body(request)
            user = self._user(route, request)
        except ApiError as error:
            self._note(LoggedRequest(request.method, path, error.status, body))
            return answer(error.status, error.body())
        origin, match = origin_of(request), dict(request.match_info)
        call = Call(self.island, user, origin, match, dict(request.query), body, uploads)
        response = await self._answer_or_fail(route, call, request, path)
        self._note(LoggedRequest(request.method, path, response.status if response else 0, body, user.id))
        if response is not None:
            return response
        if request.transport:
            request.transport.abort()
        return answer(500, {})

    def _user(self, route: Route, request: web.Request) -> User:
        """`Bot TOKEN` for the bot, the bare token for a person; an interaction's routes act as the bot."""
        world = self.island.world
        if route.open:
            return world.bot
        scheme, _, token = request.headers.get("Authorization", "").rpartition(" ")
        user = world.user_of(token)
        if user is None or user.bot != (scheme == "Bot"):
            raise ApiError(Refusal.UNAUTHORIZED)
        return user

    async def _answer_or_fail(self, route: Route, call: Call, request: web.Request, path: str) -> web.Response | None:
        """None when a fault drops the connection."""
        struck = self.faults.strike(f"{request.method} {path}")
        await asyncio.sleep(sum(fault.seconds for fault in struck if not fault.after))
        fault = next((fault for fault in struck if fault.status or fault.drop), None)
        if fault is None:
            response = self._limited(route, call)
            await asyncio.sleep(sum(fault.seconds for fault in struck if fault.after))
            return response
        if fault.after:
            self._limited(route, call)
        return None if fault.drop else refusal(fault)

    def _limited(self, route: Route, call: Call) -> web.Response:
        if not call.user.bot:
            return self._handle(route, call, {})
        if not route.open:
            verdict = self.limiter.take_overall(call.user.id)
            if verdict.refusal:
                return answer(429, verdict.refusal, verdict.headers)
        if not route.limited:
            return self._handle(route, call, {})
        major = call.path.get("channel_id") or call.path["token"]
        verdict = self.limiter.take(self.limiter.bucket(route.limited, route.method, major))
        if verdict.refusal:
            return answer(429, verdict.refusal, verdict.headers)
        return self._handle(route, call, verdict.headers)

    def _handle(self, route: Route, call: Call, headers: dict[str, str]) -> web.Response:
        try:
            check_body(route, call)
            status, body = route.handler(call)
        except ApiError as error:
            status, body = error.status, error.body()
        return answer(status, body, headers)


def check_body(route: Route, call: Call) -> None:
    if route.body is not None:
        form = Form()
        check_shape(form, call.body, route.body)
        form.check()


def answer(status: int, body: Any, headers: dict[str, str] | None = None) -> web.Response:
    """JSON with exactly Discord's content type: discord.py parses nothing else."""
    if status == 204:
        return web.Response(status=204, headers=headers)
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json", headers=headers)


def refusal(fault: Fault) -> web.Response:
    headers, body = fault.answer()
    if isinstance(body, str):
        return web.Response(status=fault.status, text=body, content_type="text/html", headers=headers)
    return answer(fault.status, body, headers)


async def read_body(request: web.Request) -> tuple[Any, dict[int, Upload]]:
    """JSON, or a form with `payload_json` and `files[n]`."""
    if request.content_type.startswith("multipart/"):
        try:
            return await _read_form(request)
        except ValueError:  # how aiohttp says that a form is broken
            raise ApiError(Refusal.INVALID_FORM_BODY) from None
    content = await request.read()
    return (_parse(content) if content else {}), {}


def _parse(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        raise ApiError(Refusal.INVALID_JSON) from None


async def _read_form(request: web.Request) -> tuple[Any, dict[int, Upload]]:
    fields: Json = {}
    payload: Any = None
    uploads: dict[int, Upload] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        content = bytes(await part.read())
        if part.name == "payload_json":
            payload = _parse(content)
        elif part.filename:
            number = "".join(c for c in part.name or "" if c.isdigit())
            uploads[int(number or len(uploads))] = Upload(part.filename, content, part.headers.get("Content-Type"))
        elif part.name:
            fields[part.name] = content.decode()
    return fields if payload is None else payload, uploads
