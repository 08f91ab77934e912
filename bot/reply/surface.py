"""Where a reply appears, and what can be shown there."""

from dataclasses import dataclass
from typing import Protocol

from bot.chat.prompts import Attachment
from bot.reply.controls import NONE, Controls
from bot.reply.gate import Gate


class SurfaceLost(Exception):
    """The place of the reply is gone or closed to us: why, in words for the log, and what people can do about it."""

    def __init__(self, why: str, remedy: str = "") -> None:
        super().__init__(why)
        self.remedy = remedy


class PlaceGone(SurfaceLost):
    """The channel or thread was deleted, and all its messages with it."""


class MessageGone(SurfaceLost):
    """A message of the reply was deleted by somebody."""


class SurfaceBusy(Exception):
    """A write did not go through but may later."""


class FilesRefused(Exception):
    """Files may not be attached here; without them the same write may go through."""


class EmbedsRefused(Exception):
    """Embeds may not be shown here; as plain text the same write may go through."""


@dataclass(frozen=True, slots=True)
class File:
    """A text that is attached to a message; `name` is what it is called there."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """One message of a reply. As an embed the text may be longer than as plain content."""

    text: str
    controls: Controls = NONE
    files: tuple[File, ...] = ()
    embed: bool = False


BLANK = Page("")
"""A message whose looks nobody knows any more."""


class Surface(Protocol):
    """Where a reply appears. Writes raise `SurfaceLost`, `SurfaceBusy`, `FilesRefused` or `EmbedsRefused`."""

    @property
    def gate(self) -> Gate: ...

    @property
    def takes_embeds(self) -> bool:
        """Whether pages may be embeds here."""

    def aged(self, message_id: int) -> bool:
        """Whether a message is so old that it may be edited only now and then."""

    async def send(self, page: Page, *, ping: bool = False) -> int:
        """Post the next message of the reply and return its id; with `ping` the asker is notified."""

    async def edit(self, message_id: int, page: Page, was: Page) -> None:
        """Write what differs from what the message was; all of it where that is `BLANK`."""

    async def delete(self, message_id: int) -> None:
        """Take a message of the reply away; one that is gone already is no trouble."""

    async def bare(self, message_id: int) -> None:
        """Take the controls from a message and leave the rest as it is."""

    async def attachments(self) -> tuple[Attachment, ...]:
        """What came with the prompt; nothing where it is gone."""

    async def typing(self) -> None:
        """Show "is typing" for some ten seconds; failures do not matter."""

    async def whisper(self, text: str) -> None:
        """Tell the asker apart from the channel, as well as it goes, for when `send` cannot."""
