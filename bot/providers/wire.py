"""The chat-completions form on the wire: strict in what is written, tolerant in what is read.

A request carries what was set and what the catalogue says this provider takes, never a null. Of an answer every field
may be missing, null, of another type or unknown; what cannot be used counts as missing.
"""

import asyncio
import json
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ValidationError, WrapValidator

from bot.chat.messages import Detail, Image, Message, Role, Text, Usage
from bot.providers.catalogue import Endpoint
from bot.providers.errors import BrokenAnswer, ProviderError, error_from_body

PIECE = 3 * 2**16
"""Bytes of an image that are encoded at a time: a multiple of three, so that the pieces of base64 join."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What is asked of a model. Parameters are sent when they are set, and only then."""

    messages: Sequence[Message]
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    image_detail: Detail | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """A request's JSON, with the images where their base64 belongs, so that nothing large is ever built at once."""

    parts: Sequence[bytes | Image]

    @property
    def length(self) -> int:
        """Bytes on the wire."""
        return sum(len(part) if isinstance(part, bytes) else -(-len(part.data) // 3) * 4 for part in self.parts)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body a piece at a time; other tasks may run between two."""
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
                continue
            for start in range(0, len(part.data), PIECE):
                yield b64encode(part.data[start : start + PIECE])
                await asyncio.sleep(0)


def encode(endpoint: Endpoint, request: ChatRequest) -> Body:
    """The body of `POST {base_url}/chat/completions` for this endpoint."""
    provider = endpoint.provider
    marker = secrets.token_hex(16)
    fields: dict[str, Any] = {
        "model": endpoint.model.id,
        "messages": [_message(message, request.image_detail, marker) for message in request.messages],
        "stream": provider.stream,
        "stream_options": {"include_usage": True} if provider.stream and provider.stream_options else None,
        "temperature": request.temperature,
        "top_p": request.top_p,
        provider.max_tokens: request.max_tokens,
    }
    set_fields = {name: value for name, value in fields.items() if value is not None}
    texts = json.dumps(set_fields, ensure_ascii=False, separators=(",", ":")).encode().split(marker.encode())
    images = [image for message in request.messages for image in message.images]
    parts: list[bytes | Image] = [texts[0]]
    for image, text in zip(images, texts[1:], strict=True):
        parts += [image, text]
    return Body(parts)


def _message(message: Message, detail: Detail | None, marker: str) -> dict[str, Any]:
    """Plain string content unless there is an image: some servers refuse lists of text."""
    if message.role is not Role.USER or not message.images:
        return {"role": message.role, "content": message.text}
    return {"role": message.role, "content": [_part(part, detail, marker) for part in message.parts]}


def _part(part: Text | Image, detail: Detail | None, marker: str) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    image_url = {"url": f"data:{part.media_type};base64,{marker}"}
    return {"type": "image_url", "image_url": image_url | ({"detail": detail} if detail else {})}


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one object of a stream adds. `finish_reason` is the provider's own word; an empty one counts as none."""

    text: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    model: str | None = None


def _or_none(value: Any, validate: Callable[[Any], Any]) -> Any:
    try:
        return validate(value)
    except ValidationError:
        return None


T = TypeVar("T")
Lenient = Annotated[T | None, WrapValidator(_or_none)]
"""A field whose unusable value counts as missing."""


class _Part(BaseModel):
    """A part of list content, as reasoning models of Mistral send it."""

    text: Lenient[str] = None
    thinking: "Lenient[list[_Part]]" = None


class _Delta(BaseModel):
    content: Lenient[str | list[_Part]] = None
    reasoning_content: Lenient[str] = None
    reasoning: Lenient[str] = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "".join(part.text or "" for part in self.content)
        return self.content or ""

    @property
    def thought(self) -> str:
        if isinstance(self.content, list):
            return "".join(inner.text or "" for part in self.content for inner in part.thinking or ())
        return self.reasoning_content or self.reasoning or ""


class _Choice(BaseModel):
    delta: Lenient[_Delta] = None
    message: Lenient[_Delta] = None
    finish_reason: Lenient[str] = None


class _Usage(BaseModel):
    prompt_tokens: Lenient[int] = None
    completion_tokens: Lenient[int] = None
    total_tokens: Lenient[int] = None


class _Completion(BaseModel):
    """A chunk of a stream or a whole answer: they differ in `delta` and `message`, and some mix them up."""

    model: Lenient[str] = None
    choices: Lenient[list[Lenient[_Choice]]] = None
    usage: Lenient[_Usage] = None
    error: Any = None


def decode(data: bytes) -> Chunk:
    """Read one event's data, or the body of an answer that came whole.

    Raises ProviderError for an error that travels in place of a chunk, and BrokenAnswer for what is no JSON object.
    """
    try:
        completion = _Completion.model_validate_json(data)
    except ValidationError as problem:
        raise BrokenAnswer(f"no JSON object: {data[:200]!r}") from problem
    if completion.error or completion.choices is None:
        _raise_error(data)
    choice = next((choice for choice in completion.choices or () if choice), _Choice())
    delta = choice.delta or choice.message or _Delta()
    usage = completion.usage
    return Chunk(
        delta.text,
        delta.thought,
        choice.finish_reason or None,
        Usage(usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) if usage else None,
        completion.model or None,
    )


def _raise_error(data: bytes) -> None:
    """Raise what the body says, if it is an error; a chunk without choices may still be just that."""
    error: ProviderError | None = error_from_body(data)
    if error:
        raise error
