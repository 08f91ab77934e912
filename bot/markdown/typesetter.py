"""From a model's Markdown to Discord's pages, again and again while the text grows.

A preview shows what is certain and, behind it, how the rest will most likely look: open emphasis is closed, what may
become a table, a link or a tag is held back. Such a guess never begins a page: the page before would be settled by it,
and the truth might have filled it otherwise. So no message of a preview is ever edited again once another follows it.
"""

from bot.markdown.format import Formatter
from bot.markdown.growth import End
from bot.markdown.pages import LIMIT, Pages


class Typesetter:
    """Sets one growing text, in time that depends on what is new.

    Laws: pages depend on the text alone, not on what was asked before. `final(text)` is `split(format(text))`. All
    pages of `preview(text)` but its last are pages of every preview and final of texts that begin with `text`, and
    where there are several, none of those has fewer.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._text = ""
        self._formatter = Formatter()
        self._pages = Pages(limit)

    def preview(self, text: str) -> list[str]:
        """The pages of a text that goes on."""
        self._follow(text)
        pages = self._pages.shown(self._formatter.rest(End.OPEN))
        return pages[: max(1, len(self._pages.shown()))] if len(pages) > 1 else pages

    def final(self, text: str) -> list[str]:
        """The pages of a text that is complete."""
        self._follow(text)
        return self._pages.shown(self._formatter.rest(End.COMPLETE))

    def _follow(self, text: str) -> None:
        if not text.startswith(self._text):
            self._formatter = Formatter()
            self._pages = Pages(self._limit)
            self._text = ""
        self._pages.add(self._formatter.add(text[len(self._text) :]))
        self._text = text
