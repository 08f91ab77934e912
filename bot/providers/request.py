"""A request in the chat-completions form, strict: what was set and what the catalogue says this provider takes."""

import asyncio
import json
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.chat.messages import Detail, Image, Message, Role, Text
from bot.providers.offer import Endpoint

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
