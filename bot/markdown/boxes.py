"""Boxes of text, for what needs more than one line: set side by side, in columns, between brackets."""

from typing import NamedTuple

from wcwidth import wcswidth

BRACKETS = {
    "pmatrix": ("⎛⎜⎝", "⎞⎟⎠", "()"),
    "bmatrix": ("⎡⎢⎣", "⎤⎥⎦", "[]"),
    "Bmatrix": ("⎧⎨⎩", "⎫⎬⎭", "{}"),
    "vmatrix": ("│││", "│││", "||"),
    "Vmatrix": ("‖‖‖", "‖‖‖", "‖‖"),
    "cases": ("⎧⎨⎩", "", "{"),
    "rcases": ("", "⎫⎬⎭", "}"),
}


class Unreadable(Exception):
    """Unicode has no form for it, or it is no LaTeX."""


class Box(NamedTuple):
    """Lines of text, and which of them stands on the line of the formula."""

    lines: tuple[str, ...]
    middle: int = 0

    @property
    def line(self) -> str:
        """The only line."""
        if len(self.lines) > 1:
            raise Unreadable
        return self.lines[0]


def bracketed(box: Box, kind: str) -> Box:
    """Between the brackets of this kind of matrix, as high as it is."""
    left, right, flat = BRACKETS[kind]
    if len(box.lines) == 1:
        return Box((f"{flat[0] if left else ''}{box.line}{flat[-1] if right else ''}",))
    return beside([_bracket(left, box), box, _bracket(right, box)])


def _bracket(parts: str, beside: Box) -> Box:
    height = len(beside.lines)
    if not parts:
        return Box(("",) * height, beside.middle)
    upper, middle, lower = parts[0], parts[1], parts[2]
    if parts[0] in "⎧⎫" and height == 2:
        return Box((upper, lower), beside.middle)
    return Box((upper, *[middle] * (height - 2), lower), beside.middle)


def table(cells: list[list[str]], gap: str) -> Box:
    """Cells in columns as wide as they must be."""
    columns = max((len(row) for row in cells), default=0)
    widths = [max(width_of(row[column]) for row in cells if column < len(row)) for column in range(columns)]
    lines = [gap.join(padded(cell, width) for cell, width in zip(row, widths, strict=False)) for row in cells]
    width = max((width_of(line) for line in lines), default=0)
    return Box(tuple(padded(line, width) for line in lines) or ("",), (len(lines) - 1) // 2)


def beside(boxes: list[Box]) -> Box:
    """Side by side, with their middles on one line."""
    above = max((box.middle for box in boxes), default=0)
    below = max((len(box.lines) - box.middle for box in boxes), default=1)
    lines = [""] * (above + below)
    for box in boxes:
        width = max(width_of(line) for line in box.lines)
        for number in range(above + below):
            inside = number - above + box.middle
            text = box.lines[inside] if 0 <= inside < len(box.lines) else ""
            lines[number] += padded(text, width) if len(lines) > 1 else text
    return Box(tuple(lines), above)


def width_of(text: str) -> int:
    """In cells of a fixed-width font; CJK and emoji fill two."""
    return max(wcswidth(text), 0)


def padded(text: str, width: int) -> str:
    """With spaces behind it, up to this width."""
    return text + " " * (width - width_of(text))
