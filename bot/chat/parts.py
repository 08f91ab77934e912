"""The parts of messages. A part has a kind and values that fit into JSON, so a new kind needs no migration.

Every part has an origin: its author, and the Discord message that contains it. With it, a deletion or an opt-out also
reaches what was quoted elsewhere.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Origin:
    """Discord's ids of a part's author and of the message that contains it; None if unknown."""

    author_id: int | None = None
    message_id: int | None = None


UNKNOWN = Origin()


@dataclass(frozen=True, slots=True)
class TextPart:
    kind: ClassVar[str] = "text"

    text: str
    origin: Origin = UNKNOWN

    @property
    def words(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class ImagePart:
    """An image. `media_type` is determined from the bytes, not from the file name."""

    kind: ClassVar[str] = "image"

    name: str
    media_type: str
    data: bytes
    origin: Origin = UNKNOWN

    @property
    def words(self) -> str:
        return ""

    @property
    def sha256(self) -> str:
        """The key of the bytes, which are stored only once."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file that is read as text."""

    kind: ClassVar[str] = "file"

    name: str
    text: str
    origin: Origin = UNKNOWN

    @property
    def words(self) -> str:
        longest = max((len(run) for run in re.findall(r"`+", self.text)), default=0)
        fence = "`" * max(3, longest + 1)
        return f"{self.name}:\n{fence}\n{self.text}\n{fence}"


@dataclass(frozen=True, slots=True)
class QuotePart:
    """What a prompt replies to or forwards; `author` is the display name."""

    kind: ClassVar[str] = "quote"

    author: str
    text: str
    origin: Origin = UNKNOWN

    @property
    def words(self) -> str:
        quoted = "\n".join(f"> {line}" for line in re.split(r"\r\n?|\n", self.text))
        return f"{self.author} wrote:\n{quoted}"


@dataclass(frozen=True, slots=True)
class ReasoningPart:
    """The reasoning before an answer. It is never sent to a model."""

    kind: ClassVar[str] = "reasoning"

    text: str
    origin: Origin = UNKNOWN

    @property
    def words(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class OmittedPart:
    """A placeholder for something that is left out of a request: `what` it is, and its name."""

    kind: ClassVar[str] = "omitted"

    name: str
    origin: Origin = UNKNOWN
    what: str = "image"

    @property
    def words(self) -> str:
        return f"[{f'{self.what} {self.name}'.strip()}, not shown]"


Part = TextPart | ImagePart | FilePart | QuotePart | ReasoningPart | OmittedPart
"""`words` of each is its text for the model; empty for an image, which is sent as one, and for reasoning."""

_KINDS: Mapping[str, type[Part]] = {
    part.kind: part for part in (TextPart, ImagePart, FilePart, QuotePart, ReasoningPart, OmittedPart)
}


def to_body(part: Part) -> dict[str, Any]:
    """The part as JSON values, without its origin; for an image, its hash instead of the bytes."""
    body = {field.name: getattr(part, field.name) for field in fields(part) if field.name not in ("origin", "data")}
    return body | {"sha256": part.sha256} if isinstance(part, ImagePart) else body


def from_body(kind: str, body: Mapping[str, Any], origin: Origin = UNKNOWN, data: bytes | None = None) -> Part:
    """The part from the result of `to_body`; an OmittedPart for an image without `data` or an unknown kind."""
    found = _KINDS.get(kind)
    if found is None or (found is ImagePart and data is None):
        return OmittedPart(str(body.get("name", "")), origin, kind)
    known = {field.name for field in fields(found)} - {"origin", "data"}
    values: dict[str, Any] = {name: value for name, value in body.items() if name in known}
    if found is ImagePart:
        values["data"] = data
    return found(**values, origin=origin)
