"""Chooses page breaks: between paragraphs, lines, sentences or words, and not within anything that belongs together.

The window is the text that fits on a page. Only the window and the character after it are considered, so that more text
never moves a break. In order of precedence: a table that does not end in the window begins the next page. Then a break
in the second half of the window is chosen, outside code if possible. Otherwise the page is filled up to the start of a
link or a code span that would be split, or to a boundary between grapheme clusters: an emoji of seven code points stays
whole.
"""

from collections.abc import Callable, Iterator
from itertools import chain

import regex

from bot.markdown.fences import CONTAINERS, Fence, fence_lines

_PARAGRAPH = regex.compile(r"\n(?:[ \t>]*+\n)++")
_LINE = regex.compile(r"\n")
_SENTENCE = regex.compile(r"(?<!^[ \t>]*\d*)[.!?…]['\"”’»)\]*_]*+\s++|[。！？｡．][』」”’）】*_]*+\s*+", regex.MULTILINE)
_WORD = regex.compile(r"\s++|(?<=[、，；：])")
_TABLE = regex.compile(r"[^\n`]*+```\n[^\n]*+\n[> ]*+─[─┼]*+$", regex.MULTILINE)
_HEADING = regex.compile(rf"{CONTAINERS.pattern}#{{1,3}} ")
_EXTENDING = regex.compile(r"[\p{M}\p{Emoji_Modifier}\u200d\ufe0f]")

_ATOMIC = regex.compile(
    r"""
      (?<backticks>`++)[^\n]{1,400}?(?<!`)(?P=backticks)(?!`)               # code span
    | (?<delimiter>\*\*|__|~~|\|\||\*)(?=\S)[^\n]{1,1000}?(?P=delimiter)      # emphasis
    | !?\[(?:[^\[\]\n\\]|\\.|\[[^\[\]\n]*+\]){0,300}+\]               # link text, then destination and title
      \(<?[^\s<>()]{0,1500}+(?:\([^\s()]*+\))?+[^\s<>()]*+>?(?:[ ]"[^"\n]*+")?+\)
    | <[^<>\s]{1,1500}+>                                            # mentions, emoji, timestamps, links
    | </[^<>\n]{1,100}+>                                            # commands
    | https?://\S++
    | @\u200b?(?:everyone|here)
    | \\[[:punct:]]
    """,
    regex.VERBOSE,
)
"""Constructs that are split only if they fill a page by themselves."""

_ATOMIC_START = regex.compile(r"[`*_~|!\[<@\\]|https?://")

_MAX_MARKER_LENGTH = 20
"""Of block quote and list markers, which should not be separated from their content."""

Range = tuple[int, int]


def find_break(text: str, end: int, head: str, max_foot: int) -> int:
    """Return where to end the page that begins with `head` and holds at most `text[:end]`; `text[end]` must exist."""
    window = _Window(text, end, head, max_foot)
    if (table := window.unfinished_table()) is not None:
        return table
    breaks = (at for candidates in window.preferred_breaks() for at in candidates if window.can_break_at(at))
    return next(breaks, None) or window.last_break()


class _Window:
    def __init__(self, text: str, end: int, head: str, max_foot: int) -> None:
        self.text = text
        self.end = end
        self.fence_lines: list[Range] = []
        self.code: list[Range] = []
        self.open_at: int | None = None
        self._find_code(head, max_foot)
        self.atomic: list[Range] = []
        self.safe_end = end
        self._find_atomic()

    def _find_code(self, head: str, max_foot: int) -> None:
        opened = 0
        fence: Fence | None = None
        for line in fence_lines(head + self.text[: self.end], max_foot):
            start, stop = line.start - len(head), line.end - len(head)
            self.fence_lines.append((start, stop + 1 if line.open_after else stop))
            if line.open_after:
                opened = start
            else:
                self.code.append((opened, stop))
            fence = line.open_after
        if fence:
            self.code.append((opened, self.end))
            self.open_at = opened

    def _find_atomic(self) -> None:
        """Find the constructs outside code that should not be split, and where the window would split one."""
        gaps = zip([0, *(stop for _, stop in self.code)], [*(start for start, _ in self.code), self.end], strict=True)
        for start, stop in gaps:
            self._find_atomic_between(max(start, 0), max(stop, 0))

    def _find_atomic_between(self, start: int, stop: int) -> None:
        at_end = stop == self.end
        while first := _ATOMIC_START.search(self.text, start, stop):
            # finditer would first find a complete construct within one that is split
            found = _ATOMIC.match(self.text, first.start(), stop, partial=at_end)
            start = max(found.end() if found else 0, first.end())
            if found:
                self.atomic.append(found.span())
                if found.partial or (at_end and start == stop and not self.text[stop].isspace()):
                    self.safe_end = first.start()

    def unfinished_table(self) -> int | None:
        """Return the start of a table that does not end in the window, unless the page begins with it."""
        at = self.open_at
        if at is None or not self.text[: max(at, 0)].strip() or not _TABLE.match(self.text, at, self.end):
            return None
        return at

    def preferred_breaks(self) -> Iterator[Iterator[int]]:
        """Yield candidates for the break, in order of preference."""
        half = self.end // 2
        yield self._ends(_PARAGRAPH, half, self._outside_code)
        yield self._ends(_LINE, half, self._outside_code)
        yield self._ends(_PARAGRAPH, half, self._inside_code)
        yield self._ends(_LINE, half, self._inside_code)
        yield self._ends(_SENTENCE, half, self._outside_code)
        yield self._ends(_WORD, half, self._anywhere)

    def _ends(self, pattern: regex.Pattern[str], start: int, where: Callable[[int], bool]) -> Iterator[int]:
        """Return the ends of all matches, the last one first."""
        ends = [found.end() for found in pattern.finditer(self.text, start, self.end)]
        return (at for at in reversed(ends) if where(at))

    def _anywhere(self, at: int) -> bool:
        return True

    def _inside_code(self, at: int) -> bool:
        return any(start < at < stop for start, stop in self.code)

    def _outside_code(self, at: int) -> bool:
        return not self._inside_code(at)

    def can_break_at(self, at: int) -> bool:
        """Whether the page would not be blank, and nothing would be split: no link, no heading from its text."""
        if not self.text[:at].strip() or _EXTENDING.match(self.text, at):
            return False
        if at > self.safe_end or any(start < at < stop for start, stop in chain(self.atomic, self.fence_lines)):
            return False
        if any(at == stop for _, stop in self.fence_lines if self.text[stop - 1 : stop] == "\n"):
            return False  # right after an opening fence line
        line_start = self.text.rfind("\n", 0, at) + 1
        if line_start < at:
            return at - line_start > _MAX_MARKER_LENGTH or not CONTAINERS.fullmatch(self.text, line_start, at)
        above = self.text[:at].rstrip()
        return not _HEADING.match(above, above.rfind("\n") + 1)

    def last_break(self) -> int:
        """Return the last boundary of grapheme clusters, if possible before the construct that would be split."""
        end = self.safe_end if self.text[: self.safe_end].strip() else self.end
        clusters = regex.finditer(r"\X", self.text[: end + 1])
        return max((found.end() for found in clusters if found.end() <= end), default=0) or end
