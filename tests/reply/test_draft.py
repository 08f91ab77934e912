"""The pages of a reply at any moment."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.looks import DEFAULT_PAGES, Look, ReasoningDisplay
from bot.markdown.pages import LIMIT
from bot.preferences.declaration import Footer, Preferences, Style
from bot.reply.controls import NONE, Act, Controls
from bot.reply.draft import EMBED_LIMIT, Draft
from bot.reply.surface import File
from bot.text import Text

STOP = Controls((Act.STOP,))
LATER = Controls((Act.REGENERATE, Act.DELETE))
WORDS = "One word after another. "


def draft(text: str, look: Look | None = None, *, reasoning: str = "", note: str = "") -> Draft:
    made = Draft(look or Look())
    made.text, made.reasoning, made.note, made.controls = text, reasoning, note, LATER
    return made


def test_a_look_has_the_preferences_and_defaults() -> None:
    assert Preferences().look == Look(False, DEFAULT_PAGES, ReasoningDisplay.HIDDEN, False)
    chosen = Preferences(style=Style.EMBED, pages=3, reasoning=ReasoningDisplay.FILE, ping=True, footer=Footer.FULL)
    assert chosen.look == Look(True, 3, ReasoningDisplay.FILE, True)


@given(st.text(max_size=30), st.integers(0, 400), st.text(max_size=300), st.integers(1, 5), st.booleans())
def test_every_page_fits_and_only_the_last_has_controls_and_files(
    start: str, repeated: int, note: str, pages: int, embed: bool
) -> None:
    made = draft(start + WORDS * repeated, Look(embed, pages, ReasoningDisplay.FILE), reasoning="Hm.", note=note)
    for laid_out, controls in ((made.growing(), STOP), (made.complete(), LATER)):
        assert all(0 < len(page.text) <= (EMBED_LIMIT if embed else LIMIT) for page in laid_out)
        assert all(page.controls is NONE and not page.files for page in laid_out[:-1])
        assert all(page.controls == controls for page in laid_out[-1:])
        assert all(page.embed is embed for page in laid_out)


def test_an_answer_of_exactly_the_allowed_pages_is_shown_whole() -> None:
    made = draft(WORDS * 150, Look(most_pages=2))
    assert [page.files for page in made.complete()] == [(), ()]


def test_a_longer_answer_is_attached_whole_as_a_file() -> None:
    made = draft(WORDS * 300, Look(most_pages=2), note="-# `a/model` · 2.0 s")
    *_, notice = made.growing()
    assert notice.text == "-# The answer is too long to show here. I'll attach all of it as a file."
    first, second, last = made.complete()
    assert (first, second.text) == (made.growing()[0], made.growing()[1].text)
    assert last.text == f"-# The whole answer ({len(made.text):,} characters) is in the file.\n-# `a/model` · 2.0 s"
    assert last.files == (File("answer.md", made.text),)


def test_where_files_are_refused_all_pages_are_shown() -> None:
    made = draft(WORDS * 300, Look(most_pages=2, reasoning=ReasoningDisplay.FILE), reasoning="Hm.")
    made.files_refused = True
    pages = made.complete()
    assert len(pages) > 3
    assert "".join(page.text for page in pages).split() == made.text.split()
    assert all(page.files == () for page in pages)


def test_a_note_is_small_below_an_answer_and_plain_on_its_own() -> None:
    assert draft("Yes.", note="⚠️ Cut.\n-# small").complete()[0].text == "Yes.\n-# ⚠️ Cut.\n-# small"
    assert draft("", note="⚠️ Failed.\n-# small").complete()[0].text == "⚠️ Failed.\n-# small"


def test_reasoning_is_hidden_folded_or_attached() -> None:
    reasoning = "First *this*,\nthen ||that||."
    assert draft("Yes.", reasoning=reasoning).complete()[0].text == "Yes."
    preview = draft("Yes.", Look(reasoning=ReasoningDisplay.PREVIEW), reasoning=reasoning).complete()[0]
    assert preview.text == "Yes.\n-# 💭 ||First \\*this\\*\\, then \\|\\|that\\|\\|\\.||"
    attached = draft("Yes.", Look(reasoning=ReasoningDisplay.FILE), reasoning=reasoning).complete()[0]
    assert attached.files == (File("reasoning.md", reasoning),)


@given(st.text(min_size=1, max_size=2_000).filter(str.strip))
def test_folded_reasoning_is_one_short_line_that_cannot_break_the_spoiler(reasoning: str) -> None:
    made = draft("", Look(reasoning=ReasoningDisplay.PREVIEW), reasoning=reasoning)
    made.status = Text("Thinking… {seconds} s", seconds=5)
    for line in (made.growing()[0].text.split("\n", 1)[1], made.complete()[0].text):
        folded = re.fullmatch(r"-# (?:💭 )?\|\|(.*)\|\|", line, re.DOTALL)
        assert folded
        assert "\n" not in folded[1]
        assert not re.search(r"(?<!\\)[|`*_~<]", re.sub(r"\\.", "", folded[1]))
        assert len(folded[1]) <= 2 * 300 + 1


@pytest.mark.parametrize("text", ["", "  \n", "\t"])
def test_without_words_there_is_the_status_or_nothing(text: str) -> None:
    made = draft(text)
    assert made.growing() == []
    made.status = Text("Thinking… {seconds} s", seconds=4)
    assert [page.text for page in made.growing()] == ["-# Thinking… 4 s"]
    assert made.complete() == []


@pytest.mark.parametrize(
    ("text", "has_words", "is_blank"),
    [
        ("Yes.", True, False),
        ("", False, True),
        (" \n\t", False, True),
        ("\u200b\u2060\x00", False, True),  # takes no ink
        ("<br>", True, False),  # it is shown as written where formatting leaves nothing
    ],
)
def test_a_text_without_visible_characters_is_blank(text: str, has_words: bool, is_blank: bool) -> None:
    made = draft(text, note="A note.", reasoning="Hm.")
    assert (made.has_words, made.is_blank) == (has_words, is_blank)
