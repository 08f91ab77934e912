"""Prompts, and their positions in conversations."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.chat.parts import UNKNOWN, Origin, Part, QuotePart
from bot.chat.places import Person, Place, PlaceKind


class Trigger(StrEnum):
    """Why a message expects an answer."""

    MENTION = "mention"
    REPLY = "reply"
    DIRECT_MESSAGE = "direct message"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a prompt; it is fetched by calling `read`. `size` is in bytes."""

    name: str
    size: int
    read: Callable[[], Awaitable[bytes]]
    origin: Origin = UNKNOWN


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a person asked. `id` is that of the Discord message, and the key of the whole turn.

    `parts` are known without fetching anything; `attachments` are the files, including those of a quoted message.
    `triggers` is empty if nothing in the message expects an answer.
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
        """Whether the person addressed Parley and should therefore be told why there is no answer."""
        return bool(self.triggers)

    @property
    def line(self) -> tuple[int, int | None]:
        """The key of turns that must run one after another: per person in a channel, all in a thread or DM."""
        return self.place.channel_id, self.author.id if self.place.kind is PlaceKind.CHANNEL else None

    def without_quotes_of(self, message_id: int) -> tuple[tuple[Part, ...], tuple[Attachment, ...]]:
        """The parts and attachments, without those quoted from this Discord message."""
        parts = (part for part in self.parts if not isinstance(part, QuotePart) or part.origin.message_id != message_id)
        files = (each for each in self.attachments if each.origin.message_id != message_id)
        return tuple(parts), tuple(files)


@dataclass(frozen=True, slots=True)
class Position:
    """Where in the tree a turn continues; None for a conversation or a parent that does not exist yet.

    `last_page` is the Discord message that shows the end of the parent, if that is an answer in the same conversation.
    `follows_reply` is whether the parent is the message that the prompt replies to.
    """

    conversation_id: int | None = None
    parent_id: int | None = None
    last_page: int | None = None
    follows_reply: bool = False
