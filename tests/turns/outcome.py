"""Checks after a turn: its last message, its file, its record, and that another turn works."""

from pathlib import Path
from typing import Any

import aiohttp

from bot.simulator import Say, Simulator
from tests.listener import Json
from tests.person import Person
from tests.turns.memory import rows

LIMIT = 2_000


def ended(message: Json) -> bool:
    """Whether this is the last message of a finished reply."""
    return "parley:delete" in str(message["components"])


async def read(message: Json, number: int = 0) -> str:
    """The text of an attached file."""
    async with aiohttp.ClientSession() as http, http.get(message["attachments"][number]["url"]) as response:
        return (await response.read()).decode()


def stored_answers(folder: Path) -> list[dict[str, Any]]:
    """The stored text and outcome of every answer, oldest first."""
    return rows(
        folder / "parley.db",
        "SELECT text, finished, error FROM said WHERE role = 'assistant' ORDER BY id",
    )


async def next_turn_works(sim: Simulator, person: Person, channel: Any = None) -> Json:
    """Ask once more, and return the answer: a failed turn must not affect the next one."""
    sim.model.script(Say("And the next answer."))
    asked = await person.mention("and now?", channel=channel)
    return await person.sees("And the next answer.", ended, reply_to=asked)
