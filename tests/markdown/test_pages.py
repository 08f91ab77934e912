"""The invariants of pages, on texts that try to break them."""

import re

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.markdown.pages import LIMIT, Pages, split
from tests.markdown.cost import is_proportional
from tests.markdown.reading import open_fence, shown_text

SMALL = 200
MAX_FOOT = SMALL // 20

lines = st.one_of(
    st.text("ab .!`~\t\u2028é>", max_size=30),
    st.text("ab", min_size=30, max_size=260),
    st.sampled_from(["", " ", "```", "```py", "~~~", "~~~ text", "````", "- ```sh", "    ```", "`" * 9, "x```"]),
    st.sampled_from(["> ```py", "> ", "> ```", "> code", "1. > ```", "- item", "## Title", "👨‍👩‍👧‍👦" * 9, "🇩🇪" * 40]),
    st.sampled_from(["[text](https://example.com/a_(b))", "https://example.com/" + "x" * 120, "<@123456789>", "`a b`"]),
    st.sampled_from(["一二三四，五六七八。" * 9, "> " + "quoted words " * 20, "  - " + "item words " * 20]),
)
texts = st.lists(lines, max_size=25).map("\n".join)


@given(texts)
def test_every_page_fits_and_is_not_blank(text: str) -> None:
    for page in split(text, SMALL):
        assert len(page) <= SMALL
        assert page.strip()


@given(texts)
def test_no_page_leaves_a_fence_open(text: str) -> None:
    for page in split(text, SMALL):
        assert open_fence(page, MAX_FOOT) is None


@given(texts)
def test_pages_without_heads_and_feet_are_the_text(text: str) -> None:
    shown = shown_text(text, split(text, SMALL), SMALL)
    assert shown.rstrip() == text.rstrip()


@given(texts, texts)
def test_more_text_changes_only_the_last_page(text: str, more: str) -> None:
    before, after = split(text, SMALL), split(text + more, SMALL)
    settled = before[:-1]
    assert after[: len(settled)] == settled


@given(texts, st.integers(0, 400))
def test_growing_by_characters_never_changes_a_page_that_is_followed(text: str, start: int) -> None:
    settled: list[str] = []
    for end in range(start, min(start + 60, len(text))):
        pages = split(text[:end], SMALL)
        assert pages[: len(settled)] == settled
        settled = pages[:-1]


@given(st.lists(texts, max_size=5), texts)
def test_growing_pages_equal_the_pages_of_the_whole(parts: list[str], tail: str) -> None:
    pages = Pages(SMALL)
    for part in parts:
        pages.add(part)
    assert pages.with_tail(tail) == split("".join(parts) + tail, SMALL)
    assert pages.with_tail() == split("".join(parts), SMALL)


@given(st.text(" \n\t\r\u2003", max_size=300))
def test_blank_text_has_no_pages(blank: str) -> None:
    assert split(blank, SMALL) == []


@given(st.text(st.characters(exclude_characters="`~", exclude_categories=["Z", "C"]), min_size=1, max_size=SMALL))
def test_text_that_fits_is_one_page(text: str) -> None:
    assert split(text, SMALL) == [text]


@given(st.text("ae\u0301\u0316👍🏽\u200d👩🇩🇪\ufe0f각ᄀ ", max_size=900))
def test_no_page_begins_within_a_grapheme_cluster(text: str) -> None:
    places = {found.start() for found in regex.finditer(r"\X", text)}
    at = 0
    for page in split(text, SMALL):
        at = text.index(page, at)
        assert at in places
        at += len(page)


def test_two_thousand_characters_are_one_page_and_one_more_makes_two() -> None:
    assert split("x" * LIMIT) == ["x" * LIMIT]
    assert len(split("x" * (LIMIT + 1))) == 2


def test_a_closing_fence_does_not_undo_a_page_break() -> None:
    code = "```\n" + "word " * 37
    pages = split(code + "\n``", SMALL)
    assert len(pages) == 2
    assert split(code + "\n```", SMALL)[0] == pages[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a word. " * 14, "\n\nnext"),
        ("word " * 24, "\nnext line"),
        ("wordy " * 17 + "end. ", "Next sentence"),
        ("x" * 160 + " ", "next" * 18),
        ("一二三四五六七八九十" * 15 + "。", "下一句"),
    ],
)
def test_a_page_ends_after_a_paragraph_a_line_a_sentence_or_a_word(before: str, after: str) -> None:
    pages = split(before + after + " " + "y" * 120, SMALL)
    first = before + re.match(r"\s*", after).group()  # type: ignore[union-attr]
    assert pages[0] == first


@pytest.mark.parametrize(
    "whole",
    [
        "[the text of a link](https://example.com/somewhere)",
        "https://example.com/" + "path/" * 9,
        "<@123456789012345678>",
        "<:parley:123456789012345678>",
        "<t:1700000000:R>",
        "`code with several words`",
        "**a few bold words**",
        "👩🏽‍🚀👨‍👩‍👧‍👦",
    ],
)
def test_atomic_constructs_are_not_split(whole: str) -> None:
    for length in range(SMALL - len(whole) + 1, SMALL):
        text = "x" * (length - 60) + " " + "w" * 58 + "-" + whole + " and more words" * 5
        assert any(whole in page for page in split(text, SMALL))


def test_a_heading_stays_with_its_text() -> None:
    pages = split("word " * 28 + "\n\n## Title\n\n" + "more words " * 9, SMALL)
    assert pages[1].startswith("## Title")


def test_a_list_marker_stays_with_its_text() -> None:
    pages = split("- " + "x" * 150 + "\n- " + "y" * 180, SMALL)
    assert [page[:3] for page in pages] == ["- x", "- y"]


def test_a_split_line_keeps_its_quote_or_indentation() -> None:
    quoted = split("> " + "word " * 80, SMALL)
    assert len(quoted) > 2
    assert all(page.startswith("> word") for page in quoted)
    item = split("  12. " + "word " * 80, SMALL)
    assert all(page.startswith("      word") for page in item[1:])


def test_a_fence_is_closed_and_opened_again_with_its_language() -> None:
    code = "".join(f"line {number:03}\n" for number in range(40))
    pages = split(f"```python\n{code}```\nDone.", SMALL)
    assert len(pages) > 2
    assert all(page.startswith("```python\n") for page in pages[:-1])
    assert all(page.endswith("\n```") for page in pages[:-1])
    assert pages[-1].endswith("\nDone.")


@pytest.mark.parametrize("opening", ["~~~", "~~~python", "````md", "``` js  ", "> ```py", "- ```sh", "> - ```"])
def test_all_kinds_of_fences_are_carried_over(opening: str) -> None:
    prefix, marks, info = re.match(r"([-> ]*)([`~]+)(.*)", opening).groups()  # type: ignore[union-attr]
    prefix = prefix.replace("-", " ")
    code = f"{prefix}{'code ' * 12}\n" * 7
    pages = split(f"{opening}\n{code}{prefix}{marks}", SMALL)
    assert len(pages) > 1
    assert all(page.startswith(f"{prefix}{marks}{info.strip()}\n{prefix}code") for page in pages[1:])
    assert all(page.endswith(f"\n{prefix}{marks}") for page in pages)


@pytest.mark.parametrize("indent", ["- ", "1. ", "    ", "\t", "> ", "  * "])
def test_a_fence_in_a_list_item_is_not_closed_twice(indent: str) -> None:
    inside = indent if ">" in indent else " " * len(indent)
    text = f"First\n{indent}```sh\n{inside}ls\n{inside}```"
    assert split(text) == [text]


def test_a_fence_ends_with_its_quote() -> None:
    pages = split("> ```py\n> code\nafter " + "word " * 60, SMALL)
    assert not any("```" in page for page in pages[1:])


def test_a_longer_fence_contains_shorter_ones() -> None:
    text = "````\n```py\n" + "code\n" * 60 + "```\n````\nafter"
    pages = split(text, SMALL)
    assert all(page.startswith("````\n") for page in pages[1:])
    assert open_fence(pages[0], MAX_FOOT) is None


def test_no_page_has_only_a_closing_fence() -> None:
    for length in range(150, 200):
        pages = split("```py\n" + "x" * length + "\n```\n", SMALL)
        assert all("x" in page for page in pages)


def test_a_table_moves_to_the_next_page_as_a_whole() -> None:
    table = "```\nName │ Age\n─────┼────\n" + "Ana  │ 41\n" * 9 + "```"
    pages = split("word " * 20 + "\n" + table, SMALL)
    assert pages == ["word " * 20 + "\n", table]


def test_code_begins_a_page_rather_than_being_split_near_its_start() -> None:
    pages = split("word " * 25 + "\n```py\n" + "code\n" * 20 + "```", SMALL)
    assert pages[1].startswith("```py\ncode")


def test_a_very_long_info_string_is_not_repeated() -> None:
    pages = split("```" + "x" * 50 + "\n" + "code\n" * 60, SMALL)
    assert all(page.startswith("```\n") for page in pages[1:])


ENDLESS = {
    "a word": "x" * 100_000,
    "backticks": "`" * 10_000,
    "tildes": "~" * 100_000,
    "info": "```" + " " * 100_000 + "`x",
    "fences": "``` \n" * 30_000,
    "one fence": "```py\n" + "code " * 20_000,
    "quotes": "> " * 50_000,
    "brackets": "[" * 50_000 + "](" * 10_000,
    "zalgo": "e" + "\u0301" * 50_000,
    "right to left": "שלום עולם " * 8_000,
    "emphasis": "**a" * 30_000,
    "everyone": "@everyone " * 1_000,
    "blank": " \n" * 50_000,
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_endless_repetition_costs_in_proportion_to_its_length(text: str) -> None:
    assert is_proportional(split, text)
    pages = split(text)
    assert all(0 < len(page.strip()) <= len(page) <= LIMIT for page in pages)
    marks = re.compile(r"[\s`~>]+")
    assert marks.sub("", "".join(pages)) == marks.sub("", text) or "fence" in text or "code" in text
