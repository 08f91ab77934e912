"""Server-sent events out of bytes, without I/O: https://html.spec.whatwg.org/multipage/server-sent-events.html

Lines end at CR, LF or CRLF and nowhere else; `str.splitlines` would also cut at U+2028, which is legal inside of JSON.
Bytes may be cut anywhere, in the middle of a character or between CR and LF too.
"""

from collections.abc import Iterable, Iterator

LONGEST_EVENT = 2**20
"""Bytes of one line or event; chunks are a few hundred, so a longer one is no chat completion."""


class EventTooLong(ValueError):
    """A line or an event is larger than `LONGEST_EVENT`."""


class EventDecoder:
    """Feed it bytes, take the data of events. The type of an event, its id and `retry` mean nothing to us."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        self._begun = False

    def feed(self, piece: bytes) -> Iterable[bytes]:
        """The data of every event that this piece completes. Raises EventTooLong while they are taken."""
        one = piece.startswith(b"data: ") and piece.endswith(b"\n\n") and piece.count(b"\n") == 2
        fresh = self._begun and not self._rest and not self._data
        if one and fresh and b"\r" not in piece and len(piece) <= LONGEST_EVENT:
            return (piece[6:-2],)  # an event as it is nearly always sent: worth a short way
        return self._feed(piece)

    def _feed(self, piece: bytes) -> Iterator[bytes]:
        if not self._begun:
            piece = self._without_mark(piece)
        text = self._rest + piece
        half = b"\r" if text.endswith(b"\r") else b""  # perhaps the first of CRLF
        if b"\r" in text:
            text = text.removesuffix(half).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *events, rest = text.split(b"\n\n")
        for event in events:
            if event.startswith(b"data:") and b"\n" not in event and not self._data and len(event) <= LONGEST_EVENT:
                yield event[5:].removeprefix(b" ")  # nearly all of many that come together
            else:
                yield from self._lines(event.split(b"\n"))
                yield from self._line(b"")
        *lines, rest = rest.split(b"\n")
        yield from self._lines(lines)
        self._rest = rest + half
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

    def _lines(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            yield from self._line(line)

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
