"""The size of a picture, read from the first bytes of PNG, GIF, JPEG and WebP."""

import struct

JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def picture_size(content: bytes) -> tuple[int, int] | None:
    try:
        return _read(content)
    except (struct.error, IndexError):
        return None


def _read(content: bytes) -> tuple[int, int] | None:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _pair(">II", content, 16)
    if content[:6] in (b"GIF87a", b"GIF89a"):
        return _pair("<HH", content, 6)
    if content.startswith(b"\xff\xd8"):
        return _jpeg(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp(content)
    return None


def _pair(layout: str, content: bytes, offset: int) -> tuple[int, int]:
    one, other = struct.unpack_from(layout, content, offset)
    return int(one), int(other)


def _jpeg(content: bytes) -> tuple[int, int] | None:
    place = 2
    while content[place] == 0xFF:
        if content[place + 1] in JPEG_FRAMES:
            height, width = _pair(">HH", content, place + 5)
            return width, height
        place += 2 + int.from_bytes(content[place + 2 : place + 4])
    return None


def _webp(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if kind == b"VP8 ":
        width, height = _pair("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None
