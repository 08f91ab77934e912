"""What a server or a channel prefers, and whose value holds: thread before channel, server and operator."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from bot.chat.looks import USUAL_PAGES, Look, ReasoningDisplay
from bot.chat.messages import Detail

LONGEST_SYSTEM_PROMPT = 6_000
"""Characters: Discord's limit for a string option of a slash command."""

MOST_TOKENS = 1_000_000

MOST_PAGES = 20


class AnswerWhen(StrEnum):
    """When Parley answers in a channel: when it is addressed, or every message."""

    MENTION = "mention"
    ALWAYS = "always"


class Footer(StrEnum):
    """How much is said below an answer of how it came about."""

    OFF = "off"
    SHORT = "short"
    FULL = "full"


class Style(StrEnum):
    """What an answer is written in: plain text, which can be copied and is read in notifications, or an embed."""

    TEXT = "text"
    EMBED = "embed"


@dataclass(frozen=True, slots=True)
class Preferences:
    """One layer of choices; None leaves the choice to the layer below. `model` is written `provider/model`."""

    model: str | None = None
    system_prompt: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    image_detail: Detail | None = None
    answer: AnswerWhen | None = None
    role_id: int | None = None
    """The role that may talk to Parley; None is everybody."""
    fallback: tuple[str, ...] | None = None
    """What answers in turn when the model does not, each `provider/model`."""
    reasoning: ReasoningDisplay | None = None
    footer: Footer | None = None
    style: Style | None = None
    pages: int | None = None
    """Messages that an answer may have; what is longer comes whole as a file."""
    ping: bool | None = None
    """Whether an answer notifies the person who asked."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Preferences":
        """Take values as they were stored or given. Raises ValueError with a sentence for one that is not allowed."""
        return cls(**{name: _checked(name, value) for name, value in values.items()})

    def model_copy(self, update: Mapping[str, Any]) -> "Preferences":
        return replace(self, **update)

    @property
    def look(self) -> Look:
        """How replies look by these choices."""
        return Look(
            embed=self.style is Style.EMBED,
            most_pages=self.pages or USUAL_PAGES,
            reasoning=self.reasoning or ReasoningDisplay.HIDDEN,
            ping=bool(self.ping),
        )

    def values(self) -> dict[str, Any]:
        """What this layer does choose."""
        return {name: value for name in NAMES if (value := getattr(self, name)) is not None}


NAMES = tuple(field.name for field in fields(Preferences))

_RANGES: Mapping[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "max_tokens": (1, MOST_TOKENS),
    "pages": (1, MOST_PAGES),
    "system_prompt": (0, LONGEST_SYSTEM_PROMPT),
}
_CHOICES: Mapping[str, type[StrEnum]] = {
    "image_detail": Detail,
    "answer": AnswerWhen,
    "reasoning": ReasoningDisplay,
    "footer": Footer,
    "style": Style,
}
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "model": str,
    "system_prompt": str,
    "temperature": (int, float),
    "top_p": (int, float),
    "max_tokens": int,
    "role_id": int,
    "pages": int,
    "ping": bool,
}


def effective(layers: Sequence[Preferences]) -> Preferences:
    """The values that hold; `layers` is nearest first."""
    return Preferences(**{name: getattr(layers[origin(layers, name)], name) for name in NAMES})


def origin(layers: Sequence[Preferences], name: str) -> int:
    """Which layer the value of `name` comes from: the nearest that chooses one, else the last."""
    return next((i for i, layer in enumerate(layers) if getattr(layer, name) is not None), len(layers) - 1)


def _checked(name: str, value: Any) -> Any:
    if name in _CHOICES:
        return _choice(name, _CHOICES[name], value)
    if name == "fallback":
        if isinstance(value, str) or not all(isinstance(item, str) for item in value):
            raise ValueError(f"{name} must be a list of provider/model, not {value!r}")
        return tuple(value)
    kind = _KINDS[name]
    if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
        raise ValueError(f"{name} may not be {value!r}")
    return _within(name, value)


def _within(name: str, value: Any) -> Any:
    low, high = _RANGES.get(name, (-math.inf, math.inf))
    size, unit = (len(value), " characters") if isinstance(value, str) else (value, "")
    if not low <= size <= high:
        raise ValueError(f"{name} must be from {low} to {high}{unit}, not {size}")
    return value


def _choice(name: str, choices: type[StrEnum], value: Any) -> StrEnum:
    try:
        return choices(value)
    except ValueError:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}") from None
