"""Reasoning between tags is separated from the text, however the content is split."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.providers.reasoning import ReasoningSplitter


def split(*pieces: str) -> tuple[str, str]:
    splitter = ReasoningSplitter()
    parts = [*(splitter.feed(piece) for piece in pieces), splitter.close()]
    return "".join(part.text for part in parts), "".join(part.reasoning for part in parts)


def cut(text: str, places: list[int]) -> list[str]:
    edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


fragments = st.sampled_from(
    ["<think>", "</think>", "<thought>", "</thought>", "<", "<th", "think>", "`", "```\n", "\n", " ", "word", "<b>"]
)
texts = st.lists(fragments, max_size=14).map("".join)
places = st.lists(st.integers(0, 500), max_size=10)


@given(texts, places)
@example("<think>a</think>\n\nb", [3, 12, 18])
def test_any_split_gives_the_same_text_and_reasoning(text: str, places: list[int]) -> None:
    assert split(*cut(text, places)) == split(text)


@given(st.text("ab<>/`\n thinkought", max_size=80))
def test_without_a_tag_everything_is_text(text: str) -> None:
    if "<think>" not in text and "<thought>" not in text:
        assert split(text) == (text, "")


@given(st.text("ab <\n", max_size=20), st.text("cd <\n", max_size=20), st.text("ef <\n", max_size=20))
def test_reasoning_between_two_parts_of_text(before: str, thought: str, after: str) -> None:
    assert split(f"{before}<think>{thought}</think>{after}") == (before + after.lstrip(), thought)


@pytest.mark.parametrize(
    ("text", "answer", "thoughts"),
    [
        ("<think>Hm.</think>\n\nFour.", "Four.", "Hm."),
        ("<thought>Hm.</thought>Four.", "Four.", "Hm."),
        ("<think>Hm.</thought>Four.", "", "Hm.</thought>Four."),
        ("<think>Hm. ", "", "Hm. "),
        ("<think></think>Four.", "Four.", ""),
        ("One <think>a</think>two <think>b</think>three", "One two three", "ab"),
        ("Write `<think>` to think.", "Write `<think>` to think.", ""),
        ("```\n<think>x</think>\n```\nDone", "```\n<think>x</think>\n```\nDone", ""),
        ("```\ncode\n```\n<think>Hm.</think>Four.", "```\ncode\n```\nFour.", "Hm."),
        ("a < b and <i>c</i> <thin", "a < b and <i>c</i> <thin", ""),
    ],
)
def test_tags_within_code_are_text(text: str, answer: str, thoughts: str) -> None:
    assert split(text) == (answer, thoughts)
    assert split(*text) == (answer, thoughts)


def test_text_that_cannot_become_a_tag_is_not_held_back() -> None:
    splitter = ReasoningSplitter()
    assert splitter.feed("All of this") == ("All of this", "")
    assert splitter.feed(" and <th") == (" and ", "")
    assert splitter.feed("e>") == ("<the>", "")
    assert splitter.feed("<think>Hm") == ("", "Hm")
