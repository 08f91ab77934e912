"""Runs a bot through a case: Discord, the model and the person are in this process, the bot in its own."""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from benchmarks.replies.answers import Answer
from benchmarks.replies.bots import OURS, Given
from benchmarks.replies.figures import Figures, figures, spread
from benchmarks.replies.model import Model
from benchmarks.replies.watcher import Watcher
from benchmarks.stream.machine import cores, pin
from bot.simulator import Limits, Simulator

LATENCY = 0.15
"""Seconds for each REST request, as over the internet."""

GLOBAL_LIMIT = 50
"""Requests per second that Discord allows a bot."""

ROOT = Path(__file__).parents[2]
START_TIMEOUT = 60.0
"""Seconds within which a bot has to start and answer once."""

LETTERS = "abcdefgh"


@dataclass(frozen=True)
class Case:
    """Simultaneous replies in each of several channels, once for each duration in `seconds`.

    `rate` is in chunks per second. `patience` is how many seconds after its end an answer may become complete,
    `overall` how many requests per second Discord allows.
    """

    title: str
    rate: int
    seconds: tuple[float, ...]
    patience: float
    bots: tuple[str, ...] = ("parley", "nanobot", "interval", "naive")
    replies: int = 1
    channels: int = 1
    overall: int = GLOBAL_LIMIT

    def shortened(self, bot: str) -> Self:
        """Return the case with a single duration for the naive bot, which falls far behind at each of them."""
        return replace(self, seconds=self.seconds[:1]) if bot == "naive" else self


def cases(*, quick: bool) -> dict[str, Case]:
    """Return the cases by name."""
    rounds, base, patience = (2, 8.0, 20.0) if quick else (4, 12.0, 60.0)
    lengths = tuple(spread(base, rounds))
    one, few = Case("", 10, lengths, patience), lengths[::2]
    several = replace(one, seconds=few, bots=("parley", "interval", "naive"))  # nanobot answers one prompt at a time
    crowd = replace(one, seconds=(base + 8.0,), bots=("parley", "interval"))
    return {
        "one 10": replace(one, title="One reply, 10 chunks a second"),
        "one 24": replace(one, title="One reply, 24 chunks a second", rate=24),
        "two": replace(several, title="Two replies in one channel", replies=2),
        "four": replace(several, title="Four replies in one channel", replies=4),
        "some": replace(crowd, title="30 replies in 30 channels", channels=30),
        "many": replace(crowd, title="200 replies in 200 channels", channels=200),
        "many free": replace(
            crowd, title="200 replies in 200 channels, with no global limit", channels=200, overall=10**6
        ),
    }


class Bot:
    """A bot's process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def start(cls, name: str, given: Given) -> AsyncIterator[Self]:
        command = [sys.executable, "-m", "benchmarks.replies.bots", name, json.dumps(asdict(given))]
        pipe = asyncio.subprocess.PIPE
        with (Path(given.folder) / "log").open("w", encoding="utf-8") as log:
            out = pipe if name in OURS else log
            process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=out, stderr=log)
            try:
                yield cls(process)
            finally:
                if process.returncode is None:
                    process.kill()
                await process.wait()

    def begin(self) -> None:
        """Start measuring its event loop."""
        assert self._process.stdin
        self._process.stdin.write(b"now\n")

    async def stop(self) -> Figures:
        """Stop it; return the figures of its event loop."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        figures: Figures = json.loads(await asyncio.wait_for(self._process.stdout.readline(), START_TIMEOUT))
        return figures


class Stage:
    """A bot, the person who prompts it, and the model that it requests."""

    def __init__(self, simulator: Simulator, model: Model, watcher: Watcher, bot: Bot, channels: list[str]) -> None:
        self._simulator, self._model, self._watcher, self._channels = simulator, model, watcher, channels
        self._tokens = {user.username[-1]: user.token for user in simulator.world.users.values()}
        self.bot = bot

    @classmethod
    @asynccontextmanager
    async def open(cls, bot: str, case: Case) -> AsyncIterator[Self]:
        async with (
            Simulator.open(limits=Limits(overall=case.overall)) as simulator,
            Model.open() as model,
            Watcher.connect(simulator) as watcher,
        ):
            world, places = simulator.world, range(case.channels * len(case.seconds))
            channels = [str(world.add_channel(f"channel-{number}").id) for number in places]
            for letter in LETTERS:
                world.add_member(world.add_user(f"person-{letter}"))
            simulator.faults.slow("*", LATENCY)
            with tempfile.TemporaryDirectory(prefix="replies-", ignore_cleanup_errors=True) as folder:
                where = simulator.api_url, simulator.gateway_url, model.url, simulator.bot_token, folder
                given = Given(*where, free=case.overall > GLOBAL_LIMIT)
                async with Bot.start(bot, given) as process:
                    pin(0)  # the bot has started, on the other core
                    stage = cls(simulator, model, watcher, process, channels)
                    if not await stage._wait_for_first_answer():
                        raise SystemExit(f"{bot} does not answer:\n{(Path(folder) / 'log').read_text()[-2000:]}")
                    yield stage

    async def _wait_for_first_answer(self) -> bool:
        """Prompt until there is an answer: then the bot has started, and knows Discord's rate limit buckets."""
        until = time.monotonic() + START_TIMEOUT
        for letter in "zyxwvutsrqponmlkji":
            answer = self._new_answer(letter, 3, 10, str(self._simulator.world.general.id))
            await self._watcher.ask(answer, self._simulator.person_token)
            if await self._watcher.wait_for(answer, 5):
                return True
            if time.monotonic() > until:
                break
        return False

    def _new_answer(self, letter: str, chunks: int, rate: int, channel: str) -> Answer:
        answer = Answer(letter, len(self._model.answers), chunks, rate, channel)
        self._model.answers[answer.number] = answer
        return answer

    async def play(self, case: Case) -> Figures:
        """Run each duration in its own channels; return the figures."""
        channels = self._channels
        before = len(self._simulator.requests)
        self.bot.begin()
        asked: list[Answer] = []
        for number, seconds in enumerate(case.seconds):
            of_round = channels[number * case.channels : (number + 1) * case.channels]
            asked += await self._round(case, seconds, of_round)
        requests = self._simulator.requests[before:]
        mine = [request for request in requests if request.user_id == self._simulator.world.bot.id]
        found = figures(asked, time.monotonic())
        found |= {"requests": len(mine) / len(asked), "refused": sum(request.status == 429 for request in mine)}
        return found

    async def _round(self, case: Case, seconds: float, channels: list[str]) -> list[Answer]:
        answers = [
            self._new_answer(letter, round(seconds * case.rate), case.rate, channel)
            for channel in channels
            for letter in LETTERS[: case.replies]
        ]
        await asyncio.gather(*(self._watcher.ask(answer, self._tokens[answer.letter]) for answer in answers))
        await asyncio.gather(*(self._watcher.wait_for(answer, seconds + case.patience) for answer in answers))
        return answers


def measure(bot: str, case: Case) -> Figures:
    """Return the figures of one bot in one case."""
    mine = cores()
    try:
        return asyncio.run(_measure(bot, case))
    finally:
        if len(mine) > 1:
            os.sched_setaffinity(0, mine)


async def _measure(bot: str, case: Case) -> Figures:
    case = case.shortened(bot)
    async with Stage.open(bot, case) as stage:
        found = await stage.play(case)
        if bot in OURS:
            found |= await stage.bot.stop()
        return found
