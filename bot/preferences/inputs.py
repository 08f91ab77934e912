"""Inputs: how values of preferences are typed, checked, and written so that they can be typed again."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.text import Text

NONE = "none"
"""What a person types for an empty list."""

_LARGEST_ID = 2**64 - 1
_WORDS = {True: ("yes", "true", "on", "1"), False: ("no", "false", "off", "0")}


@dataclass(frozen=True, slots=True)
class Input(ABC):
    """`read` and `write` are inverse: `read(write(value)) == value` for every value that `check` accepts."""

    @property
    @abstractmethod
    def allowed(self) -> Text:
        """What is allowed, worded to follow "must be"."""

    @abstractmethod
    def read(self, typed: str) -> Any:
        """The value for a text. Raises ValueError."""

    def write(self, value: Any) -> str:
        """The text for a value."""
        return str(value)

    def check(self, value: Any) -> None:  # noqa: B027 most kinds have no limits beyond their type
        """Raise ValueError if a value of the right type is outside the limits."""

    @property
    def suggestions(self) -> tuple[str, ...]:
        """All texts that are allowed, if there are only a few."""
        return ()

    def models(self, value: Any) -> tuple[str, ...]:
        """The names of models in the value."""
        return ()

    def with_models(self, value: Any, full_name: Callable[[str], str]) -> Any:
        """The value with its names of models replaced by their full names."""
        return value


@dataclass(frozen=True, slots=True)
class Number(Input):
    """A number in a range, including its bounds."""

    low: float
    high: float
    whole: bool = False

    @property
    def allowed(self) -> Text:
        template = "a whole number from {low} to {high}" if self.whole else "a number from {low} to {high}"
        return Text(template, low=self.low, high=self.high)

    def read(self, typed: str) -> int | float:
        value = int(typed) if self.whole else float(typed.replace(",", "."))
        self.check(value)
        return value

    def write(self, value: Any) -> str:
        return str(int(value)) if value == int(value) else repr(value)

    def check(self, value: Any) -> None:
        if not self.low <= value <= self.high:  # NaN fails this, too
            raise ValueError(f"{value} is not from {self.low} to {self.high}")


@dataclass(frozen=True, slots=True)
class Choice(Input):
    """One of a few words."""

    of: type[StrEnum]

    @property
    def allowed(self) -> Text:
        return Text("one of {choices}", choices=", ".join(self.of))

    def read(self, typed: str) -> StrEnum:
        return self.of(typed.strip().casefold())

    @property
    def suggestions(self) -> tuple[str, ...]:
        return tuple(self.of)


@dataclass(frozen=True, slots=True)
class YesNo(Input):
    """Yes or no."""

    @property
    def allowed(self) -> Text:
        return Text("yes or no")

    def read(self, typed: str) -> bool:
        for value, words in _WORDS.items():
            if typed.strip().casefold() in words:
                return value
        raise ValueError(f"{typed!r} is neither yes nor no")

    def write(self, value: Any) -> str:
        return _WORDS[value][0]

    @property
    def suggestions(self) -> tuple[str, ...]:
        return tuple(words[0] for words in _WORDS.values())


@dataclass(frozen=True, slots=True)
class ModelName(Input):
    """A model, as provider/model; the caller checks whether it is available."""

    @property
    def allowed(self) -> Text:
        return Text("a model, as provider/model")

    def read(self, typed: str) -> str:
        value = typed.strip().strip("`")
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        if not value or value != value.strip().strip("`"):
            raise ValueError(f"{value!r} is no model's name")

    def models(self, value: Any) -> tuple[str, ...]:
        return (value,)

    def with_models(self, value: Any, full_name: Callable[[str], str]) -> Any:
        return full_name(value)


@dataclass(frozen=True, slots=True)
class ModelList(Input):
    """Models in order, separated by commas."""

    @property
    def allowed(self) -> Text:
        return Text("models as provider/model, separated by commas, or {none}", none=NONE)

    def read(self, typed: str) -> tuple[str, ...]:
        if typed.strip().casefold() in (NONE, "nothing"):
            return ()
        value = tuple(name.strip().strip("`") for name in typed.split(",") if name.strip())
        self.check(value)
        return value

    def write(self, value: Any) -> str:
        return ", ".join(value) or NONE

    def check(self, value: Any) -> None:
        for name in value:
            ModelName().check(name)
            if "," in name:
                raise ValueError(f"{name!r} is no model's name")

    def models(self, value: Any) -> tuple[str, ...]:
        return tuple(value)

    def with_models(self, value: Any, full_name: Callable[[str], str]) -> Any:
        return tuple(full_name(name) for name in value)


@dataclass(frozen=True, slots=True)
class LongText(Input):
    """A text that may have several lines; surrounding white space is removed."""

    longest: int

    @property
    def allowed(self) -> Text:
        return Text("a text of at most {longest} characters", longest=self.longest)

    def read(self, typed: str) -> str:
        value = typed.strip()
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        if len(value) > self.longest:
            raise ValueError(f"{len(value)} characters are more than {self.longest}")


@dataclass(frozen=True, slots=True)
class RoleId(Input):
    """A role of the server, as a mention or an id; the caller checks whether it exists."""

    @property
    def allowed(self) -> Text:
        return Text("a role's mention or id")

    def read(self, typed: str) -> int:
        found = re.fullmatch(r"(?:<@&)?([0-9]+)>?", typed.strip())
        if not found:
            raise ValueError(f"{typed!r} is no role")
        value = int(found[1])
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        if not 0 < value <= _LARGEST_ID:
            raise ValueError(f"{value} is no id")
