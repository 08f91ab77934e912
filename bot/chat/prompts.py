"""What a person asks, and where in a conversation that continues."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.chat.parts import UNKNOWN, Origin, Part, QuotePart
from bot.chat.places import Person, Place, PlaceKind


class Trigger(StrEnum):
    """What in a message asks for an answer."""

    MENTION = "mention"
    REPLY = "reply"
    DIRECT_MESSAGE = "direct message"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a prompt; nothing is fetched until `read` is called. `size` is in bytes."""

    name: str
    size: int
    read: Callable[[], Awaitable[bytes]]
    origin: Origin = UNKNOWN


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a person asked. `id` is the Discord message's, and the key of the whole turn.

    `parts` hold what is known without fetching anything; `attachments` are the files that came along, those of a quoted
    message included. `triggers` is empty where nothing in the message asks for an answer.
    """

    id: int
    place: Place
    author: Person
    parts: tuple[Part, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    replies_to: int | None = None
    triggers: frozenset[Trigger] = frozenset((Trigger.MENTION,))

    @property
    def addressed(self) -> bool:
        """Whether the person asked Parley, and so is told why where there is no answer."""
        return bool(self.triggers)

    @property
    def line(self) -> tuple[int, int | None]:
        """Whose turns must follow one another: a person's in a channel, everybody's in a thread or DM."""
        return self.place.channel_id, self.author.id if self.place.kind is PlaceKind.CHANNEL else None

    def without_quotes_of(self, message_id: int) -> tuple[tuple[Part, ...], tuple[Attachment, ...]]:
        """The parts and attachments, less what is quoted from this Discord message."""
        parts = (part for part in self.parts if not isinstance(part, QuotePart) or part.origin.message_id != message_id)
        files = (each for each in self.attachments if each.origin.message_id != message_id)
        return tuple(parts), tuple(files)


@dataclass(frozen=True, slots=True)
class Position:
    """Where in the tree a turn continues: None for a conversation or a parent that is not there yet.

    `last_page` is the Discord message that shows the end of the parent, where that is an answer of the same
    conversation. `follows_reply` is whether the parent is the message that the prompt replies to.
    """

    conversation_id: int | None = None
    parent_id: int | None = None
    last_page: int | None = None
    follows_reply: bool = False
