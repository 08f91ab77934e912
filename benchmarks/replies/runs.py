"""Runs a bot through a case: Discord, the model and the person are in this process, the bot is in one of its own."""

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
"""Seconds that each REST request takes, as over the internet."""

DISCORDS = 50
"""Requests a second that Discord lets through from a bot."""

ROOT = Path(__file__).parents[2]
STARTS = 60.0
"""Seconds in which a bot has to have started, and to have answered once."""

LETTERS = "abcdefgh"


@dataclass(frozen=True)
class Case:
    """So many replies in each of so many channels at once, as long as `seconds` say, one length after the other.

    `rate` is in chunks a second, `patience` how many seconds behind its end an answer may be whole, and `overall` how
    many requests a second Discord lets through.
    """

    title: str
    rate: int
    seconds: tuple[float, ...]
    patience: float
    bots: tuple[str, ...] = ("parley", "nanobot", "interval", "naive")
    replies: int = 1
    channels: int = 1
    overall: int = DISCORDS

    def shortened(self, bot: str) -> Self:
        """With a single length for the bot that is far behind at each of them."""
        return replace(self, seconds=self.seconds[:1]) if bot == "naive" else self


def cases(*, quick: bool) -> dict[str, Case]:
    """What is measured."""
    rounds, base, patience = (2, 8.0, 20.0) if quick else (4, 12.0, 60.0)
    lengths = tuple(spread(base, rounds))
    one, few = Case("", 10, lengths, patience), lengths[::2]
    several = replace(one, seconds=few, bots=("parley", "interval", "naive"))  # the other answers one after the other
    crowd = replace(one, seconds=(base + 8.0,), bots=("parley", "interval"))
    return {
        "one 10": replace(one, title="One reply, 10 chunks a second"),
        "one 24": replace(one, title="One reply, 24 chunks a second", rate=24),
        "two": replace(several, title="Two replies in one channel", replies=2),
        "four": replace(several, title="Four replies in one channel", replies=4),
        "some": replace(crowd, title="30 replies in 30 channels", channels=30),
        "many": replace(crowd, title="200 replies in 200 channels", channels=200),
        "many free": replace(
            crowd, title="200 replies in 200 channels, with no limit over all", channels=200, overall=10**6
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
        """From now on its loop is watched."""
        assert self._process.stdin
        self._process.stdin.write(b"now\n")

    async def told(self) -> Figures:
        """End it, and take what it tells of its loop."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        told: Figures = json.loads(await asyncio.wait_for(self._process.stdout.readline(), STARTS))
        return told


class Stage:
    """A bot that answers, the person who asks it, and the model that it asks."""

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
                given = Given(*where, free=case.overall > DISCORDS)
                async with Bot.start(bot, given) as process:
                    pin(0)  # the bot has begun, and takes the other core
                    stage = cls(simulator, model, watcher, process, channels)
                    if not await stage._answers_at_all():
                        raise SystemExit(f"{bot} does not answer:\n{(Path(folder) / 'log').read_text()[-2000:]}")
                    yield stage

    async def _answers_at_all(self) -> bool:
        """Ask until there is an answer: then the bot has started, and knows Discord's windows by name."""
        until = time.monotonic() + STARTS
        for letter in "zyxwvutsrqponmlkji":
            answer = self._asked(letter, 3, 10, str(self._simulator.world.general.id))
            await self._watcher.ask(answer, self._simulator.person_token)
            if await self._watcher.sees(answer, 5):
                return True
            if time.monotonic() > until:
                break
        return False

    def _asked(self, letter: str, chunks: int, rate: int, channel: str) -> Answer:
        answer = Answer(letter, len(self._model.answers), chunks, rate, channel)
        self._model.answers[answer.number] = answer
        return answer

    async def play(self, case: Case) -> Figures:
        """One length after the other, each in channels of its own."""
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
            self._asked(letter, round(seconds * case.rate), case.rate, channel)
            for channel in channels
            for letter in LETTERS[: case.replies]
        ]
        await asyncio.gather(*(self._watcher.ask(answer, self._tokens[answer.letter]) for answer in answers))
        await asyncio.gather(*(self._watcher.sees(answer, seconds + case.patience) for answer in answers))
        return answers


def measured(bot: str, case: Case) -> Figures:
    """The figures of one bot in one case."""
    mine = cores()
    try:
        return asyncio.run(_measured(bot, case))
    finally:
        if len(mine) > 1:
            os.sched_setaffinity(0, mine)


async def _measured(bot: str, case: Case) -> Figures:
    case = case.shortened(bot)
    async with Stage.open(bot, case) as stage:
        found = await stage.play(case)
        if bot in OURS:
            found |= await stage.bot.told()
        return found
