"""The laws of pages, on texts that try to break them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.pages import LIMIT, split
from tests.chat.fences import open_fence, shown_text

SMALL = 100

lines = st.one_of(
    st.text("ab .!`~\t\u2028é", max_size=30),
    st.text("ab", min_size=30, max_size=160),
    st.sampled_from(["", " ", "```", "```py", "~~~", "~~~ text", "````", "- ```sh", "    ```", "`" * 9, "x```"]),
)
texts = st.lists(lines, max_size=25).map("\n".join)


@given(texts)
def test_every_page_fits_and_says_something(text: str) -> None:
    for page in split(text, SMALL):
        assert len(page) <= SMALL
        assert page.strip()


@given(texts)
def test_no_page_leaves_a_fence_open(text: str) -> None:
    for page in split(text, SMALL):
        assert open_fence(page) is None


@given(texts)
def test_without_the_marks_that_were_added_the_pages_are_the_text(text: str) -> None:
    shown = shown_text(text, split(text, SMALL))
    assert shown.split() == text.split()
    if not re.search(r"\s{30}", text):
        assert shown.rstrip() == text.rstrip()


@given(texts, texts)
def test_more_text_changes_only_the_last_page(text: str, more: str) -> None:
    before, after = split(text, SMALL), split(text + more, SMALL)
    settled = before[:-1]
    assert after[: len(settled)] == settled


@given(texts, st.integers(0, 400))
def test_a_text_that_grows_by_characters_never_changes_a_page_that_was_followed(text: str, start: int) -> None:
    settled: list[str] = []
    for end in range(start, min(start + 60, len(text))):
        pages = split(text[:end], SMALL)
        assert pages[: len(settled)] == settled
        settled = pages[:-1]


@given(st.text(" \n\t\r\u2003", max_size=300))
def test_blank_text_has_no_pages(blank: str) -> None:
    assert split(blank, SMALL) == []


@given(st.text(st.characters(exclude_characters="`~", exclude_categories=["Z", "C"]), min_size=1, max_size=SMALL))
def test_what_fits_is_one_page(text: str) -> None:
    assert split(text, SMALL) == [text]


def test_two_thousand_characters_are_one_page_and_one_more_makes_two() -> None:
    assert split("x" * LIMIT) == ["x" * LIMIT]
    assert len(split("x" * (LIMIT + 1))) == 2


def test_a_closing_fence_does_not_take_back_a_page_that_had_no_room_for_its_foot() -> None:
    code = "```\n" + "word " * 18
    pages = split(code + "\n``", SMALL)
    assert len(pages) == 2
    assert split(code + "\n```", SMALL)[0] == pages[0]


def test_a_word_without_end_is_cut_where_the_page_is_full() -> None:
    pages = split("x" * 100_000)
    assert "".join(pages) == "x" * 100_000
    assert len(pages) <= 100_000 / (LIMIT - 8) + 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a word. " * 7, "\n\nnext"),
        ("word " * 12, "\nnext line"),
        ("wordy " * 8 + "end. ", "Next sentence"),
        ("x" * 80 + " ", "next" * 9),
    ],
)
def test_a_page_ends_after_a_paragraph_a_line_a_sentence_or_a_word(before: str, after: str) -> None:
    pages = split(before + after + " " + "y" * 60, SMALL)
    first = before + re.match(r"\s*", after).group()  # type: ignore[union-attr]
    assert pages[0] == first


def test_a_fence_is_closed_at_the_foot_and_opened_again_with_its_language() -> None:
    code = "".join(f"line {number:03}\n" for number in range(20))
    pages = split(f"```python\n{code}```\nDone.", SMALL)
    assert len(pages) > 2
    assert all(page.startswith("```python\n") for page in pages[:-1])
    assert all(page.endswith("\n```") for page in pages[:-1])
    assert pages[-1].endswith("```\nDone.")


@pytest.mark.parametrize("opening", ["~~~", "~~~python", "````md", "``` js  "])
def test_other_fences_are_carried_over_too(opening: str) -> None:
    marks, info = re.match(r"([`~]+)(.*)", opening).groups()  # type: ignore[union-attr]
    pages = split(f"{opening}\n{'code ' * 40}\n{marks}", SMALL)
    assert len(pages) > 1
    assert all(page.startswith(f"{marks}{info.strip()}\n") for page in pages[1:])


@pytest.mark.parametrize("indent", ["- ", "1. ", "    ", "\t", "> ", "  * "])
def test_a_fence_in_a_list_is_a_fence_and_is_not_closed_twice(indent: str) -> None:
    text = f"First\n{indent}```sh\n{' ' * len(indent)}ls\n{' ' * len(indent)}```"
    assert split(text) == [text]


def test_a_longer_fence_holds_shorter_ones() -> None:
    text = "````\n```py\n" + "code\n" * 30 + "```\n````\nafter"
    pages = split(text, SMALL)
    assert all(page.startswith("````\n") for page in pages[1:])
    assert open_fence(pages[0]) is None


def test_an_absurd_language_is_not_repeated() -> None:
    pages = split("```" + "x" * 50 + "\n" + "code\n" * 30, SMALL)
    assert all(page.startswith("```\n") for page in pages[1:])


@pytest.mark.parametrize("run", ["`" * 100_000, "~" * 100_000, "```" + " " * 100_000 + "`x", "``` \n" * 60_000])
def test_endless_marks_are_only_text_and_cost_no_time(run: str) -> None:
    pages = split(run)
    assert all(len(page) <= LIMIT for page in pages)
    assert shown_text(run, pages).split() == run.split()
