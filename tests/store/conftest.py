"""A store in a real file, short ways to say who asked what, and a count of SQL statements."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from bot.chat.messages import Completion
from bot.chat.parts import Part, TextPart
from bot.chat.places import Person, Place, PlaceKind
from bot.chat.prompts import Position, Prompt
from bot.store.journal import Journal
from bot.store.store import Store
from bot.store.usage import LedgerEntry
from bot.store.versions import ShownVersion

ANA, BEN = Person(41, "Ana"), Person(42, "Ben")
GENERAL = Place(PlaceKind.CHANNEL, channel_id=700, guild_id=300)
THREAD = Place(PlaceKind.THREAD, channel_id=900, guild_id=300, parent_id=700)
DM = Place(PlaceKind.DM, channel_id=500)
MODEL = "groq/openai/gpt-oss-20b"


ROOT = Position()


class Talk:
    """Says things into a store. A prompt is a Discord message of its id, and its answer's pages have the ids after."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._ids = count(1_000, 10)

    def prompt(self, text: str, author: Person = ANA, place: Place = GENERAL, replies_to: int | None = None) -> Prompt:
        return Prompt(next(self._ids), place, author, (TextPart(text),) if text else (), replies_to=replies_to)

    async def turn(
        self,
        text: str,
        author: Person = ANA,
        place: Place = GENERAL,
        replies_to: int | None = None,
        parts: Sequence[Part] = (),
        pages: int = 1,
    ) -> int:
        """Have a prompt answered with its own words in capitals. Returns the prompt's Discord id."""
        asked = self.prompt(text, author, place, replies_to)
        position = await self.store.conversations.locate(asked)
        journal = await self.store.conversations.claim(asked, (*asked.parts, *parts), position, MODEL)
        await journal.close(Completion(MODEL, text.upper()), [asked.id + page for page in range(1, pages + 1)])
        return asked.id

    async def claim(self, asked: Prompt, parts: Sequence[Part] = (), position: Position = ROOT) -> Journal:
        """Have a turn begin."""
        return await self.store.conversations.claim(asked, (*asked.parts, *parts), position, MODEL)

    async def record(self, asked: Prompt, completion: Completion, *shown: int, entry: LedgerEntry | None = None) -> int:
        """Have a turn begin and end, shown by these Discord messages. Returns the version's id."""
        journal = await self.claim(asked, position=await self.store.conversations.locate(asked))
        await journal.close(completion, shown, entry)
        return journal.version_id

    async def recalled(self, discord_id: int) -> ShownVersion:
        found = await self.store.versions.recall(discord_id)
        assert found
        return found

    async def another(self, first: ShownVersion, text: str, *shown: int) -> int:
        """Have another version streamed to its end. Returns its id."""
        journal = await self.store.versions.add(first, (), MODEL)
        await journal.close(Completion(MODEL, text), shown or first.shown)
        return journal.version_id

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


def schema(path: Path) -> list[tuple[str, str]]:
    """What the file's tables and indexes are."""
    query = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()
