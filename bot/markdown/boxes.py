"""Boxes of text: layout of multi-line formulas side by side, in columns and between brackets."""

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


class Unsupported(Exception):
    """The formula cannot be written in Unicode, or is not valid LaTeX."""


class Box(NamedTuple):
    """Lines of text; `middle` is the index of the line that is aligned with the rest of the formula."""

    lines: tuple[str, ...]
    middle: int = 0

    @property
    def line(self) -> str:
        """The text of a box with a single line. Raises Unsupported if there are more."""
        if len(self.lines) > 1:
            raise Unsupported
        return self.lines[0]


def with_brackets(box: Box, environment: str) -> Box:
    """Return the box between the brackets of a matrix environment, at its full height."""
    left, right, single = BRACKETS[environment]
    if len(box.lines) == 1:
        return Box((f"{single[0] if left else ''}{box.line}{single[-1] if right else ''}",))
    return side_by_side([_bracket(left, box), box, _bracket(right, box)])


def _bracket(parts: str, box: Box) -> Box:
    height = len(box.lines)
    if not parts:
        return Box(("",) * height, box.middle)
    upper, middle, lower = parts[0], parts[1], parts[2]
    if parts[0] in "⎧⎫" and height == 2:
        return Box((upper, lower), box.middle)
    return Box((upper, *[middle] * (height - 2), lower), box.middle)


def grid(cells: list[list[str]], gap: str) -> Box:
    """Return the cells in columns, each as wide as its widest cell."""
    columns = max((len(row) for row in cells), default=0)
    widths = [max(display_width(row[column]) for row in cells if column < len(row)) for column in range(columns)]
    lines = [gap.join(pad(cell, width) for cell, width in zip(row, widths, strict=False)) for row in cells]
    width = max((display_width(line) for line in lines), default=0)
    return Box(tuple(pad(line, width) for line in lines) or ("",), (len(lines) - 1) // 2)


def side_by_side(boxes: list[Box]) -> Box:
    """Join boxes horizontally, their middle lines aligned."""
    above = max((box.middle for box in boxes), default=0)
    below = max((len(box.lines) - box.middle for box in boxes), default=1)
    lines = [""] * (above + below)
    for box in boxes:
        width = max(display_width(line) for line in box.lines)
        for number in range(above + below):
            index = number - above + box.middle
            text = box.lines[index] if 0 <= index < len(box.lines) else ""
            lines[number] += pad(text, width) if len(lines) > 1 else text
    return Box(tuple(lines), above)


def display_width(text: str) -> int:
    """Return the width in columns of a monospace font, of which CJK characters and emoji take two."""
    return max(wcswidth(text), 0)


def pad(text: str, width: int) -> str:
    """Pad the text with spaces to this width."""
    return text + " " * (width - display_width(text))
