"""What stands inside a line and is more than text: code, mathematics, links, mentions, HTML, entities.

Every pattern has an upper limit for its length, so that what begins but never ends is text again after a page at most,
and is possessive, so that what does not match costs no more than a look at it.
"""

from collections.abc import Callable
from typing import NamedTuple

import regex

from bot.markdown import html, links
from bot.markdown.fences import defused
from bot.markdown.latex import readable
from bot.markdown.letters import escaped, raised
from bot.markdown.pieces import Piece, marked, plain


class Around(NamedTuple):
    """What a construct may have to know: how to read text inside it, and how a line breaks where it stands."""

    read: Callable[[str], list[Piece]]
    newline: str


Make = Callable[[regex.Match[str], Around], Piece | None]


class Construct(NamedTuple):
    """A pattern, what is made of a match, and how long an unfinished one is held back from a preview."""

    pattern: regex.Pattern[str]
    make: Make
    held: int = 0


def _code(found: regex.Match[str], around: Around) -> Piece:
    content = found["content"]
    if len(found["marks"]) < 3:
        return Piece(found[0], content.strip())
    marks = "`" if "`" not in content else "``"
    return Piece(f"{marks}{defused(content.strip())}{marks}", content.strip())


def _mathematics(found: regex.Match[str], around: Around) -> Piece | None:
    tex = found["tex"]
    if found[0].startswith("$") and not found[0].startswith("$$") and not _is_mathematics(tex):
        return None
    lines = readable(tex)
    if lines and len(lines) == 1:
        return Piece(escaped(lines[0]), lines[0])
    source = " ".join(tex.split())
    if "\n" not in around.newline or not lines:
        return Piece(f"`{source.replace('`', '′')}`", source)
    return Piece(around.newline.join(["", "```", *lines, "```", ""]), " ".join(lines))


def _is_mathematics(tex: str) -> bool:
    """Whether it is no prose between two prices or names of variables."""
    if regex.search(r"[\\^_=<>+]", tex):
        return not regex.search(r"(?<![\\\p{L}{])\p{L}{3,}+ +\p{L}{2,}+(?![^{}]*+})", tex)
    return not regex.search(r"\p{L}{4,}+|[,;:/&-]$|\p{L}{2,}+ +\p{L}", tex) or bool(regex.fullmatch(r"\p{Ll}++", tex))


def _link(found: regex.Match[str], around: Around) -> Piece:
    pieces = around.read(found["text"])
    text = plain(pieces).strip()
    shown = escaped(text) if "](" in found["text"] else marked(pieces).strip()
    return Piece(links.masked(shown, text, found["address"]), text)


def _picture(found: regex.Match[str], around: Around) -> Piece:
    text = plain(around.read(found["text"])).strip() or "🖼️"
    return Piece(links.masked(escaped(text), text, found["address"]), text)


def _address(found: regex.Match[str], around: Around) -> Piece:
    address, behind = links.bare(found[0])
    rest = around.read(behind) if behind else []
    return Piece(links.shown_address(address) + escaped(plain(rest)), address + plain(rest))


def _autolink(found: regex.Match[str], around: Around) -> Piece:
    return Piece(links.shown_address(found["address"]), found["address"])


def _entity(found: regex.Match[str], around: Around) -> Piece | None:
    meaning = html.character(found[1])
    return None if meaning is None else Piece(html.safe(meaning, found["follows"]), meaning)


def _footnote(found: regex.Match[str], around: Around) -> Piece:
    label = found["label"]
    text = (raised(label) if label.isdigit() else None) or f"[{label}]"
    return Piece(text, text)


def _literal_html(found: regex.Match[str], around: Around) -> Piece:
    content = plain(around.read(found["content"])).replace("`", "′")
    return Piece(f"`{content}`", content)


def _shifted(found: regex.Match[str], around: Around) -> Piece:
    text = html.shifted(found["name"].lower(), plain(around.read(found["content"])).strip())
    return Piece(escaped(text), text)


def _anchor(found: regex.Match[str], around: Around) -> Piece:
    pieces = around.read(found["text"])
    text = plain(pieces).strip()
    return Piece(links.masked(marked(pieces).strip(), text, html.attribute(found["attributes"], "href")), text)


def _image(found: regex.Match[str], around: Around) -> Piece:
    text = html.attribute(found["attributes"], "alt") or "🖼️"
    return Piece(links.masked(escaped(text), text, html.attribute(found["attributes"], "src")), text)


def _tag(found: regex.Match[str], around: Around) -> Piece | None:
    text = html.tag_text(found["name"].lower(), bool(found["closing"]))
    return None if text is None else Piece(text.replace("\n", around.newline), text.replace("\n", " "))


def _as_is(found: regex.Match[str], around: Around) -> Piece:
    return Piece(found[0], found[0])


def _escape(found: regex.Match[str], around: Around) -> Piece:
    return Piece(found[0], found[0][1:])


def _escaped(found: regex.Match[str], around: Around) -> Piece:
    return Piece(escaped(found[0]), found[0])


def _unpinging(found: regex.Match[str], around: Around) -> Piece:
    return Piece(f"@\u200b{found[0][1:]}", found[0])


def _nothing(found: regex.Match[str], around: Around) -> Piece:
    return Piece("", "")


def _construct(pattern: str, make: Make, held: int = 0) -> Construct:
    return Construct(regex.compile(pattern, regex.IGNORECASE), make, held)


_TEXT = r"(?P<text>(?:[^\[\]\\\n]|\\.|\[[^\[\]\n]{0,300}+\]){0,400}+)"
_TARGET = r"\([ ]*+(?P<address><[^<>\n]{0,1500}+>|(?:[^\s()<>]|\([^\s()<>]*+\)){0,1500}+)"
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
            r"(?P<marks>`++)(?P<content>(?:[^`]|(?<=`)`|(?!(?P=marks)(?!`))`){1,1000}+)(?P=marks)(?!`)",
            _code,
            held=1_000,
        ),
        _construct(r"`++", _escaped),
    ),
    "\\": (
        _construct(r"\\\((?P<tex>(?:[^\\\n]|\\[^()\n]){1,500}+)\\\)", _mathematics, held=100),
        _construct(r"\\\[(?P<tex>(?:[^\\]|\\[^\[\]]){1,1500}+)\\\]", _mathematics, held=300),
        _construct(r"\\(?=\n)", _nothing),
        _construct(r"\\[[:punct:]]", _escape, held=1),
    ),
    "$": (
        _construct(r"\$\$(?P<tex>(?:[^$\\]|\\[\s\S]){1,1500}+)\$\$", _mathematics, held=300),
        _construct(r"\$(?![\s$])(?P<tex>(?:[^$\\\n`]|\\[^\n]){1,300}+)(?<!\s)\$(?![\d$\p{L}])", _mathematics, held=100),
    ),
    "!": (_construct(rf"!\[{_TEXT}\]{_TARGET}{_TITLE}", _picture, held=400),),
    "[": (
        _construct(r"\[\^(?P<label>[^\[\]\s]{1,30}+)\]", _footnote, held=30),
        _construct(rf"\[{_TEXT}\]{_TARGET}{_TITLE}", _link, held=100),
    ),
    "<": (
        _construct(r"<(?:@[!&]?\d{1,20}+|#\d{1,20}+|a?:\w{1,40}+:\d{1,20}+|t:-?\d{1,15}+(?::[tdfrs])?+)>", _as_is, 60),
        _construct(r"<(?:id:\w{1,20}+|/[^<>\n:]{1,100}+:\d{1,20}+)>", _as_is, held=60),
        _construct(r"<(?P<address>https?://[^\s<>]{1,1800}+)>", _autolink, held=300),
        _construct(r"<!--(?:[^-<]|-(?!->)|<(?!!--)){0,1500}+-->", _nothing, held=1_500),
        _construct(r"<(?P<name>code|kbd|samp|tt)>(?P<content>[^<\n]{1,500}+)</(?P=name)>", _literal_html, held=500),
        _construct(r"<(?P<name>sup|sub)>(?P<content>[^<\n]{1,100}+)</(?P=name)>", _shifted, held=100),
        _construct(rf"<a{_ATTRIBUTES}>(?P<text>[^<\n]{{0,500}}+)</a>", _anchor, held=500),
        _construct(rf"<img{_ATTRIBUTES}>", _image, held=500),
        _construct(rf"<(?P<closing>/?+)(?P<name>[a-z][a-z0-9]{{0,15}}+){_ATTRIBUTES}>", _tag, held=60),
    ),
    "&": (
        _construct(
            r"(&(?:#\d{1,7}+|#x[0-9a-f]{1,6}+|[a-z][a-z0-9]{1,31}+);)(?=(?P<follows>[\s\S]?+))", _entity, held=12
        ),
    ),
    "@": (_construct(r"@(?:everyone|here)", _unpinging),),
    "|": (_construct(r"\|\|++", _escaped),),
    "_": (_construct(rf"(?<![\w*])__(?:{_DUNDERS})__(?![\w*])", _escaped),),
    "h": (_construct(links.ADDRESS, _address),),
    "d": (_construct(links.INVITATION, _address),),
}
