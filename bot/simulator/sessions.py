"""A gateway session outlives its connections: it numbers events and keeps them, so that RESUME can replay."""

import asyncio
import json
import secrets
import time
import zlib
from collections import deque
from typing import Any

from aiohttp import web

from bot.simulator.errors import Json
from bot.simulator.faults import Faults
from bot.simulator.intents import CONTENT, has
from bot.simulator.objects import User
from bot.simulator.payloads import Viewer

KEPT = 2000  # events a session can replay
PATIENCE = 300.0  # seconds for which a session waits to be resumed


class Connection:
    """One websocket. Sending never waits: packets queue up for a writer, so the world's verbs stay synchronous."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, faults: Faults) -> None:
        self._socket, self._request, self._faults = socket, request, faults
        self._outbox: asyncio.Queue[Json | int] = asyncio.Queue()
        compressed = request.query.get("compress") == "zlib-stream"
        self._deflate = zlib.compressobj() if compressed else None

    def send(self, op: int, d: Any = None, *, s: int | None = None, t: str | None = None) -> None:
        self._outbox.put_nowait({"op": op, "d": d, "s": s, "t": t})

    def close(self, code: int) -> None:
        """Closes with the code once everything before is sent; 1006 cuts the line at once, without a word."""
        if code == 1006:
            if self._request.transport:
                self._request.transport.abort()
        else:
            self._outbox.put_nowait(code)

    async def write(self) -> None:
        """Sends what is queued, until the connection closes."""
        while not isinstance(packet := await self._outbox.get(), int):
            if self._faults.late_events and packet["op"] == 0:
                await asyncio.sleep(self._faults.late_events)
            await self._transmit(json.dumps(packet, separators=(",", ":")))
        await self._socket.close(code=packet)

    async def _transmit(self, text: str) -> None:
        if self._deflate is None:
            await self._socket.send_str(text)
        else:
            # one stream per connection; each message ends with the sync marker 00 00 ff ff
            packed = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
            await self._socket.send_bytes(packed)


class Session:
    """Of a bot with intents, or of a person, who has none and needs none."""

    def __init__(self, user: User, origin: str, intents: int | None, shard: tuple[int, int]) -> None:
        self.id = secrets.token_hex(16)
        self.user, self.intents, self.shard = user, intents, shard
        self.viewer = Viewer(user, origin, reads_content=intents is None or has(intents, CONTENT))
        self.connection: Connection | None = None
        self.parted_at = 0.0
        self.seq = 0
        self._history: deque[tuple[int, str, Json]] = deque(maxlen=KEPT)

    def dispatch(self, event: str, data: Json) -> None:
        self.seq += 1
        self._history.append((self.seq, event, data))
        if self.connection:
            self.connection.send(0, data, s=self.seq, t=event)

    def replay(self, connection: Connection, since: int) -> None:
        """Takes the session over and sends what came after `since`."""
        self.connection = connection
        for seq, event, data in self._history:
            if seq > since:
                connection.send(0, data, s=seq, t=event)
        self.dispatch("RESUMED", {"_trace": ["simulator"]})

    def part(self) -> None:
        self.connection, self.parted_at = None, time.monotonic()

    @property
    def forgotten(self) -> bool:
        return self.connection is None and time.monotonic() - self.parted_at > PATIENCE

    def can_replay(self, since: int) -> bool:
        return since <= self.seq and (not self._history or self._history[0][0] <= since + 1)

    def in_shard(self, guild_id: int | None) -> bool:
        number, count = self.shard
        return ((guild_id or 0) >> 22) % count == number
