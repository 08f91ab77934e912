"""People who request answers, one of whom watches them grow on the gateway."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp

from benchmarks.replies.answers import Answer, chunks_in
from bot.simulator import Simulator

Json = dict[str, Any]


class Watcher:
    """Records in each answer how much of it was seen when."""

    def __init__(self, http: aiohttp.ClientSession, simulator: Simulator) -> None:
        self._http = http
        self._api = simulator.api_url
        self._bot = str(simulator.world.bot.id)
        self._answers: dict[tuple[str, str], Answer] = {}
        self._shown: dict[tuple[str, str], dict[str, set[int]]] = {}
        self._changed = asyncio.Condition()

    @classmethod
    @asynccontextmanager
    async def connect(cls, simulator: Simulator) -> AsyncIterator[Self]:
        token = simulator.person_token
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
            http.ws_connect(f"{simulator.gateway_url}?v=10&encoding=json", max_msg_size=0) as socket,
        ):
            hello = await socket.receive_json()
            await socket.send_json({"op": 2, "d": {"token": token, "properties": {"os": "benchmark"}}})
            watcher = cls(http, simulator)
            async with asyncio.TaskGroup() as tasks:  # fails if the gateway connection is lost
                heartbeats = tasks.create_task(_send_heartbeats(socket, hello["d"]["heartbeat_interval"] / 1000))
                reading = tasks.create_task(watcher._read(socket))
                yield watcher
                heartbeats.cancel()
                reading.cancel()

    async def ask(self, answer: Answer, token: str) -> None:
        """Mention the bot in the answer's channel, as the person with this token."""
        place = answer.channel, answer.letter
        self._answers[place], self._shown[place] = answer, {}
        url, said = f"{self._api}/channels/{answer.channel}/messages", {"content": f"<@{self._bot}> {answer.prompt}"}
        async with self._http.post(url, json=said, headers={"Authorization": token}) as response:
            response.raise_for_status()

    async def wait_for(self, answer: Answer, timeout: float) -> bool:
        """Wait until the whole answer was seen; return False if it was not within so many seconds."""
        try:
            async with asyncio.timeout(timeout), self._changed:
                await self._changed.wait_for(lambda: answer.whole_at is not None)
        except TimeoutError:
            return False
        return True

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            packet = json.loads(frame.data)
            if packet["t"] in ("MESSAGE_CREATE", "MESSAGE_UPDATE") and packet["d"]["author"]["id"] == self._bot:
                await self._record(packet["d"])
        raise ConnectionError("the watcher's gateway connection was closed")

    async def _record(self, message: Json) -> None:
        now = time.monotonic()
        for letter, numbers in chunks_in(message["content"]).items():
            place = message["channel_id"], letter
            if place not in self._answers:
                continue
            self._shown[place][message["id"]] = numbers
            self._answers[place].seen.append((now, _leading(set().union(*self._shown[place].values()))))
        async with self._changed:
            self._changed.notify_all()


async def _send_heartbeats(socket: aiohttp.ClientWebSocketResponse, interval: float) -> None:
    """Send heartbeats, without which Discord closes the connection."""
    while True:
        await asyncio.sleep(interval)
        await socket.send_json({"op": 1, "d": None})


def _leading(numbers: set[int]) -> int:
    """Return how many chunks there are before the first gap."""
    return next(at for at in range(len(numbers) + 1) if at not in numbers)
