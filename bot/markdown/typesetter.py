"""Turns a growing Markdown text into Discord pages, again and again.

A preview consists of what is certain, followed by a guess at how the rest will look: open emphasis is closed, and what
may become a table, a link or a tag is held back. The guess never begins a new page, since that would settle the page
before it, which the actual text might fill differently. So a message is never edited again once another follows it.
"""

from bot.markdown.format import Formatter
from bot.markdown.mode import Mode
from bot.markdown.pages import LIMIT, Pages


class Typesetter:
    """Lays out a growing text; each call takes time proportional to the new text.

    Invariants: the pages depend on the text alone, not on earlier calls. `final(text)` equals `split(format(text))`.
    All pages of `preview(text)` except the last are also pages of every preview and final of texts that begin with
    `text`, and if there are several, no such text has fewer.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._text = ""
        self._formatter = Formatter()
        self._pages = Pages(limit)

    def preview(self, text: str) -> list[str]:
        """Return the pages of a text that is still growing."""
        self._update(text)
        pages = self._pages.with_tail(self._formatter.pending(Mode.PREVIEW))
        return pages[: max(1, len(self._pages.with_tail()))] if len(pages) > 1 else pages

    def final(self, text: str) -> list[str]:
        """Return the pages of a complete text."""
        self._update(text)
        return self._pages.with_tail(self._formatter.pending(Mode.FINAL))

    def _update(self, text: str) -> None:
        if not text.startswith(self._text):  # not a continuation: start over
            self._formatter = Formatter()
            self._pages = Pages(self._limit)
            self._text = ""
        self._pages.add(self._formatter.add(text[len(self._text) :]))
        self._text = text
