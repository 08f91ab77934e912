"""What kind of block a line begins, as far as the text that is there can tell.

Every kind is one pattern, down to the end of the line or of the block. `regex` says of each whether more text could
still make it match; while it could for any of them, the line is undecided.
"""

from enum import Enum, auto
from typing import NamedTuple

import regex

from bot.markdown.fences import CONTAINERS
from bot.markdown.growth import End, undecided
from bot.markdown.tables import DELIMITERS, alignments_of, cells_of


class Kind(Enum):
    """Blocks as models write them."""

    BLANK = auto()
    FENCE = auto()
    RULE = auto()
    MATHEMATICS = auto()
    HEADING = auto()
    TABLE = auto()
    UNDERLINED = auto()
    TEXT = auto()


class Line(NamedTuple):
    """A line: its kind, where its own text begins, and the match of the kind's pattern."""

    kind: Kind
    start: int
    found: regex.Match[str] | None = None


class Undecided(NamedTuple):
    """A line that may become of this kind."""

    kind: Kind
    start: int


_END = r"[ \t]*+(?=\n|\Z)"
_ENVIRONMENTS = r"(?:equation|align|alignat|gather|multline|eqnarray|displaymath|cases|[pbBvV]?matrix|aligned)\*?+"
_LINE_BREAK = r"\\?+\n(?![ \t]*+\n)"
_QUOTES = r"(?:[ \t]*+>)*+[ \t]*+"

_RULE = regex.compile(rf"(?P<quotes>{_QUOTES})(?P<mark>[-*_])(?:[ \t]*+(?P=mark)){{2,}}+{_END}")
_MARKER = regex.compile(r"(?:[-*+]|\d{1,9}+[.)])(?=\s)")
_TABLE = regex.compile(
    rf"(?P<head>(?:[^|\n]{{1,40}}+)?+\|[^\n]*+)\n(?:{_QUOTES})(?P<delimiters>{DELIMITERS.pattern})(?=\n|\Z)",
    regex.MULTILINE,
)
_PATTERNS = {
    Kind.FENCE: regex.compile(r"(?P<marks>`{3,}+|~{3,}+)[ \t]*+(?P<info>[^\n`]*+)(?=\n|\Z)"),
    Kind.HEADING: regex.compile(r"(?P<level>#{1,6}+)(?:[ \t]++(?P<title>[^\n]{0,400}+))?+(?=\n|\Z)"),
    Kind.MATHEMATICS: regex.compile(
        rf"(?:\$\$(?P<tex>(?:[^$\\\n]|\\.|{_LINE_BREAK}){{1,2000}}+)\$\$"
        rf"|\\\[(?P<tex>(?:[^\\\n]|\\[^\[\]\n]|{_LINE_BREAK}){{1,2000}}+)\\\]"
        rf"|(?P<tex>\\begin\{{(?P<name>{_ENVIRONMENTS})\}}"
        rf"(?:[^\\\n]|\\(?!(?:end|begin)\{{(?P=name)\}}|\n)|{_LINE_BREAK}){{1,2000}}+\\end\{{(?P=name)\}}))"
        rf"[.,;]?+{_END}"
    ),
}
_UNDERLINED = regex.compile(rf"(?P<title>[^\s>][^\n]{{0,79}}+)\n(?:(?P<first>=++)|--++){_END}")


def line_at(source: str, at: int, end: End, *, alone: bool) -> Line | Undecided:
    """The line that begins there; `alone` says that no text stands above it, so that a line below may underline it."""
    stop = len(source)
    rule = _RULE.match(source, at, stop, partial=end.grows)
    if undecided(rule, stop, end):
        return Undecided(Kind.RULE, at)
    if rule:
        return Line(Kind.RULE, at, rule)
    containers = CONTAINERS.match(source, at)
    start = containers.end() if containers else at
    if start == stop or source[start] == "\n":
        return Undecided(Kind.BLANK, start) if end.grows and start == stop else Line(Kind.BLANK, start)
    if undecided(_MARKER.match(source, start, stop, partial=end.grows), stop, end):
        return Undecided(Kind.BLANK, start)
    return _block_at(source, start, end, underlined=alone and start == at)


def _block_at(source: str, start: int, end: End, *, underlined: bool) -> Line | Undecided:
    patterns = {**_PATTERNS, Kind.TABLE: _TABLE, **({Kind.UNDERLINED: _UNDERLINED} if underlined else {})}
    for kind, pattern in patterns.items():
        found = pattern.match(source, start, len(source), partial=end.grows)
        if undecided(found, len(source), end):
            return Undecided(kind, start)
        if found and (kind is not Kind.TABLE or _is_table(found)):
            return Line(kind, start, found)
    return Line(Kind.TEXT, start)


def _is_table(found: regex.Match[str]) -> bool:
    return len(cells_of(found["head"])) == len(alignments_of(found["delimiters"]))
