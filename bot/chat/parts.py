"""What a message is made of. A part is a kind and values that JSON can hold, so a new kind needs no migration.

Every part knows its origin: who said it, and the Discord message that holds it. That is how a deletion or an opt-out
reaches what was quoted elsewhere.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Origin:
    """Discord's ids of the author and of the message that holds a part; None where they are not known."""

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
    """An image. `media_type` is what the bytes say, not what the file name says."""

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
        """The key under which the bytes are stored once, however often they are sent."""
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
    """What a prompt replies to or forwards; `author` is the name that people see."""

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
    """What a model thought before its answer. It is never sent back."""

    kind: ClassVar[str] = "reasoning"

    text: str
    origin: Origin = UNKNOWN

    @property
    def words(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class OmittedPart:
    """Stands for something that a request leaves out: `what` it is, and its name."""

    kind: ClassVar[str] = "omitted"

    name: str
    origin: Origin = UNKNOWN
    what: str = "image"

    @property
    def words(self) -> str:
        return f"[{f'{self.what} {self.name}'.strip()}, not shown]"


Part = TextPart | ImagePart | FilePart | QuotePart | ReasoningPart | OmittedPart
"""`words` of each is what a model reads of it as text; nothing for an image, which travels as such."""

_KINDS: Mapping[str, type[Part]] = {
    part.kind: part for part in (TextPart, ImagePart, FilePart, QuotePart, ReasoningPart, OmittedPart)
}


def to_body(part: Part) -> dict[str, Any]:
    """The part as JSON values, without its origin; of an image, its hash in place of the bytes."""
    body = {field.name: getattr(part, field.name) for field in fields(part) if field.name not in ("origin", "data")}
    return body | {"sha256": part.sha256} if isinstance(part, ImagePart) else body


def from_body(kind: str, body: Mapping[str, Any], origin: Origin = UNKNOWN, data: bytes | None = None) -> Part:
    """The part that `to_body` was given; an image without its bytes, and a kind of a newer version, is omitted."""
    found = _KINDS.get(kind)
    if found is None or (found is ImagePart and data is None):
        return OmittedPart(str(body.get("name", "")), origin, kind)
    known = {field.name for field in fields(found)} - {"origin", "data"}
    values: dict[str, Any] = {name: value for name, value in body.items() if name in known}
    if found is ImagePart:
        values["data"] = data
    return found(**values, origin=origin)
