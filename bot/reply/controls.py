"""What people can do to a reply."""

from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """Something that a person can do to a reply."""

    STOP = "stop"
    REGENERATE = "regenerate"
    CONTINUE = "continue"
    MODEL = "model"
    OLDER = "older"
    NEWER = "newer"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Controls:
    """The acts offered below a reply. `version` counts from 1."""

    acts: tuple[Act, ...] = ()
    version: int = 1
    versions: int = 1


NONE = Controls()
