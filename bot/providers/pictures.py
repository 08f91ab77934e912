"""Images in a type that a provider takes: Discord's people send WebP and GIF, some servers only know PNG and JPEG."""

import asyncio
import io
from collections.abc import Collection, Sequence
from dataclasses import replace

from PIL import Image as Pillow

from bot.chat.messages import Image, Message, Part

PNG = "image/png"
MOST_PIXELS = 50_000_000
"""An image of more is left as it is: decoding it would take hundreds of megabytes."""


async def recoded(path: Sequence[Message], types: Collection[str]) -> list[Message]:
    """The messages with their images as PNG where they were of a type that is not taken, an animation's first frame.

    What cannot be read stays as it is. The work is done beside the event loop.
    """
    if PNG not in types or not any(image.media_type not in types for message in path for image in message.images):
        return list(path)
    return await asyncio.to_thread(_recode_all, path, types)


def _recode_all(path: Sequence[Message], types: Collection[str]) -> list[Message]:
    return [replace(message, parts=tuple(_recode(part, types) for part in message.parts)) for message in path]


def _recode(part: Part, types: Collection[str]) -> Part:
    if not isinstance(part, Image) or part.media_type in types:
        return part
    try:
        with Pillow.open(io.BytesIO(part.data)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return part
            png = io.BytesIO()
            picture.convert("RGBA").save(png, "PNG")
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError):
        return part
    return Image(part.name, PNG, png.getvalue())
