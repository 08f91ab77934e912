"""Converts images to types that a provider accepts: some servers accept only PNG and JPEG."""

import asyncio
import io
from collections.abc import Collection, Sequence
from dataclasses import replace

from PIL import Image as Pillow

from bot.chat.messages import Message
from bot.chat.parts import ImagePart, Part

PNG = "image/png"
MAX_PIXELS = 50_000_000
"""Larger images are not converted: decoding one would take hundreds of megabytes."""


async def convert_images(path: Sequence[Message], types: Collection[str]) -> list[Message]:
    """The messages, with images of other types converted to PNG; an animation becomes its first frame.

    Images that cannot be decoded stay unchanged. The work is done in a thread.
    """
    if PNG not in types or not any(image.media_type not in types for message in path for image in message.images):
        return list(path)
    return await asyncio.to_thread(_convert_all, path, types)


def _convert_all(path: Sequence[Message], types: Collection[str]) -> list[Message]:
    return [replace(message, parts=tuple(_convert(part, types) for part in message.parts)) for message in path]


def _convert(part: Part, types: Collection[str]) -> Part:
    if not isinstance(part, ImagePart) or part.media_type in types:
        return part
    try:
        with Pillow.open(io.BytesIO(part.data)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return part
            png = io.BytesIO()
            picture.convert("RGBA").save(png, "PNG")
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError):
        return part
    return replace(part, media_type=PNG, data=png.getvalue())
