"""An independent implementation of fences, heads and feet, line by line and without the splitter's patterns."""

import re
from collections.abc import Iterator
from typing import NamedTuple

CONTAINER = re.compile(r"[ \t]*(?:>|(?:[-*+]|[0-9]{1,9}[.)])(?=[ \t]|$))")


class Open(NamedTuple):
    """An open fence."""

    prefix: str
    marks: str
    info: str

    @property
    def head(self) -> str:
        return f"{self.prefix}{self.marks}{self.info if len(self.info) <= 40 else ''}\n"

    @property
    def foot(self) -> str:
        return f"{self.prefix}{self.marks}"


def containers(line: str) -> str:
    """Return the list and block quote markers that a line begins with, and white space."""
    end = 0
    while found := CONTAINER.match(line, end):
        end = found.end()
    return line[: len(line) - len(line[end:].lstrip(" \t"))]


def continued(line: str) -> str:
    return "".join(mark if mark in "> \t" else " " for mark in containers(line))


def marks_of(text: str) -> str:
    """Return the fence characters that a text begins with."""
    marks = re.match(r"`*|~*", text)
    assert marks
    return marks[0] or re.match(r"~*", text)[0]  # type: ignore[index]


def open_fence(text: str, longest_foot: int) -> Open | None:
    """Return the fence that is open at the end of the text."""
    fence: Open | None = None
    lines = text.split("\n")
    for number, line in enumerate(lines):
        unquoted = not line.lstrip(" \t").startswith(">") and (line.strip(" \t") or number < len(lines) - 1)
        if fence and ">" in fence.prefix and unquoted:
            fence = None
        if fence:
            bare = line.lstrip(" \t>").rstrip(" \t")
            if set(bare) == {fence.marks[0]} and len(bare) >= len(fence.marks):
                fence = None
            continue
        bare = line[len(containers(line)) :]
        marks = marks_of(bare)
        info = bare[len(marks) :]
        if len(marks) >= 3 and "`" not in info and len(continued(line)) + len(marks) < longest_foot:
            fence = Open(continued(line), marks, info.strip())
    return fence


def shown_text(text: str, pages: list[str], limit: int) -> str:
    """Return the pages without heads and feet. Fails if they are anything but the text in order."""
    shown = next(_readings(text, pages, None, "", limit // 20), None)
    assert shown is not None, f"{pages} do not show {text!r}"
    return shown


def _readings(rest: str, pages: list[str], fence: Open | None, torn: str, longest: int) -> Iterator[str]:
    """Yield every way to read the pages as the rest of the text; a foot may also be part of the text."""
    torn = "" if rest.startswith("\n") else torn
    closed = _without_closing_line(rest, fence) if fence and not torn else None
    if not pages:
        if not rest.strip() or (closed is not None and not closed.strip()):
            yield rest
        return
    if closed is not None:
        yield from _bodies(closed, pages, ("", rest[: len(rest) - len(closed)]), longest)
    prefix = (fence.prefix if fence else continued(torn)) if torn else ""
    head = (fence.head if fence else "") + (prefix if len(prefix) < longest else "")
    if pages[0].startswith(head):
        yield from _bodies(rest, pages, (head, ""), longest)


def _bodies(rest: str, pages: list[str], hidden: tuple[str, str], longest: int) -> Iterator[str]:
    head, closing = hidden
    shown = pages[0][len(head) :]
    for length in range(min(longest + 2, len(shown))):
        body = shown[: len(shown) - length]
        after = open_fence(head + body, longest)
        foot = ("" if body.endswith("\n") else "\n") + after.foot if after else ""
        skipped, found, more = rest.partition(body)
        if found and not skipped.strip() and pages[0] == head + body + foot:
            line = (head + body).split("\n")[-1]
            before = closing + skipped + body
            yield from (before + later for later in _readings(more, pages[1:], after, line, longest))


def _without_closing_line(rest: str, fence: Open) -> str | None:
    """Return the rest without a closing fence line and blank lines before it, None if it does not begin so."""
    lines = rest.split("\n")
    while len(lines) > 1 and not lines[0].strip():
        lines.pop(0)
    if ">" in fence.prefix and not lines[0].lstrip(" \t").startswith(">"):
        return "\n".join(lines)
    bare = lines[0].lstrip(" \t>" if ">" in fence.prefix else " \t").rstrip(" \t")
    closing = bare.startswith(fence.marks) and set(bare) == {fence.marks[0]}
    return "\n" + "\n".join(lines[1:]) if closing else None
