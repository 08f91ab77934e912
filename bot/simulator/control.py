"""Control routes for clients outside this process: the playground's page, tests in other languages.

GET    /_control/session            URLs, tokens and ids
GET    /_control/requests           the logged REST requests
POST   /_control/faults             {"route": "PATCH /channels/*", "status": 503, "times": 2}; for all fields see Fault
DELETE /_control/faults             removes all faults
POST   /_control/gateway            {"act": "cut" | "reconnect" | "invalidate", "user_id"?, "code"?, "resumable"?}
                                    or {"heartbeats": false}, {"refuse_resume": true}, {"late_events": 0.5}
POST   /_control/model              {"steps": [{"say": "Hel"}, {"pause": 0.5}, {"raw": "data: x"}, {"wait": "name"},
                                    {"finish": "length", "usage": {}}, {"fail": 429, "body": {}, "headers": {}},
                                    {"cut": true}, {"hang": true}], "shape": "delta", "done": true, "times": 1}
POST   /_control/model/release      {"wait": "name"}: resumes the answers that wait for this name
GET    /_control/model              the requests the model received
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.simulator.errors import Json
from bot.simulator.faults import UNLIMITED, Fault, Faults
from bot.simulator.gateway import origin_of
from bot.simulator.model.script import Cut, Fail, Finish, Hang, Pause, Raw, Say, ScriptedModel, Step, Wait
from bot.simulator.server import RestServer

FAULT_FIELDS = ("times", "seconds", "status", "html", "retry_after", "drop", "after")


class Control:
    def __init__(
        self, session_json: Callable[[str], Json], rest: RestServer, faults: Faults, model: ScriptedModel
    ) -> None:
        self._session_json, self.rest, self.faults, self.model = session_json, rest, faults, model
        self._events: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/_control/session", self.get_session),
            web.get("/_control/requests", self.get_requests),
            web.post("/_control/faults", self.add_fault),
            web.delete("/_control/faults", self.clear_faults),
            web.post("/_control/gateway", self.inject_gateway_fault),
            web.post("/_control/model", self.script),
            web.post("/_control/model/release", self.release),
            web.get("/_control/model", self.get_model_requests),
        ]

    async def get_session(self, request: web.Request) -> web.Response:
        return web.json_response(self._session_json(origin_of(request)))

    async def get_requests(self, request: web.Request) -> web.Response:
        requests = [{"method": r.method, "path": r.path, "status": r.status, "json": r.json} for r in self.rest.log]
        return web.json_response(requests)

    async def add_fault(self, request: web.Request) -> web.Response:
        body = await _read_object(request)
        options = {key: body[key] for key in FAULT_FIELDS if key in body}
        if options.keys() == {"seconds"}:
            options["times"] = UNLIMITED  # latency alone lasts until it is cleared
        self.faults.arm(Fault(str(body.get("route", "*")), **options))
        return web.Response(status=204)

    async def clear_faults(self, request: web.Request) -> web.Response:
        self.faults.clear()
        return web.Response(status=204)

    async def inject_gateway_fault(self, request: web.Request) -> web.Response:
        body = await _read_object(request)
        self.faults.heartbeats = bool(body.get("heartbeats", self.faults.heartbeats))
        self.faults.refuse_resume = bool(body.get("refuse_resume", self.faults.refuse_resume))
        self.faults.late_events = float(body.get("late_events", self.faults.late_events))
        user_id = int(body["user_id"]) if body.get("user_id") else None
        actions: dict[str, Callable[[], int]] = {
            "cut": lambda: self.faults.cut(user_id, int(body.get("code", 1006))),
            "reconnect": lambda: self.faults.reconnect(user_id),
            "invalidate": lambda: self.faults.invalidate(user_id, resumable=bool(body.get("resumable"))),
        }
        hit = actions[body["act"]]() if body.get("act") in actions else 0
        return web.json_response({"struck": hit})

    async def script(self, request: web.Request) -> web.Response:
        body = await _read_object(request)
        steps = [self._parse_step(step) for step in body.get("steps", [])]
        options = {key: body[key] for key in ("shape", "done", "times") if key in body}
        self.model.script(*steps, **options)
        if "chunks_per_second" in body:
            self.model.chunks_per_second = float(body["chunks_per_second"])
        return web.Response(status=204)

    async def release(self, request: web.Request) -> web.Response:
        self._events[(await _read_object(request))["wait"]].set()
        return web.Response(status=204)

    async def get_model_requests(self, request: web.Request) -> web.Response:
        requests = [
            {"method": r.method, "path": r.path, "headers": r.headers, "body": r.body.decode(), "json": r.json}
            for r in self.model.requests
        ]
        return web.json_response(requests)

    def _parse_step(self, step: dict[str, Any]) -> Step:
        match step:
            case {"say": str(text)}:
                return Say(text)
            case {"raw": str(text)}:
                return Raw(text.encode())
            case {"pause": int() | float() as seconds}:
                return Pause(float(seconds))
            case {"wait": str(name)}:
                return Wait(self._events[name])
            case {"finish": reason}:
                return Finish(reason, step.get("usage"))
            case {"fail": int(status)}:
                return Fail(status, step.get("body"), step.get("headers") or {})
            case {"cut": _}:
                return Cut()
            case {"hang": _}:
                return Hang()
        raise web.HTTPBadRequest(text=f"Unknown step: {step}")


async def _read_object(request: web.Request) -> Json:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="The body must be a JSON object.")
    return body
