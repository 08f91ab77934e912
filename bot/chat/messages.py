"""Messages, completions and usage."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.chat.parts import ImagePart, Part, TextPart


class Role(StrEnum):
    """The author of a message, as in the chat-completions API."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class Detail(StrEnum):
    """How closely a model looks at an image: `image_url.detail` of the chat-completions API."""

    AUTO = "auto"
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, role: Role, text: str, images: Sequence[ImagePart] = ()) -> "Message":
        """A message with a text, unless that is empty, and images."""
        return cls(role, (*((TextPart(text),) if text else ()), *images))

    @property
    def text(self) -> str:
        """The parts as one text, without images."""
        return words_of(self.parts)

    @property
    def images(self) -> tuple[ImagePart, ...]:
        return tuple(part for part in self.parts if isinstance(part, ImagePart))


def words_of(parts: Sequence[Part]) -> str:
    """The parts as one text, separated by blank lines."""
    return "\n\n".join(words for part in parts if (words := part.words))


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as counted by the provider. The total may exceed the sum: some count reasoning only there."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None

    def __add__(self, other: "Usage") -> "Usage":
        """The sum; a count that only one of them has is used as it is."""
        return Usage(
            _sum(self.prompt_tokens, other.prompt_tokens),
            _sum(self.completion_tokens, other.completion_tokens),
            _sum(self.total_tokens, other.total_tokens),
        )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None and other is None else (one or 0) + (other or 0)


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's whole answer. Times are in seconds from the request; `error` is why the text is missing or cut off.

    `model` is the `provider/model` that was asked, `answered_by` the model that the provider names in its response, and
    `note` what is shown below the answer.
    """

    model: str
    text: str = ""
    reasoning: str = ""
    answered_by: str | None = None
    finish_reason: str | None = None
    error: str | None = None
    usage: Usage | None = None
    first_text_after: float | None = None
    took: float = 0.0
    note: str = ""
