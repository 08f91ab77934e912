"""A provider on loopback that sends exactly the given bytes and records the requests."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest

from bot.chat.events import Delta, Metadata, ReasoningDelta, TextDelta
from bot.chat.messages import Message, Role, Usage
from bot.providers.catalogue import load_catalogue
from bot.providers.client import ChatClient
from bot.providers.errors import ProviderError
from bot.providers.offer import Access, Endpoint, Offer
from bot.providers.request import ChatRequest

KEY = "k7-Zq2mmA0pLw9"
HELLO = ChatRequest([Message.of(Role.USER, "Hello")])


class Ending(Enum):
    """What happens after the last piece."""

    WHOLE = "the body is complete, the connection stays for the next request"
    CUT = "the connection is closed before the body is complete"
    STAY = "nothing more comes, until the client leaves"


@dataclass(frozen=True)
class Answer:
    """An HTTP response; `pieces` are sent one by one. If it is not `chunked`, closing the connection ends the body."""

    pieces: Sequence[bytes]
    status: str = "200 OK"
    headers: Sequence[str] = ("Content-Type: text/event-stream",)
    ending: Ending = Ending.WHOLE
    chunked: bool = True
    pause: float = 0.0


@dataclass(frozen=True)
class Request:
    """A request to the provider."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Provider:
    """The server; each request gets the next answer."""

    url: str = ""
    answers: deque[Answer] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client closes a connection before the response is complete."""
    _visits: list[Any] = field(default_factory=list)

    def endpoint(self, name: str = "xai", model: str = "", key: str | None = KEY) -> Endpoint:
        """Return an endpoint of the catalogue with this server's URL."""
        access = Access.model_validate({"key": key, "base_url": f"{self.url}/v1"})
        return Offer(load_catalogue(), {name: access}).endpoint(f"{name}/{model}")

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Serve on a free port; at the end wait until every client has disconnected."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"
        yield
        server.close()
        await asyncio.gather(*self._visits)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._visits.append(asyncio.current_task())
        self.connections += 1
        try:
            while await self._exchange(reader, writer):
                pass
        except ConnectionError:
            self.left.set()
        except asyncio.IncompleteReadError:
            pass
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Handle one request; return whether the connection may be reused."""
        self.requests.append(await _read_request(reader))
        answer = self.answers.popleft()
        framing = ["Transfer-Encoding: chunked"] if answer.chunked else ["Connection: close"]
        writer.write("\r\n".join([f"HTTP/1.1 {answer.status}", *answer.headers, *framing, "", ""]).encode())
        for piece in answer.pieces:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if answer.chunked else piece)
            await writer.drain()
            await asyncio.sleep(answer.pause)
        if answer.ending is Ending.STAY:
            await reader.read()
            self.left.set()
        if answer.ending is not Ending.WHOLE or not answer.chunked:
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


async def _read_request(reader: asyncio.StreamReader) -> Request:
    line, *fields = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    assert "transfer-encoding" not in headers, "strict servers want a length"
    return Request(line, headers, await reader.readexactly(int(headers["content-length"])))


@dataclass
class Heard:
    """The outcome of a request: the deltas, and the error that ended them."""

    deltas: list[Delta]
    error: ProviderError | None = None

    @property
    def text(self) -> str:
        return "".join(delta.text for delta in self.deltas if isinstance(delta, TextDelta))

    @property
    def reasoning(self) -> str:
        return "".join(delta.text for delta in self.deltas if isinstance(delta, ReasoningDelta))

    @property
    def metadata(self) -> list[Metadata]:
        return [delta for delta in self.deltas if isinstance(delta, Metadata)]

    @property
    def finish_reasons(self) -> list[str]:
        return [each.finish_reason for each in self.metadata if each.finish_reason]

    @property
    def usages(self) -> list[Usage]:
        return [each.usage for each in self.metadata if each.usage]


async def ask(client: ChatClient, endpoint: Endpoint, request: ChatRequest = HELLO) -> Heard:
    heard = Heard([])
    try:
        async for delta in client.stream(endpoint, request):
            heard.deltas.append(delta)
    except ProviderError as error:
        heard.error = error
    return heard


def event(value: Any) -> bytes:
    """Return a value as a server-sent event."""
    return b"data: %b\n\n" % json.dumps(value).encode()


def saying(text: str, **members: Any) -> bytes:
    """Return an ordinary chunk with this text."""
    return event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]} | members)


FINISH = event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
DONE = b"data: [DONE]\n\n"


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    provider = Provider()
    async with provider.open():
        yield provider


@pytest.fixture
async def client(provider: Provider) -> AsyncIterator[ChatClient]:
    """A client that is closed before the provider, which waits for it to disconnect."""
    async with ChatClient() as client:
        yield client
