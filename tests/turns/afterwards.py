"""What is looked at once a turn is over: its last message, its file, its record, and the turn after it."""

from pathlib import Path
from typing import Any

import aiohttp

from bot.simulator import Say, Simulator
from tests.listener import Json
from tests.person import Person
from tests.turns.memory import rows

LIMIT = 2_000


def ended(message: Json) -> bool:
    """Whether this is the last message of a reply that has come to its end."""
    return "parley:delete" in str(message["components"])


async def read(message: Json, number: int = 0) -> str:
    """What an attached file says."""
    async with aiohttp.ClientSession() as http, http.get(message["attachments"][number]["url"]) as response:
        return (await response.read()).decode()


def kept(folder: Path) -> list[dict[str, Any]]:
    """The records of all answers, oldest first."""
    return rows(
        folder / "parley.db",
        "SELECT text, finished, error FROM said WHERE role = 'assistant' ORDER BY id",
    )


async def answers_still(sim: Simulator, person: Person, channel: Any = None) -> Json:
    """Ask once more, and have the answer: a turn after the one that had trouble."""
    sim.model.script(Say("And the next answer."))
    asked = await person.mention("and now?", channel=channel)
    return await person.hears("And the next answer.", ended, reply_to=asked)
