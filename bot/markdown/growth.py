"""How much of a text is there, which decides what may be said about its end."""

from enum import Enum, auto

import regex


class End(Enum):
    """What stands behind the last character.

    MORE: more may come, so only what no further text can change is to be said. OPEN: more may come, but everything is
    to be shown now as it will most likely look. COMPLETE: nothing.
    """

    MORE = auto()
    OPEN = auto()
    COMPLETE = auto()

    @property
    def grows(self) -> bool:
        return self is not End.COMPLETE


def undecided(found: regex.Match[str] | None, stop: int, end: End) -> bool:
    """Whether further text could make a match of what is none yet, or another one of what is.

    `found` was looked for with `partial=end.grows` up to `stop`.
    """
    return end.grows and found is not None and (found.partial or found.end() == stop)
