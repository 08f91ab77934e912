"""Timeouts for real servers, and a wait for the end of a turn."""

import asyncio
from pathlib import Path
from typing import Any

from tests.turns.memory import rows

PATIENCE = 30
"""Seconds to wait for a server written in Python on a busy machine."""


async def recorded(database: Path) -> dict[str, Any]:
    """How the turn ended, as soon as the database says so."""
    async with asyncio.timeout(PATIENCE):
        while not (ends := rows(database, "SELECT * FROM said WHERE finished AND role = 'assistant'")):
            await asyncio.sleep(0.05)
    return ends[0]
