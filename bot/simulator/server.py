"""Discord's REST API over HTTP: parses and logs requests, applies faults and rate limits, and calls the route."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.multipart import BodyPartReader

from bot.simulator.drafts import Upload
from bot.simulator.errors import ApiError, ErrorCode, Form, Json
from bot.simulator.faults import Fault, Faults
from bot.simulator.gateway import origin_of
from bot.simulator.interactions import Interactions
from bot.simulator.limits import Limiter, LimitResult
from bot.simulator.objects import User
from bot.simulator.rest import channels, commands, guilds, interactions, messages
from bot.simulator.rest.call import Call, Route
from bot.simulator.schemas import Schema, check_schema

MAX_LOGGED = 20_000  # requests; a playground may run for days
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
    """One REST request. `path` is without /api/v10; `status` is 0 if the connection was dropped."""

    method: str
    path: str
    status: int
    json: Any
    user_id: int | None = None
    at: float = field(default_factory=time.monotonic)


class RestServer:
    """The REST routes. `log` holds the requests, oldest first; above `max_logged` the oldest are dropped."""

    def __init__(
        self, interactions: Interactions, limiter: Limiter, faults: Faults, max_logged: int = MAX_LOGGED
    ) -> None:
        self.interactions, self.world = interactions, interactions.world
        self.limiter, self.faults, self.max_logged = limiter, faults, max_logged
        self.log: list[LoggedRequest] = []

    def routes(self) -> list[web.RouteDef]:
        known = [
            web.route(route.method, prefix + route.path, partial(self.serve, route, prefix), name=None)
            for prefix in PREFIXES
            for route in ROUTES
        ]
        return [*known, web.route("*", "/api/{path:.*}", self._not_found)]

    async def serve(self, route: Route, prefix: str, request: web.Request) -> web.Response:
        path = request.path.removeprefix(prefix)
        body, uploads = None, dict[int, Upload]()
        try:
            body, uploads = await read_body(request)
            user = self._authenticate(route, request)
        except ApiError as error:
            self._record(LoggedRequest(request.method, path, error.status, body))
            return json_response(error.status, error.body())
        origin, match = origin_of(request), dict(request.match_info)
        call = Call(self.interactions, user, origin, match, dict(request.query), body, uploads)
        response = await self._respond(route, call, f"{request.method} {path}")
        self._record(LoggedRequest(request.method, path, response.status if response else 0, body, user.id))
        if response is not None:
            return response
        if request.transport:
            request.transport.abort()
        return json_response(500, {})

    async def _not_found(self, request: web.Request) -> web.Response:
        error = ApiError(ErrorCode.NOT_FOUND)
        path = "/" + request.match_info["path"].removeprefix("v10/").removeprefix("v9/")
        self._record(LoggedRequest(request.method, path, error.status, None))
        return json_response(error.status, error.body())

    def _record(self, request: LoggedRequest) -> None:
        self.log.append(request)
        if len(self.log) > self.max_logged:
            del self.log[: self.max_logged // 10]

    def _authenticate(self, route: Route, request: web.Request) -> User:
        """The user of the Authorization header: `Bot TOKEN` for a bot, the bare token for a person.

        Interaction endpoints carry their token in the path and act as the bot.
        """
        if route.open:
            return self.world.bot
        scheme, _, token = request.headers.get("Authorization", "").rpartition(" ")
        user = self.world.user_by_token(token)
        if user is None or user.bot != (scheme == "Bot"):
            raise ApiError(ErrorCode.UNAUTHORIZED)
        return user

    async def _respond(self, route: Route, call: Call, request: str) -> web.Response | None:
        """The response with faults applied, None if a fault drops the connection."""
        faults = self.faults.take(request)
        await asyncio.sleep(sum(fault.seconds for fault in faults if not fault.after))
        error = next((fault for fault in faults if fault.status or fault.drop), None)
        if error is None:
            response = self._handle(route, call)
            await asyncio.sleep(sum(fault.seconds for fault in faults if fault.after))
            return response
        if error.after:
            self._handle(route, call)
        return None if error.drop else fault_response(error)

    def _handle(self, route: Route, call: Call) -> web.Response:
        """The route's response, or a 429."""
        limit = self._count(route, call)
        if limit.error:
            return json_response(429, limit.error, limit.headers)
        try:
            if route.body is not None:
                check_body(call.body, route.body)
            status, body = route.handler(call)
        except ApiError as error:
            status, body = error.status, error.body()
        return json_response(status, body, limit.headers)

    def _count(self, route: Route, call: Call) -> LimitResult:
        """Count the request towards the global limit and the route's bucket; people are not limited."""
        result = LimitResult({})
        if call.user.bot and not route.open:
            result = self.limiter.take_global(call.user.id)
        if call.user.bot and route.bucket and not result.error:
            major = call.path.get("channel_id") or call.path["token"]
            result = self.limiter.take(self.limiter.bucket(route.bucket, route.method, major))
        return result


def check_body(body: Any, schema: Schema) -> None:
    """Raise 50035 Invalid Form Body if a value has the wrong type."""
    form = Form()
    check_schema(form, body, schema)
    form.check()


def json_response(status: int, body: Any, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON response with exactly Discord's content type: discord.py parses nothing else."""
    if status == 204:
        return web.Response(status=204, headers=headers)
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json", headers=headers)


def fault_response(fault: Fault) -> web.Response:
    headers, body = fault.response()
    if isinstance(body, str):
        return web.Response(status=fault.status, text=body, content_type="text/html", headers=headers)
    return json_response(fault.status, body, headers)


async def read_body(request: web.Request) -> tuple[Any, dict[int, Upload]]:
    """The JSON body, and the files of a multipart form with `payload_json` and `files[n]`, by n."""
    if request.content_type.startswith("multipart/"):
        try:
            return await _read_form(request)
        except ValueError:  # aiohttp's error for a malformed form
            raise ApiError(ErrorCode.INVALID_FORM_BODY) from None
    content = await request.read()
    return (_parse_json(content) if content else {}), {}


def _parse_json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        raise ApiError(ErrorCode.INVALID_JSON) from None


async def _read_form(request: web.Request) -> tuple[Any, dict[int, Upload]]:
    fields: Json = {}
    payload: Any = None
    uploads: dict[int, Upload] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        content = bytes(await part.read())
        if part.name == "payload_json":
            payload = _parse_json(content)
        elif part.filename:
            number = "".join(c for c in part.name or "" if c.isdigit())
            uploads[int(number or len(uploads))] = Upload(part.filename, content, part.headers.get("Content-Type"))
        elif part.name:
            fields[part.name] = content.decode()
    return fields if payload is None else payload, uploads
