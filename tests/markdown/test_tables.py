"""Tables: columns if a phone is wide enough, otherwise records."""

import pytest
from wcwidth import wcswidth

from bot.markdown.format import format
from bot.markdown.tables import MAX_GROUP_LENGTH, MAX_WIDTH, split_cells
from tests.markdown.corpus.languages import SENTENCES


def test_columns_are_aligned_as_declared() -> None:
    shown = format("| Left | Centre | Right |\n|:--|:-:|--:|\n| a | b | 1.50 |\n| **bold** | `c|d` | 20 |")
    assert shown.split("\n") == [
        "```",
        "Left │ Centre │ Right",
        "─────┼────────┼──────",
        "a    │   b    │  1.50",
        "bold │  c|d   │    20",
        "```",
    ]


@pytest.mark.parametrize("language", SENTENCES)
def test_columns_line_up_in_every_script(language: str) -> None:
    first, second, _ = (sentence[:12] for sentence in SENTENCES[language])
    lines = format(f"| {first} | n |\n|---|---|\n| {second} | 1 |\n| x | 22 |").split("\n")[1:-1]
    assert len({wcswidth(line.partition("│")[0].partition("┼")[0]) for line in lines}) == 1


def test_a_table_that_is_too_wide_becomes_records() -> None:
    shown = format(
        f"| Name | **Text** |\n|---|---|\n| Ana | {'long ' * 12} |\n| Bo | [x](https://a.b) |\n| Cy | |\nafter"
    )
    assert shown == (
        f"**Name:** Ana\n**Text:** {'long ' * 11}long\n\n**Name:** Bo\n**Text:** [x](<https://a.b>)\n\n**Name:** Cy\nafter"
    )


def test_a_long_table_is_split_into_groups_that_fit_a_page() -> None:
    rows = "".join(f"| row {number} | {number} |\n" for number in range(400))
    shown = format(f"| name | n |\n|---|---|\n{rows}")
    groups = shown.strip().removesuffix("```").split("```\n```\n")
    assert len(groups) > 1
    assert all(len(group) <= MAX_GROUP_LENGTH for group in groups)
    assert all(group.removeprefix("```\n").startswith("name") for group in groups)
    assert [line.split()[1] for line in shown.split("\n") if line.startswith("row")] == [str(n) for n in range(400)]


def test_a_table_stays_in_its_quote_or_list_item() -> None:
    assert format("> | a | b |\n> |---|---|\n> | 1 | 2 |\n\nx").startswith("> ```\n> a │ b\n> ──┼──\n> 1 │ 2\n> ```\n")
    assert format("- item\n  | a | b |\n  |---|---|\n  | 1 | 2 |").startswith("- item\n  ```\n  a │ b\n")


@pytest.mark.parametrize(
    "text",
    ["a | b\nc | d", "| a | b |\n| c | d |", "| a | b |\n|---|", "a | b\n\n---|---", "x || y\n-- | --| --"],
)
def test_text_that_is_not_a_table_stays_text(text: str) -> None:
    assert "│" not in format(text)


def test_outer_pipes_are_optional_and_rows_may_be_ragged() -> None:
    assert format("a | b\n--- | ---\n1\\|2 | 3 | 4\n5 |\n").split("\n")[3:5] == ["1|2 │ 3 4", "5   │"]


def test_cells_in_columns_have_no_markdown_or_line_breaks() -> None:
    shown = format("| a |\n|---|\n| **b**<br>[c](https://a.b) $x^2$ &amp; |\n")
    assert "b c x² &" in shown


def test_the_widest_table_that_a_phone_shows_is_a_table() -> None:
    head = f"| {'a' * 20} | {'b' * (MAX_WIDTH - 23)} |\n|---|---|\n"
    assert "│" in format(head + "| 1 | 2 |")
    assert "│" not in format(head + f"| {'1' * 21} | 2 |")


def test_cells_keep_escaped_pipes_and_pipes_in_code() -> None:
    assert split_cells(r"| a \| b | `c | d` | e` |") == ["a | b", "`c | d`", "e`"]
    assert split_cells("a | | c") == ["a", "", "c"]
