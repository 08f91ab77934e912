"""A store in a real file, and short ways to say who asked what."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from bot.chat.messages import Completion, Image, Turn
from bot.chat.places import Person, Place, PlaceKind
from bot.chat.prompts import Prompt
from bot.store.store import Store

ANA, BEN = Person(41, "Ana"), Person(42, "Ben")
GENERAL = Place(PlaceKind.CHANNEL, channel_id=700, guild_id=300)
THREAD = Place(PlaceKind.THREAD, channel_id=900, guild_id=300, parent_id=700)
DM = Place(PlaceKind.DM, channel_id=500)


class Talk:
    """Says things into a store. Every prompt `n` is a Discord message of that id, and its answer's pages follow it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._ids = count(1_000, 10)

    def prompt(self, text: str, author: Person = ANA, place: Place = GENERAL, replies_to: int | None = None) -> Prompt:
        return Prompt(next(self._ids), place, author, text, replies_to=replies_to)

    async def turn(
        self,
        text: str,
        author: Person = ANA,
        place: Place = GENERAL,
        replies_to: int | None = None,
        images: tuple[Image, ...] = (),
        pages: int = 1,
    ) -> int:
        """Have a prompt answered with its own words in capitals. Returns the prompt's Discord id."""
        asked = self.prompt(text, author, place, replies_to)
        position = await self.store.conversations.locate(asked)
        completion = Completion("groq/openai/gpt-oss-20b", text.upper())
        shown = tuple(asked.id + page for page in range(1, pages + 1))
        await self.record(Turn(asked, images, position, completion), *shown)
        return asked.id

    async def record(self, turn: Turn, *shown: int) -> int:
        """Have a turn begin and end, shown by these Discord messages. Returns its answer's id."""
        answer_id = await self.store.conversations.open(turn)
        await self.store.conversations.close(answer_id, turn.completion, shown)
        return answer_id

    async def path_to(self, prompt: Prompt, now: float | None = None) -> list[str]:
        """What was said before this prompt, oldest first."""
        position = await self.store.conversations.locate(prompt, now)
        messages = await self.store.conversations.path(position.parent_id, most_images=0)
        return [message.text for message in messages]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "parley.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    async with Store.open(path) as store:
        yield store


@pytest.fixture
def talk(store: Store) -> Talk:
    return Talk(store)
