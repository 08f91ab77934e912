"""The steps of a scripted answer, and the model that runs them.

A test scripts the answers to the next requests, one `script` call per request, in order:

    sim.model.script(Say("Hel"), Wait(event), Say("lo"))                 # streamed; finishes with "stop" by default
    sim.model.script(Say("Hello"), Finish("length", usage={...}))
    sim.model.script(Fail(429, {"error": {...}}, headers={"Retry-After": "1"}))
    sim.model.script(Say("Hel"), Cut())                                  # the connection breaks
    sim.model.script(Raw(b"data: {not json\\n\\n"), Say("ok"), shape="message")

Requests without a script get a default answer that shows what the model received. Every request is recorded:

    request = await sim.model.asked()      # waits for the next request not returned before
    request.json["messages"], request.body, request.headers, request.left_early
"""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.simulator.errors import Json

ChunkShape = Literal["delta", "message"]
MAX_RECORDED = 2000  # requests; a playground may run for days
DEFAULT_MODELS = ("parley-demo", "parley-demo-mini", "parley-demo-vision")


@dataclass(frozen=True, slots=True)
class Say:
    """Send one chunk of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Raw:
    """Send exactly these bytes."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait for a time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until the event is set."""

    event: asyncio.Event


@dataclass(frozen=True, slots=True)
class Finish:
    """Set the finish reason (default: "stop") and the usage (default: estimated)."""

    reason: str | None = "stop"
    usage: Json | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    """Respond with this status. A str body is sent as text, any other as JSON."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cut:
    """Break the connection."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Send nothing more and keep the connection open."""


Step = Say | Raw | Pause | Wait | Finish | Fail | Cut | Hang


@dataclass(frozen=True, slots=True)
class Script:
    """One scripted answer; `done` tells whether [DONE] ends its stream.

    The shape "delta" streams as OpenAI does. The shape "message" streams as some providers do: a `chat.completion`
    object per chunk, with `message` instead of `delta`, an empty finish reason and usage.
    """

    steps: tuple[Step, ...]
    shape: ChunkShape = "delta"
    done: bool = True


@dataclass(slots=True, eq=False)
class ModelRequest:
    """A recorded chat request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    json: Any
    at: float = field(default_factory=time.monotonic)
    left_early: asyncio.Event = field(default_factory=asyncio.Event)  # the client disconnected before the end
    ended: asyncio.Event = field(default_factory=asyncio.Event)  # the response has ended in any way

    @property
    def text(self) -> str:
        """The text of the last message."""
        return text_of(self.json["messages"][-1])


def text_of(message: Json) -> str:
    """The text of a chat message, without its other content parts."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content if part.get("type") == "text")
    return str(content or "")


class ScriptedModel:
    """`requests` holds the recent chat requests in order of arrival; `models` is what GET /models lists."""

    def __init__(self, chunks_per_second: float = 12.0) -> None:
        self.chunks_per_second = chunks_per_second  # of default answers; 0: without pauses
        self.models: list[str] = list(DEFAULT_MODELS)
        self.key: str | None = None  # if set, requests without this bearer token get a 401
        self.requests: list[ModelRequest] = []
        self._scripts: deque[Script] = deque()
        self._returned = 0
        self._arrived = asyncio.Condition()

    def script(self, *steps: Step, shape: ChunkShape = "delta", done: bool = True, times: int = 1) -> None:
        """Script the next request that has no script yet, or the next `times` requests."""
        self._scripts.extend([Script(steps, shape, done)] * times)

    def clear(self) -> None:
        """Drop the scripts that no request has used."""
        self._scripts.clear()

    async def asked(self, timeout: float = 10.0) -> ModelRequest:
        """Wait for the next chat request that this method has not returned yet."""
        async with asyncio.timeout(timeout), self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) > self._returned)
        self._returned += 1
        return self.requests[self._returned - 1]

    async def receive(self, request: ModelRequest) -> Script | None:
        """Record a chat request; returns its script, if there is one."""
        self.requests.append(request)
        if len(self.requests) > MAX_RECORDED:
            del self.requests[0]
            self._returned = max(0, self._returned - 1)
        script = self._scripts.popleft() if self._scripts else None
        async with self._arrived:
            self._arrived.notify_all()
        return script
