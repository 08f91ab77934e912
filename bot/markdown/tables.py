"""Tables, which Discord does not know: columns of a code block, or a record for each row where a phone is too narrow.

A table may come to no end, so it is set in groups of rows, each small enough for a page and each with widths of its
own; once a group is complete, it never changes. Where one row is too wide, all later ones are records.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import regex

from bot.markdown.boxes import padded, width_of
from bot.markdown.inline import read_all
from bot.markdown.pieces import marked, plain

WIDEST = 52
"""Cells of a fixed-width font that a phone shows in one line."""

LARGEST = 1_800
"""Characters of a group: a page, with room for the marks of a quote."""

DELIMITERS = regex.compile(
    r"(?=[^\n|:]*+[|:])(?:[ \t]*+\|)?+(?:[ \t]*+:?-++:?[ \t]*+\|)*+(?:[ \t]*+:?-++:?)?+[ \t]*+$", regex.MULTILINE
)
"""The line below a table's head."""

_CELL = regex.compile(r"(?:[^|\\`]|\\.|\\$|(`++)(?:(?!\1(?!`)).)*?\1(?!`)|`++)*+")
_SPACE = regex.compile(r"\s+")

Alignment = str
"""`<`, `^` or `>`, as in format strings."""


def cells_of(line: str) -> list[str]:
    r"""The cells of a row; `\|` and pipes in inline code are text."""
    line = line.strip()
    line = line[1:] if line.startswith("|") else line
    cells: list[str] = []
    at = 0
    while at <= len(line):
        cell = _CELL.match(line, at)
        end = cell.end() if cell else len(line)
        cells.append(line[at:end].strip().replace(r"\|", "|"))
        at = end + 1
    return cells[:-1] if len(cells) > 1 and not cells[-1] else cells


def alignments_of(delimiters: str) -> list[Alignment]:
    """What the line below the head says of each column."""
    return [_alignment(cell) for cell in cells_of(delimiters)]


def _alignment(cell: str) -> Alignment:
    if cell.endswith(":"):
        return "^" if cell.startswith(":") else ">"
    return "<"


@dataclass(frozen=True)
class Head:
    """A table's head as it was written, and the prefix that each of its lines has."""

    names: tuple[str, ...]
    alignments: tuple[Alignment, ...]
    prefix: str

    @cached_property
    def plain(self) -> list[str]:
        """The names without Markdown."""
        return [_plain(name) for name in self.names]

    @cached_property
    def labels(self) -> list[str]:
        """The names as they stand before the values of a record."""
        return [_named(name) for name in self.names]


class Row:
    """A row's cells, as text for columns and as lines of a record."""

    def __init__(self, cells: Sequence[str], head: Head) -> None:
        self.plain = [_plain(cell) for cell in cells]
        self._cells = cells
        self._head = head

    @cached_property
    def record(self) -> list[str]:
        """A line for each cell that says something."""
        named = [(name, _marked(cell)) for name, cell in zip(self._head.labels, self._cells, strict=True)]
        return [f"{name}{cell}" for name, cell in named if cell]

    @cached_property
    def record_size(self) -> int:
        """Characters of the record with the blank line behind it."""
        prefix = len(self._head.prefix) + 1
        return sum(len(line) + prefix for line in self.record) + prefix


class Group:
    """Rows that are set together; those that do not fit begin the next group."""

    def __init__(self, head: Head, records: bool = False) -> None:
        self.records = records
        self.rows: list[Row] = []
        self._head = head
        self._widths = [width_of(name) for name in head.plain]

    def copy(self) -> "Group":
        """A group of its own with the same rows."""
        twin = Group(self._head, self.records)
        twin.rows, twin._widths = list(self.rows), self._widths
        return twin

    def takes(self, cells: Sequence[str]) -> bool:
        """Add a row, unless that makes the group too large; a group takes one row at least."""
        row = Row(cells, self._head)
        widths = [max(width, width_of(cell)) for width, cell in zip(self._widths, row.plain, strict=True)]
        records = self.records or sum(widths) + 3 * (len(widths) - 1) > WIDEST
        if self.rows and self._size([*self.rows, row], widths, records) > LARGEST:
            return False
        self.rows.append(row)
        self._widths, self.records = widths, records
        return True

    def _size(self, rows: list[Row], widths: list[int], records: bool) -> int:
        if records:
            return sum(row.record_size for row in rows)
        prefix = len(self._head.prefix)
        return (sum(widths) + 3 * len(widths) + prefix) * (len(rows) + 2) + 2 * (prefix + 4)

    def lines(self) -> list[str]:
        """The group as Discord shows it, each line with its prefix."""
        if self.records:
            lines = [line for row in self.rows for line in ["", *row.record]][1:]
        else:
            lines = ["```", *self._columns(), "```"]
        return [f"{self._head.prefix}{line}".rstrip() for line in lines]

    def _columns(self) -> Iterator[str]:
        yield self._line(self._head.plain)
        yield "─┼─".join("─" * width for width in self._widths)
        yield from (self._line(row.plain) for row in self.rows)

    def _line(self, cells: Sequence[str]) -> str:
        columns = zip(cells, self._widths, self._head.alignments, strict=True)
        return " │ ".join(_aligned(cell, width, alignment) for cell, width, alignment in columns).rstrip()


def fitted(cells: list[str], columns: int) -> list[str]:
    """As many cells as the head has: empty ones are added, surplus ones stand in the last."""
    if len(cells) > columns:
        return [*cells[: columns - 1], " ".join(cells[columns - 1 :])]
    return cells + [""] * (columns - len(cells))


def _plain(cell: str) -> str:
    text = cell if cell.isalnum() else plain(read_all(cell))
    return _SPACE.sub(" ", text).replace("```", "`\u200b``").strip()


def _marked(cell: str) -> str:
    return _SPACE.sub(" ", marked(read_all(cell))).strip()


def _named(name: str) -> str:
    text = marked(read_all(name), inside=frozenset({"**"})).strip()
    return f"**{text.removesuffix(':')}:** " if text else ""


def _aligned(cell: str, width: int, alignment: Alignment) -> str:
    space = width - width_of(cell)
    before = {"<": 0, "^": space // 2, ">": space}[alignment]
    return padded(" " * before + cell, width)
