"""What a server or a channel prefers, and whose value holds: thread before channel, server and operator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from bot.chat.messages import Detail

LONGEST_SYSTEM_PROMPT = 6_000
"""Characters: Discord's limit for a string option of a slash command."""

MOST_TOKENS = 1_000_000


class Answer(StrEnum):
    """When Parley answers in a channel: when it is addressed, or every message."""

    MENTION = "mention"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Preferences:
    """One layer of choices; None leaves the choice to the layer below. `model` is written `provider/model`."""

    model: str | None = None
    system_prompt: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    image_detail: Detail | None = None
    answer: Answer | None = None
    role_id: int | None = None
    """The role that may talk to Parley; None is everybody."""
    fallback: tuple[str, ...] | None = None
    """What answers in turn when the model does not, each `provider/model`."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Preferences":
        """Take values as they were stored or given. Raises ValueError with a sentence for one that is not allowed."""
        return cls(**{name: _checked(name, value) for name, value in values.items()})

    def values(self) -> dict[str, Any]:
        """What this layer does choose."""
        return {name: value for name in NAMES if (value := getattr(self, name)) is not None}


NAMES = tuple(field.name for field in fields(Preferences))

_RANGES: Mapping[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "max_tokens": (1, MOST_TOKENS),
}


def effective(layers: Sequence[Preferences]) -> Preferences:
    """The values that hold; `layers` is nearest first."""
    return Preferences(**{name: getattr(layers[origin(layers, name)], name) for name in NAMES})


def origin(layers: Sequence[Preferences], name: str) -> int:
    """Which layer the value of `name` comes from: the nearest that chooses one, else the last."""
    return next((i for i, layer in enumerate(layers) if getattr(layer, name) is not None), len(layers) - 1)


def _checked(name: str, value: Any) -> Any:
    if name == "image_detail":
        return Detail(value)
    if name == "answer":
        return Answer(value)
    if name == "fallback":
        return tuple(value)
    if name in _RANGES:
        low, high = _RANGES[name]
        if not low <= value <= high:
            raise ValueError(f"{name} must be from {low} to {high}, not {value}")
    if name == "system_prompt" and len(value) > LONGEST_SYSTEM_PROMPT:
        raise ValueError(f"system_prompt may have at most {LONGEST_SYSTEM_PROMPT} characters, not {len(value)}")
    return value
