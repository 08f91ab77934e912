"""Links without previews, invites as plain text, and images as links."""

import regex

from bot.markdown.characters import escape

INVITE = r"(?:https?://)?(?:www\.)?(?:discord\.gg|discord(?:app)?\.com/invite)/[\w-]{2,}+"
URL = r"https?://[^\s<>]{1,1800}+"

_INVITE = regex.compile(INVITE, regex.IGNORECASE)
_URL = regex.compile(r"https?://[^\s<>]+")
_TRAILING = regex.compile(r"[.,;:!?'\"*_~`|)\]}…。，、；：！？）】」』”’]++$")
_BRACKETS = {")": "(", "]": "[", "}": "{"}


def split_trailing(url: str) -> tuple[str, str]:
    """Split a URL found in text from trailing punctuation, including closing brackets that were opened before it."""
    end = len(url)
    trailing = _TRAILING.search(url)
    start = trailing.start() if trailing else end
    while end > start:
        opening = _BRACKETS.get(url[end - 1])
        if opening and url.count(opening, 0, end) >= url.count(url[end - 1], 0, end):
            break
        end -= 1
    return url[:end], url[end:]


def without_preview(url: str) -> str:
    """Return a link that Discord does not preview; an invite as code, since Discord previews invites regardless."""
    invite = _INVITE.search(url)
    return f"`{invite[0].split('://')[-1]}`" if invite else f"<{url}>"


def masked_link(text: str, plain_text: str, url: str) -> str:
    """Return the text linked to the URL.

    Discord renders masked links only to http(s) URLs, and none whose text is a URL itself.
    """
    url = url.removeprefix("<").removesuffix(">").replace("\\", "")
    same = _without_scheme(plain_text) == _without_scheme(url)
    if _INVITE.search(url):
        return without_preview(url) if same else f"{text} {without_preview(url)}"
    if not _URL.fullmatch(url):
        target = url.removeprefix("mailto:")
        return text if not target or target.startswith("#") or target == plain_text else f"{text} ({escape(target)})"
    if same or not plain_text.strip():
        return f"<{url}>"
    if "://" in plain_text:
        return f"{text} <{url}>"
    return f"[{text}](<{url}>)"


def _without_scheme(url: str) -> str:
    return regex.sub(r"^(?:https?://)?(?:www\.)?", "", url.strip()).rstrip("/")
