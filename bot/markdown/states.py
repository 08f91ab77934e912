"""The states of reading a document: between lines, in prose, in code, in the rows of a table.

A state takes one step at a time: it says what it shows, where reading goes on, and in which state. With `End.MORE` it
takes a step only where no further text could change it.
"""

from typing import NamedTuple, Protocol

import regex

from bot.markdown.fences import CONTAINERS, continuation, defused
from bot.markdown.growth import End
from bot.markdown.inline import read, read_all
from bot.markdown.latex import readable
from bot.markdown.letters import escaped, raised
from bot.markdown.lines import Kind, Line, Undecided, line_at
from bot.markdown.pieces import marked
from bot.markdown.tables import Group, Head, alignments_of, cells_of, fitted

RULE = "⎯" * 12
_FIRST_PIPE = 100
"""Characters of a row up to its first pipe at most."""

_BOLD = frozenset({"**"})
_BOXES = {" ": "☐", "x": "☑", "X": "☑"}
_QUOTE = regex.compile(r">[ \t]?")
_PROMPT = regex.compile(r">>>(?= )")
_CLOSING_MARKS = regex.compile(r"(?:^|[ \t]+)#+[ \t]*$")
_LISTED = regex.compile(r"[-*+]|\d[.)]")
_LANGUAGE = regex.compile(r"[a-z0-9_+\-.#]+", regex.IGNORECASE)


class Step(NamedTuple):
    """What is shown, where reading goes on, and in which state."""

    shown: str
    at: int
    state: "State"


class State(Protocol):
    """Where in a document the reading is, and whether it holds something that was read and not shown."""

    holds: bool

    def step(self, source: str, at: int, end: End) -> Step | None:
        """Read on; None where no more can be said."""


class Between:
    """Before a line."""

    holds = False

    def step(self, source: str, at: int, end: End) -> Step | None:
        """Say what the line begins."""
        line = line_at(source, at, end, alone=True)
        containers = _normal(source[at : line.start])
        if isinstance(line, Undecided):
            if end is End.MORE:
                return None
            if line.kind is Kind.HEADING:
                return _unfinished_heading(source, line.start, containers)
            if line.kind is not Kind.UNDERLINED and (line.kind is not Kind.TABLE or source[line.start] == "|"):
                return None
            line = Line(Kind.TEXT, line.start)
        if line.kind is Kind.TEXT:
            return _begin_prose(source, at, line.start, end)
        if line.kind is Kind.FENCE and line.found:
            return _open_code(source, line.found, containers)
        if line.kind is Kind.TABLE and line.found:
            names, alignments = cells_of(line.found["head"]), alignments_of(line.found["delimiters"])
            head = Head(tuple(names), tuple(alignments), continuation(containers))
            return Step("", _next_line(source, line.found.end()), Rows(head))
        stop = line.found.end() if line.found else line.start
        newline = "\n" if stop < len(source) else ""
        return Step(_block(line, containers) + newline, stop + len(newline), self)


def _block(line: Line, containers: str) -> str:
    """A block that is complete."""
    if line.kind is Kind.BLANK or line.found is None:
        return containers if containers.strip() else ""
    if line.kind is Kind.RULE:
        return _normal(line.found["quotes"]) + RULE
    if line.kind is Kind.MATHEMATICS:
        return _mathematics(line.found["tex"], containers)
    underlined = line.kind is Kind.UNDERLINED
    level = (1 if line.found["first"] else 2) if underlined else len(line.found["level"])
    return _heading(level, line.found["title"] or "", containers)


def _heading(level: int, title: str, containers: str) -> str:
    text = marked(read_all(_CLOSING_MARKS.sub("", title.strip())), inside=_BOLD).strip()
    if level <= 3 and not _LISTED.search(containers):
        return f"{containers}{'#' * level} {text}" if text else containers
    return f"{containers}**{text}**" if text else containers


def _unfinished_heading(source: str, start: int, containers: str) -> Step | None:
    title = source[start:].lstrip("#")
    if not title.strip():
        return None
    text = marked(read(title, 0, len(title), End.OPEN).pieces)
    return Step(_heading(len(source) - start - len(title), text, containers), len(source), Between())


def _mathematics(tex: str, containers: str) -> str:
    tex = regex.sub(r"(?m)^[ \t]*+(?:>[ \t]?)++", "", tex) if ">" in containers else tex
    lines = readable(tex)
    if lines and len(lines) == 1:
        return containers + escaped(lines[0])
    block = ["```", *lines, "```"] if lines else ["```tex", *defused(tex.strip()).split("\n"), "```"]
    return containers + f"\n{continuation(containers)}".join(block)


def _next_line(source: str, end: int) -> int:
    return min(end + 1, len(source))


def _normal(containers: str) -> str:
    """Marks of quotes and lists as Discord knows them: `> `, `-` and `1.`."""
    quoted = _QUOTE.sub("> ", containers.expandtabs(4)) if containers else ""
    return quoted.replace("+", "-").replace(")", ".")


def _begin_prose(source: str, at: int, start: int, end: End) -> Step | None:
    """The first words of a paragraph, with what stands before them: a box, a footnote's number, a prompt of Python."""
    containers = _normal(source[at:start])
    if prompt := _PROMPT.match(source, at):
        return Step("\\>>>", prompt.end(), Prose("", 0))
    prose = Prose(continuation(containers), containers.count(">"))
    box = _BOX.match(source, start, len(source), partial=end.grows) if _LISTED.search(containers) else None
    note = _NOTE.match(source, start, len(source), partial=end.grows)
    if (box and box.partial) or (note and note.partial):
        return None
    if box:
        return Step(f"{containers}{_BOXES[box[1]]}", box.end(), prose)
    if note:
        return Step(f"{containers}{raised(note[1]) if note[1].isdigit() else f'[{note[1]}]'}", note.end(), prose)
    return Step(containers, start, prose)


_BOX = regex.compile(r"\[([ xX])\](?=[ \t])")
_NOTE = regex.compile(r"\[\^([^\[\]\s]{1,30}+)\]:(?=[ \t])")


class Prose:
    """In a paragraph."""

    holds = False

    def __init__(self, prefix: str, quotes: int) -> None:
        self._prefix = prefix
        self._quotes = quotes

    def step(self, source: str, at: int, end: End) -> Step | None:
        """Say what is certain of the lines that are known to belong to the paragraph."""
        stop, closed = self._extent(source, at, end)
        reading = read(source, at, stop, End.COMPLETE if closed else end, f"\n{self._prefix}")
        shown = marked(reading.pieces)
        if closed or end is End.OPEN:
            newline = "\n" if stop < len(source) else ""
            return Step(shown + newline, stop + len(newline), Between())
        return Step(shown, reading.used, self) if reading.used > at else None

    def _extent(self, source: str, at: int, end: End) -> tuple[int, bool]:
        """Where the lines that belong to the paragraph end, and whether it ends there."""
        while (stop := source.find("\n", at)) >= 0:
            line = line_at(source, stop + 1, end, alone=False)
            if isinstance(line, Undecided):
                return stop, False
            containers = source[stop + 1 : line.start]
            other = containers.count(">") != self._quotes or _LISTED.search(containers)
            if line.kind is not Kind.TEXT or other:
                return stop, True
            at = stop + 1
        return len(source), end is End.COMPLETE


def _open_code(source: str, found: regex.Match[str], containers: str) -> Step | None:
    """The line that opens a fence, as Discord needs it: three backticks and one word."""
    if found.end() == len(source):
        return Step("", len(source), Between())
    language = _LANGUAGE.match(found["info"].lstrip("{. "))
    line = f"{containers}```{language[0] if language else ''}\n"
    return Step(line, _next_line(source, found.end()), Code(continuation(containers), found["marks"]))


class Code:
    """In fenced code, of which nothing is changed but marks that Discord would take for its end."""

    holds = False

    def __init__(self, prefix: str, marks: str, inside_line: bool = False) -> None:
        self._prefix = prefix
        self._marks = marks
        self._inside_line = inside_line
        self._quotes = prefix.count(">")

    def step(self, source: str, at: int, end: End) -> Step | None:
        """A line, or what is there of it."""
        stop = source.find("\n", at)
        if stop < 0 and end.grows:
            return self._unfinished(source, at)
        stop = stop if stop >= 0 else len(source)
        newline = "\n" if stop < len(source) else ""
        line = source[at:stop]
        if self._left_by(line):
            return Step(f"{self._prefix}```\n", at, Between())
        if not self._inside_line and self._closes(line):
            return Step(f"{self._prefix}```{newline}", stop + len(newline), Between())
        return Step(self._shown(line) + newline, stop + len(newline), Code(self._prefix, self._marks))

    def _unfinished(self, source: str, at: int) -> Step | None:
        """A line that goes on: all of it but backticks at its end, unless it may become one that closes the fence."""
        line = source[at:]
        bare = line.lstrip(" \t>" if self._quotes else " \t")
        if not self._inside_line and not bare.strip(self._marks[0] + " \t"):
            return None
        if self._left_by(line):
            return Step(f"{self._prefix}```\n", at, Between())
        said = line.rstrip("`")
        return (
            Step(self._shown(said), at + len(said), Code(self._prefix, self._marks, inside_line=True)) if said else None
        )

    def _left_by(self, line: str) -> bool:
        """Whether the line is out of the quote that the fence is in."""
        return self._quotes > 0 and not self._inside_line and not line.lstrip(" \t").startswith(">")

    def _closes(self, line: str) -> bool:
        bare = line.lstrip(" \t>" if self._quotes else " \t").rstrip(" \t")
        return bare.startswith(self._marks) and not bare.strip(self._marks[0])

    def _shown(self, line: str) -> str:
        if self._quotes and not self._inside_line:
            quotes = regex.match(rf"(?:[ \t]*+>[ ]?){{1,{self._quotes}}}+", line)
            line = self._prefix + line[quotes.end() if quotes else 0 :]
        return defused(line)


class Rows:
    """In the rows of a table, of which those that are not shown yet are kept in a group."""

    holds = True

    def __init__(self, head: Head, group: Group | None = None, *, begun: bool = False) -> None:
        self._head = head
        self._group = group or Group(head)
        self._begun = begun

    def step(self, source: str, at: int, end: End) -> Step | None:
        """A group of rows, as soon as it is full or the table ends; until then more rows for it."""
        group = self._group.copy()
        begun = at
        while (row := self._row(source, at, end)) is not None:
            stop, cells = row
            if not group.takes(cells):
                following = Rows(self._head, Group(self._head, group.records), begun=True)
                return Step(self._shown(group) + "\n", at, following)
            at = stop
        ended = at < len(source) and (end is End.COMPLETE or self._ends(source, at))
        if end is End.MORE and not ended:
            return Step("", at, Rows(self._head, group, begun=self._begun)) if at > begun else None
        if end is End.OPEN and not ended:
            return Step(self._shown(group) if group.rows else "", len(source), Between())
        return Step(self._shown(group) + ("\n" if at < len(source) or source.endswith("\n") else ""), at, Between())

    def _row(self, source: str, at: int, end: End) -> tuple[int, list[str]] | None:
        """The cells of the line that begins there and where the next one does; None where it is no row, or none yet."""
        stop = source.find("\n", at)
        if stop < 0 and (end.grows or at == len(source)):
            return None
        body = self._body(source[at : stop if stop >= 0 else len(source)])
        if body is None:
            return None
        return _next_line(source, stop if stop >= 0 else len(source)), fitted(cells_of(body), len(self._head.names))

    def _body(self, line: str) -> str | None:
        """The line without the marks of its quote; None where it is no row."""
        containers = CONTAINERS.match(line)
        body = line[containers.end() if containers else 0 :]
        quotes = line.count(">", 0, len(line) - len(body))
        return body if "|" in body[:_FIRST_PIPE] and quotes == self._head.prefix.count(">") else None

    def _ends(self, source: str, at: int) -> bool:
        """Whether enough is there of the line that begins there to know that it is no row."""
        return source.find("\n", at) >= 0 or (len(source) - at > 2 * _FIRST_PIPE and self._body(source[at:]) is None)

    def _shown(self, group: Group) -> str:
        separator = "\n" if self._begun and group.records and group.rows else ""
        if not group.rows:
            return "" if self._begun else self._head.prefix + " · ".join(label.strip() for label in self._head.labels)
        return separator + "\n".join(group.lines())
