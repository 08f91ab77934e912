"""What happens while a completion is generated, one value at a time.

The wire yields deltas and metadata. The turn yields deltas, what its reader sees meanwhile, and at last how it ended.
"""

from dataclasses import dataclass
from typing import NamedTuple

from bot.chat.messages import Usage
from bot.text import Text


class TextDelta(NamedTuple):
    """More of the answer."""

    text: str


class ReasoningDelta(NamedTuple):
    """More of what the model thinks before it answers."""

    text: str


class Metadata(NamedTuple):
    """What else the provider says of the completion; None for what it does not say now."""

    finish_reason: str | None = None
    usage: Usage | None = None
    model: str | None = None


Delta = TextDelta | ReasoningDelta | Metadata


class Status(NamedTuple):
    """A model is asked, perhaps again or another one: reasoning that came before is void.

    `text` is shown until there are words; None shows nothing.
    """

    text: Text | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How the generation ended: everything but the text. Times are in seconds from the first request.

    `model` is the `provider/model` that gave what there is, or was asked last. `error` is for the record and `sentence`
    for the person, where the text is missing or cut. `fallbacks` names the models that failed before, and why.
    """

    model: str
    answered_by: str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    first_text_after: float | None = None
    took: float = 0.0
    error: str | None = None
    sentence: Text | None = None
    fallbacks: tuple[Text, ...] = ()


Event = TextDelta | ReasoningDelta | Status | Ended
