"""What is said: messages of a role and parts, and the prompt that a person asks."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum


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


class Kind(StrEnum):
    """What sort of channel a place is; a thread or a DM holds one conversation, a channel many."""

    CHANNEL = "channel"
    THREAD = "thread"
    DM = "dm"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands. Ids are Discord's; `parent_id` is the channel that a thread hangs from."""

    kind: Kind
    channel_id: int
    guild_id: int | None = None
    parent_id: int | None = None

    @property
    def scopes(self) -> tuple[int, ...]:
        """The ids whose preferences hold here, nearest first."""
        return tuple(scope for scope in (self.channel_id, self.parent_id, self.guild_id) if scope is not None)


@dataclass(frozen=True, slots=True)
class Author:
    id: int
    name: str
    role_ids: frozenset[int] = frozenset()
    manages: bool = False
    """Whether the author may manage the server: such a person is never locked out by a preference."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a prompt; nothing is fetched until `read` is called. `size` is in bytes."""

    name: str
    size: int
    read: Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Quote:
    """The message that a prompt replies to or forwards, for when it is not part of a conversation we know."""

    id: int
    author: str
    text: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a person asked. `id` is the Discord message's, and the key of the whole turn."""

    id: int
    place: Place
    author: Author
    text: str
    attachments: tuple[Attachment, ...] = ()
    replies_to: int | None = None
    quote: Quote | None = None
    addressed: bool = True
    """False where Parley answers every message: then nobody asked for a refusal either."""

    @property
    def files(self) -> tuple[Attachment, ...]:
        """What is attached, and what is attached to the message it replies to."""
        return self.attachments + (self.quote.attachments if self.quote else ())

    @property
    def content(self) -> str:
        """The text as the model reads it: below what it replies to, where that is not part of the conversation."""
        if not self.quote or not self.quote.text:
            return self.text
        quoted = "\n".join(f"> {line}" for line in re.split(r"\r\n?|\n", self.quote.text))
        return f"{self.quote.author} wrote:\n{quoted}\n\n{self.text}".rstrip()

    @property
    def line(self) -> tuple[int, int | None]:
        """Whose turns must follow one another: a person's in a channel, everybody's in a thread or DM."""
        return self.place.channel_id, self.author.id if self.place.kind is Kind.CHANNEL else None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them. The sum need not match: some count thinking only in the total."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where in the tree a turn goes on: None for a conversation or a parent that is not there yet."""

    conversation_id: int | None = None
    parent_id: int | None = None


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
