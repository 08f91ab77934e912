"""Separates reasoning from text where a model writes both into its content, between `<think>` or `<thought>` tags.

The content arrives in deltas that may be split anywhere, so anything that could still become a tag is held back. A tag
inside code is text, since people do write about such tags: in a code fence, and after an odd number of backticks on its
line. If a tag is never closed, everything after it is reasoning.
"""

import re
from typing import NamedTuple

_OPENING_TAGS = ("<think>", "<thought>")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)


class Split(NamedTuple):
    """The text and the reasoning that a delta adds."""

    text: str
    reasoning: str


class ReasoningSplitter:
    """Splits the content of one completion, delta by delta."""

    def __init__(self) -> None:
        self._held = ""
        self._closing_tag = ""  # set while inside reasoning
        self._after_reasoning = False  # blank lines that follow reasoning are dropped
        self._text: list[str] = []

    def pass_through(self, delta: str) -> bool:
        """Accept a delta that is plain text, as nearly all are; return False if it needs `feed`."""
        if self._held or self._closing_tag or self._after_reasoning or "<" in delta:
            return False
        self._text.append(delta)
        return True

    def feed(self, delta: str) -> Split:
        """Return what is certain with this delta."""
        if self.pass_through(delta):
            return Split(delta, "")
        self._held += delta
        reasoning: list[str] = []
        begun = len(self._text)
        while self._held and (self._take_reasoning(reasoning) if self._closing_tag else self._take_text()):
            pass
        return Split("".join(self._text[begun:]), "".join(reasoning))

    def close(self) -> Split:
        """Return what was held back, at the end of the content."""
        rest, self._held = self._held, ""
        return Split("", rest) if self._closing_tag else Split(rest, "")

    def _take_reasoning(self, reasoning: list[str]) -> bool:
        """Take reasoning up to the closing tag; return whether it was found."""
        inside, closing, rest = self._held.partition(self._closing_tag)
        if closing:
            self._closing_tag, self._after_reasoning, self._held = "", True, rest
            reasoning.append(inside)
            return True
        certain = _certain_length(self._held, (self._closing_tag,))
        reasoning.append(self._held[:certain])
        self._held = self._held[certain:]
        return False

    def _take_text(self) -> bool:
        """Take text up to an opening tag; return whether one was found."""
        if self._after_reasoning:
            self._held = self._held.lstrip()
            self._after_reasoning = not self._held
        found = min(((self._held.find(tag), tag) for tag in _OPENING_TAGS if tag in self._held), default=None)
        if found is None:
            self._move_to_text(_certain_length(self._held, _OPENING_TAGS))
            return False
        start, tag = found
        self._move_to_text(start)
        if self._in_code():
            self._move_to_text(len(tag))
        else:
            self._held, self._closing_tag = self._held[len(tag) :], tag.replace("<", "</")
        return True

    def _move_to_text(self, length: int) -> None:
        self._text.append(self._held[:length])
        self._held = self._held[length:]

    def _in_code(self) -> bool:
        text = "".join(self._text)
        line = text[text.rfind("\n") + 1 :]
        return len(_FENCE.findall(text)) % 2 == 1 or line.count("`") % 2 == 1


def _certain_length(text: str, tags: tuple[str, ...]) -> int:
    """Return how many characters of the text cannot belong to the beginning of a tag."""
    start = text.rfind("<")
    return start if start >= 0 and any(tag.startswith(text[start:]) for tag in tags) else len(text)
