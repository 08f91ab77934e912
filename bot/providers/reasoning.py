"""Tells reasoning from answer where a model writes both into one text, between `<think>` or `<thought>` tags.

The text comes in pieces that may be cut anywhere, so what could still become a tag is held back until it is clear. In
code, where people do write about such tags, a tag is text: between fences, and after an odd number of backticks on a
line. A tag that is never closed leaves everything behind it as reasoning.
"""

import re
from typing import NamedTuple

_OPENING = ("<think>", "<thought>")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)


class Split(NamedTuple):
    """What a piece adds to the answer, and to the reasoning."""

    answer: str
    reasoning: str


class ReasoningSplitter:
    """Feed it the content of one answer, piece by piece."""

    def __init__(self) -> None:
        self._held = ""
        self._closing = ""  # the tag that ends the reasoning we are in
        self._behind = False  # a thought just ended; the blank lines that follow it belong to nothing
        self._answer: list[str] = []

    def takes_as_answer(self, piece: str) -> bool:
        """Take a piece that is answer as it stands, which nearly all are; False for one that has to be fed."""
        if self._held or self._closing or self._behind or "<" in piece:
            return False
        self._answer.append(piece)
        return True

    def feed(self, piece: str) -> Split:
        """Sort what is clear by now."""
        if self.takes_as_answer(piece):
            return Split(piece, "")
        self._held += piece
        reasoning: list[str] = []
        begun = len(self._answer)
        while self._held and (self._think(reasoning) if self._closing else self._speak()):
            pass
        return Split("".join(self._answer[begun:]), "".join(reasoning))

    def close(self) -> Split:
        """The rest, when nothing more comes."""
        rest, self._held = self._held, ""
        return Split("", rest) if self._closing else Split(rest, "")

    def _think(self, reasoning: list[str]) -> bool:
        """Take reasoning up to the closing tag; True where that was found."""
        thought, closing, rest = self._held.partition(self._closing)
        if closing:
            self._closing, self._behind, self._held = "", True, rest
            reasoning.append(thought)
            return True
        clear = _clear(self._held, (self._closing,))
        reasoning.append(self._held[:clear])
        self._held = self._held[clear:]
        return False

    def _speak(self) -> bool:
        """Take the answer up to an opening tag; True where one was found."""
        if self._behind:
            self._held = self._held.lstrip()
            self._behind = not self._held
        found = min((self._held.find(tag), tag) for tag in _OPENING if tag in self._held) if self._has_tag() else None
        if found is None:
            self._say(_clear(self._held, _OPENING))
            return False
        start, tag = found
        self._say(start)
        if self._in_code():
            self._say(len(tag))
        else:
            self._held, self._closing = self._held[len(tag) :], tag.replace("<", "</")
        return True

    def _has_tag(self) -> bool:
        return any(tag in self._held for tag in _OPENING)

    def _say(self, length: int) -> None:
        self._answer.append(self._held[:length])
        self._held = self._held[length:]

    def _in_code(self) -> bool:
        said = "".join(self._answer)
        line = said[said.rfind("\n") + 1 :]
        return len(_FENCE.findall(said)) % 2 == 1 or line.count("`") % 2 == 1


def _clear(text: str, tags: tuple[str, ...]) -> int:
    """How much of the text cannot be the beginning of one of the tags."""
    start = text.rfind("<")
    return start if start >= 0 and any(tag.startswith(text[start:]) for tag in tags) else len(text)
