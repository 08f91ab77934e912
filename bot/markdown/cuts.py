"""Where a page ends best: between paragraphs, lines, sentences or words, and inside nothing that belongs together.

Only the page's window and the one character behind it are looked at, so that more text never moves a cut. From strong
to weak: a table that does not end in the window begins the next page. Then a place in the window's second half is
taken, outside of code before inside. Then the page is filled, up to the beginning of a link or a piece of inline code
that would be torn, or between two grapheme clusters: an emoji of seven code points stays one.
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

_WHOLE = regex.compile(
    r"""
      (?<marks>`++)[^\n]{1,400}?(?<!`)(?P=marks)(?!`)               # inline code
    | (?<pair>\*\*|__|~~|\|\||\*)(?=\S)[^\n]{1,1000}?(?P=pair)      # emphasis
    | !?\[(?:[^\[\]\n\\]|\\.|\[[^\[\]\n]*+\]){0,300}+\]               # a link's text, then its target and title
      \(<?[^\s<>()]{0,1500}+(?:\([^\s()]*+\))?+[^\s<>()]*+>?(?:[ ]"[^"\n]*+")?+\)
    | <[^<>\s]{1,1500}+>                                            # mentions, emoji, timestamps, links
    | </[^<>\n]{1,100}+>                                            # commands
    | https?://\S++
    | @\u200b?(?:everyone|here)
    | \\[[:punct:]]
    """,
    regex.VERBOSE,
)
"""What is torn only where it fills a page by itself."""

_BEGIN = regex.compile(r"[`*_~|!\[<@\\]|https?://")

_LONGEST_MARKER = 20
"""Of quotes and lists, that should not end a page."""

Span = tuple[int, int]


def cut(text: str, end: int, head: str, longest_foot: int) -> int:
    """Where to end the page that `head` begins and at most `text[:end]` fills; `text[end]` exists."""
    window = _Window(text, end, head, longest_foot)
    if (table := window.unfinished_table()) is not None:
        return table
    places = (place for candidates in window.preferred() for place in candidates if window.parts_at(place))
    return next(places, None) or window.fullest()


class _Window:
    def __init__(self, text: str, end: int, head: str, longest_foot: int) -> None:
        self.text = text
        self.end = end
        self.fence_lines: list[Span] = []
        self.code: list[Span] = []
        self.open_at: int | None = None
        self._find_code(head, longest_foot)
        self.whole: list[Span] = []
        self.torn_at = end
        self._find_whole()

    def _find_code(self, head: str, longest_foot: int) -> None:
        opened = 0
        fence: Fence | None = None
        for line in fence_lines(head + self.text[: self.end], longest_foot):
            start, stop = line.start - len(head), line.end - len(head)
            self.fence_lines.append((start, stop + 1 if line.after else stop))
            if line.after:
                opened = start
            else:
                self.code.append((opened, stop))
            fence = line.after
        if fence:
            self.code.append((opened, self.end))
            self.open_at = opened

    def _find_whole(self) -> None:
        """What should not be torn, outside of code, and what the end of the window would tear."""
        gaps = zip([0, *(stop for _, stop in self.code)], [*(start for start, _ in self.code), self.end], strict=True)
        for start, stop in gaps:
            self._find_whole_between(max(start, 0), max(stop, 0))

    def _find_whole_between(self, start: int, stop: int) -> None:
        at_end = stop == self.end
        while begin := _BEGIN.search(self.text, start, stop):
            # not with finditer: it would find a whole one inside a torn one first
            found = _WHOLE.match(self.text, begin.start(), stop, partial=at_end)
            start = max(found.end() if found else 0, begin.end())
            if found:
                self.whole.append(found.span())
                if found.partial or (at_end and start == stop and not self.text[stop].isspace()):
                    self.torn_at = begin.start()

    def unfinished_table(self) -> int | None:
        """Where a table begins that does not end in the window, unless the page begins with it."""
        at = self.open_at
        if at is None or not self.text[: max(at, 0)].strip() or not _TABLE.match(self.text, at, self.end):
            return None
        return at

    def preferred(self) -> Iterator[Iterator[int]]:
        """Places to end at, in the order of preference."""
        half = self.end // 2
        yield self._ends(_PARAGRAPH, half, self._outside_code)
        yield self._ends(_LINE, half, self._outside_code)
        yield self._ends(_PARAGRAPH, half, self._inside_code)
        yield self._ends(_LINE, half, self._inside_code)
        yield self._ends(_SENTENCE, half, self._outside_code)
        yield self._ends(_WORD, half, self._anywhere)

    def _ends(self, pattern: regex.Pattern[str], start: int, where: Callable[[int], bool]) -> Iterator[int]:
        """Where matches end, the last first."""
        ends = [found.end() for found in pattern.finditer(self.text, start, self.end)]
        return (place for place in reversed(ends) if where(place))

    def _anywhere(self, place: int) -> bool:
        return True

    def _inside_code(self, place: int) -> bool:
        return any(start < place < stop for start, stop in self.code)

    def _outside_code(self, place: int) -> bool:
        return not self._inside_code(place)

    def parts_at(self, place: int) -> bool:
        """Whether something stands before this place, and it tears nothing: no link, no heading from its text."""
        if not self.text[:place].strip() or _EXTENDING.match(self.text, place):
            return False
        if place > self.torn_at or any(start < place < stop for start, stop in chain(self.whole, self.fence_lines)):
            return False
        if any(place == stop for _, stop in self.fence_lines if self.text[stop - 1 : stop] == "\n"):
            return False  # behind the line that opens a fence
        line_start = self.text.rfind("\n", 0, place) + 1
        if line_start < place:
            return place - line_start > _LONGEST_MARKER or not CONTAINERS.fullmatch(self.text, line_start, place)
        above = self.text[:place].rstrip()
        return not _HEADING.match(above, above.rfind("\n") + 1)

    def fullest(self) -> int:
        """The last place between two grapheme clusters, before what would be torn if something stands before that."""
        end = self.torn_at if self.text[: self.torn_at].strip() else self.end
        clusters = regex.finditer(r"\X", self.text[: end + 1])
        return max((found.end() for found in clusters if found.end() <= end), default=0) or end
