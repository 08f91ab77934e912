"""Messages of a role and parts, and what a model answers."""

from dataclasses import dataclass
from enum import StrEnum

from bot.chat.prompts import Position, Prompt


class Role(StrEnum):
    """Who speaks, in the words of the chat-completions API."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class Detail(StrEnum):
    """How closely a model looks at an image: `image_url.detail` of the chat-completions API."""

    AUTO = "auto"
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """An image's bytes as they were uploaded; `media_type` is what the bytes say, not what the file name says."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Faded(Text):
    """What stands in for an image that is not shown to the model."""

    @classmethod
    def of(cls, name: str) -> "Faded":
        return cls(f"[image {name}, not shown]")


Part = Text | Image


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, role: Role, text: str, images: tuple[Image, ...] = ()) -> "Message":
        return cls(role, ((Text(text),) if text else ()) + images)

    @property
    def text(self) -> str:
        return "\n\n".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def images(self) -> tuple[Image, ...]:
        return tuple(part for part in self.parts if isinstance(part, Image))


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them. The sum need not match: some count thinking only in the total."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


@dataclass(slots=True)
class Completion:
    """A model's whole answer. Times are in seconds from the request; `error` is why the text is missing or cut."""

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
    """What stood below the answer for the person."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A prompt, where it goes on, and its completion."""

    prompt: Prompt
    images: tuple[Image, ...]
    position: Position
    completion: Completion
