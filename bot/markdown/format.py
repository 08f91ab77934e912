"""Converts Markdown as models write it into Markdown as Discord renders it.

Discord supports only part of Markdown and reads some of it differently: no tables, no headings below level 3, no math,
no HTML; `__` underlines, `~~~` is text, delimiters are paired across paragraphs, and ``` within a longer fence closes
it. So the text is parsed once, from left to right, by the states in `blocks`, and written again so that Discord
shows what was meant.

Invariant: what `Formatter.add` has returned so far, joined, is a prefix of `format` of every text that begins with what
was added. Little is held back: a word, an unfinished construct, open emphasis, a group of table rows.
"""

import regex

from bot.markdown.blocks import AtLineStart, State
from bot.markdown.mode import Mode

_UNPRINTABLE = regex.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
_SPLIT_CHARACTER = regex.compile(r"[\r\ud800-\udbff]\Z")
_MAX_CONSUMED = 4_096
"""Characters that may stay in the buffer after they were parsed, so that it is not copied at every step."""


def format(text: str) -> str:
    """Return a complete text as Discord's Markdown. Unclosed fences stay open; the pages close them."""
    formatter = Formatter()
    return formatter.add(text) + formatter.pending(Mode.FINAL)


class Formatter:
    """Formats a growing text; each call takes time proportional to the new text."""

    def __init__(self) -> None:
        self._source = ""
        self._split_character = ""
        self._at = 0
        self._state: State = AtLineStart()

    def add(self, text: str) -> str:
        """Add text; return the output that has become certain."""
        text = self._split_character + text
        found = _SPLIT_CHARACTER.search(text)
        self._split_character = found[0] if found else ""
        self._source += clean(text.removesuffix(self._split_character))
        output, self._at, self._state = _run(self._source, self._at, self._state, Mode.STABLE)
        if self._at > _MAX_CONSUMED:
            self._source, self._at = self._source[self._at - 1 :], 1
        return output

    def pending(self, mode: Mode) -> str:
        """Return the output that is not certain yet, as of `mode`."""
        output, _, _ = _run(self._source + clean(self._split_character), self._at, self._state, mode)
        return output


def clean(text: str) -> str:
    """Remove control characters, replace unpaired surrogates, and convert all line endings to LF."""
    if not _UNPRINTABLE.search(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    paired = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _UNPRINTABLE.sub("", paired)


def _run(source: str, at: int, state: State, mode: Mode) -> tuple[str, int, State]:
    """Take as many steps as possible; return the output, the new position and the new state."""
    output: list[str] = []
    while at < len(source) or (state.has_pending and mode is not Mode.STABLE):
        if (step := state.step(source, at, mode)) is None:
            break
        text, at, state = step
        output.append(text)
    return "".join(output), at, state
