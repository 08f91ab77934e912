"""An answer in the chat-completions form, read tolerantly.

Every field may be missing, null, of another type or unknown; what cannot be used counts as missing.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import from_json

from bot.chat.messages import Usage
from bot.providers.errors import BrokenAnswer
from bot.providers.failures import error_from_body
from bot.providers.reasoning import ReasoningSplitter

_Count = Annotated[int, Field(ge=0, lt=2**63)]
"""A number that a database can keep."""

_HALF = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""Half of a surrogate pair, as servers send it that cut their text at UTF-16 units."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one object of a stream adds. `finish_reason` is the provider's own word; an empty one counts as none."""

    text: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    model: str | None = None

    def split(self, splitter: ReasoningSplitter) -> "Chunk":
        """The chunk with the reasoning taken out of its text."""
        if not self.text:
            return self
        text, thought = splitter.feed(self.text)
        if text == self.text:
            return self
        return Chunk(text, self.reasoning + thought, self.finish_reason, self.usage, self.model)


class _Part(BaseModel):
    """A part of list content, as reasoning models of Mistral send it."""

    text: str | None = None
    thinking: "list[_Part | None] | None" = None


class _Delta(BaseModel):
    content: str | list[_Part | None] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_text: str | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return _joined(self.content)
        return self.content or ""

    @property
    def thought(self) -> str:
        if isinstance(self.content, list):
            return "".join(_joined(part.thinking or ()) for part in self.content if part)
        return self.reasoning_content or self.reasoning or self.reasoning_text or ""


def _joined(parts: Iterable[_Part | None]) -> str:
    return "".join(part.text or "" for part in parts if part)


class _Usage(BaseModel):
    prompt_tokens: _Count | None = None
    completion_tokens: _Count | None = None
    total_tokens: _Count | None = None


class _Choice(BaseModel):
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None
    usage: _Usage | None = None


class _Completion(BaseModel):
    """A chunk of a stream or a whole answer: they differ in `delta` and `message`, and some mix them up."""

    model: str | None = None
    choices: list[_Choice | None] | None = None
    usage: _Usage | None = None
    error: Any = None


def decode(data: bytes) -> Chunk:
    """Read one event's data, or the body of an answer that came whole.

    Raises ProviderError for an error that travels in place of a chunk, and BrokenAnswer for what is no JSON object.
    """
    try:
        completion = _Completion.model_validate_json(data)
    except ValidationError:
        completion = _repaired(data)
    if completion.error or completion.choices is None:
        _raise_error(data)
    choice = next((choice for choice in completion.choices or () if choice), _Choice())
    delta = choice.delta or choice.message or _Delta()
    usage = completion.usage or choice.usage
    return Chunk(
        delta.text,
        delta.thought,
        choice.finish_reason or None,
        Usage(usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) if usage else None,
        completion.model or None,
    )


def _raise_error(data: bytes) -> None:
    """Raise what the body says, if it is an error; a chunk without choices may still be just that."""
    if error := error_from_body(data):
        raise error


def _repaired(data: bytes) -> _Completion:
    """The completion without the values that cannot be used; rare, so it may cost more than the usual way."""
    try:
        value = from_json(_HALF.sub(rb"\\ufffd", data))
    except ValueError:
        raise BrokenAnswer(f"no JSON: {data[:200]!r}") from None
    if not isinstance(value, dict):
        _raise_error(data)
        raise BrokenAnswer(f"no JSON object: {data[:200]!r}")
    while True:  # one fault can hide the next
        try:
            return _Completion.model_validate(value)
        except ValidationError as problem:
            faults = problem.errors(include_url=False, include_input=False)
        paths = {_path(value, fault["loc"]) for fault in faults}
        for path in paths:
            if not any(other[: len(path)] == path for other in paths - {path}):
                _blank(value, path)


def _path(value: Any, location: Sequence[int | str]) -> tuple[int | str, ...]:
    """The keys that lead to a fault; pydantic names the branches of a union among them, which are none."""
    path: list[int | str] = []
    for step in location:
        if _leads_on(value, step):
            value = value[step]
            path.append(step)
        elif not isinstance(value, list):
            break
    return tuple(path)


def _leads_on(value: Any, step: int | str) -> bool:
    return (isinstance(value, list) and isinstance(step, int)) or (isinstance(value, dict) and step in value)


def _blank(value: Any, path: Sequence[int | str]) -> None:
    """Take away what is there, or where nothing is left, what holds it: a key can be named like a branch of a union."""
    *above, last = path
    holder = value
    for step in above:
        holder = holder[step]
    if holder[last] is None:
        _blank(value, above)
    else:
        holder[last] = None
