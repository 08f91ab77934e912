"""Decodes one completion, without I/O: bytes of a response body in, deltas out.

The body may be cut into pieces anywhere. Nothing is awaited between two reads, so chunks that arrive together do not
cost a step of the event loop each.
"""

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence

from pydantic_core import from_json

from bot.chat.events import Delta, Metadata, ReasoningDelta, TextDelta
from bot.providers.errors import CutOff, InvalidResponse, Overloaded
from bot.providers.failures import error_from_body
from bot.providers.reasoning import ReasoningSplitter
from bot.providers.sse import EventDecoder, EventTooLong
from bot.providers.wire import decode

_DONE = b"[DONE]"
_FAILED = ("error", "insufficient_system_resource")
"""Finish reasons that mean that the provider failed."""

_MAX_START_LENGTH = 64 * 1024
"""Bytes to keep of a body without events, which may be a completion or an error with the wrong content type."""


class CompletionReader:
    """Reads a stream with `feed`, or a completion that was not streamed with `whole`; call `close` at the end.

    Every method may raise ProviderError.
    """

    def __init__(self, media_type: str) -> None:
        self.done = False
        """Whether the provider has ended the stream."""
        self.finish_reason: str | None = None
        """The provider's finish reason; once it is known, only the usage can still follow."""
        self._media_type = media_type
        self._started = media_type == "text/event-stream"
        self._events = EventDecoder()
        self._splitter = ReasoningSplitter()
        self._model: str | None = None
        self._start: bytes | None = b""  # the start of the body, until the first event

    def feed(self, piece: bytes) -> Iterator[Delta]:
        """The deltas that this piece of a stream completes."""
        if self._start is not None:
            self._start = (self._start + piece)[:_MAX_START_LENGTH]
        try:
            for data in self._events.feed(piece):
                if data.strip() == _DONE:
                    self.done = True
                    return
                if data:
                    yield from self._deltas(data)
        except EventTooLong as error:
            raise InvalidResponse(str(error)) from error

    def whole(self, body: bytes) -> Iterator[Delta]:
        """The deltas of a completion that was not streamed."""
        body = body.removeprefix(BOM_UTF8)
        if error := error_from_body(body):
            raise error
        self.done = True
        yield from self._deltas(body)

    def close(self) -> Iterator[Delta]:
        """The deltas that were held back. Raises if the provider failed or the stream ended too early."""
        if not self.done:
            yield from self._unterminated_event()
        if self._start and _is_json(self._start.removeprefix(BOM_UTF8)):  # regardless of its content type
            yield from self.whole(self._start)
        rest = self._splitter.close()
        if rest.reasoning:
            yield ReasoningDelta(rest.reasoning)
        if rest.text:
            yield TextDelta(rest.text)
        if self.finish_reason in _FAILED:
            raise Overloaded(f"finish reason {self.finish_reason}")
        if not self._started and not self.done:
            raise InvalidResponse(f"no event in a body of the type {self._media_type}")
        if not self.finish_reason and not self.done:
            raise CutOff("the stream ended without a finish reason")

    def _unterminated_event(self) -> Iterator[Delta]:
        """The deltas of a last event without its blank line, unless the event is incomplete."""
        for data in self._events.close():
            if data.strip() == _DONE:
                self.done = True
            elif _is_json(data):
                yield from self._deltas(data)

    def _deltas(self, data: bytes) -> Sequence[Delta]:
        """The deltas of one object: nearly always a single piece of text, which takes the shortest way."""
        self._start = None
        try:
            text, reasoning, finish_reason, usage, model = decode(data)
        except InvalidResponse:
            if not self.finish_reason:
                raise
            return ()
        self._started = True
        if text and not self._splitter.pass_through(text):
            text, thought = self._splitter.feed(text)
            reasoning += thought
        is_news = finish_reason or usage or (model and model != self._model)
        if text and not reasoning and not is_news:
            return (TextDelta(text),)
        deltas: list[Delta] = []
        if reasoning:
            deltas.append(ReasoningDelta(reasoning))
        if text:
            deltas.append(TextDelta(text))
        if is_news:
            self.finish_reason = finish_reason or self.finish_reason
            self._model = model or self._model
            deltas.append(Metadata(finish_reason, usage, model))
        return deltas


def _is_json(data: bytes) -> bool:
    try:
        from_json(data)
    except ValueError:
        return False
    return True
