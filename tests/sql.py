"""Counts the SQL statements that are executed, by whichever engine."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine


class Statements(list[str]):
    """What was executed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self._news = asyncio.Event()

    def note(self, *args: Any) -> None:
        self.append(args[2])
        self._news.set()

    def of(self, table: str) -> list[str]:
        """Those that name this table."""
        return [statement for statement in self if table in statement]

    async def until(self, beginning: str, timeout: float = 10.0) -> None:
        """Wait for a statement that begins like this."""
        async with asyncio.timeout(timeout):
            while not any(statement.startswith(beginning) for statement in self):
                self._news.clear()
                await self._news.wait()


@contextmanager
def statements() -> Iterator[Statements]:
    """The SQL statements that are executed meanwhile."""
    executed = Statements()
    event.listen(Engine, "before_cursor_execute", executed.note)
    try:
        yield executed
    finally:
        event.remove(Engine, "before_cursor_execute", executed.note)
