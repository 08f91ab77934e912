"""Encodes requests of the chat-completions API strictly: only what is set and what the provider accepts."""

import asyncio
import json
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bot.chat.messages import Detail, Message, Role, words_of
from bot.chat.parts import ImagePart, Part, QuotePart, TextPart
from bot.providers.catalogue import PARAMETERS
from bot.providers.errors import UnsupportedParameter
from bot.providers.offer import Endpoint

PIECE = 3 * 2**16
"""Bytes of an image that are encoded at a time: a multiple of three, so that the base64 of the pieces concatenates."""


Adjustments = dict[str, str | None]
"""Fields and roles that a model has refused, each with its replacement, if any."""

_SYSTEM_ROLES = ("system", "developer")
"""Possible roles of a system prompt; for a model that refuses both, it becomes a user message."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request to any model. Parameters are sent only if they are set."""

    messages: Sequence[Message]
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    image_detail: Detail | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """The JSON of a request, with images that are encoded as base64 while it is sent."""

    parts: Sequence[bytes | ImagePart]
    optional: frozenset[str] = frozenset()
    """The fields that can be left out if the provider refuses them."""
    role: str | None = None
    """The role of the system prompt, which the provider may also refuse; None without a system prompt."""

    @property
    def length(self) -> int:
        """Bytes on the wire."""
        return sum(len(part) if isinstance(part, bytes) else -(-len(part.data) // 3) * 4 for part in self.parts)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body in pieces; other tasks can run between them."""
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
                continue
            for start in range(0, len(part.data), PIECE):
                yield b64encode(part.data[start : start + PIECE])
                await asyncio.sleep(0)


def encode(endpoint: Endpoint, request: ChatRequest, adjustments: Adjustments | None = None) -> Body:
    """The body of `POST {base_url}/chat/completions` for this endpoint, without what it has refused before."""
    provider, adjustments = endpoint.provider, adjustments or {}
    marker = secrets.token_hex(16)
    role = _current_name(provider.system_role, adjustments) or Role.USER
    detail = request.image_detail if provider.images.detail else None
    messages = _in_role_order(request.messages, endpoint, role)
    options = {"stream_options": {"include_usage": True}} if provider.stream and provider.stream_options else {}
    optional = _replaced(_accepted(options | _parameters(endpoint, request), endpoint), adjustments)
    needed = {
        "model": endpoint.model.id,
        "messages": [_message(message, role, detail, marker) for message in messages],
        "stream": provider.stream,
    }
    texts = (
        json.dumps(_accepted(needed, endpoint) | optional, ensure_ascii=False, separators=(",", ":"))
        .encode()
        .split(marker.encode())
    )
    images = [image for message in messages if _has_images(message) for image in message.images]
    parts: list[bytes | ImagePart] = [texts[0]]
    for image, text in zip(images, texts[1:], strict=True):
        parts += [image, text]
    has_system = any(message.role is Role.SYSTEM for message in messages)
    return Body(parts, frozenset(optional), role if has_system else None)


def adjust(adjustments: Adjustments, body: Body, error: UnsupportedParameter) -> bool:
    """Record what was refused of this body; returns False if it cannot be left out."""
    blames_role = error.parameter in _SYSTEM_ROLES or error.parameter.endswith("role")
    if blames_role and body.role:
        adjustments[body.role] = next(
            (role for role in _SYSTEM_ROLES if role not in {*adjustments, body.role}), Role.USER
        )
        return True
    if error.parameter in body.optional:
        adjustments[error.parameter] = error.replacement
        return True
    return False


def _in_role_order(messages: Sequence[Message], endpoint: Endpoint, system_role: str) -> Sequence[Message]:
    """The messages in an order that the provider accepts; if necessary, consecutive ones of a role are merged."""
    if system_role == Role.USER:
        messages = [Message(Role.USER, each.parts) if each.role is Role.SYSTEM else each for each in messages]
    if endpoint.provider.roles == "free":
        return messages
    return [
        Message(role, tuple(part for message in group for part in message.parts))
        for role, group in groupby(messages, key=lambda message: message.role)
    ]


def _replaced(fields: dict[str, Any], adjustments: Adjustments) -> dict[str, Any]:
    """The fields under their replacement names, without those that were refused."""
    named = {_current_name(name, adjustments): value for name, value in fields.items()}
    return {name: value for name, value in named.items() if name is not None}


def _current_name(name: str | None, adjustments: Adjustments) -> str | None:
    """The name of a field or role after all replacements; None if none is left."""
    refused: set[str] = set()
    while name in adjustments:
        if name in refused:
            return None
        refused.add(name)
        name = adjustments[name]
    return name


def _parameters(endpoint: Endpoint, request: ChatRequest) -> dict[str, Any]:
    """The parameters that are set, within the ranges that this model accepts."""
    values = {name: getattr(request, name) for name in PARAMETERS if getattr(request, name) is not None}
    if "temperature" in values:
        low, high = endpoint.provider.temperature
        values["temperature"] = min(max(values["temperature"], low), high)
    one_of = [name for name in endpoint.model.exclusive if name in values]
    return {name: value for name, value in values.items() if name not in one_of[1:]}


def _accepted(fields: dict[str, Any], endpoint: Endpoint) -> dict[str, Any]:
    """The fields that this model accepts, under its provider's names."""
    provider = endpoint.provider
    names = {"max_tokens": provider.max_tokens} | provider.rename
    refused = {*provider.drop, *endpoint.model.drop}
    return {names.get(name, name): value for name, value in fields.items() if name not in refused}


def _message(message: Message, role: str, detail: Detail | None, marker: str) -> dict[str, Any]:
    """The JSON of a message. Without images its content is a string, since some servers refuse lists of text."""
    role = role if message.role is Role.SYSTEM else message.role
    if not _has_images(message):
        return {"role": role, "content": message.text}
    return {"role": role, "content": [_part(part, detail, marker) for part in _with_joined_quotes(message.parts)]}


def _has_images(message: Message) -> bool:
    """Whether images are sent with the message: providers accept them only in user messages."""
    return message.role is Role.USER and bool(message.images)


def _with_joined_quotes(parts: Sequence[Part]) -> list[Part]:
    """The parts that are sent, with a quote and the text after it joined into one."""
    shown: list[Part] = []
    for part in parts:
        if shown and isinstance(shown[-1], QuotePart) and isinstance(part, TextPart):
            shown[-1] = TextPart(words_of((shown[-1], part)))
        elif isinstance(part, ImagePart) or part.words:
            shown.append(part)
    return shown


def _part(part: Part, detail: Detail | None, marker: str) -> dict[str, Any]:
    if not isinstance(part, ImagePart):
        return {"type": "text", "text": part.words}
    image_url = {"url": f"data:{part.media_type};base64,{marker}"}
    return {"type": "image_url", "image_url": image_url | ({"detail": detail} if detail else {})}
