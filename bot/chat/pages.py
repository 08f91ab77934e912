"""Pages of a reply: each fits into one Discord message, and more text changes only the last.

The same splitter makes the preview and the final, from left to right. Where a page ends depends on nothing but the
text up to there, so a page that was followed by another never changes again and its message needs no further edit.
A code fence that is open where a page ends is closed at its foot and opened again, with its language, at the head of
the next. Taking those marks away and joining the pages gives the text back; only blank pages are left out.
"""

import re
from dataclasses import dataclass

LIMIT = 2_000
"""Characters of one Discord message (Create Message, `content`)."""

_FENCE = re.compile(r"^[ \t]*+(?:(?:[-*+>]|\d{1,9}[.)])[ \t]++)*+(`{3,7}|~{3,7})[ \t]*+([^\n`~]*+)$", re.MULTILINE)
"""A line that opens or closes a fence, in a list or a quote too. It never backtracks: models do repeat themselves."""

_MARKS = re.compile(r"```|~~~")
_BREAKS = (re.compile(r"\n[ \t]*\n+"), re.compile(r"\n"), re.compile(r"[.!?…。！？]['\")\]]*\s+"), re.compile(r"\s+"))
_LONGEST_INFO = 40
_FOOT = 8
"""Room kept for closing a fence of up to seven marks on a line of its own; longer ones are text to us."""


@dataclass(frozen=True, slots=True)
class _Fence:
    marks: str
    info: str

    @property
    def head(self) -> str:
        """The line that opens the fence again; an absurdly long info string is not worth repeating."""
        return f"{self.marks}{self.info if len(self.info) <= _LONGEST_INFO else ''}\n"

    def foot(self, body: str) -> str:
        """What closes the fence behind `body`."""
        return self.marks if body.endswith("\n") else f"\n{self.marks}"


def split(text: str, limit: int = LIMIT) -> list[str]:
    """Cut a reply into pages of at most `limit` characters, none of them blank. Blank text has no pages.

    `limit` must leave room for a fence's marks and language: 100 characters is plenty.
    """
    pages: list[str] = []
    fence: _Fence | None = None
    rest = text
    while rest.strip():
        head = fence.head if fence else ""
        room = limit - len(head)
        # marks count before they are a fence and after they were closed: a page that was too long stays too long
        longest = room - _FOOT if fence or _MARKS.search(rest, 0, room) else room
        body = rest if len(rest) <= longest else rest[: _cut(rest[: room - _FOOT])]
        page, fence = _page(head, body, fence)
        pages.append(page)
        rest = rest[len(body) :]
    return [page for page in pages if page.strip()]


def _page(head: str, body: str, fence: _Fence | None) -> tuple[str, _Fence | None]:
    """The page that shows `body`, and the fence that is open behind it."""
    after = _open_fence(body, fence)
    return f"{head}{body}{after.foot(body) if after else ''}", after


def _open_fence(body: str, fence: _Fence | None) -> _Fence | None:
    """The fence that is open after `body`, given the one that was open before it."""
    for line in _FENCE.finditer(body):
        marks, info = line[1], line[2].strip()
        if fence is None:
            fence = _Fence(marks, info)
        elif marks.startswith(fence.marks) and not info:
            fence = None
    return fence


def _cut(window: str) -> int:
    """Where to end a page: after a paragraph, a line, a sentence or a word of its second half, else at its end."""
    for pattern in _BREAKS:
        ends = [found.end() for found in pattern.finditer(window, len(window) // 2)]
        if ends and window[: ends[-1]].strip():
            return ends[-1]
    return len(window)
