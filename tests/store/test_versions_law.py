"""Whatever is done to answers in whatever order: one version at most is shown, and recalled by what shows it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.chat.messages import Completion, Turn
from bot.chat.places import Place, PlaceKind
from bot.chat.prompts import Position, Prompt
from bot.store.rows import Forgotten
from bot.store.store import Store
from bot.store.versions import ShownVersion
from tests.store.conftest import ANA

MODEL = "groq/openai/gpt-oss-20b"
SNOWFLAKES = count(1_000, 10)
PAGES = range(1, 5)


@dataclass
class Told:
    """A prompt and what should be known of its answers. Its reply's pages have the ids that follow its own."""

    store: Store
    asked: Prompt
    remembered: ShownVersion
    texts: dict[int, str]
    """Of the versions that there are."""
    on_screen: tuple[int, tuple[int, ...]] | None
    followed: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)

    @classmethod
    async def begin(cls, store: Store) -> "Told":
        asked = Prompt(next(SNOWFLAKES), Place(PlaceKind.CHANNEL, next(SNOWFLAKES), 300), ANA, "?")
        answer_id = await store.conversations.open(Turn(asked, (), Position(), Completion(MODEL)))
        shown = (asked.id + 1,)
        await store.conversations.keep(answer_id, "first", shown)
        remembered = await store.answers.recall(asked.id + 1)
        assert remembered
        return cls(store, asked, remembered, {answer_id: "first"}, (answer_id, shown))

    async def another(self, number: int, pages: tuple[int, ...]) -> None:
        answer_id = await self.store.answers.another(self.remembered, (), Completion(MODEL))
        assert answer_id not in self.gone | self.texts.keys()
        self.texts[answer_id] = ""
        self.on_screen = answer_id, self.remembered.shown

    async def keep(self, number: int, pages: tuple[int, ...]) -> None:
        answer_id = self._nth(number)
        self.texts[answer_id] = f"kept {number}"
        await self.store.conversations.keep(answer_id, self.texts[answer_id], pages)
        self._put(answer_id, pages)

    async def close(self, number: int, pages: tuple[int, ...]) -> None:
        answer_id = self._nth(number)
        self.texts[answer_id] = f"closed {number}"
        await self.store.conversations.close(answer_id, Completion(MODEL, self.texts[answer_id]), pages)
        self._put(answer_id, pages)

    async def show(self, number: int, pages: tuple[int, ...]) -> None:
        answer_id = self._nth(number)
        await self.store.answers.show(answer_id, pages)
        self._put(answer_id, pages)

    async def go_on(self, number: int, pages: tuple[int, ...]) -> None:
        if self.on_screen:
            answer_id, shown = self.on_screen
            reply = Prompt(next(SNOWFLAKES), self.asked.place, ANA, "and?", replies_to=shown[number % len(shown)])
            position = await self.store.conversations.locate(reply)
            assert position.parent_id == answer_id
            await self.store.conversations.open(Turn(reply, (), position, Completion(MODEL)))
            self.followed.add(answer_id)

    async def forget(self, number: int, pages: tuple[int, ...]) -> None:
        await self.store.answers.forget(self.remembered)
        self.gone |= self.texts.keys() - self.followed
        self.texts = {answer_id: text for answer_id, text in self.texts.items() if answer_id in self.followed}
        self.on_screen = None

    def _nth(self, number: int) -> int:
        return sorted(self.texts)[number % len(self.texts)]

    def _put(self, answer_id: int, pages: tuple[int, ...]) -> None:
        if pages or (self.on_screen and self.on_screen[0] == answer_id):
            self.on_screen = (answer_id, pages) if pages else None

    async def check(self) -> None:
        answer_id, shown = self.on_screen or (None, ())
        for page in (self.asked.id + number for number in PAGES):
            found = await self.store.answers.recall(page)
            assert await self.store.conversations.knows(page) == (page in shown) == bool(found)
            if found:
                assert (found.answer_id, found.shown, found.versions) == (answer_id, shown, tuple(sorted(self.texts)))
                assert (found.completion.text, found.gone_on) == (self.texts[found.answer_id], bool(self.followed))
                self.remembered = found
        for version, text in self.texts.items():
            assert (await self.store.answers.version(version)).text == text
            assert await self.store.answers.last_page(version) == (shown[-1] if version == answer_id else None)
        for version in self.gone:
            with pytest.raises(Forgotten):
                await self.store.answers.version(version)
        assert await self.store.conversations.knows(self.asked.id)


Step = tuple[Callable[[Told, int, tuple[int, ...]], Awaitable[None]], int, int, list[int]]
STEPS: st.SearchStrategy[Step] = st.tuples(
    st.sampled_from([Told.another, Told.keep, Told.close, Told.show, Told.go_on, Told.forget]),
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
        if one.texts or act is Told.another:
            await act(one, number, tuple(one.asked.id + page for page in pages))
            await one.check()
    for one in told:
        await one.check()
