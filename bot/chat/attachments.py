"""Which attached files are images: the bytes decide, since names and content types are only claims."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

from bot.chat.messages import Image
from bot.chat.prompts import Attachment

IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def media_type(data: bytes) -> str | None:
    """The media type of an image's first bytes, None where they are no image that a model takes."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


@dataclass(frozen=True, slots=True)
class ImageRules:
    """What a model takes: media types (none: no images at all), bytes of `each` and `in_all`, images at once."""

    types: tuple[str, ...] = IMAGE_TYPES
    each: int = 20 * 2**20
    in_all: int = 40 * 2**20
    count: int = 10

    def take(self, image: Image) -> bool:
        """Whether this image alone may be sent."""
        return image.media_type in self.types and len(image.data) <= self.each


class AttachmentUnreadable(Exception):
    """A file could not be fetched; the message says why."""


async def read_images(attachments: Iterable[Attachment], rules: ImageRules) -> tuple[tuple[Image, ...], list[str]]:
    """The images among the attachments, fetched one after another, and a phrase for every file that was left out.

    Nothing is fetched that would be left out anyway: not for a model without eyes, not when it is too large.
    """
    images: list[Image] = []
    skipped: list[str] = []
    for attachment in attachments:
        reason = _too_much(attachment, rules, images)
        found = reason or await _read_image(attachment, rules)
        if isinstance(found, Image):
            images.append(found)
        else:
            skipped.append(f"{attachment.name}: {found}")
    return tuple(images), skipped


def read_once(attachments: Iterable[Attachment]) -> tuple[Attachment, ...]:
    """The attachments, each of which is fetched when it is first read, and then kept."""
    return tuple(replace(attachment, read=_kept(attachment.read)) for attachment in attachments)


def _kept(read: Callable[[], Awaitable[bytes]]) -> Callable[[], Awaitable[bytes]]:
    kept: list[bytes] = []

    async def read_kept() -> bytes:
        if not kept:
            kept.append(await read())
        return kept[0]

    return read_kept


def _too_much(attachment: Attachment, rules: ImageRules, have: list[Image]) -> str:
    """Why the file is left out without a look at it; empty where it is not."""
    if not rules.types:
        return "this model cannot see images"
    if len(have) >= rules.count:
        return f"this model takes at most {rules.count} images at once"
    if attachment.size > rules.each:
        return f"{megabytes(attachment.size)}, and this model takes at most {megabytes(rules.each)}"
    if attachment.size + sum(len(image.data) for image in have) > rules.in_all:
        return f"this model takes at most {megabytes(rules.in_all)} of images at once"
    return ""


async def _read_image(attachment: Attachment, rules: ImageRules) -> Image | str:
    """The image, or why it is left out."""
    try:
        data = await attachment.read()
    except AttachmentUnreadable as error:
        return str(error)
    kind = media_type(data)
    if kind is None:
        return "I can only look at PNG, JPEG, GIF and WebP images"
    if kind not in rules.types:
        return f"this model does not take {kind.removeprefix('image/').upper()} images"
    return Image(attachment.name, kind, data)


def megabytes(size: int) -> str:
    """A size in bytes as a person reads it: "52 MB", "1.5 MB"."""
    amount = size / 2**20
    return f"{amount:.0f} MB" if amount >= 10 else f"{amount:.1f} MB"
