"""Links that do not unfold, invitations that are only text, and pictures that are links."""

import regex

from bot.markdown.letters import escaped

INVITATION = r"(?:https?://)?(?:www\.)?(?:discord\.gg|discord(?:app)?\.com/invite)/[\w-]{2,}+"
ADDRESS = r"https?://[^\s<>]{1,1800}+"

_INVITATION = regex.compile(INVITATION, regex.IGNORECASE)
_ADDRESS = regex.compile(r"https?://[^\s<>]+")
_BEHIND = regex.compile(r"[.,;:!?'\"*_~`|)\]}…。，、；：！？）】」』”’]++$")
_PAIRS = {")": "(", "]": "[", "}": "{"}


def bare(address: str) -> tuple[str, str]:
    """An address in running text, and what behind it belongs to the text: a stop, a bracket that was opened before."""
    end = len(address)
    behind = _BEHIND.search(address)
    start = behind.start() if behind else end
    while end > start:
        opening = _PAIRS.get(address[end - 1])
        if opening and address.count(opening, 0, end) >= address.count(address[end - 1], 0, end):
            break
        end -= 1
    return address[:end], address[end:]


def shown_address(address: str) -> str:
    """As a link without a preview; an invitation as text, since it unfolds all the same."""
    invitation = _INVITATION.search(address)
    return f"`{invitation[0].split('://')[-1]}`" if invitation else f"<{address}>"


def masked(text: str, plain_text: str, address: str) -> str:
    """A text that is a link. Discord shows none to other places than the web, and none whose text is an address."""
    address = address.removeprefix("<").removesuffix(">").replace("\\", "")
    same = _place(plain_text) == _place(address)
    if _INVITATION.search(address):
        return shown_address(address) if same else f"{text} {shown_address(address)}"
    if not _ADDRESS.fullmatch(address):
        target = address.removeprefix("mailto:")
        return text if not target or target.startswith("#") or target == plain_text else f"{text} ({escaped(target)})"
    if same or not plain_text.strip():
        return f"<{address}>"
    if "://" in plain_text:
        return f"{text} <{address}>"
    return f"[{text}](<{address}>)"


def _place(address: str) -> str:
    return regex.sub(r"^(?:https?://)?(?:www\.)?", "", address.strip()).rstrip("/")
