"""Events of a completion that is being generated.

Providers yield deltas and metadata. The turn yields deltas, statuses, and finally how the generation ended.
"""

from dataclasses import dataclass
from typing import NamedTuple

from bot.chat.messages import Usage
from bot.text import Text


class TextDelta(NamedTuple):
    """More of the answer."""

    text: str


class ReasoningDelta(NamedTuple):
    """More of the model's reasoning."""

    text: str


class Metadata(NamedTuple):
    """Facts about the completion; None means that the provider did not send one with this chunk."""

    finish_reason: str | None = None
    usage: Usage | None = None
    model: str | None = None


Delta = TextDelta | ReasoningDelta | Metadata


class Status(NamedTuple):
    """A request begins, possibly a retry or to another model. Earlier reasoning is void.

    `text` is shown until there is text of the answer; None shows nothing.
    """

    text: Text | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How the generation ended: everything except the text. Times are in seconds from the first request.

    `model` is the `provider/model` that sent the text, or else was asked last. If the text is missing or cut off,
    `error` says so in the record, and `sentence` to the person. `fallbacks` says which models failed before, and why.
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
