"""Where a reply appears, and what can be shown there."""

from dataclasses import dataclass
from typing import Protocol

from bot.chat.prompts import Attachment
from bot.reply.controls import NONE, Controls
from bot.reply.gate import Gate
from bot.text import Text


class SurfaceLost(Exception):
    """The reply can no longer be shown. `reason` is a clause without a full stop, `remedy` a sentence."""

    def __init__(self, reason: Text, remedy: Text | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
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
    """A text that is attached to a message under a name."""

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
"""A message whose present content is not known."""


class Surface(Protocol):
    """Where a reply appears. Writes raise SurfaceLost, SurfaceBusy, FilesRefused or EmbedsRefused."""

    @property
    def gate(self) -> Gate: ...

    @property
    def takes_embeds(self) -> bool:
        """Whether pages may be embeds here."""

    def obstacle(self) -> SurfaceLost | None:
        """What stands in the way of a reply here, as far as that is known without trying."""

    def is_old(self, message_id: int) -> bool:
        """Whether a message is so old that it may be edited only now and then."""

    async def send(self, page: Page, number: int, *, ping: bool = False) -> int:
        """Post a message of the reply and return its id; with `ping` the asker is notified.

        `number` counts the messages that the reply has posted, from 0. The same number posts the same message, however
        often it is tried.
        """

    async def edit(self, message_id: int, page: Page, was: Page) -> None:
        """Write what differs from what the message was; all of it where that is `BLANK`."""

    async def delete(self, message_id: int) -> None:
        """Delete a message of the reply; one that is gone already is not an error."""

    async def remove_buttons(self, message_id: int) -> None:
        """Take the controls from a message and leave the rest as it is."""

    async def attachments(self) -> tuple[Attachment, ...]:
        """The files that came with the prompt; none if it is gone."""

    async def typing(self) -> None:
        """Show "is typing" for some ten seconds; failures are ignored."""

    async def notify_privately(self, text: Text) -> None:
        """Tell the asker alone, where that is possible, when `send` cannot."""
