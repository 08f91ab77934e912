"""Finds the images among attached files by their bytes, since names and content types can be wrong."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

from bot.chat.parts import ImagePart
from bot.chat.prompts import Attachment
from bot.text import Text

IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def media_type(data: bytes) -> str | None:
    """The media type of an image, by its first bytes; None if it is not an image that models accept."""
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
    """What a model accepts: media types (none: no images), bytes of `each` and `in_all`, `count` of images."""

    types: tuple[str, ...] = IMAGE_TYPES
    each: int = 20 * 2**20
    in_all: int = 40 * 2**20
    count: int = 10

    def accepts(self, image: ImagePart) -> bool:
        """Whether this image may be sent, regardless of others."""
        return image.media_type in self.types and len(image.data) <= self.each


class AttachmentUnreadable(Exception):
    """A file cannot be fetched; `reason` is for the person."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason)
        self.reason = reason


class _LeftOut(Exception):
    def __init__(self, reason: Text) -> None:
        super().__init__(reason)
        self.reason = reason


async def read_images(
    attachments: Iterable[Attachment], rules: ImageRules
) -> tuple[tuple[ImagePart, ...], tuple[Text, ...]]:
    """Fetch the images among the attachments; returns them, and "name: reason" for each file that is left out.

    A file is not fetched if it would be left out anyway, because the model has no vision or it is too large.
    """
    images: list[ImagePart] = []
    left_out: list[Text] = []
    for attachment in attachments:
        try:
            _check(attachment, rules, images)
            images.append(await _read_image(attachment, rules))
        except (_LeftOut, AttachmentUnreadable) as error:
            left_out.append(Text("{file}: {reason}", file=attachment.name, reason=error.reason))
    return tuple(images), tuple(left_out)


def read_once(attachments: Iterable[Attachment]) -> tuple[Attachment, ...]:
    """The attachments, each of which is fetched only once, when it is first read."""
    return tuple(replace(attachment, read=_cached(attachment.read)) for attachment in attachments)


def _cached(read: Callable[[], Awaitable[bytes]]) -> Callable[[], Awaitable[bytes]]:
    kept: list[bytes] = []

    async def read_cached() -> bytes:
        if not kept:
            kept.append(await read())
        return kept[0]

    return read_cached


def _check(attachment: Attachment, rules: ImageRules, have: list[ImagePart]) -> None:
    """Raise _LeftOut if the file is left out regardless of its content."""
    if not rules.types:
        raise _LeftOut(Text("this model can't see images"))
    if len(have) >= rules.count:
        raise _LeftOut(Text("this model accepts at most {count} images at once", count=rules.count))
    if attachment.size > rules.each:
        size, limit = megabytes(attachment.size), megabytes(rules.each)
        raise _LeftOut(Text("it's {size}, but this model accepts at most {limit}", size=size, limit=limit))
    if attachment.size + sum(len(image.data) for image in have) > rules.in_all:
        raise _LeftOut(Text("this model accepts at most {limit} of images at once", limit=megabytes(rules.in_all)))


async def _read_image(attachment: Attachment, rules: ImageRules) -> ImagePart:
    data = await attachment.read()
    found = media_type(data)
    if found is None:
        raise _LeftOut(Text("I can only look at PNG, JPEG, GIF and WebP images"))
    if found not in rules.types:
        raise _LeftOut(Text("this model doesn't accept {type} images", type=found.removeprefix("image/").upper()))
    return ImagePart(attachment.name, found, data, attachment.origin)


def megabytes(size: int) -> str:
    """A size in bytes, formatted for people: "52 MB", "1.5 MB"."""
    amount = size / 2**20
    return f"{amount:.0f} MB" if amount >= 10 else f"{amount:.1f} MB"
