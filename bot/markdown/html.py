"""HTML within Markdown: emphasis becomes Markdown, layout tags are dropped, everything else is text."""

from html import unescape

import regex

from bot.markdown.characters import escape, subscript, superscript
from bot.markdown.symbols import words

EMPHASIS = {
    **dict.fromkeys(words("b strong"), "**"),
    **dict.fromkeys(words("i em cite dfn"), "*"),
    **dict.fromkeys(words("u ins"), "__"),
    **dict.fromkeys(words("s del strike"), "~~"),
}
_BREAKS = {"br": "\n", "hr": "\n", "p": "", "li": "• "}
_LAYOUT = frozenset(
    words(
        "div span center font small big mark details summary ul ol dl dt dd table thead tbody tfoot tr td th caption "
        "section article header footer main figure figcaption blockquote pre nobr wbr q h1 h2 h3 h4 h5 h6 var abbr"
    )
)
_HEADINGS = frozenset(words("summary h1 h2 h3 h4 h5 h6 dt th"))
_CONTROL = regex.compile(r"[\x00-\x1f\x7f-\x9f]")


def emphasis_for_tag(name: str) -> str | None:
    """Return the emphasis delimiter for a tag, None if it has none."""
    return EMPHASIS.get(name) or ("**" if name in _HEADINGS else None)


def text_for_tag(name: str, closing: bool) -> str | None:
    """Return the replacement for a tag without emphasis; None if it is not HTML, such as `<T>`."""
    if name in _BREAKS:
        return "" if closing else _BREAKS[name]
    return "" if name in _LAYOUT else None


def decode_entity(entity: str) -> str | None:
    """Return the character of an entity such as `&amp;`, None if there is no such entity."""
    character = unescape(entity)
    if character == entity:
        return None
    return _CONTROL.sub("", character.replace("\xa0", " "))


def script_text(name: str, text: str) -> str:
    """Return the content of `<sup>` or `<sub>` in Unicode, else as `^(…)` or `_(…)`."""
    converted = superscript(text) if name == "sup" else subscript(text)
    return converted or f"{'^' if name == 'sup' else '_'}({text})"


def attribute(attributes: str, name: str) -> str:
    """Return the value of an attribute, "" if it is missing."""
    found = regex.search(rf"""\b{name}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", attributes, regex.IGNORECASE)
    return unescape(next((value for value in found.groups() if value is not None), "")) if found else ""


def escape_entity(character: str, following: str) -> str:
    """Escape the character of an entity: Discord would take it for a delimiter, or `<` for the start of a mention."""
    if character == "@":
        return "@\u200b"
    return rf"\{character}" if character == "<" and following.strip() else escape(character)
