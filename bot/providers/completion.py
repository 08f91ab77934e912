"""One answer: bytes of a body in, chunks out, without I/O.

The body comes in pieces that may be cut anywhere. Nothing is awaited between two reads: fifty chunks that came together
are handed on without a step through the event loop for each.
"""

from codecs import BOM_UTF8
from collections.abc import Iterator

from pydantic_core import from_json

from bot.providers.errors import CutOff, InvalidResponse, Overloaded
from bot.providers.failures import error_from_body
from bot.providers.reasoning import ReasoningSplitter
from bot.providers.sse import EventDecoder, EventTooLong
from bot.providers.wire import Chunk, decode

_DONE = b"[DONE]"
_BROKEN_OFF = ("error", "insufficient_system_resource")
"""Finish reasons with which a provider says that it failed."""

_LONGEST_START = 64 * 1024
"""Bytes of a body without events that are kept, for they may be an answer or an error by another name."""


class CompletionReader:
    """Feed it a stream, or give it the body of an answer that came whole; close it at the end. Raises ProviderError."""

    def __init__(self, media_type: str) -> None:
        self.done = False
        """Whether what comes now belongs to nothing."""
        self.finish: str | None = None
        """How the answer ended, in the provider's word: then at most its usage is missing."""
        self._media_type = media_type
        self._begun = media_type == "text/event-stream"
        self._events = EventDecoder()
        self._splitter = ReasoningSplitter()
        self._start: bytes | None = b""  # of the body, until an event comes

    def feed(self, piece: bytes) -> Iterator[Chunk]:
        """The chunks that this piece of a stream completes, with reasoning told from answer."""
        if self._start is not None:
            self._start = (self._start + piece)[:_LONGEST_START]
        try:
            for data in self._events.feed(piece):
                if data.strip() == _DONE:
                    self.done = True
                    return
                if data:
                    yield self._chunk(data)
        except EventTooLong as error:
            raise InvalidResponse(str(error)) from error

    def whole(self, body: bytes) -> Iterator[Chunk]:
        """The chunk that an answer without a stream is."""
        body = body.removeprefix(BOM_UTF8)
        if error := error_from_body(body):
            raise error
        self.done = True
        yield self._chunk(body)

    def close(self) -> Iterator[Chunk]:
        """What was held back. Raises where the provider broke off, and where the stream ended before the answer."""
        if not self.done:
            yield from self._last()
        if self._start and _is_json(self._start.removeprefix(BOM_UTF8)):  # whatever it was called
            yield from self.whole(self._start)
        rest = self._splitter.close()
        if rest.text or rest.reasoning:
            yield Chunk(rest.text, rest.reasoning)
        if self.finish in _BROKEN_OFF:
            raise Overloaded(f"finish reason {self.finish}")
        if not self._begun and not self.done:
            raise InvalidResponse(f"no event in a body of the type {self._media_type}")
        if not self.finish and not self.done:
            raise CutOff("the stream ended without a finish reason")

    def _last(self) -> Iterator[Chunk]:
        """An event that came without its empty line, unless it is only the beginning of one."""
        for data in self._events.close():
            if data.strip() == _DONE:
                self.done = True
            elif _is_json(data):
                yield self._chunk(data)

    def _chunk(self, data: bytes) -> Chunk:
        self._start = None
        try:
            chunk = decode(data)
        except InvalidResponse:
            if not self.finish:
                raise
            return Chunk()
        self._begun = True
        self.finish = chunk.finish_reason or self.finish
        return chunk.split(self._splitter)


def _is_json(data: bytes) -> bool:
    try:
        from_json(data)
    except ValueError:
        return False
    return True
