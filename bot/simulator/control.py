"""Control routes, for what is outside this process: the playground page, other languages' tests.

GET    /_control/session            addresses, tokens and ids
GET    /_control/requests           the REST requests so far
POST   /_control/faults             {"route": "PATCH /channels/*", "status": 503, "times": 2} and so on, see Fault
DELETE /_control/faults             everything works again
POST   /_control/gateway            {"act": "cut" | "reconnect" | "invalidate", "user_id"?, "code"?, "resumable"?}
                                    or {"heartbeats": false}, {"refuse_resume": true}, {"late_events": 0.5}
POST   /_control/model              {"steps": [{"say": "Hel"}, {"pause": 0.5}, {"raw": "data: x"}, {"wait": "name"},
                                    {"finish": "length", "usage": {}}, {"fail": 429, "body": {}, "headers": {}},
                                    {"cut": true}, {"hang": true}], "shape": "delta", "done": true, "times": 1}
POST   /_control/model/release      {"wait": "name"}: answers that wait for this name go on
GET    /_control/model              the requests the model received
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.simulator.errors import Json
from bot.simulator.faults import Fault, Faults
from bot.simulator.gateway import origin_of
from bot.simulator.model.script import Cut, Fail, Finish, Hang, Pause, Raw, Say, ScriptedModel, Step, Wait
from bot.simulator.server import RestServer

FAULT_FIELDS = ("times", "seconds", "status", "html", "retry_after", "drop", "after")


class Control:
    def __init__(self, session: Callable[[str], Json], rest: RestServer, faults: Faults, model: ScriptedModel) -> None:
        self.session, self.rest, self.faults, self.model = session, rest, faults, model
        self._waits: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/_control/session", self.get_session),
            web.get("/_control/requests", self.get_requests),
            web.post("/_control/faults", self.arm),
            web.delete("/_control/faults", self.clear),
            web.post("/_control/gateway", self.kick),
            web.post("/_control/model", self.script),
            web.post("/_control/model/release", self.release),
            web.get("/_control/model", self.get_model_requests),
        ]

    async def get_session(self, request: web.Request) -> web.Response:
        return web.json_response(self.session(origin_of(request)))

    async def get_requests(self, request: web.Request) -> web.Response:
        shown = [{"method": r.method, "path": r.path, "status": r.status, "json": r.json} for r in self.rest.log]
        return web.json_response(shown)

    async def arm(self, request: web.Request) -> web.Response:
        body = await _object(request)
        chosen = {key: body[key] for key in FAULT_FIELDS if key in body}
        if chosen.keys() == {"seconds"}:
            chosen["times"] = 1_000_000  # a slow route stays slow
        self.faults.arm(Fault(str(body.get("route", "*")), **chosen))
        return web.Response(status=204)

    async def clear(self, request: web.Request) -> web.Response:
        self.faults.clear()
        return web.Response(status=204)

    async def kick(self, request: web.Request) -> web.Response:
        body = await _object(request)
        self.faults.heartbeats = bool(body.get("heartbeats", self.faults.heartbeats))
        self.faults.refuse_resume = bool(body.get("refuse_resume", self.faults.refuse_resume))
        self.faults.late_events = float(body.get("late_events", self.faults.late_events))
        user_id = int(body["user_id"]) if body.get("user_id") else None
        acts: dict[str, Callable[[], int]] = {
            "cut": lambda: self.faults.cut(user_id, int(body.get("code", 1006))),
            "reconnect": lambda: self.faults.reconnect(user_id),
            "invalidate": lambda: self.faults.invalidate(user_id, resumable=bool(body.get("resumable"))),
        }
        struck = acts[body["act"]]() if body.get("act") in acts else 0
        return web.json_response({"struck": struck})

    async def script(self, request: web.Request) -> web.Response:
        body = await _object(request)
        steps = [self._step(step) for step in body.get("steps", [])]
        chosen = {key: body[key] for key in ("shape", "done", "times") if key in body}
        self.model.script(*steps, **chosen)
        if "chunks_per_second" in body:
            self.model.chunks_per_second = float(body["chunks_per_second"])
        return web.Response(status=204)

    async def release(self, request: web.Request) -> web.Response:
        self._waits[(await _object(request))["wait"]].set()
        return web.Response(status=204)

    async def get_model_requests(self, request: web.Request) -> web.Response:
        shown = [
            {"method": r.method, "path": r.path, "headers": r.headers, "body": r.body.decode(), "json": r.json}
            for r in self.model.requests
        ]
        return web.json_response(shown)

    def _step(self, step: dict[str, Any]) -> Step:
        match step:
            case {"say": str(text)}:
                return Say(text)
            case {"raw": str(text)}:
                return Raw(text.encode())
            case {"pause": int() | float() as seconds}:
                return Pause(float(seconds))
            case {"wait": str(name)}:
                return Wait(self._waits[name])
            case {"finish": reason}:
                return Finish(reason, step.get("usage"))
            case {"fail": int(status)}:
                return Fail(status, step.get("body"), step.get("headers") or {})
            case {"cut": _}:
                return Cut()
            case {"hang": _}:
                return Hang()
        raise web.HTTPBadRequest(text=f"unknown step: {step}")


async def _object(request: web.Request) -> Json:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="the body must be a JSON object")
    return body
