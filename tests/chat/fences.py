"""A second opinion on fences, line by line, to judge pages by."""

import re
from collections.abc import Iterator

Fence = tuple[str, str]
"""Its marks, and the language behind them."""


def open_fence(text: str, fence: Fence | None = None) -> Fence | None:
    """The fence that is open at the end of the text, given the one that is open at its start."""
    for line in text.split("\n"):
        bare = _outside_of_lists(line)
        marks = bare[: len(bare) - len(bare.lstrip(bare[:1]))] if bare[:1] in ("`", "~") else ""
        info = bare[len(marks) :].strip(" \t")
        if not 3 <= len(marks) <= 7 or "`" in info or "~" in info:
            continue
        if fence is None:
            fence = marks, info.strip()
        elif marks[0] == fence[0][0] and len(marks) >= len(fence[0]) and not info.strip():
            fence = None
    return fence


def _outside_of_lists(line: str) -> str:
    """The line without its indentation and the marks of lists and quotes."""
    line = line.lstrip(" \t")
    while marker := re.match(r"([-*+>]|[0-9]{1,9}[.)])[ \t]+", line):
        line = line[marker.end() :]
    return line


def shown_text(text: str, pages: list[str]) -> str:
    """The text in the pages without heads and feet. Fails where the pages show anything but the text in order."""
    shown = next(_readings(text, pages, None), None)
    assert shown is not None, f"{pages} do not show {text!r}"
    return shown


def _readings(rest: str, pages: list[str], fence: Fence | None) -> Iterator[str]:
    """Every way to read the pages as the rest of the text; marks at a foot may be the text's own."""
    if not pages:
        if not rest.strip():
            yield ""
        return
    head = f"{fence[0]}{fence[1] if len(fence[1]) <= 40 else ''}\n" if fence else ""
    page = pages[0].removeprefix(head)
    if head + page != pages[0]:
        return
    for body in (page[: len(page) - foot] for foot in range(min(9, len(page)))):
        skipped, found, after = rest.partition(body)
        open_behind = open_fence(body, fence)
        foot = ("" if body.endswith("\n") else "\n") + open_behind[0] if open_behind else ""
        if found and not skipped.strip() and page == body + foot:
            yield from (body + shown for shown in _readings(after, pages[1:], open_behind))
