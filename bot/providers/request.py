"""A request in the chat-completions form, strict: what was set and what the catalogue says this provider takes."""

import asyncio
import json
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bot.chat.messages import Detail, Message, Role
from bot.chat.parts import ImagePart, Part
from bot.providers.catalogue import PARAMETERS
from bot.providers.errors import UnsupportedParameter
from bot.providers.offer import Endpoint

PIECE = 3 * 2**16
"""Bytes of an image that are encoded at a time: a multiple of three, so that the pieces of base64 join."""


Adjustments = dict[str, str | None]
"""What a model turned out to refuse: a field or a role, and what it wants instead, if anything."""

_STANDING = ("system", "developer")
"""The roles that the system prompt may have; a model that refuses both is told it by the user."""


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

    parts: Sequence[bytes | ImagePart]
    optional: frozenset[str] = frozenset()
    """The fields that a provider may refuse without the request losing its sense."""
    role: str | None = None
    """The role of the system prompt, which may be refused as well."""

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


def encode(endpoint: Endpoint, request: ChatRequest, adjustments: Adjustments | None = None) -> Body:
    """The body of `POST {base_url}/chat/completions` for this endpoint, adjusted to what it refused before."""
    provider, adjustments = endpoint.provider, adjustments or {}
    marker = secrets.token_hex(16)
    role = _name_now(provider.system_role, adjustments) or Role.USER
    detail = request.image_detail if provider.images.detail else None
    messages = _in_turns(request.messages, endpoint, role)
    options = {"stream_options": {"include_usage": True}} if provider.stream and provider.stream_options else {}
    optional = _adjusted(_taken(options | _parameters(endpoint, request), endpoint), adjustments)
    needed = {
        "model": endpoint.model.id,
        "messages": [_message(message, role, detail, marker) for message in messages],
        "stream": provider.stream,
    }
    texts = (
        json.dumps(_taken(needed, endpoint) | optional, ensure_ascii=False, separators=(",", ":"))
        .encode()
        .split(marker.encode())
    )
    images = [image for message in messages if _has_images(message) for image in message.images]
    parts: list[bytes | ImagePart] = [texts[0]]
    for image, text in zip(images, texts[1:], strict=True):
        parts += [image, text]
    told = any(message.role is Role.SYSTEM for message in messages)
    return Body(parts, frozenset(optional), role if told else None)


def adjust(adjustments: Adjustments, body: Body, error: UnsupportedParameter) -> bool:
    """Note what was refused of this body; False where it cannot do without."""
    blames_role = error.parameter in _STANDING or error.parameter.endswith("role")
    if blames_role and body.role:
        adjustments[body.role] = next((role for role in _STANDING if role not in {*adjustments, body.role}), Role.USER)
        return True
    if error.parameter in body.optional:
        adjustments[error.parameter] = error.replacement
        return True
    return False


def _in_turns(messages: Sequence[Message], endpoint: Endpoint, system_role: str) -> Sequence[Message]:
    """The messages as this provider takes them one after the other; the system prompt is the user's where it must."""
    if system_role == Role.USER:
        messages = [Message(Role.USER, each.parts) if each.role is Role.SYSTEM else each for each in messages]
    if endpoint.provider.roles == "free":
        return messages
    return [
        Message(role, tuple(part for message in group for part in message.parts))
        for role, group in groupby(messages, key=lambda message: message.role)
    ]


def _adjusted(fields: dict[str, Any], adjustments: Adjustments) -> dict[str, Any]:
    """The fields without those that were refused, or under the names that were asked for instead."""
    named = {_name_now(name, adjustments): value for name, value in fields.items()}
    return {name: value for name, value in named.items() if name is not None}


def _name_now(name: str | None, adjustments: Adjustments) -> str | None:
    """What a field is called after all refusals; None where they leave it no name."""
    refused: set[str] = set()
    while name in adjustments:
        if name in refused:
            return None
        refused.add(name)
        name = adjustments[name]
    return name


def _parameters(endpoint: Endpoint, request: ChatRequest) -> dict[str, Any]:
    """What was set, in the ranges that this model takes."""
    values = {name: getattr(request, name) for name in PARAMETERS if getattr(request, name) is not None}
    if "temperature" in values:
        low, high = endpoint.provider.temperature
        values["temperature"] = min(max(values["temperature"], low), high)
    one_of = [name for name in endpoint.model.exclusive if name in values]
    return {name: value for name, value in values.items() if name not in one_of[1:]}


def _taken(fields: dict[str, Any], endpoint: Endpoint) -> dict[str, Any]:
    """The fields that this model takes, by the names that its provider has for them."""
    provider = endpoint.provider
    names = {"max_tokens": provider.max_tokens} | provider.rename
    refused = {*provider.drop, *endpoint.model.drop}
    return {names.get(name, name): value for name, value in fields.items() if name not in refused}


def _message(message: Message, role: str, detail: Detail | None, marker: str) -> dict[str, Any]:
    """The content is a plain string unless there is an image: some servers refuse lists of text."""
    role = role if message.role is Role.SYSTEM else message.role
    if not _has_images(message):
        return {"role": role, "content": message.text}
    shown = (part for part in message.parts if isinstance(part, ImagePart) or part.words)
    return {"role": role, "content": [_part(part, detail, marker) for part in shown]}


def _has_images(message: Message) -> bool:
    """Whether images are sent with the message: providers take them from the user alone."""
    return message.role is Role.USER and bool(message.images)


def _part(part: Part, detail: Detail | None, marker: str) -> dict[str, Any]:
    if not isinstance(part, ImagePart):
        return {"type": "text", "text": part.words}
    image_url = {"url": f"data:{part.media_type};base64,{marker}"}
    return {"type": "image_url", "image_url": image_url | ({"detail": detail} if detail else {})}
