"""Whatever is done to versions in whatever order: at most one is shown, and recalled by what shows it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.chat.messages import Completion
from bot.chat.places import Place, PlaceKind
from bot.chat.prompts import Position, Prompt
from bot.store.journal import Journal
from bot.store.rows import Forgotten
from bot.store.store import Store
from bot.store.versions import ShownVersion
from tests.store.conftest import ANA, MODEL

SNOWFLAKES = count(1_000, 10)
PAGES = range(1, 5)


@dataclass
class Told:
    """A prompt and what should be known of its versions. The pages of its reply have the ids after its own."""

    store: Store
    asked: Prompt
    remembered: ShownVersion
    texts: dict[int, str]
    """Of the versions that there are."""
    on_screen: tuple[int, tuple[int, ...]] | None
    continued: bool = False
    gone: set[int] = field(default_factory=set)

    @classmethod
    async def begin(cls, store: Store) -> "Told":
        asked = Prompt(next(SNOWFLAKES), Place(PlaceKind.CHANNEL, next(SNOWFLAKES), 300), ANA)
        journal = await store.conversations.claim(asked, (), Position(), MODEL)
        shown = (asked.id + 1,)
        await journal.keep("first", shown)
        remembered = await store.versions.recall(asked.id + 1)
        assert remembered
        return cls(store, asked, remembered, {journal.version_id: "first"}, (journal.version_id, shown))

    async def add(self, number: int, pages: tuple[int, ...]) -> None:
        version_id = (await self.store.versions.add(self.remembered, (), MODEL)).version_id
        assert version_id not in self.gone | self.texts.keys()
        self.texts[version_id] = ""
        self.on_screen = version_id, self.remembered.shown

    async def keep(self, number: int, pages: tuple[int, ...]) -> None:
        journal = await self._journal(number)
        self.texts[journal.version_id] = f"kept {number}"
        await journal.keep(self.texts[journal.version_id], pages)
        self._put(journal.version_id, pages)

    async def keep_from_memory(self, number: int, pages: tuple[int, ...]) -> None:
        """Keep with a journal that does not know that another version is shown meanwhile."""
        journal = await self._journal(number)
        await self.add(number, pages)
        await journal.keep(self.texts[journal.version_id], pages)
        found = [await self.store.versions.recall(self.asked.id + page) for page in PAGES]
        assert len({each.version_id for each in found if each}) <= 1
        await self.store.versions.show(journal.version_id, pages)
        self.on_screen = (journal.version_id, pages) if pages else None

    async def close(self, number: int, pages: tuple[int, ...]) -> None:
        journal = await self._journal(number)
        self.texts[journal.version_id] = f"closed {number}"
        await journal.close(Completion(MODEL, self.texts[journal.version_id]), pages)
        self._put(journal.version_id, pages)

    async def show(self, number: int, pages: tuple[int, ...]) -> None:
        version_id = self._nth(number)
        await self.store.versions.show(version_id, pages)
        self.on_screen = (version_id, pages) if pages else None

    async def continue_it(self, number: int, pages: tuple[int, ...]) -> None:
        if self.on_screen:
            version_id, shown = self.on_screen
            reply = Prompt(next(SNOWFLAKES), self.asked.place, ANA, replies_to=shown[number % len(shown)])
            position = await self.store.conversations.locate(reply)
            assert (position.parent_id, position.last_page) == (version_id, shown[-1])
            await self.store.conversations.claim(reply, (), position, MODEL)
            self.continued = True

    async def forget(self, number: int, pages: tuple[int, ...]) -> None:
        await self.store.versions.forget(self.remembered)
        self.gone |= self.texts.keys()
        self.texts, self.on_screen, self.continued = {}, None, False

    async def _journal(self, number: int) -> Journal:
        version_id = self._nth(number)
        on_screen, shown = self.on_screen or (None, ())
        return self.store.versions.journal(version_id, self.texts[version_id], shown if version_id == on_screen else ())

    def _nth(self, number: int) -> int:
        return sorted(self.texts)[number % len(self.texts)]

    def _put(self, version_id: int, pages: tuple[int, ...]) -> None:
        if pages or (self.on_screen and self.on_screen[0] == version_id):
            self.on_screen = (version_id, pages) if pages else None

    async def check(self) -> None:
        version_id, shown = self.on_screen or (None, ())
        for page in (self.asked.id + number for number in PAGES):
            found = await self.store.versions.recall(page)
            assert (page in shown) == bool(found)
            if found:
                assert (found.version_id, found.shown, found.versions) == (version_id, shown, tuple(sorted(self.texts)))
                assert (found.completion.text, found.continued) == (self.texts[found.version_id], self.continued)
                self.remembered = found
        for version, text in self.texts.items():
            assert (await self.store.versions.version(version)).text == text
        for version in self.gone:
            with pytest.raises(Forgotten):
                await self.store.versions.version(version)
        assert await self.store.conversations.is_stored(self.asked.id)


Step = tuple[Callable[[Told, int, tuple[int, ...]], Awaitable[None]], int, int, list[int]]
STEPS: st.SearchStrategy[Step] = st.tuples(
    st.sampled_from([Told.add, Told.keep, Told.keep_from_memory, Told.close, Told.show, Told.continue_it, Told.forget]),
    st.integers(0, 1),
    st.integers(0, 5),
    st.lists(st.sampled_from(PAGES), max_size=4, unique=True),
)


# one store for all examples is meant: they share no prompt
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=8))
async def test_one_version_at_most_is_shown_and_recalled_by_exactly_its_pages(store: Store, steps: list[Step]) -> None:
    told = [await Told.begin(store) for _ in range(2)]
    for act, which, number, pages in steps:
        one = told[which]
        if one.texts or act is Told.add:
            await act(one, number, tuple(one.asked.id + page for page in pages))
            await one.check()
    for one in told:
        await one.check()
