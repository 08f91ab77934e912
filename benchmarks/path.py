"""Counts the files, functions, nested frames and SQL statements on the path of a mention and of a regenerate.

Runs the real bot against the simulator in this process and observes every call of the bot's code with `sys.setprofile`.
The counts do not depend on the machine. Usage: `python -m benchmarks.path`.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.app import open_app
from bot.playground import playground_settings
from bot.simulator import Say, Simulator
from tests.person import Person

BOT = Path(__file__).parent.parent / "bot"
WELL_CUT = ("markdown", "providers")
"""Packages whose functions are not counted separately: a reader of the path does not need to open them."""

PACE = 0.02


class Watch:
    """Records the bot's code objects that ran, how deeply they were nested, and the SQL statements in order."""

    def __init__(self) -> None:
        self.codes: set[CodeType] = set()
        self.frames = 0
        self.deepest: list[str] = []
        self.statements: list[str] = []

    def profile(self, frame: FrameType, what: str, _: object) -> None:
        if what != "call" or not _is_ours(frame.f_code):
            return
        self.codes.add(frame.f_code)
        stack = [each.f_code.co_qualname for each in _stack(frame) if _is_ours(each.f_code)]
        if len(stack) > self.frames:
            self.frames, self.deepest = len(stack), stack

    def statement(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.statements.append(" ".join(statement.split()))

    def counts(self, *, without: tuple[str, ...] = ()) -> tuple[int, int]:
        """Return the numbers of files and named functions, without those of some packages."""
        found = [code for code in self.codes if _package(code) not in without and not code.co_name.startswith("<")]
        return len({code.co_filename for code in found}), len(found)


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_ours(code: CodeType) -> bool:
    path = Path(code.co_filename)
    return BOT in path.parents and _package(code) != "simulator"


def _package(code: CodeType) -> str:
    return Path(code.co_filename).relative_to(BOT).parts[0]


@contextmanager
def watched() -> Iterator[Watch]:
    watch = Watch()
    event.listen(Engine, "before_cursor_execute", watch.statement)
    sys.setprofile(watch.profile)
    try:
        yield watch
    finally:
        sys.setprofile(None)
        event.remove(Engine, "before_cursor_execute", watch.statement)


def ended(message: dict[str, Any]) -> bool:
    return "parley:delete" in str(message["components"])


async def quiet(watch: Watch) -> None:
    """Wait until there has been no SQL statement for a second."""
    seen = -1
    while seen != len(watch.statements):
        seen = len(watch.statements)
        await asyncio.sleep(1)


async def measure() -> dict[str, Watch]:
    """Measure a mention, a second one that continues the conversation, and a regenerate, with short answers."""
    found: dict[str, Watch] = {}
    answer: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with Simulator.open() as sim:
            settings = playground_settings(sim, f"sqlite:///{folder}/parley.db")
            async with (
                open_app(settings, PACE) as app,
                Person.connect(sim.api_url, sim.gateway_url, sim.person_token) as ana,
            ):
                await app.ready()
                ana.channel = str(sim.world.general.id)
                await asyncio.sleep(0.5)  # until the start-up tasks have finished
                for name in ("mention", "second mention", "regenerate"):
                    sim.model.script(Say(f"The answer to a {name}."))
                    with watched() as watch:
                        if name == "regenerate":
                            await ana.click(ana.latest(answer), "Regenerate")
                        else:
                            await ana.say(f"<@{sim.world.bot.id}> {name}")
                        answer = await ana.sees(f"The answer to a {name}.", ended)
                        await quiet(watch)  # until the record is closed after the last write
                    found[name] = watch
    return found


def main() -> None:
    for name, watch in asyncio.run(measure()).items():
        files, functions = watch.counts()
        fewer_files, fewer_functions = watch.counts(without=WELL_CUT)
        print(
            f"{name:15} {files} files and {functions} functions; {fewer_files} and {fewer_functions} outside "
            f"{' and '.join(WELL_CUT)}; {watch.frames} frames deep; {len(watch.statements)} SQL statements"
        )
        if "--verbose" in sys.argv:
            print("  deepest:", " > ".join(reversed(watch.deepest)))
            for path in sorted({code.co_filename for code in watch.codes}):
                names = sorted(c.co_qualname for c in watch.codes if c.co_filename == path and c.co_name[0] != "<")
                print(f"  {Path(path).relative_to(BOT).as_posix()} {len(names)}:", ", ".join(names))
            for statement in watch.statements:
                print("  sql:", statement[:150])


if __name__ == "__main__":
    main()
