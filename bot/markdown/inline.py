"""Text inside a paragraph, a heading or a cell, read from left to right in one pass.

A reading says how far it is certain: what stands before that place stays as it is, whatever follows. It ends before a
construct that further text may complete and before emphasis that is open. Emphasis is paired by nearness and not by the
whole of CommonMark's rules, which forbid `**「中文」**后` and much else that models write; a mark that finds no partner
within a page's half is text. Whatever is text here is escaped where Discord would take it for formatting: Discord pairs
marks over paragraphs, so one stray `**` would make half of a page bold.
"""

from collections import Counter, deque
from typing import NamedTuple

import regex

from bot.markdown import links
from bot.markdown.constructs import CONSTRUCTS, Around
from bot.markdown.growth import End, undecided
from bot.markdown.html import tag_mark
from bot.markdown.letters import escaped
from bot.markdown.pieces import Piece, Role

_LONGEST_EMPHASIS = 1_000
_SPECIAL = regex.compile(
    rf"[\\`*_~$\n]|!?\[|<[A-Za-z/!@#]|&[#a-zA-Z]|@(?:everyone|here)|\|\||(?<!\w)(?:https?://[^\s<>]|{links.INVITATION})",
)
_CONTINUED = regex.compile(r"\n(?P<quotes>(?:[ \t]*+>)*+)(?P<space>[ \t]*+)")
_MARKS = regex.compile(r"\*++|_++|~++")
_TAG = regex.compile(r"<(?P<closing>/?+)(?P<name>[a-zA-Z][a-zA-Z0-9]{0,15}+)(?:\s[^<>]{0,500}+)?+>")

_EMPHASIS = {("*", 2): "**", ("*", 1): "*", ("_", 2): "**", ("_", 1): "*", ("~", 2): "~~"}


class Reading(NamedTuple):
    """What was read, and where in the source that ends."""

    pieces: list[Piece]
    used: int


class _Opener(NamedTuple):
    """A mark of emphasis that waits for its partner."""

    piece: int
    kind: tuple[str, int]
    at: int
    marker: str


def read(source: str, start: int, stop: int, end: End, newline: str = "\n") -> Reading:
    """Read `source[start:stop]`; `newline` is what a line break needs where it stands.

    Law: with `End.MORE`, the pieces are the first ones of every reading of a longer source from the same start.
    """
    return _Reader(source, start, stop, end, newline).read()


def read_all(text: str, newline: str = " ") -> list[Piece]:
    """Read a text that stands by itself, such as the text of a link or a cell."""
    return read(text, 0, len(text), End.COMPLETE, newline).pieces


class _Reader:
    def __init__(self, source: str, start: int, stop: int, end: End, newline: str) -> None:
        self._source = source
        self._at = start
        self._stop = stop
        self._end = end
        self._around = Around(read_all, newline)
        self._pieces: list[Piece] = []
        self._open: deque[_Opener] = deque()
        self._count: Counter[tuple[str, int]] = Counter()

    def read(self) -> Reading:
        while self._at < self._stop and self._next():
            pass
        if self._end is End.MORE:
            first = self._open[0] if self._open else None
            return Reading(self._pieces[: first.piece], first.at) if first else Reading(self._pieces, self._at)
        if self._end is End.OPEN:
            self._close_what_is_open()
        return Reading(self._pieces, self._stop)

    def _next(self) -> bool:
        """Take text and what is special behind it; False where that is not decided yet."""
        found = _SPECIAL.search(self._source, self._at, self._stop, partial=self._end.grows)
        start = found.start() if found else self._stop
        if start > self._at:
            text = self._source[self._at : start]
            self._pieces.append(Piece(text, text))
            self._at = start
        if found is None:
            return True
        if found.partial:
            return self._unfinished_word()
        while self._open and self._at - self._open[0].at > _LONGEST_EMPHASIS:
            self._count[self._open.popleft().kind] -= 1
        return self._special(self._source[start])

    def _special(self, first: str) -> bool:
        """Take what begins with a special character."""
        if first == "\n":
            return self._line_break()
        if first == "<" and (tag := _TAG.match(self._source, self._at, self._stop)) and tag_mark(tag["name"].lower()):
            return self._emphasis_tag(tag)
        for construct in CONSTRUCTS.get(first, ()):
            found = construct.pattern.match(self._source, self._at, self._stop, partial=self._end.grows)
            if undecided(found, self._stop, self._end) and (self._end is End.MORE or (found and found.partial)):
                if self._end is End.MORE or first != "_":
                    return self._unfinished(first, construct.held)
            elif found and (piece := construct.make(found, self._around)):
                return self._take(piece, found.end())
        if first in "*_~":
            return self._marks()
        return self._take(Piece(first, first), self._at + 1)

    def _take(self, piece: Piece, end: int) -> bool:
        self._pieces.append(piece)
        self._at = end
        return True

    def _line_break(self) -> bool:
        found = _CONTINUED.match(self._source, self._at, self._stop)
        if found is None or (self._end is End.MORE and found.end() == self._stop):
            return False
        shown = self._around.newline if found["quotes"] or "\n" not in self._around.newline else found[0]
        return self._take(Piece(shown, " "), found.end())

    def _unfinished(self, first: str, held: int) -> bool:
        """What further text may complete: hold it back from a preview, or show the part that is safe to show."""
        if self._end is End.MORE:
            return False
        rest = self._source[self._at : self._stop]
        if len(rest) > held or (first == "$" and rest[1:2].isdigit()):
            run = len(rest) - len(rest.lstrip("`")) or 1
            return self._take(Piece(escaped(rest[:run]) if first == "`" else first, rest[:run]), self._at + run)
        if first == "`" and rest.strip("` "):
            marks = rest[: len(rest) - len(rest.lstrip("`"))][:2]
            self._take(Piece(f"{marks}{rest.strip('`')}{marks}", rest.strip("`")), self._stop)
        elif first == "[" and "](" in rest:
            self._pieces += read_all(rest[1 : rest.index("](")])
        self._at = self._stop
        return False

    def _unfinished_word(self) -> bool:
        """What may become an address or a mention of everybody; it looks like any word as long as it is short."""
        if self._end is End.OPEN:
            rest = self._source[self._at : self._stop]
            self._take(Piece(rest, rest) if not rest.startswith("http") else Piece("", ""), self._stop)
        return False

    def _emphasis_tag(self, tag: regex.Match[str]) -> bool:
        if self._end is End.MORE and tag.end() == self._stop:
            return False
        name = tag["name"].lower()
        kind = (f"<{name}", 2)
        if not tag["closing"]:
            self._push(kind, tag_mark(name) or "", Piece("", ""), self._at)
        elif self._count[kind]:
            self._pair(kind)
        self._at = tag.end()
        return True

    def _marks(self) -> bool:
        """Take a run of `*`, `_` or `~`: it closes what it can, and opens what is left of it."""
        found = _MARKS.match(self._source, self._at, self._stop)
        if found is None or (self._end.grows and found.end() == self._stop):
            self._at = self._stop if self._end is End.OPEN else self._at
            return False
        mark, left = found[0][0], len(found[0])
        before = self._source[self._at - 1] if self._at else " "
        after = self._source[found.end()] if found.end() < self._stop else " "
        opens, closes = _flanks(mark, left, before, after)
        while closes and (size := self._closable(mark, left)):
            self._pair((mark, size))
            left -= size
        while opens and left and (size := min(left, 2)) and (mark, size) in _EMPHASIS:
            literal = Piece(escaped(mark * size), mark * size)
            self._push((mark, size), _EMPHASIS[mark, size], literal, found.end() - left)
            left -= size
        if left:
            self._pieces.append(_stray(mark, left, before, after))
        self._at = found.end()
        return True

    def _closable(self, mark: str, longest: int) -> int:
        """The size of the nearest open emphasis that so many marks can close; 0 where there is none."""
        sizes = [size for size in (1, 2) if size <= longest and self._count[mark, size]]
        if len(sizes) == 2:
            return next(opener.kind[1] for opener in reversed(self._open) if opener.kind[0] == mark)
        return sizes[0] if sizes else 0

    def _push(self, kind: tuple[str, int], marker: str, literal: Piece, at: int) -> None:
        self._open.append(_Opener(len(self._pieces), kind, at, marker))
        self._count[kind] += 1
        self._pieces.append(literal)

    def _pair(self, kind: tuple[str, int]) -> None:
        """Close the nearest emphasis of this kind; what was opened inside it and is still open is text."""
        while (opener := self._open.pop()).kind != kind:
            self._count[opener.kind] -= 1
        self._count[kind] -= 1
        self._pieces[opener.piece] = Piece(opener.marker, "", Role.OPENS)
        self._pieces.append(Piece(opener.marker, "", Role.CLOSES))

    def _close_what_is_open(self) -> None:
        """For a preview: emphasis ends with the text, and has not begun where there is none."""
        while self._pieces and self._pieces[-1].role is Role.TEXT and not self._pieces[-1].marked.strip():
            if self._open and self._open[-1].piece == len(self._pieces) - 1:
                self._open.pop()
            self._pieces.pop()
        while self._open and self._open[-1].piece == len(self._pieces) - 1:
            self._open.pop()
            self._pieces.pop()
        if self._open and self._pieces[-1].role is Role.TEXT:
            self._pieces[-1].marked = self._pieces[-1].marked.rstrip()
        while self._open:
            opener = self._open.pop()
            self._pieces[opener.piece] = Piece(opener.marker, "", Role.OPENS)
            self._pieces.append(Piece(opener.marker, "", Role.CLOSES))


def _flanks(mark: str, length: int, before: str, after: str) -> tuple[bool, bool]:
    """Whether a run of marks can open emphasis, and whether it can close some."""
    opens, closes = not after.isspace(), not before.isspace()
    if mark == "_":
        return opens and not before.isalnum(), closes and not after.isalnum()
    if mark == "~":
        return opens and length == 2, closes and length == 2
    product = length == 1 and before.isdigit() and after.isdigit()
    return opens and not product, closes and not product


def _stray(mark: str, length: int, before: str, after: str) -> Piece:
    """Marks that are text, escaped where Discord would take them for formatting."""
    text = mark * length
    harmless = length == 1 and (
        mark == "~" or (before.isspace() and after.isspace()) or (mark == "_" and before.isalnum() and after.isalnum())
    )
    return Piece(text if harmless else escaped(text), text)
