"""Inline constructs other than emphasis: code spans, math, links, mentions, HTML, entities.

Every pattern has a maximum length, so that a construct that is never closed becomes text after a page at most, and is
possessive, so that a failing match takes linear time.
"""

from collections.abc import Callable
from typing import NamedTuple

import regex

from bot.markdown import html, links
from bot.markdown.characters import escape, superscript
from bot.markdown.fences import escape_fence
from bot.markdown.latex import to_unicode
from bot.markdown.spans import Span, to_markdown, to_plain_text


class Surroundings(NamedTuple):
    """What a construct needs from its surroundings: a parser for nested text, and the line break with its prefix."""

    parse: Callable[[str], list[Span]]
    newline: str


Make = Callable[[regex.Match[str], Surroundings], Span | None]


class Construct(NamedTuple):
    """A pattern, the function that makes a span of a match (None: not a match after all), and the longest unfinished
    construct in characters that a preview holds back.
    """

    pattern: regex.Pattern[str]
    make: Make
    max_held: int = 0


def _code_span(found: regex.Match[str], surroundings: Surroundings) -> Span:
    content = found["content"]
    if len(found["backticks"]) < 3:
        return Span(found[0], content.strip())
    delimiter = "`" if "`" not in content else "``"
    return Span(f"{delimiter}{escape_fence(content.strip())}{delimiter}", content.strip())


def _math(found: regex.Match[str], surroundings: Surroundings) -> Span | None:
    tex = found["tex"]
    if found[0].startswith("$") and not found[0].startswith("$$") and not _is_math(tex):
        return None
    lines = to_unicode(tex)
    if lines and len(lines) == 1:
        return Span(escape(lines[0]), lines[0])
    source = " ".join(tex.split())
    if "\n" not in surroundings.newline or not lines:
        return Span(f"`{source.replace('`', '′')}`", source)
    return Span(surroundings.newline.join(["", "```", *lines, "```", ""]), " ".join(lines))


def _is_math(tex: str) -> bool:
    """Whether the text between dollar signs is math rather than prose between two prices or shell variables."""
    if regex.search(r"[\\^_=<>+]", tex):
        return not regex.search(r"(?<![\\\p{L}{])\p{L}{3,}+ +\p{L}{2,}+(?![^{}]*+})", tex)
    return not regex.search(r"\p{L}{4,}+|[,;:/&-]$|\p{L}{2,}+ +\p{L}", tex) or bool(regex.fullmatch(r"\p{Ll}++", tex))


def _link(found: regex.Match[str], surroundings: Surroundings) -> Span:
    spans = surroundings.parse(found["text"])
    text = to_plain_text(spans).strip()
    shown = escape(text) if "](" in found["text"] else to_markdown(spans).strip()
    return Span(links.masked_link(shown, text, found["url"]), text)


def _image(found: regex.Match[str], surroundings: Surroundings) -> Span:
    text = to_plain_text(surroundings.parse(found["text"])).strip() or "🖼️"
    return Span(links.masked_link(escape(text), text, found["url"]), text)


def _url(found: regex.Match[str], surroundings: Surroundings) -> Span:
    url, trailing = links.split_trailing(found[0])
    text = to_plain_text(surroundings.parse(trailing)) if trailing else ""
    return Span(links.without_preview(url) + escape(text), url + text)


def _autolink(found: regex.Match[str], surroundings: Surroundings) -> Span:
    return Span(links.without_preview(found["url"]), found["url"])


def _entity(found: regex.Match[str], surroundings: Surroundings) -> Span | None:
    character = html.decode_entity(found[1])
    return None if character is None else Span(html.escape_entity(character, found["following"]), character)


def _footnote(found: regex.Match[str], surroundings: Surroundings) -> Span:
    label = found["label"]
    text = (superscript(label) if label.isdigit() else None) or f"[{label}]"
    return Span(text, text)


def _html_code(found: regex.Match[str], surroundings: Surroundings) -> Span:
    content = to_plain_text(surroundings.parse(found["content"])).replace("`", "′")
    return Span(f"`{content}`", content)


def _superscript_or_subscript(found: regex.Match[str], surroundings: Surroundings) -> Span:
    text = html.script_text(found["name"].lower(), to_plain_text(surroundings.parse(found["content"])).strip())
    return Span(escape(text), text)


def _html_link(found: regex.Match[str], surroundings: Surroundings) -> Span:
    spans = surroundings.parse(found["text"])
    text = to_plain_text(spans).strip()
    return Span(links.masked_link(to_markdown(spans).strip(), text, html.attribute(found["attributes"], "href")), text)


def _html_image(found: regex.Match[str], surroundings: Surroundings) -> Span:
    text = html.attribute(found["attributes"], "alt") or "🖼️"
    return Span(links.masked_link(escape(text), text, html.attribute(found["attributes"], "src")), text)


def _tag(found: regex.Match[str], surroundings: Surroundings) -> Span | None:
    text = html.text_for_tag(found["name"].lower(), bool(found["closing"]))
    return None if text is None else Span(text.replace("\n", surroundings.newline), text.replace("\n", " "))


def _verbatim(found: regex.Match[str], surroundings: Surroundings) -> Span:
    return Span(found[0], found[0])


def _backslash_escape(found: regex.Match[str], surroundings: Surroundings) -> Span:
    return Span(found[0], found[0][1:])


def _literal(found: regex.Match[str], surroundings: Surroundings) -> Span:
    return Span(escape(found[0]), found[0])


def _without_ping(found: regex.Match[str], surroundings: Surroundings) -> Span:
    return Span(f"@\u200b{found[0][1:]}", found[0])


def _dropped(found: regex.Match[str], surroundings: Surroundings) -> Span:
    return Span("", "")


def _construct(pattern: str, make: Make, max_held: int = 0) -> Construct:
    return Construct(regex.compile(pattern, regex.IGNORECASE), make, max_held)


_TEXT = r"(?P<text>(?:[^\[\]\\\n]|\\.|\[[^\[\]\n]{0,300}+\]){0,400}+)"
_DESTINATION = r"\([ ]*+(?P<url><[^<>\n]{0,1500}+>|(?:[^\s()<>]|\([^\s()<>]*+\)){0,1500}+)"
_TITLE = r"(?:\s++(?:\"[^\"\n]{0,300}+\"|'[^'\n]{0,300}+'))?+[ ]*+\)"
_ATTRIBUTES = r"(?P<attributes>(?:\s[^<>]{0,1500}+)?+)"
_DUNDERS = (
    "init|main|name|file|doc|dict|class|call|str|repr|eq|hash|len|iter|next|enter|exit|del|new|all|version|getitem|setitem"
    "|getattr|setattr|slots|import|builtins|path|module|add|sub|mul|lt|gt|le|ge|ne|bool|contains|pycache|proto|dirname"
    "|filename|annotations|qualname|future|aenter|aexit|await|post_init|init_subclass|LINE|FUNCTION"
)

CONSTRUCTS: dict[str, tuple[Construct, ...]] = {
    "`": (
        _construct(
            r"(?P<backticks>`++)(?P<content>(?:[^`]|(?<=`)`|(?!(?P=backticks)(?!`))`){1,1000}+)(?P=backticks)(?!`)",
            _code_span,
            max_held=1_000,
        ),
        _construct(r"`++", _literal),
    ),
    "\\": (
        _construct(r"\\\((?P<tex>(?:[^\\\n]|\\[^()\n]){1,500}+)\\\)", _math, max_held=100),
        _construct(r"\\\[(?P<tex>(?:[^\\]|\\[^\[\]]){1,1500}+)\\\]", _math, max_held=300),
        _construct(r"\\(?=\n)", _dropped),
        _construct(r"\\[[:punct:]]", _backslash_escape, max_held=1),
    ),
    "$": (
        _construct(r"\$\$(?P<tex>(?:[^$\\]|\\[\s\S]){1,1500}+)\$\$", _math, max_held=300),
        _construct(r"\$(?![\s$])(?P<tex>(?:[^$\\\n`]|\\[^\n]){1,300}+)(?<!\s)\$(?![\d$\p{L}])", _math, max_held=100),
    ),
    "!": (_construct(rf"!\[{_TEXT}\]{_DESTINATION}{_TITLE}", _image, max_held=400),),
    "[": (
        _construct(r"\[\^(?P<label>[^\[\]\s]{1,30}+)\]", _footnote, max_held=30),
        _construct(rf"\[{_TEXT}\]{_DESTINATION}{_TITLE}", _link, max_held=100),
    ),
    "<": (
        _construct(
            r"<(?:@[!&]?\d{1,20}+|#\d{1,20}+|a?:\w{1,40}+:\d{1,20}+|t:-?\d{1,15}+(?::[tdfrs])?+)>", _verbatim, 60
        ),
        _construct(r"<(?:id:\w{1,20}+|/[^<>\n:]{1,100}+:\d{1,20}+)>", _verbatim, max_held=60),
        _construct(r"<(?P<url>https?://[^\s<>]{1,1800}+)>", _autolink, max_held=300),
        _construct(r"<!--(?:[^-<]|-(?!->)|<(?!!--)){0,1500}+-->", _dropped, max_held=1_500),
        _construct(r"<(?P<name>code|kbd|samp|tt)>(?P<content>[^<\n]{1,500}+)</(?P=name)>", _html_code, max_held=500),
        _construct(
            r"<(?P<name>sup|sub)>(?P<content>[^<\n]{1,100}+)</(?P=name)>", _superscript_or_subscript, max_held=100
        ),
        _construct(rf"<a{_ATTRIBUTES}>(?P<text>[^<\n]{{0,500}}+)</a>", _html_link, max_held=500),
        _construct(rf"<img{_ATTRIBUTES}>", _html_image, max_held=500),
        _construct(rf"<(?P<closing>/?+)(?P<name>[a-z][a-z0-9]{{0,15}}+){_ATTRIBUTES}>", _tag, max_held=60),
    ),
    "&": (
        _construct(
            r"(&(?:#\d{1,7}+|#x[0-9a-f]{1,6}+|[a-z][a-z0-9]{1,31}+);)(?=(?P<following>[\s\S]?+))", _entity, max_held=12
        ),
    ),
    "@": (_construct(r"@(?:everyone|here)", _without_ping),),
    "|": (_construct(r"\|\|++", _literal),),
    "_": (_construct(rf"(?<![\w*])__(?:{_DUNDERS})__(?![\w*])", _literal),),
    "h": (_construct(links.URL, _url),),
    "d": (_construct(links.INVITE, _url),),
}
