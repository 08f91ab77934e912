"""Makes one measurement of one client, in its own process, and prints a JSON object.

python -m benchmarks.stream.measure '{"kind": "cost", "client": "parley", "loop": "asyncio", "address": …, …}'
"""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.stream.clients import CLIENTS, Client
from benchmarks.stream.figures import percentile
from benchmarks.stream.machine import Use, cpu_seconds, open_many_files, pin
from benchmarks.stream.server import WORDS

GRACE = 0.5
"""Seconds by which a chunk may be late and still count as delivered."""


@dataclass
class Task:
    """What to measure."""

    kind: str
    client: str = "parley"
    loop: str = "asyncio"
    address: str = ""
    chunks: int = 20_000
    a_write: int = 1
    requests: int = 200
    streams: int = 200
    rate: float = 50.0
    seconds: float = 10.0


@dataclass
class Tally:
    """Counts chunks and the characters in them."""

    chunks: int = 0
    characters: int = 0

    def seen(self, text: str, chunks: int) -> None:
        self.chunks += chunks
        self.characters += len(text)


@dataclass
class Watch:
    """Records when the first text arrived."""

    first: float | None = None

    def seen(self, _: str, __: int) -> None:
        if self.first is None:
            self.first = time.perf_counter()


@dataclass
class Lateness:
    """Records how late each chunk is until a given time; its text says when it was due."""

    until: float
    samples: list[float] = field(default_factory=list)
    chunks: int = 0

    def seen(self, text: str, chunks: int) -> None:
        now = time.monotonic()
        if now <= self.until:
            self.samples.append(now - float(text))
            self.chunks += chunks


async def cost(client: Client, task: Task) -> dict[str, float]:
    """Measure the CPU time per chunk of a long completion that arrives as fast as possible."""
    await client.read(f"{task.address}/flat/50/1/v1", Tally().seen)
    tally = Tally()
    use, before = Use(), cpu_seconds()
    await client.read(f"{task.address}/flat/{task.chunks}/{task.a_write}/v1", tally.seen)
    spent = cpu_seconds() - before
    shares = use.shares()
    _check(task, tally)
    return {"us_per_chunk": spent / task.chunks * 1e6} | shares


def _check(task: Task, tally: Tally) -> None:
    """Fail if the client has not read everything."""
    if task.client == "bare":
        complete = abs(tally.chunks - task.chunks) <= task.chunks * 0.01  # it misses split chunks
    else:
        characters = sum(len(WORDS[number % len(WORDS)]) for number in range(task.chunks))
        complete = (tally.chunks, tally.characters) == (task.chunks, characters)
    if not complete:
        raise SystemExit(f"{task.client} read {tally.chunks} of {task.chunks} chunks")


async def first(client: Client, task: Task) -> dict[str, float]:
    """Measure the time from the request to the first text, on open connections."""
    use, waits = Use(), []
    for _ in range(task.requests + 5):
        watch, start = Watch(), time.perf_counter()
        await client.read(f"{task.address}/flat/2/1/v1", watch.seen)
        waits.append((watch.first or float("inf")) - start)
    return {"p50_ms": percentile(waits[5:], 50) * 1000, "p99_ms": percentile(waits[5:], 99) * 1000} | use.shares()


async def streams(client: Client, task: Task) -> dict[str, float]:
    """Measure how late chunks and the event loop are with many simultaneous paced streams."""
    await client.read(f"{task.address}/flat/50/1/v1", Tally().seen)
    start = time.monotonic() + 1 + min(task.streams * 0.008, 5)  # by then all streams are open
    due = int(task.rate * task.seconds)
    url = f"{task.address}/paced/{due}/{task.rate}/{start}/v1"
    lateness = Lateness(until=start + task.seconds + GRACE)
    readers = [asyncio.create_task(client.read(url, lateness.seen)) for _ in range(task.streams)]
    await asyncio.sleep(start - time.monotonic())
    use = Use()
    async with _loop_lag() as lags:
        await asyncio.sleep(lateness.until - time.monotonic())
    shares = use.shares()
    await _end(readers)
    samples = lateness.samples or [float("inf")]
    return {
        "delivered_percent": lateness.chunks / (due * task.streams) * 100,
        "p50_ms": percentile(samples, 50) * 1000,
        "p99_ms": percentile(samples, 99) * 1000,
        "loop_lag_p99_ms": percentile(lags, 99) * 1000,
    } | shares


@contextlib.asynccontextmanager
async def _loop_lag(step: float = 0.005) -> AsyncIterator[list[float]]:
    lags: list[float] = []

    async def measure_lag() -> None:
        while True:
            asleep = time.monotonic()
            await asyncio.sleep(step)
            lags.append(time.monotonic() - asleep - step)

    measuring = asyncio.create_task(measure_lag())
    try:
        yield lags
    finally:
        measuring.cancel()


async def _end(readers: list["asyncio.Task[None]"]) -> None:
    """Cancel the readers that are late, and raise the exceptions of those that failed."""
    done, late = await asyncio.wait(readers, timeout=0.1)
    for reader in late:
        reader.cancel()
    await asyncio.wait(readers, timeout=20)
    for reader in done:
        reader.result()


async def measure(task: Task) -> dict[str, float]:
    async with CLIENTS[task.client]() as client:
        return await {"cost": cost, "first": first, "streams": streams}[task.kind](client, task)


def main() -> None:
    task = Task(**json.loads(sys.argv[1]))
    pin(1)
    open_many_files()
    factory: Callable[[], Any] | None = None
    if task.loop == "uvloop":
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        print(json.dumps(runner.run(measure(task))))


if __name__ == "__main__":
    main()
