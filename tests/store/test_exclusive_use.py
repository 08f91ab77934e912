"""Exclusive use of the database, among processes too."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.engine import DatabaseInUse, DatabaseUnusable, exclusive_use
from bot.store.store import Store

HOLD = """
import sys
from pathlib import Path
from bot.store.engine import DatabaseUnusable, exclusive_use
try:
    with exclusive_use(Path(sys.argv[1])):
        print("held", flush=True)
        sys.stdin.read()
except DatabaseUnusable as error:
    print(error, flush=True)
"""


async def another_process(path: Path) -> tuple[Process, str]:
    """A real process that holds the database until its input ends, and the first line it says."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLD, str(path), stdin=PIPE, stdout=PIPE)
    assert process.stdout
    return process, (await process.stdout.readline()).decode().strip()


@pytest.fixture
async def holder(path: Path) -> AsyncIterator[Process]:
    process, line = await another_process(path)
    assert line == "held"
    yield process
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def test_a_second_opener_in_this_process_is_refused(path: Path) -> None:
    async with Store.open(path):
        with pytest.raises(DatabaseInUse, match="Another Parley is already using"):
            async with Store.open(path):
                raise AssertionError("opened twice")


async def test_the_first_continues_after_a_second_was_refused(path: Path) -> None:
    async with Store.open(path) as store:
        with pytest.raises(DatabaseInUse):
            async with Store.open(path):
                raise AssertionError("opened twice")
        await store.synced_commands.remember(5, "digest")
        assert await store.synced_commands.digest(5) == "digest"
        with pytest.raises(DatabaseInUse), exclusive_use(path):
            raise AssertionError("the refusal has released the lock")


async def test_a_second_process_is_refused_in_one_sentence(path: Path) -> None:
    async with Store.open(path):
        process, line = await another_process(path)
        await process.communicate()
    assert line.startswith(f"Another Parley is already using {path}.")


@pytest.mark.usefixtures("holder")
async def test_a_database_that_another_process_uses_cannot_be_opened(path: Path) -> None:
    with pytest.raises(DatabaseInUse):
        async with Store.open(path):
            raise AssertionError("opened")


async def test_a_killed_process_releases_the_lock(path: Path, holder: Process) -> None:
    holder.kill()
    await holder.wait()
    async with Store.open(path) as store:
        await store.synced_commands.remember(5, "digest")


async def test_closing_and_failing_release_the_lock(path: Path) -> None:
    async with Store.open(path):
        pass
    path.unlink()
    path.write_text("Dear diary, this is no database at all. " * 100)
    with pytest.raises(DatabaseUnusable, match="cannot be used"):
        async with Store.open(path):
            raise AssertionError("opened")
    path.unlink()
    async with Store.open(path):
        pass
