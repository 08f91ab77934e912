"""Lines that open and close fenced code blocks, also within lists and block quotes, and prefixes of lines.

A fence in a block quote ends with the quote. A fence in a list item ends only at its closing line, since models often
forget to indent code. All patterns are possessive: models repeat themselves, and backtracking would be quadratic.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

_QUOTES = r"(?:[ \t]*+>)*+"
_FENCE = r"(?P<fence>`{3,}+|~{3,}+)"

CONTAINERS = regex.compile(r"(?:[ \t]*+(?:>|(?:[-*+]|\d{1,9}+[.)])(?=\s|$)))*+[ \t]*+")
"""The block quote and list markers before the content of a line, and white space."""

_OPENING = regex.compile(rf"^(?P<containers>{CONTAINERS.pattern}){_FENCE}[ \t]*+(?P<info>[^\n`]*+)$", regex.MULTILINE)
_CLOSING = regex.compile(rf"^{_QUOTES}[ \t]*+{_FENCE}[ \t]*+$", regex.MULTILINE)
_UNQUOTED = regex.compile(r"^(?![ \t]*+(?:>|\Z))", regex.MULTILINE)

_NOT_QUOTE_MARKER = regex.compile(r"[^>\s]")
_BACKTICKS = regex.compile(r"``(?=`)")

_MAX_INFO_LENGTH = 40
MAX_FOOT_SHARE = 0.05
"""Of a page. If closing a fence would take more, the fence is treated as text."""


def continuation(line: str) -> str:
    """Return the prefix that keeps the continuation of a line within its block quotes and list items."""
    containers = CONTAINERS.match(line)
    return _NOT_QUOTE_MARKER.sub(" ", containers[0]) if containers else ""


def escape_fence(code: str) -> str:
    """Insert zero-width spaces into runs of backticks, so that Discord does not take them for the closing fence."""
    return _BACKTICKS.sub("``\u200b", code) if "```" in code else code


@dataclass(frozen=True, slots=True)
class Fence:
    """An open fenced code block: the prefix of its lines, its fence characters and its info string."""

    prefix: str
    fence: str
    info: str

    @property
    def head(self) -> str:
        """The line that opens the block again on the next page; a very long info string is not repeated."""
        return f"{self.prefix}{self.fence}{self.info if len(self.info) <= _MAX_INFO_LENGTH else ''}\n"

    @property
    def foot(self) -> str:
        """The line that closes the block."""
        return f"{self.prefix}{self.fence}"

    def closes_at(self, text: str, start: int = 0) -> regex.Match[str] | None:
        """Return the first closing line from `start` on, or an empty match before a line outside the block quote."""
        unquoted = _UNQUOTED.search(text, start) if ">" in self.prefix else None
        for line in _CLOSING.finditer(text, start, unquoted.start() if unquoted else len(text)):
            if line["fence"].startswith(self.fence):
                return line
        return unquoted


@dataclass(frozen=True, slots=True)
class FenceLine:
    """The range of a fence line in a text, without its line break, and the block that is open after it."""

    start: int
    end: int
    open_after: Fence | None


def fence_lines(text: str, max_foot: int) -> Iterator[FenceLine]:
    """Yield the lines that open and close fenced code blocks, in order, starting with an opening one."""
    at = 0
    while opening := _OPENING.search(text, at):
        at = opening.end()
        fence = Fence(continuation(opening["containers"]), opening["fence"], opening["info"].strip())
        if len(fence.foot) >= max_foot:
            continue
        yield FenceLine(opening.start(), opening.end(), fence)
        closing = fence.closes_at(text, at + 1) if at < len(text) else None
        if not closing:
            return
        at = closing.end()
        yield FenceLine(closing.start(), closing.end(), None)
