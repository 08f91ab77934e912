"""Decodes objects of the chat-completions API tolerantly.

Any field may be missing, null, of another type or unknown. Invalid values are ignored at every level.
"""

import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any, NamedTuple

from pydantic import Field, OnErrorOmit, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from bot.chat.messages import Usage
from bot.providers.errors import InvalidResponse
from bot.providers.failures import error_from_body

_Count = Annotated[int, Field(ge=0, lt=2**63)]
"""A token count that fits into a database column."""

_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""Half of an escaped surrogate pair, sent by servers that split text between UTF-16 code units."""


class Chunk(NamedTuple):
    """One decoded object of a stream. `finish_reason` is as the provider sends it, None if empty."""

    text: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    model: str | None = None


class _TextObject(TypedDict, total=False):
    text: OnErrorOmit[str]


class _Part(_TextObject, total=False):
    """A part of list content, as Mistral's reasoning models send it."""

    thinking: OnErrorOmit[list[OnErrorOmit[_TextObject]]]


class _Delta(TypedDict, total=False):
    content: OnErrorOmit[str | list[OnErrorOmit[_Part]]]
    reasoning_content: OnErrorOmit[str]
    reasoning: OnErrorOmit[str]
    reasoning_text: OnErrorOmit[str]


class _Usage(TypedDict, total=False):
    prompt_tokens: OnErrorOmit[_Count]
    completion_tokens: OnErrorOmit[_Count]
    total_tokens: OnErrorOmit[_Count]


class _Choice(TypedDict, total=False):
    delta: OnErrorOmit[_Delta]
    message: OnErrorOmit[_Delta]
    finish_reason: OnErrorOmit[str]
    usage: OnErrorOmit[_Usage]


class _Completion(TypedDict, total=False):
    """A chunk with a `delta` or a whole completion with a `message`; some servers mix them up."""

    model: OnErrorOmit[str]
    choices: OnErrorOmit[list[OnErrorOmit[_Choice]]]
    usage: OnErrorOmit[_Usage]
    error: Any


_completion: Callable[[bytes], _Completion] = TypeAdapter(_Completion).validator.validate_json
_NO_CHOICE = _Choice()
_NO_DELTA = _Delta()


def decode(data: bytes) -> Chunk:
    """Decode one event's data, or the body of a completion that was not streamed.

    Raises ProviderError for an error that is sent instead of a chunk, InvalidResponse for anything but a JSON object.
    """
    completion = _read(data)
    choices = completion.get("choices")
    if choices is None or completion.get("error"):
        _raise_error(data)
    choice = choices[0] if choices else _NO_CHOICE
    delta = choice.get("delta") or choice.get("message") or _NO_DELTA
    usage = completion.get("usage", choice.get("usage"))
    content = delta.get("content")
    plain = isinstance(content, str) and len(delta) == 1
    return Chunk(
        content if isinstance(content, str) else _joined(content or ()),
        "" if plain else _reasoning(delta),
        choice.get("finish_reason") or None,
        None if usage is None else _usage(usage),
        completion.get("model") or None,
    )


def _read(data: bytes) -> _Completion:
    try:
        return _completion(data)
    except ValidationError:
        pass
    try:
        return _completion(_LONE_SURROGATE.sub(rb"\\ufffd", data))
    except ValidationError:
        _raise_error(data)
        raise InvalidResponse(f"not a JSON object: {data[:200]!r}") from None


def _reasoning(delta: _Delta) -> str:
    content = delta.get("content")
    if isinstance(content, list):
        return "".join(_joined(part.get("thinking", ())) for part in content)
    return delta.get("reasoning_content") or delta.get("reasoning") or delta.get("reasoning_text") or ""


def _joined(parts: Iterable[_TextObject]) -> str:
    return "".join(part.get("text", "") for part in parts)


def _usage(counts: _Usage) -> Usage:
    return Usage(counts.get("prompt_tokens"), counts.get("completion_tokens"), counts.get("total_tokens"))


def _raise_error(data: bytes) -> None:
    """Raise the error in the body, if there is one; a chunk without choices is not always an error."""
    if error := error_from_body(data):
        raise error
