"""Inline content: its output, stable output, and previews of unfinished constructs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.markdown.inline import parse, parse_all
from bot.markdown.mode import Mode
from bot.markdown.spans import to_markdown, to_plain_text
from tests.markdown.fragments import lines


def shown(text: str, mode: Mode = Mode.FINAL) -> str:
    return to_markdown(parse(text, 0, len(text), mode).spans)


@given(lines, lines)
def test_stable_output_never_changes(text: str, more: str) -> None:
    certain = parse(text, 0, len(text), Mode.STABLE)
    whole = text + more
    rest = parse(whole, certain.end, len(whole), Mode.FINAL)
    assert to_markdown(certain.spans) + to_markdown(rest.spans) == shown(whole)


@given(st.text("ab c.,é字👍\n", max_size=200))
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert shown(text) == text
    assert to_plain_text(parse_all(text)).split() == text.split()


SHOWN = {
    # emphasis
    "**bold**, *em* and ***both***": "**bold**, *em* and ***both***",
    "__strong__ and _em_": "**strong** and *em*",
    "**bold **again** bold**": "**bold again bold**",
    "****four****": "**four**",
    "**a *b***": "**a *b***",
    "**「中文」**后": "**「中文」**后",
    "~~gone~~ ~5": "~~gone~~ ~5",
    "snake_case_name __init__ 2*3*4": r"snake_case_name \_\_init\_\_ 2\*3\*4",
    "2 ** 3 ** 4, a * b * c": r"2 \*\* 3 \*\* 4, a * b * c",
    "**open and *closed*": r"\*\*open and *closed*",
    "a || b || c": r"a \|\| b \|\| c",
    # code
    "`**code**` and ``a`b``": "`**code**` and ``a`b``",
    "```code```": "`code`",
    "an `open one": r"an \`open one",
    # links
    "[text](https://a.b/c_(d))": "[text](<https://a.b/c_(d)>)",
    "[**text**](<https://a.b> 'title')": "[**text**](<https://a.b>)",
    "![alt](https://a.b/c.png)": "[alt](<https://a.b/c.png>)",
    "[a.b](https://a.b/)": "<https://a.b/>",
    "[top](#top) [mail](mailto:x@a.b)": "top mail (x@a.b)",
    "see https://a.b/c_d, or (https://a.b).": "see <https://a.b/c_d>, or (<https://a.b>).",
    "<https://a.b>": "<https://a.b>",
    "https://discord.gg/rye and discord.com/invite/rye": "`discord.gg/rye` and `discord.com/invite/rye`",
    "[join](https://discord.gg/rye)": "join `discord.gg/rye`",
    # Discord's own syntax
    "@everyone @here": "@\u200beveryone @\u200bhere",
    "<@1> <@&2> <#3> <:rye:4> <a:rye:5> <t:6:R>": "<@1> <@&2> <#3> <:rye:4> <a:rye:5> <t:6:R>",
    # HTML and entities
    "<b>a</b> <i>b</i> <u>c</u> <s>d</s>": "**a** *b* __c__ ~~d~~",
    "H<sub>2</sub>O x<sup>2</sup> x<sup>abq</sup>": "H₂O x² x^(abq)",
    "<kbd>Ctrl</kbd><br>next": "`Ctrl`\nnext",
    '<a href="https://a.b">x</a> <img src="https://a.b/c.png" alt="y">': "[x](<https://a.b>) [y](<https://a.b/c.png>)",
    "<div>text</div><!-- gone --> List<String>": "text List<String>",
    "&amp; &lt; &copy; &nbsp; &bogus; &#42;a&#42;": r"& < ©   &bogus; \*a\*",
    "&lt;@1&gt; &#64;everyone": r"\<@1\> @" + "\u200beveryone",
    # math
    "$x^2$ and \\(a_1\\) and $$y$$": "x² and a₁ and y",
    "$5 and $6, US$7-$8, $HOME/$PATH": "$5 and $6, US$7-$8, $HOME/$PATH",
    r"$\unknown{x}$": r"`\unknown{x}`",
    "$a*b_c$": "a∗b\\_c",
    # other
    "claim[^1], note[^n]": "claim¹, note[n]",
    r"\*not em\* \# snake\_case": r"\*not em\* \# snake\_case",
    "one\\\ntwo": "one\ntwo",
}


@pytest.mark.parametrize(("text", "discord"), SHOWN.items())
def test_a_line_becomes(text: str, discord: str) -> None:
    assert shown(text) == discord


PREVIEWED = {
    "**bold te": "**bold te**",
    "**bold *and em": "**bold *and em***",
    "**bold**": "**bold**",
    "**bold*": "**bold**",
    "words **": "words ",
    "words *": "words ",
    "`cod": "`cod`",
    "words `": "words ",
    "[text](https://exa": "text",
    "words [text": "words ",
    "$x^": "",
    "it costs $5 or": "it costs $5 or",
    "words <thi": "words ",
    "fish &am": "fish ",
    "see https://a.b/c": "see <https://a.b/c>",
    "see htt": "see htt",
    "~~gone": "~~gone~~",
    "<b>bold": "**bold**",
}


@pytest.mark.parametrize(("text", "preview"), PREVIEWED.items())
def test_an_unfinished_line_is_shown_as_it_will_look(text: str, preview: str) -> None:
    assert shown(text, Mode.PREVIEW) == preview
