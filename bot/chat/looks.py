"""How replies look in a place."""

from dataclasses import dataclass
from enum import StrEnum

USUAL_PAGES = 8
"""Messages that an answer may have where nobody chose."""


class ReasoningDisplay(StrEnum):
    """What people see of a model's reasoning: nothing, some of it folded away, or all of it in a file."""

    HIDDEN = "hidden"
    PREVIEW = "preview"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Look:
    """`embed` is embeds in place of plain text, `ping` whether the asker is notified."""

    embed: bool = False
    most_pages: int = USUAL_PAGES
    reasoning: ReasoningDisplay = ReasoningDisplay.HIDDEN
    ping: bool = False
