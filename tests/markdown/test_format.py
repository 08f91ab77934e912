"""Blocks of Markdown for Discord, and stable output of a growing text."""

import pytest
from hypothesis import given

from bot.markdown.blocks import THEMATIC_BREAK
from bot.markdown.format import Formatter, clean, format
from bot.markdown.mode import Mode
from tests.markdown.fragments import documents, growing


@given(growing())
def test_stable_output_is_a_prefix_of_the_final_output(beginnings: list[str]) -> None:
    formatter = Formatter()
    whole = format(beginnings[-1])
    said = ""
    for before, after in zip(["", *beginnings], beginnings, strict=False):
        said += formatter.add(after.removeprefix(before))
        assert whole.startswith(said)
        formatter.pending(Mode.PREVIEW)
    assert said + formatter.pending(Mode.FINAL) == whole


@given(documents)
def test_no_control_characters_or_unpaired_surrogates_remain(text: str) -> None:
    shown = format(text)
    assert shown == clean(shown)
    shown.encode()


BLOCKS = {
    # headings
    "# One\n## Two ##\n### Three": "# One\n## Two\n### Three",
    "#### Four\n###### **Six** `x`": "**Four**\n**Six `x`**",
    "Title\n=====\n\nSecond\n---\ntext": "# Title\n\n## Second\ntext",
    "# **Bold** *title*": "# Bold *title*",
    "- ## In a list": "- **In a list**",
    "#hashtag": "#hashtag",
    # thematic breaks
    "a\n\n---\n\n* * *\n___": f"a\n\n{THEMATIC_BREAK}\n\n{THEMATIC_BREAK}\n{THEMATIC_BREAK}",
    "one\ntwo\n---": f"one\ntwo\n{THEMATIC_BREAK}",
    # lists
    "* one\n+ two\n  1) three\n\tfour": "* one\n- two\n  1. three\n\tfour",
    "- [ ] open\n- [x] done\n1. [X] too": "- ☐ open\n- ☑ done\n1. ☑ too",
    # quotes
    ">one\n> > two\n>\n> three": "> one\n> > two\n> \n> three",
    ">>> print(1)": "\\>>> print(1)",
    "> a<br>b": "> a\n> b",
    # code
    "```python title=x\na\n```": "```python\na\n```",
    "``` js\na\n```": "```js\na\n```",
    "~~~\na\n~~~": "```\na\n```",
    "````md\n```py\na\n```\n````": "```md\n``\u200b`py\na\n``\u200b`\n```",
    "```py\n**a** &amp; <b> $x$ @everyone @here https://a.b\n```": (
        "```py\n**a** &amp; <b> $x$ @everyone @here https://a.b\n```"
    ),
    "> ```py\n> a\nafter": "> ```py\n> a\n> ```\nafter",
    "1. do\n   ```sh\n   ls\n   ```\n2. go": "1. do\n   ```sh\n   ls\n   ```\n2. go",
    # math
    "$$\nx^2\n$$": "x²",
    "\\[ \\frac{a}{b} \\]\nnext": "a⁄b\nnext",
    "$$\n\\unknown{x}\n$$": "```tex\n\\unknown{x}\n```",
    "\\begin{align}\na &= b \\\\\n &= c\n\\end{align}": "```\na = b\n  = c\n```",
    "> $$\n> x_1\n> $$": "> x₁",
    # other
    "text[^1]\n\n[^1]: note": "text¹\n\n¹ note",
    "one **two\nthree** four": "one **two\nthree** four",
    "one **two\n\nthree** four": "one \\*\\*two\n\nthree\\*\\* four",
    "a\0b\x1b[0mc\r\nd\u2028e": "ab[0mc\nd\u2028e",
    "\ud83d\ude00 \ud83d": "😀 \ufffd",
}


@pytest.mark.parametrize(("text", "discord"), BLOCKS.items())
def test_a_block_becomes(text: str, discord: str) -> None:
    assert format(text) == discord


PREVIEWED = {
    "text\n\n```py": "text\n\n",
    "text\n\n```py\n": "text\n\n```py\n",
    "```py\na\n``": "```py\na\n",
    "```py\na `b`": "```py\na `b",
    "text\n\n| a | b": "text\n\n",
    "text\n\n| a | b |\n|--": "text\n\n",
    "| a | b |\n|---|---|\n| 1 |": "",
    "| a | b |\n|---|---|\n| 1 | 2 |\n| 3": "```\na │ b\n──┼──\n1 │ 2\n```",
    "#### Four and": "**Four and**",
    "## ": "",
    "text\n-": "text\n",
    "- item\n- ": "- item\n",
    "text\n\n$$\nx^": "text\n\n",
    "text\n\n---": "text\n\n",
    "a line": "a line",
    "a line | with a pipe": "a line | with a pipe",
}


@pytest.mark.parametrize(("text", "preview"), PREVIEWED.items())
def test_an_unfinished_block_is_held_back_or_closed(text: str, preview: str) -> None:
    formatter = Formatter()
    assert formatter.add(text) + formatter.pending(Mode.PREVIEW) == preview
