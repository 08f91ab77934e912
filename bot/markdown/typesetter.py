"""From a model's Markdown to pages, again and again while the text grows."""

from bot.markdown.pages import LIMIT, Pages


class Typesetter:
    """Sets one growing text, in time that depends on what is new alone.

    Laws: the pages depend on the text only, not on what was asked before; all pages of a preview but its last are pages
    of every later preview, and of the final of whatever the text becomes.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._text = ""
        self._pages = Pages(limit)

    def preview(self, text: str) -> list[str]:
        """The pages of a text that goes on."""
        self._follow(text)
        return self._pages.shown()

    def final(self, text: str) -> list[str]:
        """The pages of a text that is complete."""
        self._follow(text)
        return self._pages.shown()

    def _follow(self, text: str) -> None:
        if not text.startswith(self._text):
            self._pages = Pages(self._limit)
            self._text = ""
        self._pages.add(text[len(self._text) :])
        self._text = text
