"""Texts that try to break the invariants: fragments that models write, in any order."""

from hypothesis import strategies as st

_INLINE = """
** * _ __ ~~ ` `` [ ]( ] ) ![ $ $$ $x$ \\ \\( \\) \\[ \\] <b> </b> < <@1> &amp; & &lt; @everyone @ || | <sup>2</sup> <!-- -->
( ! discord.gg/ab https://a.b/ http 1 5 a é 。 _x_ __init__ [^1] <br> <T> <think
"""
INLINE = _INLINE.split()
BLOCKS = [
    *(
        "\n",
        "\n\n",
        "- ",
        "1. ",
        "> ",
        ">",
        "# ",
        "#### ",
        "```",
        "```py\n",
        "~~~\n",
        "````",
        "---",
        "===",
        "***",
        "    ",
    ),
    *("| a | b |\n", "|--|--|\n", "|---|", "a | b\n", "--- | ---\n", "| x | y |\n" * 3, "| " + "wide " * 15 + "|\n"),
    *(
        "[ ] ",
        "- [x] ",
        "[^1]: ",
        ">>> ",
        "\t",
        "\\begin{align}\n",
        "\\end{align}\n",
        "[t](https://a.b/)",
        "**bold words** ",
    ),
    *(
        "\r",
        "\r\n",
        "\0",
        "\ud83d",
        "\ude00",
        "word " * 30,
        "字" * 40,
        "x" * 90,
        "👨‍👩‍👧‍👦" * 9,
        "e\u0301\u0316\u0328" * 9,
    ),
]

lines = st.lists(st.sampled_from([*INLINE, " ", "b c"]), max_size=14).map("".join)
documents = st.lists(st.sampled_from([*INLINE, *BLOCKS, " ", "b c"]), max_size=40).map("".join)


@st.composite
def growing(draw: st.DrawFn, texts: st.SearchStrategy[str] = documents) -> list[str]:
    """Draw prefixes of a text, each longer than the one before, the last one complete."""
    text = draw(texts)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    return [text[:cut] for cut in cuts] + [text]
