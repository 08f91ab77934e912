"""HTML in Markdown: what Discord can show becomes Markdown, layout is left out, everything else is text."""

from html import unescape

import regex

from bot.markdown.letters import escaped, lowered, raised
from bot.markdown.symbols import words

EMPHASIS = {
    **dict.fromkeys(words("b strong"), "**"),
    **dict.fromkeys(words("i em cite dfn"), "*"),
    **dict.fromkeys(words("u ins"), "__"),
    **dict.fromkeys(words("s del strike"), "~~"),
}
LITERAL = "code|kbd|samp|tt"
_BREAKS = {"br": "\n", "hr": "\n", "p": "", "li": "• "}
_LAYOUT = frozenset(
    words(
        "div span center font small big mark details summary ul ol dl dt dd table thead tbody tfoot tr td th caption "
        "section article header footer main figure figcaption blockquote pre nobr wbr q h1 h2 h3 h4 h5 h6 var abbr"
    )
)
_HEADINGS = frozenset(words("summary h1 h2 h3 h4 h5 h6 dt th"))
_CONTROL = regex.compile(r"[\x00-\x1f\x7f-\x9f]")


def tag_mark(name: str) -> str | None:
    """The mark of emphasis that stands for a tag."""
    return EMPHASIS.get(name) or ("**" if name in _HEADINGS else None)


def tag_text(name: str, closing: bool) -> str | None:
    """What stands for a tag without emphasis; None for one that is no HTML, such as `<T>`."""
    if name in _BREAKS:
        return "" if closing else _BREAKS[name]
    return "" if name in _LAYOUT else None


def character(entity: str) -> str | None:
    """The character of `&amp;` and its like; None where there is no such entity."""
    meaning = unescape(entity)
    if meaning == entity:
        return None
    return _CONTROL.sub("", meaning.replace("\xa0", " "))


def shifted(name: str, text: str) -> str:
    """What `<sup>` and `<sub>` hold."""
    letters = raised(text) if name == "sup" else lowered(text)
    return letters or f"{'^' if name == 'sup' else '_'}({text})"


def attribute(attributes: str, name: str) -> str:
    """The value of an attribute, empty where it is not given."""
    found = regex.search(rf"""\b{name}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", attributes, regex.IGNORECASE)
    return unescape(next((value for value in found.groups() if value is not None), "")) if found else ""


def safe(meaning: str, follows: str) -> str:
    """A character of an entity for Discord: `<` could begin a mention, marks of emphasis would be some."""
    if meaning == "@":
        return "@\u200b"
    return rf"\{meaning}" if meaning == "<" and follows.strip() else escaped(meaning)
