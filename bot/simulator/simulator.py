"""The simulator: all parts behind one HTTP server."""

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
from bot.simulator.server import MAX_LOGGED, LoggedRequest, RestServer
from bot.simulator.world import World

PAGE = Path(__file__).with_name("page")
# the MIME types that mimetypes takes from the operating system may be wrong
PAGE_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
MAX_REQUEST_BYTES = 26 * 1024 * 1024


class Options(TypedDict, total=False):
    """Options of `Simulator.open`; times are in seconds."""

    guild_name: str
    message_content_intent: bool  # False: IDENTIFY with this intent is closed with 4014
    limits: Limits
    ack_window: float  # within which an interaction must be acknowledged
    token_life: float  # for which an interaction token is valid
    heartbeat_interval: float
    chunks_per_second: float  # of unscripted model answers
    max_logged_requests: int


class Simulator:
    """A simulated Discord and a scripted model on loopback.

    async with Simulator.open() as sim:
        ...  # point a bot at sim.api_url, sim.gateway_url and sim.model_url
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        message_content = options.get("message_content_intent", True)
        self.world = World(options.get("guild_name", "Parley Playground"), message_content=message_content)
        self.model = ScriptedModel(options.get("chunks_per_second", 12.0))
        self.faults = Faults(self.world.bot.id)
        self.limits = options.get("limits", Limits())
        self.gateway = Gateway(self.world, self.faults, options.get("heartbeat_interval", HEARTBEAT_INTERVAL))
        self.interactions = Interactions(self.world, options.get("ack_window", 3.0), options.get("token_life", 900.0))
        max_logged = options.get("max_logged_requests", MAX_LOGGED)
        self._rest = RestServer(self.interactions, Limiter(self.limits), self.faults, max_logged)
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
        app = web.Application(client_max_size=MAX_REQUEST_BYTES)
        control = Control(self.session_json, self._rest, self.faults, self.model)
        app.add_routes([web.get("/", self._page), web.get("/page/{name:[a-z]+[.](?:css|js)}", self._page)])
        app.add_routes([web.get("/gateway", self.gateway.connect)])
        for part in (self._rest, Cdn(self.world), ModelHttp(self.model), control):
            app.add_routes(part.routes())
        return app

    async def _page(self, request: web.Request) -> web.StreamResponse:
        file = PAGE / request.match_info.get("name", "index.html")
        if not file.exists():
            return web.Response(status=404, text="The playground has no such file.")
        content_type = f"{PAGE_TYPES[file.suffix]}; charset=utf-8"
        return web.FileResponse(file, headers={"Cache-Control": "no-cache", "Content-Type": content_type})

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
        """The token of the server's owner."""
        return self.world.person.token

    @property
    def member_token(self) -> str:
        """The token of a member without special permissions."""
        return self.world.member.token

    @property
    def requests(self) -> list[LoggedRequest]:
        """The logged REST requests, oldest first."""
        return self._rest.log

    def session_json(self, origin: str = "") -> Json:
        """URLs as seen from `origin` (default: `url`), tokens, and the ids of application, guild and channel."""
        origin = origin or self.url
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
    """Run the simulator until SIGINT or SIGTERM. The first line printed is `session_json`."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(name, stop.set)
        except NotImplementedError:  # Windows: Ctrl+C raises KeyboardInterrupt instead
            break
    async with Simulator.open(host, port, **options) as simulator:
        print(json.dumps(simulator.session_json()), flush=True)
        await stop.wait()
