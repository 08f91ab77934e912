"""What a person asks, and where in a conversation that continues."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.chat.places import Person, Place, PlaceKind


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
    author: Person
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
        return self.place.channel_id, self.author.id if self.place.kind is PlaceKind.CHANNEL else None


@dataclass(frozen=True, slots=True)
class Position:
    """Where in the tree a turn goes on: None for a conversation or a parent that is not there yet."""

    conversation_id: int | None = None
    parent_id: int | None = None
