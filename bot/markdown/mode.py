"""How to treat the end of a text that may still grow."""

from enum import Enum, auto

import regex


class Mode(Enum):
    """What to return for the end of the text.

    STABLE: more may follow; return only what no further text can change. PREVIEW: more may follow; return everything,
    the end as it will most likely look. FINAL: the text is complete.
    """

    STABLE = auto()
    PREVIEW = auto()
    FINAL = auto()

    @property
    def may_grow(self) -> bool:
        return self is not Mode.FINAL


def may_change(match: regex.Match[str] | None, stop: int, mode: Mode) -> bool:
    """Whether further text could turn a partial match into a match, or extend a match.

    `match` is the result of matching up to `stop` with `partial=mode.may_grow`.
    """
    return mode.may_grow and match is not None and (match.partial or match.end() == stop)
