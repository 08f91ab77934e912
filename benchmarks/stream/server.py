"""A server that streams prepared chunks as its base URL says. It runs in its own process.

    /flat/<count>/<per write>/v1               chunks as fast as possible, several per write
    /paced/<count>/<per second>/<start>/v1     chunks at a fixed rate, starting at a time of `time.monotonic`

The text of a paced chunk is the time at which it was due, so that the reader can tell how late it is. The server prints
its port first. When standard input ends, it prints how late it was itself and exits.
"""

import asyncio
import heapq
import json
import sys
import time
from dataclasses import dataclass, field
from itertools import count

from benchmarks.stream.figures import percentile
from benchmarks.stream.machine import open_many_files, pin

WORDS = ("Tea", " is", " the", " drink", " of", " **patience**", ",", " and", " of", " those", " who", " wait", ".\n")
"""The texts of flat chunks, repeated: about as long as tokens."""

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_MODEL = {"id": "chatcmpl-5fd1c9a0", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": "parrot-2"}
GOLDEN = 0.618_033_988_75
"""The fractional parts of its multiples are evenly distributed, so they spread any number of streams over a period."""


def event(delta: dict[str, str], finish: str | None = None) -> bytes:
    """Return a chunk as providers send it."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return b"data: " + json.dumps(_MODEL | {"choices": [choice]}, separators=(",", ":")).encode() + b"\n\n"


def framed(data: bytes) -> bytes:
    """Return the data as a chunk of an HTTP body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


FIRST = framed(event({"role": "assistant"}))
LAST = framed(event({}, "stop") + b"data: [DONE]\n\n") + b"0\r\n\r\n"
_DUE = event({"content": "%"}).split(b"%")


@dataclass
class Paced:
    """The paced streams, in the order in which they are due."""

    due: list[tuple[float, int, int, float, asyncio.StreamWriter]] = field(default_factory=list)
    lateness: list[float] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)

    def add(self, writer: asyncio.StreamWriter, chunks: int, rate: float, start: float) -> None:
        number = next(self.numbers)
        heapq.heappush(self.due, (start + number * GOLDEN % 1 / rate, number, chunks, 1 / rate, writer))

    async def run(self) -> None:
        while True:
            for _ in range(1000):  # then let the sockets be served
                if not self.due or self.due[0][0] > time.monotonic():
                    break
                self._send()
            await asyncio.sleep(max(self.due[0][0] - time.monotonic(), 0) if self.due else 0.01)

    def _send(self) -> None:
        due, number, left, period, writer = self.due[0]
        if not left or writer.is_closing():
            heapq.heappop(self.due)
            writer.write(b"" if left else LAST)
            return
        writer.write(framed((b"%.4f " % due).join(_DUE)))
        self.lateness.append(time.monotonic() - due)
        heapq.heapreplace(self.due, (due + period, number, left - 1, period, writer))


def writes(chunks: int, a_write: int) -> list[bytes]:
    """Return the writes for so many chunks."""
    events = [event({"content": WORDS[number % len(WORDS)]}) for number in range(chunks)]
    return [framed(b"".join(events[at : at + a_write])) for at in range(0, chunks, a_write)]


class Server:
    """Serves the streams."""

    def __init__(self) -> None:
        self.paced = Paced()
        self._prepared: dict[tuple[int, int], list[bytes]] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle a connection, one request at a time."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.partition(b":")[2]))
                await self._answer(head.split()[1].decode().split("/")[1:], writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, path: list[str], writer: asyncio.StreamWriter) -> None:
        writer.write(_HEAD + FIRST)
        if path[0] == "paced":
            self.paced.add(writer, int(path[1]), float(path[2]), float(path[3]))
            return
        order = int(path[1]), int(path[2])
        if order not in self._prepared:
            self._prepared[order] = writes(*order)
        for write in self._prepared[order]:
            writer.write(write)
            await writer.drain()
        writer.write(LAST)


async def main() -> None:
    server = Server()
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0, backlog=4096) as listening:
        print(listening.sockets[0].getsockname()[1], flush=True)
        sending = asyncio.create_task(server.paced.run())
        await asyncio.to_thread(sys.stdin.read)
        sending.cancel()
    late = server.paced.lateness
    print(json.dumps({"late_p99_ms": percentile(late, 99) * 1000 if late else 0.0}))


if __name__ == "__main__":
    pin(0)
    open_many_files()
    asyncio.run(main())
