"""Which attached files are images: the bytes decide, since names and content types are only claims."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.chat.messages import Attachment, Image

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
    """What a model takes: media types (none: no images at all), bytes of one image, images of one request."""

    types: tuple[str, ...] = IMAGE_TYPES
    most_bytes: int = 20 * 2**20
    most: int = 10

    def take(self, image: Image) -> bool:
        return image.media_type in self.types and len(image.data) <= self.most_bytes


class AttachmentUnreadable(Exception):
    """A file could not be fetched; the message says why."""


async def read_images(attachments: Iterable[Attachment], rules: ImageRules) -> tuple[tuple[Image, ...], list[str]]:
    """The images among the attachments, fetched one after another, and a phrase for every file that was left out.

    Nothing is fetched that would be left out anyway: not for a model without eyes, not when it is too large.
    """
    images: list[Image] = []
    skipped: list[str] = []
    for attachment in attachments:
        reason, image = await _read_image(attachment, rules, len(images))
        if image:
            images.append(image)
        else:
            skipped.append(f"{attachment.name}: {reason}")
    return tuple(images), skipped


async def _read_image(attachment: Attachment, rules: ImageRules, have: int) -> tuple[str, Image | None]:
    if not rules.types:
        return "this model cannot see images", None
    if have >= rules.most:
        return f"this model takes at most {rules.most} images at once", None
    if attachment.size > rules.most_bytes:
        return f"{megabytes(attachment.size)}, and this model takes at most {megabytes(rules.most_bytes)}", None
    try:
        data = await attachment.read()
    except AttachmentUnreadable as error:
        return str(error), None
    kind = media_type(data)
    if kind is None:
        return "I can only look at PNG, JPEG, GIF and WebP images", None
    if kind not in rules.types:
        return f"this model does not take {kind.removeprefix('image/').upper()} images", None
    return "", Image(attachment.name, kind, data)


def megabytes(size: int) -> str:
    """A size in bytes as a person reads it: "52 MB", "1.5 MB"."""
    amount = size / 2**20
    return f"{amount:.0f} MB" if amount >= 10 else f"{amount:.1f} MB"
