"""Degenerate output of broken models: the invariants hold, at a cost proportional to the length."""

import pytest

from bot.markdown.format import format
from bot.markdown.pages import LIMIT, split
from bot.markdown.typesetter import Typesetter
from tests.markdown.cost import is_proportional

COLUMNS = 3_000

ENDLESS = {
    "a word": "x" * 100_000,
    "an open fence": "```py\n" + "code " * 20_000,
    "backticks": "`" * 10_000,
    "single backticks": "` " * 30_000,
    "runs of backticks": " ".join("`" * length for length in range(1, 300)),
    "blank": " \n\t" * 30_000,
    "right to left": "שלום עולם \u202eabc " * 6_000,
    "zalgo": "e" + "\u0301" * 50_000 + ("a" + "\u0316\u0328" * 20) * 1_000,
    "control characters": "\0a\x1b[0m\x7f" * 20_000,
    "a wide table": "\n".join("|".join([cell] * COLUMNS) for cell in ("name", "---", "value", "**value**")),
    "a long table": "|a|b|\n|-|-|\n" + "|1|2|\n" * 15_000,
    "pipes": "|" * 100_000,
    "lines of pipes": "||\n" * 10_000,
    "an open thought": "<think>" + "hmm, " * 20_000,
    "everybody": "@everyone " * 1_000,
    "invitations": "discord.gg/abc " * 3_000,
    "emphasis": "**a *b __c ~~d " * 5_000,
    "lines of emphasis": "**a\n" * 8_000,
    "tags": "<b>" * 20_000 + "<a " * 10_000 + "<!--" * 10_000,
    "brackets": "[" * 30_000 + "[a](b " * 10_000,
    "dollars": "$" * 20_000 + "$a " * 5_000 + "$$a " * 5_000,
    "mathematics": "\\[ a " * 10_000 + "\\( a " * 10_000,
    "environments": "\\begin{align} x\n" * 5_000,
    "braces": f"${'{' * 900}{'}' * 900}$ ",
    "entities": "&amp;&lt;&#x27;" * 6_000,
    "quotes": "> " * 40_000,
    "quoted code": "> ```\n> a\nb\n" * 4_000,
    "items": "- a\n" * 10_000,
    "items in items": "1. - " * 15_000,
    "rules": "-" * 50_000 + "\n" + "***\n" * 10_000,
    "underlines": "a\n---\n" * 10_000,
    "backslashes": "\\" * 20_000 + "\\*" * 10_000,
    "half characters": "\ud83d" * 20_000,
    "families": "👨‍👩‍👧‍👦" * 5_000,
    "flags": "🇩🇪" * 15_000,
    "addresses": "https://a.b/" + "c" * 50_000 + " https://a.b" * 5_000,
}


def set_while_growing(text: str) -> None:
    typesetter = Typesetter()
    settled: list[str] = []
    for end in range(0, len(text), len(text) // 25 + 1):
        pages = typesetter.preview(text[:end])
        assert pages[: len(settled)] == settled
        settled = pages[:-1]
    final = typesetter.final(text)
    assert final[: len(settled)] == settled
    assert all(0 < len(page.strip()) <= len(page) <= LIMIT for page in final)
    assert not any("@everyone" in page for page in final)
    assert final == split(format(text))


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_it_is_set_by_the_laws_at_a_cost_proportional_to_its_length(text: str) -> None:
    assert is_proportional(set_while_growing, text)


@pytest.mark.parametrize("name", ["emphasis", "brackets", "a long table", "backticks"])
def test_four_times_the_text_costs_about_four_times_as_much(name: str) -> None:
    assert is_proportional(lambda text: split(format(text)), ENDLESS[name][:5_000] * 4)


def test_a_quadratic_cost_is_not_taken_for_a_proportional_one() -> None:
    assert not is_proportional(lambda text: [text[:end].count("xy") for end in range(0, len(text), 10)], "x" * 40_000)
