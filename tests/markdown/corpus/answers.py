"""More than two hundred answers, each with a name that says what is in it."""

from collections.abc import Iterator
from itertools import cycle, islice

from tests.markdown.corpus.code import CODE
from tests.markdown.corpus.formulas import FORMULAS, MATRICES
from tests.markdown.corpus.languages import SENTENCES


def answers() -> dict[str, str]:
    """All answers by name."""
    return dict([*prose(), *code(), *tables(), *lists(), *quotes(), *mathematics(), *mixed(), *oddities()])


def text(language: str, sentences: int) -> str:
    """A paragraph of so many sentences."""
    return " ".join(islice(cycle(SENTENCES[language]), sentences))


def prose() -> Iterator[tuple[str, str]]:
    for language, (first, second, third) in SENTENCES.items():
        short = f"# {first}\n\n{second} **{third}** *{first}*\n\n{third}"
        yield f"prose in {language}", short
        paragraphs = [text(language, 7 + number) for number in range(9)]
        paragraphs[3] = f"**{first}** {second} `{third}` {text(language, 20)}"
        yield f"long prose in {language}", f"## {second}\n\n" + "\n\n".join(paragraphs)


def code() -> Iterator[tuple[str, str]]:
    languages = cycle(SENTENCES)
    for name, source in CODE.items():
        around = next(languages)
        marks = "````" if "```" in source else "```"
        yield (
            f"code in {name or 'no language'}",
            f"{text(around, 2)}\n\n{marks}{name}\n{source}{marks}\n\n{text(around, 1)}",
        )
        long = "\n".join(f"{source}" for _ in range(3000 // len(source) + 1))
        yield f"long code in {name or 'no language'}", f"{text(around, 9)}\n\n```{name}\n{long}```\n{text(around, 3)}"


def tables() -> Iterator[tuple[str, str]]:
    for language, (first, second, third) in SENTENCES.items():
        words = [word.strip(".,。।?¿") for word in f"{first} {second}".split()][:6] or [first]
        rows = "".join(f"| {word} | {number * 7.5} | **{third[:8]}** |\n" for number, word in enumerate(words))
        yield f"table in {language}", f"{first}\n\n| {language} | n | x |\n|:--|--:|:-:|\n{rows}\n{second}"
        wide = "".join(f"| {word} | {first} {second} {third} | {third} |\n" for word in words)
        yield f"wide table in {language}", f"{first}\n\n| {language} | One | Two |\n|---|---|---|\n{wide}\n{second}"
    many = "".join(f"| row {number} | {number * number} | ok |\n" for number in range(150))
    yield "table of several pages", f"Here it is:\n\n| name | square | state |\n|---|---:|---|\n{many}"


def lists() -> Iterator[tuple[str, str]]:
    for language in islice(SENTENCES, 0, None, 2):
        first, second, third = SENTENCES[language]
        items = f"- {first}\n  - **{second}**\n    continued: {third}\n  - `{third}`\n- {second}\n"
        yield f"list in {language}", f"{first}\n\n{items}\n1. {first}\n2. {second}\n   1. {third}\n\n{third}"
        yield f"long list in {language}", "\n".join(f"{n}. **{first}** {text(language, 6)}" for n in range(1, 15))
    steps = "".join(f"{n}. Step {n}:\n   ```bash\n   bake --loaf {n}\n   ```\n   Then wait.\n\n" for n in range(1, 40))
    yield "steps with code", steps
    yield "tasks", "- [ ] knead\n- [x] bake\n* [X] cool\n1. [ ] eat\n"
    yield "other marks", "+ one\n+ two\n\n1) first\n2) second\n"


def quotes() -> Iterator[tuple[str, str]]:
    for language in islice(SENTENCES, 1, None, 3):
        yield f"quote in {language}", f"> {text(language, 3)}\n> {text(language, 2)}\n\n{text(language, 2)}"
        yield f"long quote in {language}", f"> {text(language, 90)}\n>\n> {text(language, 9)}"
    yield "code in a quote", "> Look:\n>\n> ```py\n" + "> print('rye')\n" * 200 + "> ```\n> Done."
    yield "quote in a quote", "> outer\n> > inner\n> > more\n\nafter"
    yield "quote in an item", "- item\n  > quoted words\n- next\n"


def mathematics() -> Iterator[tuple[str, str]]:
    for number, formula in enumerate(FORMULAS):
        yield (
            f"formula {number}",
            f"Inline ${formula}$ and \\({formula}\\), then\n\n$$\n{formula}\n$$\n\n\\[ {formula} \\]\n\nend.",
        )
    for number, matrix in enumerate(MATRICES):
        yield f"matrix {number}", f"As a block:\n\n$$\n{matrix}\n$$\n\nand \\[{matrix}\\] done."
    yield "prices", "It costs $5 and $6, or US$7-$8; a $20 note, $1,000.50 or $3/kg. $HOME and $PATH are no formulas."
    yield "much mathematics", "\n\n".join(f"For {n}: ${formula}$ holds." for n, formula in enumerate([*FORMULAS] * 6))


def mixed() -> Iterator[tuple[str, str]]:
    names = list(SENTENCES)
    for number, (one, two) in enumerate(zip(names, names[7:] + names[:7], strict=True)):
        language, source = list(CODE.items())[number % len(CODE)]
        items = f"- {SENTENCES[two][1]}\n- **{SENTENCES[one][1]}**\n"
        table = f"| {one} | {two} |\n|---|---|\n| 1 | 2 |\n"
        parts = [
            f"### {SENTENCES[one][0]}\n\n{text(one, 4)} {text(two, 4)}\n\n{items}",
            f"```{language}\n{source}```\n\n{table}\n> {text(two, 3)}\n\n{text(one, 30)}",
        ]
        yield f"{one} with {two}", "\n".join(parts)


def oddities() -> Iterator[tuple[str, str]]:
    yield (
        "html",
        "<p>One<br>two</p> H<sub>2</sub>O, x<sup>2</sup>, <b>bold</b>, <kbd>Ctrl</kbd> &amp; &lt;tag&gt; &nbsp;end",
    )
    yield "headings", "#### Fourth\n\n##### **Fifth**\n\nSetext\n======\n\nSecond\n------\n\n***\n\ntext"
    yield "footnotes", "A claim[^1] and another[^two].\n\n[^1]: The first note.\n[^two]: The second."
    yield (
        "links",
        "See [the docs](https://example.com/a_(b)), https://example.com/x_y. ![a loaf](https://example.com/loaf.png)",
    )
    yield (
        "pings",
        "@everyone and @here, <@123456789>, <#42>, <@&7>, <:rye:123456>, join discord.gg/rye or https://discord.gg/rye",
    )
    yield "fences in fences", "````markdown\n```py\nprint(1)\n```\n````\n\n~~~\n```\n~~~\n\nafter"
    yield "a fence without an end", "Look:\n\n```py\n" + "print('rye')\n" * 300
    yield "stray marks", "2 * 3 * 4, a ** b, snake_case_name, __init__.py, 5 ~ 6, `open, **open, a || b || c, ~~x"
    yield "nested emphasis", "**bold *both* bold**, ***all***, ****four****, **a **b** c**, _under_ __strong__"
    yield "console", ">>> print(1)\n1\n>>> exit()\n\nC:\\new_folder\\*.txt"
    yield (
        "a long link",
        "word " * 390 + "[a link at the end of a page](https://example.com/" + "path/" * 60 + ") and more",
    )
    yield "bold at the end of a page", "words " * 290 + "**bold" + " words and more" * 50 + "**" + " plain words" * 300
    yield "hard breaks", "one\\\ntwo  \nthree<br>four\n"
