"""Tables, which Discord does not support: columns in a code block, or a record for each row if a phone is too narrow.

A table may never end, so its rows are laid out in groups, each small enough for a page and with its own column widths.
A complete group never changes. After a row that is too wide, all later rows are records.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import regex

from bot.markdown.boxes import display_width, pad
from bot.markdown.inline import parse_all
from bot.markdown.spans import to_markdown, to_plain_text

MAX_WIDTH = 52
"""Columns of a monospace font that fit into one line on a phone."""

MAX_GROUP_LENGTH = 1_800
"""Characters of a group: a page, with room for block quote markers."""

DELIMITER_ROW = regex.compile(
    r"(?=[^\n|:]*+[|:])(?:[ \t]*+\|)?+(?:[ \t]*+:?-++:?[ \t]*+\|)*+(?:[ \t]*+:?-++:?)?+[ \t]*+$", regex.MULTILINE
)
"""The delimiter row below the header row."""

_CELL = regex.compile(r"(?:[^|\\`]|\\.|\\$|(`++)(?:(?!\1(?!`)).)*?\1(?!`)|`++)*+")
_SPACE = regex.compile(r"\s+")

Alignment = str
"""`<`, `^` or `>`, as in format strings."""


def split_cells(line: str) -> list[str]:
    r"""Return the cells of a row; `\|` and pipes within code spans are text."""
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


def parse_alignments(delimiters: str) -> list[Alignment]:
    """Return the alignment of each column, as the delimiter row declares it."""
    return [_alignment(cell) for cell in split_cells(delimiters)]


def _alignment(cell: str) -> Alignment:
    if cell.endswith(":"):
        return "^" if cell.startswith(":") else ">"
    return "<"


@dataclass(frozen=True)
class TableHeader:
    """The header row as it was written, the alignments, and the prefix of every line of the table."""

    names: tuple[str, ...]
    alignments: tuple[Alignment, ...]
    prefix: str

    @cached_property
    def plain(self) -> list[str]:
        """The names as plain text."""
        return [_cell_text(name) for name in self.names]

    @cached_property
    def labels(self) -> list[str]:
        """The names as they appear before the values of a record."""
        return [_label(name) for name in self.names]


class Row:
    """The cells of a row, as plain text for columns and as the lines of a record."""

    def __init__(self, cells: Sequence[str], header: TableHeader) -> None:
        self.plain = [_cell_text(cell) for cell in cells]
        self._cells = cells
        self._header = header

    @cached_property
    def record(self) -> list[str]:
        """A line for each cell that is not empty."""
        labelled = [(label, _cell_markdown(cell)) for label, cell in zip(self._header.labels, self._cells, strict=True)]
        return [f"{label}{cell}" for label, cell in labelled if cell]

    @cached_property
    def record_size(self) -> int:
        """Characters of the record with the blank line after it."""
        prefix = len(self._header.prefix) + 1
        return sum(len(line) + prefix for line in self.record) + prefix


class RowGroup:
    """Rows that are laid out together."""

    def __init__(self, header: TableHeader, records: bool = False) -> None:
        self.records = records
        self.rows: list[Row] = []
        self._header = header
        self._widths = [display_width(name) for name in header.plain]

    def copy(self) -> "RowGroup":
        """Return an independent group with the same rows."""
        other = RowGroup(self._header, self.records)
        other.rows, other._widths = list(self.rows), self._widths
        return other

    def add(self, cells: Sequence[str]) -> bool:
        """Add a row; return False if the group would become too large. A group accepts at least one row."""
        row = Row(cells, self._header)
        widths = [max(width, display_width(cell)) for width, cell in zip(self._widths, row.plain, strict=True)]
        records = self.records or sum(widths) + 3 * (len(widths) - 1) > MAX_WIDTH
        if self.rows and self._size([*self.rows, row], widths, records) > MAX_GROUP_LENGTH:
            return False
        self.rows.append(row)
        self._widths, self.records = widths, records
        return True

    def _size(self, rows: list[Row], widths: list[int], records: bool) -> int:
        if records:
            return sum(row.record_size for row in rows)
        prefix = len(self._header.prefix)
        return (sum(widths) + 3 * len(widths) + prefix) * (len(rows) + 2) + 2 * (prefix + 4)

    def lines(self) -> list[str]:
        """Return the lines of the group, each with its prefix."""
        if self.records:
            lines = [line for row in self.rows for line in ["", *row.record]][1:]
        else:
            lines = ["```", *self._columns(), "```"]
        return [f"{self._header.prefix}{line}".rstrip() for line in lines]

    def _columns(self) -> Iterator[str]:
        yield self._line(self._header.plain)
        yield "─┼─".join("─" * width for width in self._widths)
        yield from (self._line(row.plain) for row in self.rows)

    def _line(self, cells: Sequence[str]) -> str:
        columns = zip(cells, self._widths, self._header.alignments, strict=True)
        return " │ ".join(_aligned(cell, width, alignment) for cell, width, alignment in columns).rstrip()


def fit_cells(cells: list[str], columns: int) -> list[str]:
    """Return as many cells as the header has: missing cells are empty, surplus ones are joined into the last."""
    if len(cells) > columns:
        return [*cells[: columns - 1], " ".join(cells[columns - 1 :])]
    return cells + [""] * (columns - len(cells))


def _cell_text(cell: str) -> str:
    text = cell if cell.isalnum() else to_plain_text(parse_all(cell))
    return _SPACE.sub(" ", text).replace("```", "`\u200b``").strip()


def _cell_markdown(cell: str) -> str:
    return _SPACE.sub(" ", to_markdown(parse_all(cell))).strip()


def _label(name: str) -> str:
    text = to_markdown(parse_all(name), inside=frozenset({"**"})).strip()
    return f"**{text.removesuffix(':')}:** " if text else ""


def _aligned(cell: str, width: int, alignment: Alignment) -> str:
    space = width - display_width(cell)
    before = {"<": 0, "^": space // 2, ">": space}[alignment]
    return pad(" " * before + cell, width)
