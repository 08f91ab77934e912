"""The line below an answer, and what of an answer that was gone on with."""

import pytest
from bot.turn.continuation import after, joint

from bot.chat.context import Context
from bot.chat.messages import Completion, Usage
from bot.preferences.declaration import Footer
from bot.reply.controls import Act, offered
from bot.turn.notes import footer

ANSWER = Completion("groq/llama", "Yes.", took=2.04, first_text_after=0.31, usage=Usage(1_200, 34, 1_234))


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
def test_the_footer_says_as_much_as_is_wanted(how: Footer, cost: float | None, line: str) -> None:
    assert footer(ANSWER, how, cost) == line


@pytest.mark.parametrize(
    ("answered_by", "who"),
    [(None, "`groq/llama`"), ("llama", "`groq/llama`"), ("llama-8b`", "`groq/llama` (`llama-8bˋ`)")],
)
def test_the_model_that_really_answered_is_named(answered_by: str | None, who: str) -> None:
    completion = Completion("groq/llama", answered_by=answered_by)
    assert footer(completion, Footer.FULL).split(" · ")[0] == who


@pytest.mark.parametrize(("dropped", "words"), [(0, ""), (3, " · used the last 14 messages")])
def test_what_did_not_fit_is_told(dropped: int, words: str) -> None:
    assert footer(ANSWER, Footer.SHORT, None, Context((), 14, dropped)) == f"`groq/llama` · 2.0 s{words}"


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [(None, ""), (Usage(), ""), (Usage(7), " · 7 in tokens"), (Usage(None, 3), " · 3 out tokens")],
)
def test_only_what_was_counted_is_told(usage: Usage | None, tokens: str) -> None:
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
def test_a_space_comes_between_sentences_and_nothing_into_words(text: str, more: str, between: str) -> None:
    assert joint(text, more) == between


def test_both_parts_of_an_answer_are_one() -> None:
    earlier = Completion(
        "groq/llama", "Half", "First.", finish_reason="length", usage=Usage(10, 5, 15), first_text_after=0.5, took=2.0
    )
    later = Completion("xai/grok", "Half a loaf", "Then.", None, "stop", None, Usage(20, 3, None), 0.1, 1.0)
    both = after(earlier, later)
    assert both == Completion(
        "xai/grok", "Half a loaf", "First.\n\nThen.", None, "stop", None, Usage(30, 8, 15), 0.5, 3.0
    )
    assert after(earlier, Completion("xai/grok", "Half")).usage == earlier.usage


@pytest.mark.parametrize(
    ("completion", "goes_on"),
    [
        (Completion("m", "Whole.", finish_reason="stop"), False),
        (Completion("m", "Half", finish_reason="length"), True),
        (Completion("m", "Half", error="stopped"), True),
        (Completion("m", " ", finish_reason="length"), False),
        (Completion("m", "", error="Overloaded"), False),
    ],
)
def test_only_a_beginning_can_be_gone_on_with(completion: Completion, goes_on: bool) -> None:
    assert (Act.CONTINUE in offered(completion).acts) is goes_on


def test_versions_are_turned_over_where_there_are_some() -> None:
    assert Act.OLDER not in offered(Completion("m")).acts
    controls = offered(Completion("m"), 2, 3)
    assert {Act.OLDER, Act.NEWER} <= set(controls.acts)
    assert (controls.version, controls.versions) == (2, 3)
