"""Lines that open and close fenced code, in lists and quotes too, and what a line hands on to the next.

A fence in a quote ends where the quote does; one in a list does not end before its marks, since models often forget to
indent code. Patterns are possessive throughout: models do repeat themselves, and backtracking would be quadratic.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

_QUOTES = r"(?:[ \t]*+>)*+"
_MARKS = r"(?P<marks>`{3,}+|~{3,}+)"

CONTAINERS = regex.compile(r"(?:[ \t]*+(?:>|(?:[-*+]|\d{1,9}+[.)])(?=\s|$)))*+[ \t]*+")
"""What stands before a line's own text: marks of quotes and lists, and white space."""

_OPENING = regex.compile(rf"^(?P<containers>{CONTAINERS.pattern}){_MARKS}[ \t]*+(?P<info>[^\n`]*+)$", regex.MULTILINE)
_CLOSING = regex.compile(rf"^{_QUOTES}[ \t]*+{_MARKS}[ \t]*+$", regex.MULTILINE)
_UNQUOTED = regex.compile(r"^(?![ \t]*+(?:>|\Z))", regex.MULTILINE)

_NO_MARK = regex.compile(r"[^>\s]")
_BACKTICKS = regex.compile(r"``(?=`)")

_LONGEST_INFO = 40
LONGEST_FOOT = 0.05
"""Of a page; a fence that would need more for being closed is text to us."""


def continuation(line: str) -> str:
    """What the rest of a line needs before it, to stay in the line's quotes and list items."""
    containers = CONTAINERS.match(line)
    return _NO_MARK.sub(" ", containers[0]) if containers else ""


def defused(code: str) -> str:
    """Code in which Discord sees no end of it: a space of no width stands before every third backtick."""
    return _BACKTICKS.sub("``\u200b", code) if "```" in code else code


@dataclass(frozen=True, slots=True)
class Fence:
    """An open fence: what stands before its lines, its marks, and its info string."""

    prefix: str
    marks: str
    info: str

    @property
    def head(self) -> str:
        """The line that opens the fence again; an absurdly long info string is not worth repeating."""
        return f"{self.prefix}{self.marks}{self.info if len(self.info) <= _LONGEST_INFO else ''}\n"

    @property
    def foot(self) -> str:
        """The line that closes it."""
        return f"{self.prefix}{self.marks}"

    def closes_at(self, text: str, start: int = 0) -> regex.Match[str] | None:
        """The first line from there on that closes the fence; an empty match before a line that is out of its quote."""
        unquoted = _UNQUOTED.search(text, start) if ">" in self.prefix else None
        for line in _CLOSING.finditer(text, start, unquoted.start() if unquoted else len(text)):
            if line["marks"].startswith(self.marks):
                return line
        return unquoted


@dataclass(frozen=True, slots=True)
class FenceLine:
    """Where a fence line stands in a text, without its line break, and the fence that is open behind it."""

    start: int
    end: int
    after: Fence | None


def fence_lines(text: str, longest_foot: int) -> Iterator[FenceLine]:
    """The lines that open and close fences, in order, beginning with an opening one."""
    at = 0
    while opening := _OPENING.search(text, at):
        at = opening.end()
        fence = Fence(continuation(opening["containers"]), opening["marks"], opening["info"].strip())
        if len(fence.foot) >= longest_foot:
            continue
        yield FenceLine(opening.start(), opening.end(), fence)
        closing = fence.closes_at(text, at + 1) if at < len(text) else None
        if not closing:
            return
        at = closing.end()
        yield FenceLine(closing.start(), closing.end(), None)
