"""Raw REST requests with the bot's token, for what discord.py does not send or expose."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.simulator import Simulator
from tests.forms import File


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    json: Any

    @property
    def code(self) -> Any:
        return self.json.get("code")


async def as_bot(sim: Simulator, method: str, path: str, body: Any = None, files: Iterable[File] = ()) -> Response:
    form = aiohttp.FormData({"payload_json": json.dumps(body)})
    for number, (name, content) in enumerate(files):
        form.add_field(f"files[{number}]", content, filename=name)
    headers = {"Authorization": f"Bot {sim.bot_token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.request(method, sim.api_url + path, **({"data": form} if files else {"json": body})) as response,
    ):
        content = await response.read()
        return Response(response.status, response.headers, json.loads(content) if content else {})
