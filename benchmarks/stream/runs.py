"""Which measurements are made, how often and in which order; each with a server and a client of its own."""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median

from benchmarks.stream.measure import Task

LONGEST = 180
"""Seconds that one measurement may take."""

IN_TIME_MS = 100.0
DELIVERED_PERCENT = 99.0
MOST = 2_000
"""Streams, more of which are not tried."""

BESIDE = [(client, loop) for client in ("parley", "bare", "openai") for loop in ("asyncio", "uvloop")]
GUESSES = {"parley": 600, "bare": 800, "openai": 60, "litellm": 12}

Figures = dict[str, float]
Row = tuple[str, str]
"""A client and the event loop that it ran on."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How thorough a run is. `fineness` is the ratio of two numbers of streams that are not told apart."""

    rounds: int = 5
    slow_rounds: int = 3
    chunks: int = 20_000
    requests: int = 200
    streams: int = 200
    seconds: float = 10.0
    search_seconds: float = 5.0
    fineness: float = 1.08
    tries: int = 2


QUICK = Plan(2, 1, 4_000, 100, 200, 4.0, 3.0, 1.25, 1)


def measured(task: Task) -> Figures:
    """One measurement: both sides start afresh, and both are gone behind it."""
    server = [sys.executable, "-m", "benchmarks.stream.server"]
    with subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdin
        assert serving.stdout
        try:
            task = replace(task, address=f"http://127.0.0.1:{int(serving.stdout.readline())}")
            command = [sys.executable, "-m", "benchmarks.stream.measure", json.dumps(asdict(task))]
            done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
            if done.returncode:
                raise SystemExit(f"{task.client}, {task.kind}: no figure:\n{done.stderr[-2000:]}")
            serving.stdin.close()
            server_figures: Figures = json.loads(serving.stdout.read())
        finally:
            serving.kill()
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures | {f"server_{name}": value for name, value in server_figures.items()}


def repeated(tasks: Sequence[Task], rounds: int, say: Say) -> dict[Row, Figures]:
    """The medians of each task's figures. The order is another one in each round, as the machine's pace changes."""
    samples: dict[Row, list[Figures]] = {(task.client, task.loop): [] for task in tasks}
    for number in range(1, rounds + 1):
        for task in random.sample(tasks, len(tasks)):
            figures = measured(task)
            samples[task.client, task.loop].append(figures)
            say(f"{task.kind} {number}/{rounds} {task.client} {task.loop}: {_words(figures)}")
    return {row: _medians(all_figures) for row, all_figures in samples.items()}


def cost(plan: Plan, a_write: int, clients: Iterable[str], say: Say) -> dict[Row, Figures]:
    """CPU for each chunk."""
    tasks = [Task("cost", client, "", chunks=plan.chunks, a_write=a_write) for client in clients]
    return repeated(tasks, plan.rounds, say)


def first(plan: Plan, clients: Iterable[str], say: Say) -> dict[Row, Figures]:
    """Time to the first text."""
    return repeated([Task("first", client, "", requests=plan.requests) for client in clients], plan.rounds, say)


def streams(plan: Plan, say: Say) -> dict[Row, Figures]:
    """Lateness with many streams."""
    tasks = [
        Task("streams", client, "", loop, streams=plan.streams, seconds=plan.seconds)
        for client, loop in [*BESIDE, ("litellm", "asyncio")]
    ]
    return repeated(tasks, plan.slow_rounds, say)


def most(plan: Plan, say: Say) -> dict[Row, Figures]:
    """The most streams whose chunks are in time."""
    rows: list[Row] = [*BESIDE, ("litellm", "asyncio")]
    found: dict[Row, list[float]] = {row: [] for row in rows}
    for number in range(1, plan.slow_rounds + 1):
        for row in random.sample(rows, len(rows)):
            found[row].append(search(plan, row, say))
            say(f"most {number}/{plan.slow_rounds} {' '.join(row)}: {found[row][-1]:.0f} streams")
    return {
        row: {"streams": median(counts), "fewest": min(counts), "most": max(counts)} for row, counts in found.items()
    }


def search(plan: Plan, row: Row, say: Say) -> int:
    """The most streams that are in time, between a number that is and one that is not."""
    client, loop = row
    task = Task("streams", client, "", loop, seconds=plan.search_seconds)
    good, bad, streams = 0, MOST + 1, GUESSES[client]
    while bad > good + 1 and bad > good * plan.fineness:
        if _in_time(replace(task, streams=streams), plan.tries, say):
            good = streams
        else:
            bad = streams
        if bad > MOST:
            streams = min(good * 2, MOST) if good < MOST else MOST + 1
        else:
            streams = (good + bad) // 2 if good else bad // 2
        if streams in (0, good, bad):
            break
    return good


def _in_time(task: Task, tries: int, say: Say) -> bool:
    """Whether one of the tries went well: a stall of the machine is not the client's."""
    for _ in range(tries):
        figures = measured(task)
        say(f"  {task.client} {task.loop} {task.streams}: {_words(figures)}")
        if figures["p99_ms"] < IN_TIME_MS and figures["delivered_percent"] >= DELIVERED_PERCENT:
            return True
    return False


def _medians(samples: Sequence[Figures]) -> Figures:
    return {name: median(figures[name] for figures in samples) for name in samples[0]}


def _words(figures: Figures) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in figures.items())
