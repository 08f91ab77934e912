"""The simulator as one object: opened on a port, closed with everything it started."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypedDict, Unpack

from aiohttp import web

from bot.simulator.cdn import Cdn
from bot.simulator.control import Control
from bot.simulator.errors import Json
from bot.simulator.faults import Faults
from bot.simulator.gateway import HEARTBEAT_INTERVAL, Gateway, gateway_url
from bot.simulator.interactions import Interactions
from bot.simulator.limits import Limiter, Limits
from bot.simulator.model.http import ModelHttp
from bot.simulator.model.script import ScriptedModel
from bot.simulator.rest.call import Island
from bot.simulator.server import KEPT, LoggedRequest, RestServer
from bot.simulator.world import World

PAGE = Path(__file__).with_name("page")
PAGE_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}  # a machine's own list may be wrong
LARGEST_REQUEST = 26 * 1024 * 1024


class Options(TypedDict, total=False):
    """What can be chosen when the simulator opens."""

    guild_name: str
    message_content_intent: bool  # False: IDENTIFY with that intent is closed with 4014
    limits: Limits
    ack_window: float  # seconds in which an interaction must be acknowledged
    token_life: float  # seconds for which an interaction can be answered
    heartbeat_interval: float
    chunks_per_second: float  # of the friendly model
    kept_requests: int  # REST requests that are remembered


class Simulator:
    """Discord and a scripted model on loopback.

    async with Simulator.open() as sim:
        ...  # point a bot at sim.api_url, sim.gateway_url and sim.model_url
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        content = options.get("message_content_intent", True)
        self.world = World(options.get("guild_name", "Parley Playground"), message_content=content)
        self.model = ScriptedModel(options.get("chunks_per_second", 12.0))
        self.faults = Faults(self.world.bot.id)
        self.limits = options.get("limits", Limits())
        self.gateway = Gateway(self.world, self.faults, options.get("heartbeat_interval", HEARTBEAT_INTERVAL))
        self.interactions = Interactions(self.world, options.get("ack_window", 3.0), options.get("token_life", 900.0))
        island, kept = Island(self.world, self.gateway, self.interactions), options.get("kept_requests", KEPT)
        self._rest = RestServer(island, Limiter(self.limits), self.faults, kept)
        self.url = ""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, host: str = "127.0.0.1", port: int = 0, **options: Unpack[Options]
    ) -> AsyncIterator["Simulator"]:
        simulator = cls(**options)
        runner = web.AppRunner(simulator._app(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port)
            await site.start()
            reachable = "127.0.0.1" if host == "0.0.0.0" else host
            simulator.url = f"http://{reachable}:{runner.addresses[0][1]}"
            yield simulator
        finally:
            simulator.interactions.close()
            await simulator.gateway.close()
            await runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=LARGEST_REQUEST)
        control = Control(self.session_json, self._rest, self.faults, self.model)
        app.add_routes([web.get("/", self._page), web.get("/page/{name:[a-z]+[.](?:css|js)}", self._page)])
        app.add_routes([web.get("/gateway", self.gateway.handle)])
        for part in (self._rest, Cdn(self.world), ModelHttp(self.model), control):
            app.add_routes(part.routes())
        return app

    async def _page(self, request: web.Request) -> web.StreamResponse:
        part = PAGE / request.match_info.get("name", "index.html")
        if not part.exists():
            return web.Response(status=404, text="The playground page has no such part.")
        kind = f"{PAGE_TYPES[part.suffix]}; charset=utf-8"
        return web.FileResponse(part, headers={"Cache-Control": "no-cache", "Content-Type": kind})

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        return gateway_url(self.url)

    @property
    def model_url(self) -> str:
        return f"{self.url}/model/v1"

    @property
    def bot_token(self) -> str:
        return self.world.bot.token

    @property
    def person_token(self) -> str:
        """Of the person who owns the server."""
        return self.world.person.token

    @property
    def member_token(self) -> str:
        """Of an ordinary member."""
        return self.world.member.token

    @property
    def requests(self) -> list[LoggedRequest]:
        """The REST requests so far, oldest first; of very many the oldest are forgotten."""
        return self._rest.log

    def started_json(self) -> Json:
        return self.session_json(self.url)

    def session_json(self, origin: str) -> Json:
        """Addresses as seen from `origin`, tokens, and the ids one needs first."""
        return {
            "page_url": f"{origin}/",
            "api_url": f"{origin}/api/v10",
            "gateway_url": gateway_url(origin),
            "model_url": f"{origin}/model/v1",
            "bot_token": self.bot_token,
            "person_token": self.person_token,
            "member_token": self.member_token,
            "application_id": str(self.world.application.id),
            "guild_id": str(self.world.guild.id),
            "channel_id": str(self.world.general.id),
        }


async def serve(port: int = 0, host: str = "127.0.0.1", **options: Unpack[Options]) -> None:
    """Runs until SIGINT or SIGTERM; the first line printed is `started_json`."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(name, stop.set)
        except NotImplementedError:  # Windows: Ctrl+C raises KeyboardInterrupt instead
            break
    async with Simulator.open(host, port, **options) as simulator:
        print(json.dumps(simulator.started_json()), flush=True)
        await stop.wait()
