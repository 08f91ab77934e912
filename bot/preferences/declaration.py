"""The declaration of all preferences, one field each.

Commands, the operator's variables, the store and the tests are derived from it. To add a preference, add a field here
and use its value.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from bot.chat.looks import DEFAULT_PAGES, Look, ReasoningDisplay
from bot.chat.messages import Detail
from bot.preferences.inputs import Choice, Input, LongText, ModelList, ModelName, Number, RoleId, YesNo
from bot.text import Refused, Text

SYSTEM_PROMPT = "You are Parley, a helpful assistant in a Discord chat. Answer in the language you are asked in."


class AnswerWhen(StrEnum):
    """When Parley answers in a channel: only if it is addressed, or every message."""

    MENTION = "mention"
    ALWAYS = "always"


class Footer(StrEnum):
    """How detailed the footer of an answer is."""

    OFF = "off"
    SHORT = "short"
    FULL = "full"


class Style(StrEnum):
    """How an answer is posted: as plain text, which can be copied and is shown in notifications, or as an embed."""

    TEXT = "text"
    EMBED = "embed"


@dataclass(frozen=True, slots=True)
class Preference:
    """What a field of `Preferences` declares in addition to its type.

    `default` applies if no value was chosen; if it is None, `unset` describes what happens. `former_variables` are
    former names of the operator's variable DEFAULT_<NAME>.
    """

    title: str
    help: str
    input: Input
    default: Any = None
    unset: str = "the model decides"
    former_variables: tuple[str, ...] = ()

    def read(self, typed: str) -> Any:
        """The value that was typed. Raises Refused, saying what is allowed."""
        try:
            return self.input.read(typed)
        except ValueError as error:
            raise Refused(self.requirement) from error

    @property
    def requirement(self) -> Text:
        """A sentence that says what is allowed."""
        return Text("{title} must be {allowed}.", title=Text(self.title), allowed=self.input.allowed)


class Preferences(BaseModel):
    """The values of one scope, or those that apply in a place; None means not chosen. Raises ValidationError."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    model: Annotated[
        str | None,
        Preference("Model", "The model that answers, as provider/model", ModelName(), unset="the operator's default"),
    ] = None
    system_prompt: Annotated[
        str | None,
        Preference(
            "System prompt",
            "Instructions that every conversation starts with",
            LongText(6_000),  # Discord's limit for a string option of a slash command
            default=SYSTEM_PROMPT,
            former_variables=("SYSTEM_PROMPT",),
        ),
    ] = None
    temperature: Annotated[
        float | None, Preference("Temperature", "How random answers are; higher is more random", Number(0, 2))
    ] = None
    top_p: Annotated[
        float | None,
        Preference("top_p", "The share of the most likely words that the model chooses from", Number(0, 1)),
    ] = None
    max_tokens: Annotated[
        int | None,
        Preference(
            "Maximum answer length (tokens)", "How many tokens an answer may have", Number(1, 1_000_000, whole=True)
        ),
    ] = None
    image_detail: Annotated[
        Detail | None, Preference("Image detail", "How closely the model looks at images", Choice(Detail))
    ] = None
    answer: Annotated[
        AnswerWhen | None,
        Preference(
            "When to answer",
            "Whether to answer only mentions, or every message",
            Choice(AnswerWhen),
            default=AnswerWhen.MENTION,
        ),
    ] = None
    role_id: Annotated[
        int | None,
        Preference(
            "Who may talk",
            "The role that may talk to me; @everyone allows everyone",
            RoleId(),
            unset="everyone",
        ),
    ] = None
    fallback: Annotated[
        tuple[str, ...] | None,
        Preference(
            "Fallback models",
            "Models to ask, in order, if the model fails; separated by commas",
            ModelList(),
            default=(),
            former_variables=("FALLBACK_MODELS",),
        ),
    ] = None
    reasoning: Annotated[
        ReasoningDisplay | None,
        Preference(
            "Reasoning",
            "How to show the model's reasoning: not at all, an excerpt, or all of it in a file",
            Choice(ReasoningDisplay),
            default=ReasoningDisplay.HIDDEN,
        ),
    ] = None
    footer: Annotated[
        Footer | None,
        Preference(
            "Footer",
            "What to show below an answer: nothing, model and time, or also tokens and cost",
            Choice(Footer),
            default=Footer.SHORT,
            former_variables=("FOOTER",),
        ),
    ] = None
    style: Annotated[
        Style | None,
        Preference("Style", "Whether answers are plain text or embeds", Choice(Style), default=Style.TEXT),
    ] = None
    pages: Annotated[
        int | None,
        Preference(
            "Messages per answer",
            "How many messages an answer may have; a longer answer is sent as a file",
            Number(1, 20, whole=True),
            default=DEFAULT_PAGES,
        ),
    ] = None
    ping: Annotated[
        bool | None,
        Preference("Ping", "Whether an answer notifies the person who asked", YesNo(), default=False),
    ] = None

    @field_validator("*")
    @classmethod
    def _within_limits(cls, value: Any, info: ValidationInfo) -> Any:
        if value is not None:
            PREFERENCES[str(info.field_name)].input.check(value)
        return value

    @property
    def look(self) -> Look:
        """The look of replies with these values."""
        return Look(
            embed=self.style is Style.EMBED,
            most_pages=self.pages or DEFAULT_PAGES,
            reasoning=self.reasoning or ReasoningDisplay.HIDDEN,
            ping=bool(self.ping),
        )

    def chosen(self) -> dict[str, Any]:
        """The values that are chosen, by name."""
        return {name: value for name in PREFERENCES if (value := getattr(self, name)) is not None}


PREFERENCES: Mapping[str, Preference] = MappingProxyType(
    {
        name: next(each for each in field.metadata if isinstance(each, Preference))
        for name, field in Preferences.model_fields.items()
    }
)
"""The declarations of all preferences, by name."""


def read_json(name: str, text: str) -> Any:
    """The value of a preference from stored JSON. Raises ValueError for an unknown name or an invalid value."""
    value = json.loads(text)
    if value is None:
        raise ValueError("null is not a value")
    # pydantic's JSON mode is strict about types and still makes enums and tuples
    return getattr(Preferences.model_validate_json(json.dumps({name: value})), name)
