"""Markdown as models write it, as Discord shows it.

Discord knows a part of Markdown, and reads some of it otherwise: no tables, no deep headings, no mathematics, no HTML,
`__` underlines, `~~~` is text, marks are paired over paragraphs, and the first ``` inside a longer fence ends it. So a
text is read once, from left to right, by the states of `states`, and said again for Discord to show what was meant.

Law: whatever `Formatter.add` has returned, joined, is the beginning of `format` of every text that begins with what was
added. What is not said yet is short: a word, an unfinished construct, emphasis that is open, a group of a table's rows.
"""

import regex

from bot.markdown.growth import End
from bot.markdown.states import Between, State

_UNPRINTABLE = regex.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
_CUT_CHARACTER = regex.compile(r"[\r\ud800-\udbff]\Z")
_KEPT = 4_096
"""Characters that were read and are still kept, so that a text is not copied at every step."""


def format(text: str) -> str:
    """A whole answer as Discord's Markdown. Fences that were never closed stay open; pages close them."""
    formatter = Formatter()
    return formatter.add(text) + formatter.rest(End.COMPLETE)


class Formatter:
    """Formats a text that grows, in time that depends on what is new."""

    def __init__(self) -> None:
        self._source = ""
        self._cut = ""
        self._at = 0
        self._state: State = Between()

    def add(self, text: str) -> str:
        """Take more text, and say what is certain by now and was not said before."""
        text = self._cut + text
        cut = _CUT_CHARACTER.search(text)
        self._cut = cut[0] if cut else ""
        self._source += clean(text.removesuffix(self._cut))
        said, self._at, self._state = _read(self._source, self._at, self._state, End.MORE)
        if self._at > _KEPT:
            self._source, self._at = self._source[self._at - 1 :], 1
        return said

    def rest(self, end: End) -> str:
        """What is not certain yet, as it is if the text ends here or as it will look if it does not."""
        said, _, _ = _read(self._source + clean(self._cut), self._at, self._state, end)
        return said


def clean(text: str) -> str:
    """Without NUL and other control characters, halves of surrogate pairs and foreign line ends."""
    if not _UNPRINTABLE.search(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _UNPRINTABLE.sub("", whole)


def _read(source: str, at: int, state: State, end: End) -> tuple[str, int, State]:
    """Take all steps that can be taken."""
    said: list[str] = []
    while at < len(source) or (state.holds and end is not End.MORE):
        if (step := state.step(source, at, end)) is None:
            break
        shown, at, state = step
        said.append(shown)
    return "".join(said), at, state
