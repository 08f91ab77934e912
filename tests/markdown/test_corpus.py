"""Answers as models write them, split into pages: nothing is lost, and every page is valid."""

from collections import Counter

import pytest

from bot.markdown.format import format
from bot.markdown.pages import LIMIT, split
from tests.markdown.corpus.answers import answers
from tests.markdown.reading import open_fence, shown_text
from tests.markdown.words import words_of, words_on

ANSWERS = answers()
VERBATIM = [name for name in ANSWERS if name.startswith(("prose", "long", "code", "list", "quote", "steps"))]
TABLES = [name for name in ANSWERS if "table in" in name or " with " in name]
MATHEMATICS = [name for name in ANSWERS if name.startswith(("formula", "matrix", "much"))]


def test_the_corpus_is_large() -> None:
    assert len(ANSWERS) >= 200
    assert len(VERBATIM) > 100


@pytest.mark.parametrize("limit", [LIMIT, 500])
def test_every_page_fits_and_closes_its_code(limit: int) -> None:
    for name, text in ANSWERS.items():
        for page in split(format(text), limit):
            assert 0 < len(page.strip()) <= len(page) <= limit, name
            assert open_fence(page, limit // 20) is None, name


@pytest.mark.parametrize("limit", [LIMIT, 500])
def test_pages_show_the_formatted_text_whole(limit: int) -> None:
    for text in ANSWERS.values():
        shown = format(text)
        assert shown_text(shown, split(shown, limit), limit).rstrip() == shown.rstrip()


def test_pages_have_all_words_in_order() -> None:
    for name in VERBATIM:
        assert words_on(split(format(ANSWERS[name]))) == words_of(ANSWERS[name]), name


def test_no_cell_of_a_table_is_lost() -> None:
    lost = {
        name: missing
        for name in TABLES
        if (missing := Counter(words_of(ANSWERS[name])) - Counter(words_on(split(format(ANSWERS[name])))))
    }
    assert lost == {}


def test_no_latex_remains_outside_code() -> None:
    for name in MATHEMATICS:
        outside = format(ANSWERS[name]).replace("```", "`").split("`")[::2]
        for mark in ("$", "\\frac", "\\sum", "\\begin", "\\alpha"):
            assert not any(mark in part for part in outside), f"{mark} in {name}"


def test_a_table_that_fits_on_a_page_is_on_one_page() -> None:
    for name in TABLES:
        pages = split(format(ANSWERS[name]))
        assert sum("─┼─" in page for page in pages) <= 1
