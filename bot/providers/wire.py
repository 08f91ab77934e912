"""An answer in the chat-completions form, read tolerantly.

Every field may be missing, null, of another type or unknown; what cannot be used counts as missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ValidationError, WrapValidator

from bot.chat.messages import Usage
from bot.providers.errors import BrokenAnswer
from bot.providers.failures import error_from_body


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
    if error := error_from_body(data):
        raise error
