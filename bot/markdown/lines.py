"""Classifies lines by the block that they begin, as far as the text that is there can tell.

Each kind has one pattern, which matches to the end of the line or of the block. `regex` tells whether more text could
still make a pattern match; as long as that is true of any of them, the line is undecided.
"""

from enum import Enum, auto
from typing import NamedTuple

import regex

from bot.markdown.fences import CONTAINERS
from bot.markdown.mode import Mode, may_change
from bot.markdown.tables import DELIMITER_ROW, parse_alignments, split_cells


class LineKind(Enum):
    """The block that a line begins."""

    BLANK = auto()
    FENCE = auto()
    THEMATIC_BREAK = auto()
    MATH = auto()
    HEADING = auto()
    TABLE = auto()
    SETEXT_HEADING = auto()
    TEXT = auto()


class Line(NamedTuple):
    """A line of known kind; its content begins at `start`, and `found` is the match of the kind's pattern."""

    kind: LineKind
    start: int
    found: regex.Match[str] | None = None


class UndecidedLine(NamedTuple):
    """A line that may turn out to be of this kind."""

    kind: LineKind
    start: int


_END = r"[ \t]*+(?=\n|\Z)"
_ENVIRONMENTS = r"(?:equation|align|alignat|gather|multline|eqnarray|displaymath|cases|[pbBvV]?matrix|aligned)\*?+"
_LINE_BREAK = r"\\?+\n(?![ \t]*+\n)"
_QUOTES = r"(?:[ \t]*+>)*+[ \t]*+"

_THEMATIC_BREAK = regex.compile(rf"(?P<quotes>{_QUOTES})(?P<mark>[-*_])(?:[ \t]*+(?P=mark)){{2,}}+{_END}")
_LIST_MARKER = regex.compile(r"(?:[-*+]|\d{1,9}+[.)])(?=\s)")
_TABLE = regex.compile(
    rf"(?P<head>(?:[^|\n]{{1,40}}+)?+\|[^\n]*+)\n(?:{_QUOTES})(?P<delimiters>{DELIMITER_ROW.pattern})(?=\n|\Z)",
    regex.MULTILINE,
)
_PATTERNS = {
    LineKind.FENCE: regex.compile(r"(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<info>[^\n`]*+)(?=\n|\Z)"),
    LineKind.HEADING: regex.compile(r"(?P<level>#{1,6}+)(?:[ \t]++(?P<title>[^\n]{0,400}+))?+(?=\n|\Z)"),
    LineKind.MATH: regex.compile(
        rf"(?:\$\$(?P<tex>(?:[^$\\\n]|\\.|{_LINE_BREAK}){{1,2000}}+)\$\$"
        rf"|\\\[(?P<tex>(?:[^\\\n]|\\[^\[\]\n]|{_LINE_BREAK}){{1,2000}}+)\\\]"
        rf"|(?P<tex>\\begin\{{(?P<name>{_ENVIRONMENTS})\}}"
        rf"(?:[^\\\n]|\\(?!(?:end|begin)\{{(?P=name)\}}|\n)|{_LINE_BREAK}){{1,2000}}+\\end\{{(?P=name)\}}))"
        rf"[.,;]?+{_END}"
    ),
}
_SETEXT_HEADING = regex.compile(rf"(?P<title>[^\s>][^\n]{{0,79}}+)\n(?:(?P<first>=++)|--++){_END}")


def classify_line(source: str, at: int, mode: Mode, *, setext: bool) -> Line | UndecidedLine:
    """Return the line that begins at `at`.

    `setext` says whether it may be a setext heading, which it cannot be within a paragraph.
    """
    stop = len(source)
    thematic_break = _THEMATIC_BREAK.match(source, at, stop, partial=mode.may_grow)
    if may_change(thematic_break, stop, mode):
        return UndecidedLine(LineKind.THEMATIC_BREAK, at)
    if thematic_break:
        return Line(LineKind.THEMATIC_BREAK, at, thematic_break)
    containers = CONTAINERS.match(source, at)
    start = containers.end() if containers else at
    if start == stop or source[start] == "\n":
        undecided = mode.may_grow and start == stop
        return UndecidedLine(LineKind.BLANK, start) if undecided else Line(LineKind.BLANK, start)
    if may_change(_LIST_MARKER.match(source, start, stop, partial=mode.may_grow), stop, mode):
        return UndecidedLine(LineKind.BLANK, start)
    return _classify_content(source, start, mode, setext=setext and start == at)


def _classify_content(source: str, start: int, mode: Mode, *, setext: bool) -> Line | UndecidedLine:
    setext_pattern = {LineKind.SETEXT_HEADING: _SETEXT_HEADING} if setext else {}
    for kind, pattern in {**_PATTERNS, LineKind.TABLE: _TABLE, **setext_pattern}.items():
        found = pattern.match(source, start, len(source), partial=mode.may_grow)
        if may_change(found, len(source), mode):
            return UndecidedLine(kind, start)
        if found and (kind is not LineKind.TABLE or _is_table(found)):
            return Line(kind, start, found)
    return Line(LineKind.TEXT, start)


def _is_table(found: regex.Match[str]) -> bool:
    return len(split_cells(found["head"])) == len(parse_alignments(found["delimiters"]))
