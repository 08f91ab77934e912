"""Decodes server-sent events, without I/O: https://html.spec.whatwg.org/multipage/server-sent-events.html

Lines end at CR, LF or CRLF and nowhere else; `str.splitlines` would also split at U+2028, which is legal inside JSON.
The bytes may be split anywhere, even within a character or between CR and LF.
"""

from collections.abc import Iterable, Iterator

MAX_EVENT_BYTES = 2**20
"""Limit for a line and for an event. Chunks have a few hundred bytes, so anything larger is not a completion."""


class EventTooLong(ValueError):
    """A line or an event is larger than `MAX_EVENT_BYTES`."""


class EventDecoder:
    """Turns bytes into the data of events. The event's type, its id and `retry` are ignored."""

    def __init__(self) -> None:
        self._rest = b""
        self._data_lines: list[bytes] = []
        self._size = 0
        self._begun = False  # past the byte order mark

    def feed(self, data: bytes) -> Iterable[bytes]:
        """Return the data of every event that these bytes complete. Raises EventTooLong while it is iterated."""
        single = data.startswith(b"data: ") and data.endswith(b"\n\n") and data.count(b"\n") == 2
        fresh = self._begun and not self._rest and not self._data_lines
        if single and fresh and b"\r" not in data and len(data) <= MAX_EVENT_BYTES:
            return (data[6:-2],)  # fast path: nearly all events are sent like this
        return self._feed(data)

    def _feed(self, data: bytes) -> Iterator[bytes]:
        if not self._begun:
            data = self._strip_bom(data)
        text = self._rest + data
        half = b"\r" if text.endswith(b"\r") else b""  # may be the first half of CRLF
        if b"\r" in text:
            text = text.removesuffix(half).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *events, rest = text.split(b"\n\n")
        for event in events:
            single = event.startswith(b"data:") and b"\n" not in event and not self._data_lines
            if single and len(event) <= MAX_EVENT_BYTES:
                yield event[5:].removeprefix(b" ")  # fast path for events that arrive together
            else:
                yield from self._lines(event.split(b"\n"))
                yield from self._line(b"")
        *lines, rest = rest.split(b"\n")
        yield from self._lines(lines)
        self._rest = rest + half
        if len(self._rest) > MAX_EVENT_BYTES:
            raise EventTooLong(f"a line of over {MAX_EVENT_BYTES} bytes")

    def close(self) -> Iterator[bytes]:
        """Return the data of a last event without its empty line, which providers sometimes leave out."""
        yield from self._line(self._rest.removesuffix(b"\r"))
        yield from self._line(b"")
        self._rest = b""

    def _strip_bom(self, data: bytes) -> bytes:
        """Remove the byte order mark at the very start, which may be split over several reads."""
        start = self._rest + data
        if len(start) < 3 and b"\xef\xbb\xbf".startswith(start):
            return data
        self._begun, self._rest = True, b""
        return start.removeprefix(b"\xef\xbb\xbf")

    def _lines(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            yield from self._line(line)

    def _line(self, line: bytes) -> Iterator[bytes]:
        if not line:
            if self._data_lines:
                yield b"\n".join(self._data_lines)
            self._data_lines, self._size = [], 0
        elif line.startswith(b"data:"):
            value = line[5:].removeprefix(b" ")
            self._size += len(value)
            if self._size > MAX_EVENT_BYTES:
                raise EventTooLong(f"an event of over {MAX_EVENT_BYTES} bytes")
            self._data_lines.append(value)
