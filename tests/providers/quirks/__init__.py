"""The quirks of the providers, as data: what is on the wire, and the expected outcome.

Each TOML file here has entries of one of the types below; add one for a new quirk or a new provider. `id` is the number
of the quirk, with a letter for each variant; `provider` is a provider of the catalogue. `wire` is sent as it is, so an
event needs its blank line and the last line its line break.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pytest
from _pytest.mark.structures import ParameterSet
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.chat.messages import Detail, Role, Usage
from bot.providers.catalogue import Model

STREAM = "text/event-stream"


class Quirk(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[A-Z]\d*[a-z]?$")]
    title: str
    provider: str

    @property
    def name(self) -> str:
        return f"{self.id} {self.title}"


class Wire(Quirk):
    """An HTTP response and its content: all `text` and `reasoning`, the last `finish` and `usage`, the error."""

    status: str = "200 OK"
    type: str = STREAM
    headers: tuple[str, ...] = ()
    wire: str
    text: str = ""
    reasoning: str = ""
    finish: str | None = None
    usage: Usage | None = None
    error: str | None = None
    words: str = ""
    """What the log must contain about the error."""
    wait: float | None = None
    parameter: str | None = None
    """The parameter that the error is about."""

    @property
    def body(self) -> bytes:
        return self.wire.encode()


class Listed(Quirk):
    """The responses for a provider's list by path, and the expected models."""

    answers: dict[str, str]
    models: tuple[Model, ...]


class Said(BaseModel):
    """A message; `images` are media types."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Role
    text: str = ""
    images: tuple[str, ...] = ()


class Sent(Quirk):
    """A conversation and its request, byte for byte if `json` is given."""

    model: str = ""
    base: str = "/v1"
    key: bool = True
    system: str | None = None
    said: tuple[Said, ...] = (Said(role=Role.USER, text="Well?"),)
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    detail: Detail | None = None
    line: str = "POST /v1/chat/completions HTTP/1.1"
    headers: dict[str, str] = {}
    no_headers: tuple[str, ...] = ()
    json_sent: Annotated[str, Field(alias="json")] = ""


class Taken(BaseModel):
    """What a provider accepts in a request: the name of each field, or that it is dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_tokens: str
    temperature: tuple[float, float] | Literal["dropped"]
    top_p: bool = True
    stream_options: bool = True
    detail: bool = True
    images: tuple[str, ...]
    count: int = 10
    each: int = 20 * 2**20


_Kind = TypeVar("_Kind", bound=Quirk)


def _read(*files: str) -> Iterable[dict[str, Any]]:
    return (tomllib.loads(Path(__file__).with_name(f"{file}.toml").read_text(encoding="utf-8")) for file in files)


def _quirks(kind: type[_Kind], *files: str) -> tuple[_Kind, ...]:
    return tuple(kind.model_validate(entry) for file in _read(*files) for entry in file["quirk"])


STREAMS = _quirks(Wire, "framing", "shapes", "usage", "reasoning")
ERRORS = _quirks(Wire, "errors", "failures", "headers")
LISTS = _quirks(Listed, "lists")
REQUESTS = _quirks(Sent, "requests")
TAKEN = TypeAdapter(dict[str, Taken]).validate_python(next(iter(_read("taken"))))


def each(quirks: Iterable[Quirk]) -> list[ParameterSet]:
    """Return the parameters of a test, with readable ids."""
    return [pytest.param(quirk, id=quirk.name) for quirk in quirks]
