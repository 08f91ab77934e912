"""Parses the inline content of a paragraph, a heading or a table cell, from left to right in one pass.

In stable mode, parsing ends where the result could still change: before a construct that further text may complete, and
before open emphasis. A closing delimiter run closes the nearest opener. CommonMark's full rules would reject
`**「中文」**后` and much else that models write. A delimiter without a counterpart within half a page is text. Text is
escaped where Discord would take it for formatting: Discord pairs delimiters across paragraphs, so one stray `**` would
make half a page bold.
"""

from collections import Counter, deque
from typing import NamedTuple

import regex

from bot.markdown import links
from bot.markdown.characters import escape
from bot.markdown.constructs import CONSTRUCTS, Surroundings
from bot.markdown.html import emphasis_for_tag
from bot.markdown.mode import Mode, may_change
from bot.markdown.spans import Span, SpanRole

_MAX_EMPHASIS_LENGTH = 1_000
_SPECIAL = regex.compile(
    rf"[\\`*_~$\n]|!?\[|<[A-Za-z/!@#]|&[#a-zA-Z]|@(?:everyone|here)|\|\||(?<!\w)(?:https?://[^\s<>]|{links.INVITE})",
)
_LINE_BREAK = regex.compile(r"\n(?P<quotes>(?:[ \t]*+>)*+)(?P<space>[ \t]*+)")
_DELIMITER_RUN = regex.compile(r"\*++|_++|~++")
_TAG = regex.compile(r"<(?P<closing>/?+)(?P<name>[a-zA-Z][a-zA-Z0-9]{0,15}+)(?:\s[^<>]{0,500}+)?+>")

_EMPHASIS = {("*", 2): "**", ("*", 1): "*", ("_", 2): "**", ("_", 1): "*", ("~", 2): "~~"}


class Parsed(NamedTuple):
    """The spans, and the position in the source up to which they extend."""

    spans: list[Span]
    end: int


class _Opener(NamedTuple):
    """A delimiter that has not been closed yet: its span's index, type, position in the source, and output."""

    span: int
    delimiter: tuple[str, int]
    at: int
    output: str


def parse(source: str, start: int, stop: int, mode: Mode, newline: str = "\n") -> Parsed:
    """Parse `source[start:stop]`; `newline` is a line break with the prefix of the next line.

    Invariant: in stable mode, parsing any longer source from the same start yields the same spans first.
    """
    return _Parser(source, start, stop, mode, newline).parse()


def parse_all(text: str, newline: str = " ") -> list[Span]:
    """Parse a complete text, such as a link text or a table cell."""
    return parse(text, 0, len(text), Mode.FINAL, newline).spans


class _Parser:
    def __init__(self, source: str, start: int, stop: int, mode: Mode, newline: str) -> None:
        self._source = source
        self._at = start
        self._stop = stop
        self._mode = mode
        self._surroundings = Surroundings(parse_all, newline)
        self._spans: list[Span] = []
        self._open: deque[_Opener] = deque()
        self._count: Counter[tuple[str, int]] = Counter()

    def parse(self) -> Parsed:
        while self._at < self._stop and self._next():
            pass
        if self._mode is Mode.STABLE:
            first = self._open[0] if self._open else None
            return Parsed(self._spans[: first.span], first.at) if first else Parsed(self._spans, self._at)
        if self._mode is Mode.PREVIEW:
            self._close_open_emphasis()
        return Parsed(self._spans, self._stop)

    def _next(self) -> bool:
        """Parse text and the construct after it; return False if that is not certain yet."""
        found = _SPECIAL.search(self._source, self._at, self._stop, partial=self._mode.may_grow)
        start = found.start() if found else self._stop
        if start > self._at:
            text = self._source[self._at : start]
            self._spans.append(Span(text, text))
            self._at = start
        if found is None:
            return True
        if found.partial:
            return self._unfinished_word()
        while self._open and self._at - self._open[0].at > _MAX_EMPHASIS_LENGTH:
            self._count[self._open.popleft().delimiter] -= 1
        return self._special(self._source[start])

    def _special(self, first: str) -> bool:
        """Parse what begins with a special character."""
        if first == "\n":
            return self._line_break()
        if (
            first == "<"
            and (tag := _TAG.match(self._source, self._at, self._stop))
            and emphasis_for_tag(tag["name"].lower())
        ):
            return self._emphasis_tag(tag)
        for construct in CONSTRUCTS.get(first, ()):
            found = construct.pattern.match(self._source, self._at, self._stop, partial=self._mode.may_grow)
            if may_change(found, self._stop, self._mode) and (self._mode is Mode.STABLE or (found and found.partial)):
                if self._mode is Mode.STABLE or first != "_":
                    return self._unfinished(first, construct.max_held)
            elif found and (span := construct.make(found, self._surroundings)):
                return self._append(span, found.end())
        if first in "*_~":
            return self._delimiter_run()
        return self._append(Span(first, first), self._at + 1)

    def _append(self, span: Span, end: int) -> bool:
        self._spans.append(span)
        self._at = end
        return True

    def _line_break(self) -> bool:
        found = _LINE_BREAK.match(self._source, self._at, self._stop)
        if found is None or (self._mode is Mode.STABLE and found.end() == self._stop):
            return False
        shown = self._surroundings.newline if found["quotes"] or "\n" not in self._surroundings.newline else found[0]
        return self._append(Span(shown, " "), found.end())

    def _unfinished(self, first: str, max_held: int) -> bool:
        """Parse a construct that further text may complete: a preview holds it back, or shows what is safe to show."""
        if self._mode is Mode.STABLE:
            return False
        rest = self._source[self._at : self._stop]
        if len(rest) > max_held or (first == "$" and rest[1:2].isdigit()):
            run = len(rest) - len(rest.lstrip("`")) or 1
            return self._append(Span(escape(rest[:run]) if first == "`" else first, rest[:run]), self._at + run)
        if first == "`" and rest.strip("` "):
            delimiter = rest[: len(rest) - len(rest.lstrip("`"))][:2]
            self._append(Span(f"{delimiter}{rest.strip('`')}{delimiter}", rest.strip("`")), self._stop)
        elif first == "[" and "](" in rest:
            self._spans += parse_all(rest[1 : rest.index("](")])
        self._at = self._stop
        return False

    def _unfinished_word(self) -> bool:
        """Parse what may become a URL or an @everyone mention; a preview shows it as a word while it is short."""
        if self._mode is Mode.PREVIEW:
            rest = self._source[self._at : self._stop]
            self._append(Span(rest, rest) if not rest.startswith("http") else Span("", ""), self._stop)
        return False

    def _emphasis_tag(self, tag: regex.Match[str]) -> bool:
        if self._mode is Mode.STABLE and tag.end() == self._stop:
            return False
        name = tag["name"].lower()
        delimiter = (f"<{name}", 2)
        if not tag["closing"]:
            self._push(delimiter, emphasis_for_tag(name) or "", Span("", ""), self._at)
        elif self._count[delimiter]:
            self._pair(delimiter)
        self._at = tag.end()
        return True

    def _delimiter_run(self) -> bool:
        """Parse a run of `*`, `_` or `~`: it closes what it can, and what is left of it opens emphasis."""
        found = _DELIMITER_RUN.match(self._source, self._at, self._stop)
        if found is None or (self._mode.may_grow and found.end() == self._stop):
            self._at = self._stop if self._mode is Mode.PREVIEW else self._at
            return False
        character, left = found[0][0], len(found[0])
        before = self._source[self._at - 1] if self._at else " "
        after = self._source[found.end()] if found.end() < self._stop else " "
        can_open, can_close = _flanking(character, left, before, after)
        while can_close and (size := self._closable(character, left)):
            self._pair((character, size))
            left -= size
        while can_open and left and (size := min(left, 2)) and (character, size) in _EMPHASIS:
            literal = Span(escape(character * size), character * size)
            self._push((character, size), _EMPHASIS[character, size], literal, found.end() - left)
            left -= size
        if left:
            self._spans.append(_literal(character, left, before, after))
        self._at = found.end()
        return True

    def _closable(self, character: str, longest: int) -> int:
        """Return the length of the nearest opener that a run of this length can close; 0 if there is none."""
        sizes = [size for size in (1, 2) if size <= longest and self._count[character, size]]
        if len(sizes) == 2:
            return next(opener.delimiter[1] for opener in reversed(self._open) if opener.delimiter[0] == character)
        return sizes[0] if sizes else 0

    def _push(self, delimiter: tuple[str, int], output: str, literal: Span, at: int) -> None:
        self._open.append(_Opener(len(self._spans), delimiter, at, output))
        self._count[delimiter] += 1
        self._spans.append(literal)

    def _pair(self, delimiter: tuple[str, int]) -> None:
        """Close the nearest opener with this delimiter; openers after it that are still open become text."""
        while (opener := self._open.pop()).delimiter != delimiter:
            self._count[opener.delimiter] -= 1
        self._count[delimiter] -= 1
        self._spans[opener.span] = Span(opener.output, "", SpanRole.OPENER)
        self._spans.append(Span(opener.output, "", SpanRole.CLOSER))

    def _close_open_emphasis(self) -> None:
        """For a preview: close emphasis at the end of the text, and drop openers that nothing follows."""
        while self._spans and self._spans[-1].role is SpanRole.TEXT and not self._spans[-1].markdown.strip():
            if self._open and self._open[-1].span == len(self._spans) - 1:
                self._open.pop()
            self._spans.pop()
        while self._open and self._open[-1].span == len(self._spans) - 1:
            self._open.pop()
            self._spans.pop()
        if self._open and self._spans[-1].role is SpanRole.TEXT:
            self._spans[-1].markdown = self._spans[-1].markdown.rstrip()
        while self._open:
            opener = self._open.pop()
            self._spans[opener.span] = Span(opener.output, "", SpanRole.OPENER)
            self._spans.append(Span(opener.output, "", SpanRole.CLOSER))


def _flanking(character: str, length: int, before: str, after: str) -> tuple[bool, bool]:
    """Return whether a delimiter run can open emphasis, and whether it can close it."""
    can_open, can_close = not after.isspace(), not before.isspace()
    if character == "_":
        return can_open and not before.isalnum(), can_close and not after.isalnum()
    if character == "~":
        return can_open and length == 2, can_close and length == 2
    product = length == 1 and before.isdigit() and after.isdigit()
    return can_open and not product, can_close and not product


def _literal(character: str, length: int, before: str, after: str) -> Span:
    """Return a delimiter run that is text, escaped if Discord would take it for formatting."""
    text = character * length
    spaced = before.isspace() and after.isspace()
    inside_word = before.isalnum() and after.isalnum()
    harmless = length == 1 and (character == "~" or spaced or (character == "_" and inside_word))
    return Span(text if harmless else escape(text), text)
