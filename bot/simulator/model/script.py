"""What a scripted answer is made of, and the model that gives it.

A test says what the next requests get, one `script` call per request, in order:

    sim.model.script(Say("Hel"), Wait(event), Say("lo"))                 # streamed; ends with "stop" by itself
    sim.model.script(Say("Hello"), Finish("length", usage={...}))
    sim.model.script(Fail(429, {"error": {...}}, headers={"Retry-After": "1"}))
    sim.model.script(Say("Hel"), Cut())                                  # the connection breaks
    sim.model.script(Raw(b"data: {not json\\n\\n"), Say("ok"), shape="message")

Requests without a script get a friendly answer that shows what the model received. Every request is recorded:

    request = await sim.model.asked()      # waits for the next one nobody has asked for yet
    request.json["messages"], request.body, request.headers, request.left_early
"""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.simulator.errors import Json

Shape = Literal["delta", "message"]
KEPT = 2000  # requests that are remembered; a playground may run for days
STANDARD_MODELS = ("parley-demo", "parley-demo-mini", "parley-demo-vision")


@dataclass(frozen=True, slots=True)
class Say:
    """One chunk of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Raw:
    """These bytes exactly, whatever they are."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Goes on when the event is set."""

    event: asyncio.Event


@dataclass(frozen=True, slots=True)
class Finish:
    """The finish reason, and the usage instead of a counted one; without it an answer finishes with "stop"."""

    reason: str | None = "stop"
    usage: Json | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    """Instead of an answer this status; a str body goes out as text, anything else as JSON."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cut:
    """Breaks the connection."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Says nothing more and keeps the connection open."""


Step = Say | Raw | Pause | Wait | Finish | Fail | Cut | Hang


@dataclass(frozen=True, slots=True)
class Answer:
    """`shape`: "delta" as OpenAI streams; "message" as some streams do, a whole `chat.completion` object per chunk with
    `message` in place of `delta`, an empty finish reason and usage in every chunk. `done`: whether [DONE] closes it.
    """

    steps: tuple[Step, ...]
    shape: Shape = "delta"
    done: bool = True


@dataclass(slots=True, eq=False)
class ModelRequest:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    json: Any
    at: float = field(default_factory=time.monotonic)
    left_early: asyncio.Event = field(default_factory=asyncio.Event)  # set when the client closed before the end
    ended: asyncio.Event = field(default_factory=asyncio.Event)  # set when the answer is over, one way or the other

    @property
    def text(self) -> str:
        """The last thing said to the model."""
        return words_of(self.json["messages"][-1])


def words_of(message: Json) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content if part.get("type") == "text")
    return str(content or "")


class ScriptedModel:
    """`requests` holds chat requests in the order of their arrival, old ones forgotten; `models` is what is listed."""

    def __init__(self, chunks_per_second: float = 12.0) -> None:
        self.chunks_per_second = chunks_per_second  # of the friendly answers; 0 is without any pause
        self.models: list[str] = list(STANDARD_MODELS)
        self.key: str | None = None  # when set, requests without this bearer token get a 401
        self.requests: list[ModelRequest] = []
        self._answers: deque[Answer] = deque()
        self._looked_at = 0
        self._arrived = asyncio.Condition()

    def script(self, *steps: Step, shape: Shape = "delta", done: bool = True, times: int = 1) -> None:
        """The answer to the next request that has none yet (or the next `times` requests)."""
        self._answers.extend([Answer(steps, shape, done)] * times)

    def clear(self) -> None:
        """Forgets answers that nobody asked for."""
        self._answers.clear()

    async def asked(self, timeout: float = 10.0) -> ModelRequest:
        """The next chat request not yet returned by this method, waited for."""
        async with asyncio.timeout(timeout), self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) > self._looked_at)
        self._looked_at += 1
        return self.requests[self._looked_at - 1]

    async def receive(self, request: ModelRequest) -> Answer | None:
        """Records a chat request; its scripted answer, if there is one."""
        self.requests.append(request)
        if len(self.requests) > KEPT:
            del self.requests[0]
            self._looked_at = max(0, self._looked_at - 1)
        answer = self._answers.popleft() if self._answers else None
        async with self._arrived:
            self._arrived.notify_all()
        return answer
