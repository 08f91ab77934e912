"""Splits a text into pages: each fits into one Discord message, and more text changes only the last one.

The same splitter produces the preview and the final, from left to right. A page break depends only on the text before
it, so a page that is followed by another never changes again and its message needs no further edit.

Each page can be read on its own. If a fenced code block is open at the end of a page, a foot closes it, and the head of
the next page opens it again with its language. A page that begins in the middle of a line in a block quote or a list
item begins with the quote's markers or the item's indentation. Without heads and feet, the pages add up to the text;
only blank pages are dropped, and a closing fence line that a foot has made redundant.
"""

from typing import NamedTuple

import regex

from bot.markdown.breaks import find_break
from bot.markdown.fences import MAX_FOOT_SHARE, Fence, continuation, fence_lines

LIMIT = 2_000
"""Characters of one Discord message (Create Message, `content`)."""

_FENCE = regex.compile(r"```|~~~")


class _PageStart(NamedTuple):
    """The position of a page in the text, the fence that is open there, and the prefix of a line that continues."""

    at: int = 0
    fence: Fence | None = None
    prefix: str = ""
    mid_line: bool = False

    @property
    def head(self) -> str:
        return (self.fence.head if self.fence else "") + self.prefix


def split(text: str, limit: int = LIMIT) -> list[str]:
    """Split a text into pages of at most `limit` characters, none of them blank. Blank text has no pages.

    `limit` must leave room for fence lines: 200 characters are plenty.
    """
    pages = Pages(limit)
    pages.add(text)
    return pages.with_tail()


class Pages:
    """The pages of a growing text; each call takes time proportional to the new text.

    Invariant: `with_tail(tail)` equals `split(added + tail)`, where `added` is everything added so far.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._finished: list[str] = []
        self._limit = limit
        self._max_foot = int(limit * MAX_FOOT_SHARE)
        self._rest = ""
        self._start = _PageStart()

    def add(self, text: str) -> None:
        """Append text."""
        self._rest += text
        pages, start = self._full_pages(self._rest)
        self._finished += pages
        self._rest = self._rest[start.at :]
        self._start = start._replace(at=0)

    def with_tail(self, tail: str = "") -> list[str]:
        """Return all pages, as if the text ended with `tail`."""
        rest = self._rest + tail
        pages, start = self._full_pages(rest)
        return [*self._finished, *pages, *self._page(start, rest[start.at :])]

    def _full_pages(self, rest: str) -> tuple[list[str], _PageStart]:
        """Return the pages that are followed by another, and the start of the last one."""
        start = self._start
        pages: list[str] = []
        while end := self._page_end(rest, start):
            pages += self._page(start, rest[start.at : end])
            start = self._next_start(start, rest, end)
        return pages, start

    def _page_end(self, rest: str, start: _PageStart) -> int | None:
        """Return the end of the page, None if the rest fits on it."""
        room = self._limit - len(start.head)
        # any fence counts, even an incomplete or a closed one: more text must not make a page that was too long fit
        has_fence = start.fence or _FENCE.search(rest, start.at, start.at + room)
        longest = room - self._max_foot if has_fence else room
        if len(rest) - start.at <= longest:
            return None
        return start.at + find_break(rest[start.at : start.at + longest + 1], longest, start.head, self._max_foot)

    def _next_start(self, start: _PageStart, rest: str, end: int) -> _PageStart:
        """Return the start of the page after this one."""
        page = start.head + rest[start.at : end]
        fence = self._open_fence(page)
        line = page.rpartition("\n")[2] if rest[end] != "\n" else ""
        prefix = (fence.prefix if fence else continuation(line)) if line else ""
        return _PageStart(end, fence, prefix if len(prefix) < self._max_foot else "", mid_line=bool(line))

    def _page(self, start: _PageStart, body: str) -> list[str]:
        """Return the page with this body; nothing if it would be blank."""
        head = start.head
        closing = start.fence.closes_at(body) if start.fence and not start.mid_line else None
        if closing and not body[: closing.start()].strip():
            head, body = "", body[: closing.start()] + body[closing.end() :]
        if not body.strip():
            return []
        fence = self._open_fence(head + body)
        foot = ("" if body.endswith("\n") else "\n") + fence.foot if fence else ""
        return [head + body + foot]

    def _open_fence(self, page: str) -> Fence | None:
        fence = None
        for line in fence_lines(page, self._max_foot):
            fence = line.open_after
        return fence
