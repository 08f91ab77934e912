"""Gateway sessions and their connections.

A session outlives its connections: it numbers events and keeps them, so that RESUME can replay what a client missed
(Discord docs: Gateway, Resuming).
"""

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
from bot.simulator.intents import MESSAGE_CONTENT, has_intent
from bot.simulator.objects import User
from bot.simulator.payloads import Viewer

MAX_REPLAY = 2000  # events kept per session
RESUME_WINDOW = 300.0  # seconds for which a disconnected session can be resumed


class Connection:
    """One websocket. `send` never blocks: a writer task sends the queue, so changing the world is synchronous."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, faults: Faults) -> None:
        self._socket, self._request, self._faults = socket, request, faults
        self._queue: asyncio.Queue[Json | int] = asyncio.Queue()
        compressed = request.query.get("compress") == "zlib-stream"
        self._deflate = zlib.compressobj() if compressed else None

    def send(self, op: int, d: Any = None, *, s: int | None = None, t: str | None = None) -> None:
        self._queue.put_nowait({"op": op, "d": d, "s": s, "t": t})

    def close(self, code: int) -> None:
        """Close with this code once the queue is sent; 1006 aborts the connection at once, without a close frame."""
        if code == 1006:
            if self._request.transport:
                self._request.transport.abort()
        else:
            self._queue.put_nowait(code)

    async def write(self) -> None:
        """Send queued payloads until the connection is closed."""
        while not isinstance(payload := await self._queue.get(), int):
            if self._faults.late_events and payload["op"] == 0:
                await asyncio.sleep(self._faults.late_events)
            await self._send_text(json.dumps(payload, separators=(",", ":")))
        await self._socket.close(code=payload)

    async def _send_text(self, text: str) -> None:
        if self._deflate is None:
            await self._socket.send_str(text)
        else:
            # zlib-stream: one stream per connection, each message ends with the sync marker 00 00 ff ff
            compressed = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
            await self._socket.send_bytes(compressed)


class Session:
    """A gateway session. `intents` is None for a person, who receives every event they may see."""

    def __init__(self, user: User, origin: str, intents: int | None, shard: tuple[int, int]) -> None:
        self.id = secrets.token_hex(16)
        self.user, self.intents, self.shard = user, intents, shard
        self.viewer = Viewer(user, origin, reads_content=intents is None or has_intent(intents, MESSAGE_CONTENT))
        self.connection: Connection | None = None
        self.disconnected_at = 0.0
        self.seq = 0
        self._history: deque[tuple[int, str, Json]] = deque(maxlen=MAX_REPLAY)

    def dispatch(self, event: str, data: Json) -> None:
        """Number and keep an event, and send it if a client is connected."""
        self.seq += 1
        self._history.append((self.seq, event, data))
        if self.connection:
            self.connection.send(0, data, s=self.seq, t=event)

    def resume(self, connection: Connection, seq: int) -> None:
        """Attach the connection, replay the events after `seq`, and send RESUMED."""
        self.connection = connection
        for number, event, data in self._history:
            if number > seq:
                connection.send(0, data, s=number, t=event)
        self.dispatch("RESUMED", {"_trace": ["simulator"]})

    def disconnect(self) -> None:
        self.connection, self.disconnected_at = None, time.monotonic()

    @property
    def expired(self) -> bool:
        return self.connection is None and time.monotonic() - self.disconnected_at > RESUME_WINDOW

    def can_resume(self, seq: int) -> bool:
        return seq <= self.seq and (not self._history or self._history[0][0] <= seq + 1)

    def in_shard(self, guild_id: int | None) -> bool:
        """Whether the guild belongs to this shard; DMs belong to shard 0 (Discord docs: Gateway, Sharding)."""
        shard_id, shard_count = self.shard
        return ((guild_id or 0) >> 22) % shard_count == shard_id
