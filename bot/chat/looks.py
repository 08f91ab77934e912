"""How replies look in a place."""

from dataclasses import dataclass
from enum import StrEnum

DEFAULT_PAGES = 8
"""The default for how many messages an answer may have."""


class ReasoningDisplay(StrEnum):
    """How a model's reasoning is shown: not at all, an excerpt as a spoiler, or all of it in a file."""

    HIDDEN = "hidden"
    PREVIEW = "preview"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Look:
    """How a reply looks: as embeds or plain text, on how many messages, and whether it notifies the asker."""

    embed: bool = False
    most_pages: int = DEFAULT_PAGES
    reasoning: ReasoningDisplay = ReasoningDisplay.HIDDEN
    ping: bool = False
