"""The pieces a line of text is made of, each with its form for Discord and its plain text."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto


class Role(Enum):
    """What a piece does."""

    TEXT = auto()
    OPENS = auto()
    CLOSES = auto()


@dataclass(slots=True)
class Piece:
    """Text, or a mark of emphasis; a mark that found no partner is text."""

    marked: str
    plain: str
    role: Role = Role.TEXT


def marked(pieces: Iterable[Piece], inside: frozenset[str] = frozenset()) -> str:
    """As Discord's Markdown. Emphasis in the same emphasis is left out, since Discord takes its mark for the end."""
    depths = dict.fromkeys(inside, 1)
    shown: list[str] = []
    for piece in pieces:
        if piece.role is Role.TEXT:
            shown.append(piece.marked)
            continue
        before = depths.get(piece.marked, 0)
        depths[piece.marked] = before + (1 if piece.role is Role.OPENS else -1)
        if max(before, depths[piece.marked]) == 1:
            shown.append(piece.marked)
    return "".join(shown)


def plain(pieces: Iterable[Piece]) -> str:
    """Without any Markdown."""
    return "".join(piece.plain for piece in pieces if piece.role is Role.TEXT)
