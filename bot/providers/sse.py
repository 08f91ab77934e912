"""Server-sent events out of bytes, without I/O: https://html.spec.whatwg.org/multipage/server-sent-events.html

Lines end at CR, LF or CRLF and nowhere else; `str.splitlines` would also cut at U+2028, which is legal inside of JSON.
Bytes may be cut anywhere, in the middle of a character or between CR and LF too.
"""

import re
from collections.abc import Iterator

LONGEST_EVENT = 2**20
"""Bytes of one line or event; chunks are a few hundred, so a longer one is no chat completion."""

_LINE_END = re.compile(rb"\r\n|\n|\r")


class EventTooLong(ValueError):
    """A line or an event is larger than `LONGEST_EVENT`."""


class EventDecoder:
    """Feed it bytes, take the data of events. The type of an event, its id and `retry` mean nothing to us."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        self._begun = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The data of every event that this piece completes. Raises EventTooLong."""
        if not self._begun:
            piece = self._without_mark(piece)
        text = self._rest + piece
        start = 0
        for end in _LINE_END.finditer(text):
            if end.group() == b"\r" and end.end() == len(text):
                break  # perhaps the first half of CRLF
            yield from self._line(text[start : end.start()])
            start = end.end()
        self._rest = text[start:]
        if len(self._rest) > LONGEST_EVENT:
            raise EventTooLong(f"a line of over {LONGEST_EVENT} bytes")

    def close(self) -> Iterator[bytes]:
        """The data of an event that the stream ended without its empty line: providers do leave it out."""
        yield from self._line(self._rest.removesuffix(b"\r"))
        yield from self._line(b"")
        self._rest = b""

    def _without_mark(self, piece: bytes) -> bytes:
        """Take the byte order mark off the very start, which may come in three pieces."""
        start = self._rest + piece
        if len(start) < 3 and b"\xef\xbb\xbf".startswith(start):
            return piece
        self._begun, self._rest = True, b""
        return start.removeprefix(b"\xef\xbb\xbf")

    def _line(self, line: bytes) -> Iterator[bytes]:
        if not line:
            if self._data:
                yield b"\n".join(self._data)
            self._data, self._size = [], 0
        elif line.startswith(b"data:"):
            value = line[5:].removeprefix(b" ")
            self._size += len(value)
            if self._size > LONGEST_EVENT:
                raise EventTooLong(f"an event of over {LONGEST_EVENT} bytes")
            self._data.append(value)
