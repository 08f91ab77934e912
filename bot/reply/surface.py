"""The surface of a reply: where it appears, and what can be shown there."""

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
    """The channel or thread was deleted, with all of its messages."""


class MessageGone(SurfaceLost):
    """Someone deleted a message of the reply."""


class SurfaceBusy(Exception):
    """A write failed, but may succeed later."""


class FilesRefused(Exception):
    """Files cannot be attached here; the same write may succeed without them."""


class EmbedsRefused(Exception):
    """Embeds cannot be shown here; the same write may succeed as plain text."""


@dataclass(frozen=True, slots=True)
class File:
    """A text file to attach to a message."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """One message of a reply. The text of an embed may be longer than that of a plain message."""

    text: str
    controls: Controls = NONE
    files: tuple[File, ...] = ()
    embed: bool = False


BLANK = Page("")
"""A message whose current content is unknown."""


class Surface(Protocol):
    """Where a reply appears. Writes raise SurfaceLost, SurfaceBusy, FilesRefused or EmbedsRefused."""

    @property
    def gate(self) -> Gate: ...

    @property
    def takes_embeds(self) -> bool:
        """Whether pages can be embeds here."""

    def obstacle(self) -> SurfaceLost | None:
        """Why a reply cannot be shown here, as far as that is known without a request; None if nothing is known."""

    def is_old(self, message_id: int) -> bool:
        """Whether a message is so old that Discord limits its edits more strictly."""

    async def send(self, page: Page, number: int, *, ping: bool = False) -> int:
        """Post a message of the reply and return its id; with `ping` the asker is notified.

        `number` is how many messages the reply has posted before. A retry with the same number does not post twice.
        """

    async def edit(self, message_id: int, page: Page, was: Page) -> None:
        """Change the message from `was` to `page`; if `was` is `BLANK`, write everything."""

    async def delete(self, message_id: int) -> None:
        """Delete a message of the reply; it is not an error if it no longer exists."""

    async def remove_buttons(self, message_id: int) -> None:
        """Remove the controls of a message and leave the rest unchanged."""

    async def attachments(self) -> tuple[Attachment, ...]:
        """The files of the prompt; none if it no longer exists."""

    async def typing(self) -> None:
        """Show the typing indicator for ten seconds; failures are ignored."""

    async def notify_privately(self, text: Text) -> None:
        """Tell the asker privately, for when `send` fails; failures are ignored."""
