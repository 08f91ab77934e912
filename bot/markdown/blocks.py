"""The states of parsing a document: at the start of a line, in a paragraph, in code, in a table.

A state advances one step at a time. In stable mode it takes a step only if no further text could change its output.
"""

from typing import NamedTuple, Protocol

import regex

from bot.markdown.characters import escape, superscript
from bot.markdown.fences import CONTAINERS, continuation, escape_fence
from bot.markdown.inline import parse, parse_all
from bot.markdown.latex import to_unicode
from bot.markdown.lines import Line, LineKind, UndecidedLine, classify_line
from bot.markdown.mode import Mode
from bot.markdown.spans import to_markdown
from bot.markdown.tables import RowGroup, TableHeader, fit_cells, parse_alignments, split_cells

THEMATIC_BREAK = "⎯" * 12
_MAX_FIRST_PIPE = 100
"""The first pipe of a table row is within so many characters."""

_BOLD = frozenset({"**"})
_CHECKBOXES = {" ": "☐", "x": "☑", "X": "☑"}
_QUOTE_MARKER = regex.compile(r">[ \t]?")
_PYTHON_PROMPT = regex.compile(r">>>(?= )")
_CLOSING_HASHES = regex.compile(r"(?:^|[ \t]+)#+[ \t]*$")
_LIST_MARKER = regex.compile(r"[-*+]|\d[.)]")
_LANGUAGE = regex.compile(r"[a-z0-9_+\-.#]+", regex.IGNORECASE)
_CHECKBOX = regex.compile(r"\[([ xX])\](?=[ \t])")
_FOOTNOTE = regex.compile(r"\[\^([^\[\]\s]{1,30}+)\]:(?=[ \t])")


class Step(NamedTuple):
    """The output of a step, the position in the source after it, and the next state."""

    output: str
    at: int
    state: "State"


class State(Protocol):
    """A state of the parser; `has_pending` says whether it holds source that was consumed without output."""

    has_pending: bool

    def step(self, source: str, at: int, mode: Mode) -> Step | None:
        """Advance; return None if nothing more is certain."""


class AtLineStart:
    """At the start of a line that may begin any block."""

    has_pending = False

    def step(self, source: str, at: int, mode: Mode) -> Step | None:
        line = classify_line(source, at, mode, setext=True)
        containers = _normalize(source[at : line.start])
        if isinstance(line, UndecidedLine):
            if mode is Mode.STABLE:
                return None
            if line.kind is LineKind.HEADING:
                return _unfinished_heading(source, line.start, containers)
            text_so_far = line.kind is LineKind.SETEXT_HEADING or (
                line.kind is LineKind.TABLE and source[line.start] != "|"
            )
            if not text_so_far:
                return None
            line = Line(LineKind.TEXT, line.start)
        if line.kind is LineKind.TEXT:
            return _open_paragraph(source, at, line.start, mode)
        if line.kind is LineKind.FENCE and line.found:
            return _open_code(source, line.found, containers)
        if line.kind is LineKind.TABLE and line.found:
            names, alignments = split_cells(line.found["head"]), parse_alignments(line.found["delimiters"])
            header = TableHeader(tuple(names), tuple(alignments), continuation(containers))
            return Step("", _next_line(source, line.found.end()), InTable(header))
        stop = line.found.end() if line.found else line.start
        newline = "\n" if stop < len(source) else ""
        return Step(_complete_block(line, containers) + newline, stop + len(newline), self)


def _complete_block(line: Line, containers: str) -> str:
    if line.kind is LineKind.BLANK or line.found is None:
        return containers if containers.strip() else ""
    if line.kind is LineKind.THEMATIC_BREAK:
        return _normalize(line.found["quotes"]) + THEMATIC_BREAK
    if line.kind is LineKind.MATH:
        return _math_block(line.found["tex"], containers)
    setext = line.kind is LineKind.SETEXT_HEADING
    level = (1 if line.found["first"] else 2) if setext else len(line.found["level"])
    return _heading(level, line.found["title"] or "", containers)


def _heading(level: int, title: str, containers: str) -> str:
    text = to_markdown(parse_all(_CLOSING_HASHES.sub("", title.strip())), inside=_BOLD).strip()
    if level <= 3 and not _LIST_MARKER.search(containers):
        return f"{containers}{'#' * level} {text}" if text else containers
    return f"{containers}**{text}**" if text else containers


def _unfinished_heading(source: str, start: int, containers: str) -> Step | None:
    title = source[start:].lstrip("#")
    if not title.strip():
        return None
    text = to_markdown(parse(title, 0, len(title), Mode.PREVIEW).spans)
    return Step(_heading(len(source) - start - len(title), text, containers), len(source), AtLineStart())


def _math_block(tex: str, containers: str) -> str:
    tex = regex.sub(r"(?m)^[ \t]*+(?:>[ \t]?)++", "", tex) if ">" in containers else tex
    lines = to_unicode(tex)
    if lines and len(lines) == 1:
        return containers + escape(lines[0])
    block = ["```", *lines, "```"] if lines else ["```tex", *escape_fence(tex.strip()).split("\n"), "```"]
    return containers + f"\n{continuation(containers)}".join(block)


def _next_line(source: str, end: int) -> int:
    return min(end + 1, len(source))


def _normalize(containers: str) -> str:
    """Return block quote and list markers in the form that Discord supports: `> `, `-` and `1.`."""
    quoted = _QUOTE_MARKER.sub("> ", containers.expandtabs(4)) if containers else ""
    return quoted.replace("+", "-").replace(")", ".")


def _open_paragraph(source: str, at: int, start: int, mode: Mode) -> Step | None:
    """Output what precedes the text of a paragraph: markers, a checkbox, a footnote label, a Python prompt."""
    containers = _normalize(source[at:start])
    if prompt := _PYTHON_PROMPT.match(source, at):
        return Step("\\>>>", prompt.end(), InParagraph("", 0))
    paragraph = InParagraph(continuation(containers), containers.count(">"))
    in_list = _LIST_MARKER.search(containers)
    checkbox = _CHECKBOX.match(source, start, len(source), partial=mode.may_grow) if in_list else None
    footnote = _FOOTNOTE.match(source, start, len(source), partial=mode.may_grow)
    if (checkbox and checkbox.partial) or (footnote and footnote.partial):
        return None
    if checkbox:
        return Step(f"{containers}{_CHECKBOXES[checkbox[1]]}", checkbox.end(), paragraph)
    if footnote:
        label = superscript(footnote[1]) if footnote[1].isdigit() else f"[{footnote[1]}]"
        return Step(f"{containers}{label}", footnote.end(), paragraph)
    return Step(containers, start, paragraph)


class InParagraph:
    """Within a paragraph; `quotes` is how many block quotes it is in."""

    has_pending = False

    def __init__(self, prefix: str, quotes: int) -> None:
        self._prefix = prefix
        self._quotes = quotes

    def step(self, source: str, at: int, mode: Mode) -> Step | None:
        stop, closed = self._extent(source, at, mode)
        parsed = parse(source, at, stop, Mode.FINAL if closed else mode, f"\n{self._prefix}")
        output = to_markdown(parsed.spans)
        if closed or mode is Mode.PREVIEW:
            newline = "\n" if stop < len(source) else ""
            return Step(output + newline, stop + len(newline), AtLineStart())
        return Step(output, parsed.end, self) if parsed.end > at else None

    def _extent(self, source: str, at: int, mode: Mode) -> tuple[int, bool]:
        """Return the end of the lines that are known to belong to the paragraph, and whether it ends there."""
        while (stop := source.find("\n", at)) >= 0:
            line = classify_line(source, stop + 1, mode, setext=False)
            if isinstance(line, UndecidedLine):
                return stop, False
            containers = source[stop + 1 : line.start]
            other_container = containers.count(">") != self._quotes or _LIST_MARKER.search(containers)
            if line.kind is not LineKind.TEXT or other_container:
                return stop, True
            at = stop + 1
        return len(source), mode is Mode.FINAL


def _open_code(source: str, found: regex.Match[str], containers: str) -> Step | None:
    """Output an opening fence line as Discord needs it: three backticks and one word."""
    if found.end() == len(source):
        return Step("", len(source), AtLineStart())
    language = _LANGUAGE.match(found["info"].lstrip("{. "))
    line = f"{containers}```{language[0] if language else ''}\n"
    return Step(line, _next_line(source, found.end()), InCode(continuation(containers), found["fence"]))


class InCode:
    """Within a fenced code block; unchanged except for what Discord would take for the closing fence."""

    has_pending = False

    def __init__(self, prefix: str, fence: str, mid_line: bool = False) -> None:
        self._prefix = prefix
        self._fence = fence
        self._mid_line = mid_line
        self._quotes = prefix.count(">")
        self._indentation = " \t>" if self._quotes else " \t"

    def step(self, source: str, at: int, mode: Mode) -> Step | None:
        stop = source.find("\n", at)
        if stop < 0 and mode.may_grow:
            return self._unfinished_line(source, at)
        stop = stop if stop >= 0 else len(source)
        newline = "\n" if stop < len(source) else ""
        line = source[at:stop]
        if self._leaves_quote(line):
            return Step(f"{self._prefix}```\n", at, AtLineStart())
        if not self._mid_line and self._closes(line):
            return Step(f"{self._prefix}```{newline}", stop + len(newline), AtLineStart())
        return Step(self._code(line) + newline, stop + len(newline), InCode(self._prefix, self._fence))

    def _unfinished_line(self, source: str, at: int) -> Step | None:
        """Output a line without its trailing backticks, unless it may become a closing fence."""
        line = source[at:]
        content = line.lstrip(self._indentation)
        if not self._mid_line and not content.strip(self._fence[0] + " \t"):
            return None
        if self._leaves_quote(line):
            return Step(f"{self._prefix}```\n", at, AtLineStart())
        certain = line.rstrip("`")
        if not certain:
            return None
        return Step(self._code(certain), at + len(certain), InCode(self._prefix, self._fence, mid_line=True))

    def _leaves_quote(self, line: str) -> bool:
        """Whether the line is outside the block quote that contains the code block."""
        return self._quotes > 0 and not self._mid_line and not line.lstrip(" \t").startswith(">")

    def _closes(self, line: str) -> bool:
        content = line.lstrip(self._indentation).rstrip(" \t")
        return content.startswith(self._fence) and not content.strip(self._fence[0])

    def _code(self, line: str) -> str:
        if self._quotes and not self._mid_line:
            quotes = regex.match(rf"(?:[ \t]*+>[ ]?){{1,{self._quotes}}}+", line)
            line = self._prefix + line[quotes.end() if quotes else 0 :]
        return escape_fence(line)


class InTable:
    """Within the rows of a table. `group` are the rows without output yet; `continued` says that groups precede it."""

    has_pending = True

    def __init__(self, header: TableHeader, group: RowGroup | None = None, *, continued: bool = False) -> None:
        self._header = header
        self._group = group or RowGroup(header)
        self._continued = continued

    def step(self, source: str, at: int, mode: Mode) -> Step | None:
        group = self._group.copy()
        start = at
        while (row := self._row(source, at, mode)) is not None:
            stop, cells = row
            if not group.add(cells):
                following = InTable(self._header, RowGroup(self._header, group.records), continued=True)
                return Step(self._render(group) + "\n", at, following)
            at = stop
        ended = at < len(source) and (mode is Mode.FINAL or self._ends(source, at))
        if mode is Mode.STABLE and not ended:
            return Step("", at, InTable(self._header, group, continued=self._continued)) if at > start else None
        if mode is Mode.PREVIEW and not ended:
            return Step(self._render(group) if group.rows else "", len(source), AtLineStart())
        newline = "\n" if at < len(source) or source.endswith("\n") else ""
        return Step(self._render(group) + newline, at, AtLineStart())

    def _row(self, source: str, at: int, mode: Mode) -> tuple[int, list[str]] | None:
        """Return the start of the next line and the cells of this one; None if it is not a row, or not complete."""
        stop = source.find("\n", at)
        if stop < 0 and (mode.may_grow or at == len(source)):
            return None
        stop = stop if stop >= 0 else len(source)
        content = self._row_content(source[at:stop])
        if content is None:
            return None
        return _next_line(source, stop), fit_cells(split_cells(content), len(self._header.names))

    def _row_content(self, line: str) -> str | None:
        """Return the line without its markers, None if it is not a row of this table."""
        containers = CONTAINERS.match(line)
        content = line[containers.end() if containers else 0 :]
        quotes = line.count(">", 0, len(line) - len(content))
        in_table = "|" in content[:_MAX_FIRST_PIPE] and quotes == self._header.prefix.count(">")
        return content if in_table else None

    def _ends(self, source: str, at: int) -> bool:
        """Whether the line that begins at `at` is known not to be a row."""
        if source.find("\n", at) >= 0:
            return True
        return len(source) - at > 2 * _MAX_FIRST_PIPE and self._row_content(source[at:]) is None

    def _render(self, group: RowGroup) -> str:
        separator = "\n" if self._continued and group.records and group.rows else ""
        if not group.rows:
            header = self._header.prefix + " · ".join(label.strip() for label in self._header.labels)
            return "" if self._continued else header
        return separator + "\n".join(group.lines())
