"""Decides which measurements are made, how often and in which order, and runs them."""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median

from benchmarks.stream.clients import CLIENTS
from benchmarks.stream.machine import Patience, is_quiet
from benchmarks.stream.measure import Task

TIMEOUT = 180
"""Seconds for one measurement."""

REPEATS = 4
"""How often a measurement is made if other processes disturb it."""

IN_TIME_MS = 100.0
DELIVERED_PERCENT = 99.0
MAX_STREAMS = 2_000

Figures = dict[str, float]
Row = tuple[str, str]
"""A client and its event loop."""

FLAT: Sequence[Row] = [(client, "asyncio") for client in CLIENTS]
TOGETHER: Sequence[Row] = [
    *((client, loop) for client in ("parley", "bare", "openai") for loop in ("asyncio", "uvloop")),
    ("litellm", "asyncio"),
]
GUESSES = {"parley": 750, "bare": 1_200, "openai": 90, "litellm": 15}
"""Where the search for the maximum number of streams begins."""


@dataclass(frozen=True)
class Plan:
    """How thorough a run is.

    `fineness` is the ratio of stream counts at which the search stops, `patience` how many seconds the run may wait in
    total until other processes are idle.
    """

    rounds: int = 5
    slow_rounds: int = 3
    chunks: int = 20_000
    requests: int = 200
    streams: int = 200
    seconds: float = 10.0
    search_seconds: float = 5.0
    fineness: float = 1.1
    tries: int = 2
    patience: float = 1_200.0


QUICK = Plan(2, 1, 4_000, 100, 200, 4.0, 3.0, 1.1, 1, 120.0)


class Runs:
    """Makes the measurements of a plan and reports the progress to `say`."""

    def __init__(self, plan: Plan, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._say = say
        self._patience = Patience(plan.patience)

    def cost(self, a_write: int) -> dict[Row, Figures]:
        """Measure the CPU time per chunk."""
        task = Task("cost", chunks=self._plan.chunks, a_write=a_write)
        return self._repeated(task, FLAT, self._plan.rounds)

    def first(self) -> dict[Row, Figures]:
        """Measure the time to the first text."""
        return self._repeated(Task("first", requests=self._plan.requests), FLAT, self._plan.rounds)

    def streams(self) -> dict[Row, Figures]:
        """Measure the lateness with many streams."""
        task = Task("streams", streams=self._plan.streams, seconds=self._plan.seconds)
        return self._repeated(task, TOGETHER, self._plan.slow_rounds)

    def most(self) -> dict[Row, Figures]:
        """Find the maximum number of streams whose chunks are in time."""
        found: dict[Row, list[float]] = {row: [] for row in TOGETHER}
        for number in range(1, self._plan.slow_rounds + 1):
            for row in random.sample(TOGETHER, len(TOGETHER)):
                found[row].append(self._search(row))
                self._say(f"most {number}/{self._plan.slow_rounds} {' '.join(row)}: {found[row][-1]:.0f} streams")
        return {row: {"streams": median(held), "fewest": min(held), "most": max(held)} for row, held in found.items()}

    def _repeated(self, task: Task, rows: Sequence[Row], rounds: int) -> dict[Row, Figures]:
        """Return the medians of each row. The order is random in each round, since the speed of the machine changes."""
        samples: dict[Row, list[Figures]] = {row: [] for row in rows}
        for number in range(1, rounds + 1):
            for client, loop in random.sample(rows, len(rows)):
                figures = self._undisturbed(replace(task, client=client, loop=loop))
                samples[client, loop].append(figures)
                self._say(f"{task.kind} {number}/{rounds} {client} {loop}: {_words(figures)}")
        return {row: _medians(of_row) for row, of_row in samples.items()}

    def _search(self, row: Row) -> int:
        """Return a number of streams that is in time, while a slightly larger one is not."""
        client, loop = row
        task = Task("streams", client, loop, seconds=self._plan.search_seconds)
        good, bad, streams = 0, MAX_STREAMS + 1, GUESSES[client]
        while good < streams < bad and bad > good * self._plan.fineness:
            if self._in_time(replace(task, streams=streams)):
                good = streams
            else:
                bad = streams
            streams = min(good * 3 // 2, MAX_STREAMS) if bad > MAX_STREAMS else (good + bad) // 2
        return good

    def _in_time(self, task: Task) -> bool:
        for _ in range(self._plan.tries):
            figures = self._undisturbed(task)
            self._say(f"  {task.client} {task.loop} {task.streams}: {_words(figures)}")
            if figures["p99_ms"] < IN_TIME_MS and figures["delivered_percent"] >= DELIVERED_PERCENT:
                return True
        return False

    def _undisturbed(self, task: Task) -> Figures:
        """Return an undisturbed measurement, or the least disturbed of several.

        CPU time is not affected by other processes, so it is measured only once.
        """
        if task.kind == "cost":
            return measure(task)
        tries: list[Figures] = []
        for _ in range(REPEATS):
            self._patience.wait()
            tries.append(measure(task))
            if is_quiet(tries[-1]) or self._patience.left <= 0:
                break
        return min(tries, key=lambda figures: figures["others_percent"])


def measure(task: Task) -> Figures:
    """Make one measurement, with a new server and a new client."""
    server = [sys.executable, "-m", "benchmarks.stream.server"]
    with subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdin
        assert serving.stdout
        try:
            task = replace(task, address=f"http://127.0.0.1:{int(serving.stdout.readline())}")
            command = [sys.executable, "-m", "benchmarks.stream.measure", json.dumps(asdict(task))]
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
            if done.returncode:
                raise SystemExit(f"{task.client}, {task.kind}: no figure:\n{done.stderr[-2000:]}")
            serving.stdin.close()
            server_figures: Figures = json.loads(serving.stdout.read())
        finally:
            serving.kill()
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures | {f"server_{name}": value for name, value in server_figures.items()}


def _medians(samples: Sequence[Figures]) -> Figures:
    return {name: median(figures[name] for figures in samples) for name in samples[0]}


def _words(figures: Figures) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in figures.items())
