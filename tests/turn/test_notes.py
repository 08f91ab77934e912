"""What is recorded of a completion, and what stands below it."""

from dataclasses import replace

import pytest

from bot.chat.context import Context
from bot.chat.events import Ended
from bot.chat.looks import Look
from bot.chat.messages import Completion, Usage
from bot.preferences.declaration import Footer
from bot.reply.controls import Act
from bot.reply.draft import Draft
from bot.text import Text
from bot.turn.generate import joint
from bot.turn.notes import completion_of, conclude, controls_for, footer, note_below

ANSWER = Completion("groq/llama", "Yes.", took=2.04, first_text_after=0.31, usage=Usage(1_200, 34, 1_234))
BUSY = Text("{provider}: {reason}", provider="Groq", reason=Text("overloaded"))
STOPPED = Text("Stopped by Ana.")


@pytest.mark.parametrize(
    ("how", "cost", "line"),
    [
        (Footer.OFF, 0.5, ""),
        (Footer.SHORT, 0.5, "`groq/llama` · 2.0 s"),
        (Footer.FULL, None, "`groq/llama` · 2.0 s, first words after 0.3 s · 1,200 in + 34 out tokens"),
        (Footer.FULL, 0.01234, "`groq/llama` · 2.0 s, first words after 0.3 s · 1,200 in + 34 out tokens · $0.0123"),
        (Footer.FULL, 0.0, "`groq/llama` · 2.0 s, first words after 0.3 s · 1,200 in + 34 out tokens · $0.0000"),
        (
            Footer.FULL,
            0.00001,
            "`groq/llama` · 2.0 s, first words after 0.3 s · 1,200 in + 34 out tokens · under $0.0001",
        ),
    ],
)
def test_the_footer_is_as_detailed_as_chosen(how: Footer, cost: float | None, line: str) -> None:
    assert footer(ANSWER, how, cost) == line


@pytest.mark.parametrize(
    ("answered_by", "who"),
    [(None, "`groq/llama`"), ("llama", "`groq/llama`"), ("llama-8b`", "`groq/llama` (`llama-8bˋ`)")],
)
def test_the_footer_names_the_model_that_really_answered(answered_by: str | None, who: str) -> None:
    completion = Completion("groq/llama", answered_by=answered_by)
    assert footer(completion, Footer.FULL).split(" · ")[0] == who


@pytest.mark.parametrize(("dropped", "words"), [(0, ""), (3, " · used the last 14 messages")])
def test_the_footer_says_how_many_messages_were_used(dropped: int, words: str) -> None:
    assert footer(ANSWER, Footer.SHORT, None, Context((), 14, dropped)) == f"`groq/llama` · 2.0 s{words}"


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [(None, ""), (Usage(), ""), (Usage(7), " · 7 in tokens"), (Usage(None, 3), " · 3 out tokens")],
)
def test_the_footer_has_only_the_tokens_that_were_counted(usage: Usage | None, tokens: str) -> None:
    assert footer(Completion("groq/llama", usage=usage), Footer.FULL) == f"`groq/llama` · 0.0 s{tokens}"


@pytest.mark.parametrize(
    ("text", "more", "between"),
    [
        ("a stormy ni", "ght", ""),
        ("The end.", "Or not", " "),
        ("The end.", " Or not", ""),
        ("“The end.”", "Or not", " "),
        ("The end.\n", "Or not", ""),
        ("first,", "second", " "),
        ("```py\nfoo.", "bar()", ""),
        ("The end.", ")", ""),
    ],
)
def test_a_space_is_added_between_sentences_and_not_within_words(text: str, more: str, between: str) -> None:
    assert joint(text, more) == between


def draft(text: str, reasoning: str = "") -> Draft:
    made = Draft(Look())
    made.text, made.reasoning = text, reasoning
    return made


def test_a_completion_combines_the_end_and_the_draft() -> None:
    ended = Ended("xai/grok", "grok-4", "stop", Usage(20, 3, 23), 0.1, 1.0, "an error")
    assert completion_of(ended, draft("A loaf", "First.")) == Completion(
        "xai/grok", "A loaf", "First.", "grok-4", "stop", "an error", Usage(20, 3, 23), 0.1, 1.0
    )


def test_a_continued_completion_counts_both_parts() -> None:
    earlier = Completion(
        "groq/llama", "Half", "First.", finish_reason="length", usage=Usage(10, 5, 15), first_text_after=0.5, took=2.0
    )
    later = Ended("xai/grok", None, "stop", Usage(20, 3, None), 0.1, 1.0)
    whole = draft("Half a loaf", "First.\n\nThen.")
    assert completion_of(later, whole, earlier) == Completion(
        "xai/grok", "Half a loaf", "First.\n\nThen.", None, "stop", None, Usage(30, 8, 15), 0.5, 3.0
    )
    assert completion_of(replace(later, usage=None), whole, earlier).usage == earlier.usage
    assert completion_of(later, whole, replace(earlier, usage=None)).usage == later.usage


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (Ended("m/a", finish_reason="length"), "`m/a` used up its tokens before it wrote anything."),
        (Ended("m/a", finish_reason="content_filter"), "`m/a` won't answer that because of its content policy."),
        (Ended("m/a", finish_reason="stop"), "`m/a` sent an empty answer."),
    ],
)
def test_an_empty_completion_is_an_error_with_advice(ended: Ended, words: str) -> None:
    concluded = conclude(ended, None, draft(" \n"))
    assert concluded.error == "empty answer"
    assert str(concluded.sentence).startswith(words)


def test_an_error_and_a_stop_take_precedence_over_an_empty_completion() -> None:
    failed = Ended("m/a", error="Overloaded: busy", sentence=Text("It is busy."))
    assert conclude(failed, None, draft("")) == failed
    assert conclude(failed, None, draft("Half")) == failed
    assert conclude(failed, STOPPED, draft("")) == replace(failed, error="stopped: Stopped by Ana.", sentence=None)
    assert conclude(Ended("m/a"), None, draft("Whole.")) == Ended("m/a")


def test_the_note_has_our_sentence_first_and_facts_in_small_text() -> None:
    ended = Ended("xai/grok", first_text_after=0.1, sentence=Text("It broke."), fallbacks=(BUSY,))
    left_out = [Text("a.txt: I can only look at images")]
    note = note_below(Completion("xai/grok", "Half"), ended, None, left_out, Context(()), "`xai/grok` · 2.0 s")
    assert note.split("\n") == [
        "⚠️ It broke.",
        "-# Fell back from Groq: overloaded. `xai/grok` answered.",
        "-# Left out a.txt: I can only look at images.",
        "-# `xai/grok` · 2.0 s",
    ]


def test_without_text_there_is_no_footer() -> None:
    note = note_below(Completion("m/a"), Ended("m/a"), STOPPED, (), Context(()), "`m/a` · 2.0 s")
    assert note == "Stopped by Ana."


@pytest.mark.parametrize(
    ("text", "omitted", "words"),
    [
        ("Yes.", 0, "`xai/grok` answered."),
        ("Yes.", 1, "`xai/grok` answered without the earlier image."),
        ("Yes.", 2, "`xai/grok` answered without the 2 earlier images."),
        (" ", 2, "`xai/grok` was asked instead."),
    ],
)
def test_a_fallback_says_what_its_model_was_not_shown(text: str, omitted: int, words: str) -> None:
    ended = Ended("xai/grok", fallbacks=(BUSY, BUSY))
    note = note_below(Completion("xai/grok", text), ended, None, (), Context((), omitted_images=omitted), "")
    assert note == f"-# Fell back from Groq: overloaded; Groq: overloaded. {words}"


@pytest.mark.parametrize(
    ("completion", "continues"),
    [
        (Completion("m", "Whole.", finish_reason="stop"), False),
        (Completion("m", "Half", finish_reason="length"), True),
        (Completion("m", "Half", error="stopped"), True),
        (Completion("m", " ", finish_reason="length"), False),
        (Completion("m", "", error="Overloaded"), False),
    ],
)
def test_only_a_cut_completion_can_be_continued(completion: Completion, continues: bool) -> None:
    assert (Act.CONTINUE in controls_for(completion).acts) is continues


def test_versions_can_be_switched_if_there_are_several() -> None:
    assert Act.OLDER not in controls_for(Completion("m")).acts
    controls = controls_for(Completion("m"), 2, 3)
    assert {Act.OLDER, Act.NEWER} <= set(controls.acts)
    assert (controls.version, controls.versions) == (2, 3)
