"""Pages of a reply: each fits into one Discord message, and more text changes only the last.

The same splitter makes the preview and the final, from left to right. Where a page ends depends on nothing but the text
up to there, so a page that was followed by another never changes again and its message needs no further edit.

A page can be read by itself. A fence that is open where it ends is closed at its foot and opened again, with its
language, at the head of the next; a page that begins inside a line of a quote or a list item begins with the quote's
marks or the item's indentation. Taking heads and feet away and joining the pages gives the text back. Left out are
blank pages only, and the line that closes a fence where a foot has closed it already.
"""

from typing import NamedTuple

import regex

from bot.markdown.cuts import cut
from bot.markdown.fences import LONGEST_FOOT, Fence, continuation, fence_lines

LIMIT = 2_000
"""Characters of one Discord message (Create Message, `content`)."""

_MARKS = regex.compile(r"```|~~~")


class _Start(NamedTuple):
    """Where a page begins in the text, the fence that is open there, and what the rest of a torn line needs."""

    at: int = 0
    fence: Fence | None = None
    prefix: str = ""
    torn: bool = False

    @property
    def head(self) -> str:
        return (self.fence.head if self.fence else "") + self.prefix


def split(text: str, limit: int = LIMIT) -> list[str]:
    """Cut a reply into pages of at most `limit` characters, none of them blank. Blank text has no pages.

    `limit` must leave room for a fence's marks and language: 200 characters are plenty.
    """
    pages = Pages(limit)
    pages.add(text)
    return pages.shown()


class Pages:
    """The pages of a text that grows, in time that depends on what is new alone.

    Law: `shown(tail)` is `split(added + tail)`, where `added` is all that was added.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.settled: list[str] = []
        self._limit = limit
        self._longest_foot = int(limit * LONGEST_FOOT)
        self._rest = ""
        self._start = _Start()

    def add(self, text: str) -> None:
        """The text goes on with this."""
        self._rest += text
        pages, start = self._full_pages(self._rest)
        self.settled += pages
        self._rest = self._rest[start.at :]
        self._start = start._replace(at=0)

    def shown(self, tail: str = "") -> list[str]:
        """All pages, if the text ended with `tail`."""
        rest = self._rest + tail
        pages, start = self._full_pages(rest)
        return [*self.settled, *pages, *self._page(start, rest[start.at :])]

    def _full_pages(self, rest: str) -> tuple[list[str], _Start]:
        """The pages that are followed by another, and where that begins."""
        start = self._start
        pages: list[str] = []
        while end := self._end(rest, start):
            pages += self._page(start, rest[start.at : end])
            start = self._behind(start, rest, end)
        return pages, start

    def _end(self, rest: str, start: _Start) -> int | None:
        """Where the page ends, if the rest does not fit on it."""
        room = self._limit - len(start.head)
        # marks count before they are a fence and after they were closed: a page that was too long stays too long
        marked = start.fence or _MARKS.search(rest, start.at, start.at + room)
        longest = room - self._longest_foot if marked else room
        if len(rest) - start.at <= longest:
            return None
        return start.at + cut(rest[start.at : start.at + longest + 1], longest, start.head, self._longest_foot)

    def _behind(self, start: _Start, rest: str, end: int) -> _Start:
        """How the page after this one begins."""
        page = start.head + rest[start.at : end]
        fence = self._open_fence(page)
        line = page.rpartition("\n")[2] if rest[end] != "\n" else ""
        prefix = (fence.prefix if fence else continuation(line)) if line else ""
        return _Start(end, fence, prefix if len(prefix) < self._longest_foot else "", torn=bool(line))

    def _page(self, start: _Start, body: str) -> list[str]:
        """The page that shows this, unless there is nothing to show."""
        head = start.head
        closing = start.fence.closes_at(body) if start.fence and not start.torn else None
        if closing and not body[: closing.start()].strip():
            head, body = "", body[: closing.start()] + body[closing.end() :]
        if not body.strip():
            return []
        fence = self._open_fence(head + body)
        foot = ("" if body.endswith("\n") else "\n") + fence.foot if fence else ""
        return [head + body + foot]

    def _open_fence(self, page: str) -> Fence | None:
        fence = None
        for line in fence_lines(page, self._longest_foot):
            fence = line.after
        return fence
