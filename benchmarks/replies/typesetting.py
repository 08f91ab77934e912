"""Measures the cost of laying out an answer at each refresh while it grows to 20,000 characters."""

import time
from itertools import cycle

from benchmarks.replies.figures import Figures
from benchmarks.stream.figures import percentile
from bot.markdown.typesetter import Typesetter

LENGTH = 20_000
REFRESH_LENGTH = 100
"""Characters between two refreshes: a fast model sends them in about a second."""

ROUNDS = 5

PARTS = (
    "## On tea\n\nTea is the drink of **patience**: water that is *nearly* boiling, leaves, and some minutes of doing "
    "nothing else. See [the leaf](https://example.com/leaf) for `temperature` and `minutes`.\n\n",
    "- green tea at 75 °C, for two minutes\n- black tea at 95 °C, for four\n  - with milk, if you must\n\n",
    "1. Warm the pot.\n2. Put the leaves in.\n3. Wait, and then ***stop*** waiting.\n\n",
    "```python\ndef brew(leaves: int, minutes: float) -> str:\n    return f'{leaves} for {minutes} min'\n```\n\n",
    "| tea | °C | minutes |\n|---|---:|---:|\n| green | 75 | 2 |\n| black | 95 | 4 |\n| white | 80 | 3 |\n\n",
    "> Whoever hurries tea drinks hot water.\n\nIt takes $t = \\frac{m}{c}$, where ~~sugar~~ honey helps.\n\n",
)


def answer(length: int = LENGTH) -> str:
    """Return prose, lists, code, tables, block quotes and math in turn."""
    text, parts = "", cycle(PARTS)
    while len(text) < length:
        text += next(parts)
    return text[:length]


def cost() -> Figures:
    """Return milliseconds per refresh, each the minimum of several rounds: other processes use the machine too."""
    text = answer()
    ends = range(REFRESH_LENGTH, len(text) + 1, REFRESH_LENGTH)
    spent = [float("inf")] * len(ends)
    for _ in range(ROUNDS):
        typesetter = Typesetter()
        for number, end in enumerate(ends):
            start = time.perf_counter()
            typesetter.preview(text[:end])
            spent[number] = min(spent[number], time.perf_counter() - start)
    return {
        "mean_ms": sum(spent) / len(spent) * 1000,
        "p99_ms": percentile(spent, 99) * 1000,
        "max_ms": max(spent) * 1000,
        "pages": len(Typesetter().final(text)),
    }
