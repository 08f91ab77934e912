"""The words of a text, found without our parser: by a CommonMark parser, or as runs of letters and digits."""

import re
from collections.abc import Iterator

import regex
from markdown_it import MarkdownIt
from markdown_it.token import Token

_READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_FENCE_LINE = re.compile(r"^[ >]*(?:\d+\. |- )?```[\w+#.-]*$", re.MULTILINE)


def words_of(markdown: str) -> list[str]:
    """Return the words that a CommonMark renderer shows, with list numbers and link destinations."""
    return _WORD.findall(" ".join(_said(_READER.parse(markdown))))


def _said(tokens: list[Token]) -> Iterator[str]:
    address = ""
    for token in tokens:
        if token.type == "link_open":
            address = str(token.attrs["href"])
        elif token.type == "link_close":
            yield address
        elif token.type == "list_item_open":
            yield token.info
        elif token.children:
            yield "".join(_said(token.children))
        elif token.type in ("softbreak", "hardbreak"):
            yield "\n"
        else:
            yield token.content


def words_on(pages: list[str]) -> list[str]:
    """Return the words on pages, without info strings."""
    return _WORD.findall("\n".join(_FENCE_LINE.sub("", page) for page in pages))
