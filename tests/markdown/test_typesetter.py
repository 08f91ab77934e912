"""The invariants of previews and finals, and the cost of a refresh."""

import pytest
from hypothesis import given, settings

from bot.markdown.format import format
from bot.markdown.pages import split
from bot.markdown.typesetter import Typesetter
from tests.markdown.corpus.answers import answers
from tests.markdown.cost import is_proportional
from tests.markdown.fragments import growing
from tests.markdown.reading import open_fence

SMALL = 200
ANSWERS = answers()


@given(growing())
def test_a_page_of_a_preview_that_is_followed_never_changes(beginnings: list[str]) -> None:
    typesetter = Typesetter(SMALL)
    settled: list[str] = []
    for text in beginnings:
        pages = typesetter.preview(text)
        assert pages[: len(settled)] == settled
        assert len(pages) > len(settled) or not settled
        settled = pages[:-1]
    final = typesetter.final(beginnings[-1])
    assert final[: len(settled)] == settled
    assert final == split(format(beginnings[-1]), SMALL)


@given(growing())
def test_pages_do_not_depend_on_earlier_calls(beginnings: list[str]) -> None:
    typesetter = Typesetter(SMALL)
    for text in [*beginnings, *reversed(beginnings)]:
        assert typesetter.preview(text) == Typesetter(SMALL).preview(text)
        assert typesetter.final(text) == Typesetter(SMALL).final(text)


@given(growing())
def test_every_page_fits_is_not_blank_and_closes_its_code(beginnings: list[str]) -> None:
    for text in beginnings[-2:]:
        for page in [*Typesetter(SMALL).preview(text), *Typesetter(SMALL).final(text)]:
            assert 0 < len(page.strip()) <= len(page) <= SMALL
            assert open_fence(page, SMALL // 20) is None


@pytest.mark.parametrize("name", list(ANSWERS)[::9])
def test_a_preview_shows_nearly_everything(name: str) -> None:
    text = ANSWERS[name]
    typesetter = Typesetter()
    lengths = [len("".join(typesetter.preview(text[:end]))) for end in range(0, len(text), 7)]
    final = len("".join(typesetter.final(text)))
    assert all(shown <= final + 400 for shown in lengths)
    assert lengths[-1] >= final - 600


def test_a_refresh_of_a_long_answer_costs_no_more_than_one_of_a_short_answer() -> None:
    def refresh(text: str) -> None:
        typesetter = Typesetter()
        for end in range(0, len(text), 20):
            typesetter.preview(text[:end])

    text = "\n\n".join(ANSWERS[name] for name in list(ANSWERS)[::7])[:20_000]
    assert len(text) == 20_000
    assert is_proportional(refresh, text)


@settings(max_examples=20)
@given(growing())
def test_a_text_that_does_not_continue_the_last_starts_over(beginnings: list[str]) -> None:
    typesetter = Typesetter(SMALL)
    typesetter.preview("something else altogether\n\n" * 20)
    assert typesetter.final(beginnings[-1]) == split(format(beginnings[-1]), SMALL)
