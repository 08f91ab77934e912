"""The form for editing one setting.

Its custom_id contains the setting and the scope, so a form can be submitted even after a restart.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import discord

from bot.chat.places import Scope, ScopeKind
from bot.preferences.declaration import Preference
from bot.preferences.inputs import LongText
from bot.text import Text

MAX_INPUT_LENGTH = 4_000
"""Characters of one text input; longer texts are split over several inputs."""

MAX_TITLE_LENGTH, MAX_DESCRIPTION_LENGTH = 45, 100

OPEN_SECONDS = 900
"""How long discord.py keeps a form. A later submission still works."""

_CUSTOM_ID = re.compile(r"parley-setting:(?P<name>[a-z0-9_]+):(?P<kind>[a-z]+):(?P<id>[0-9]+)")


@dataclass(frozen=True, slots=True)
class Submission:
    """The text that was submitted, with its setting and scope."""

    name: str
    scope: Scope
    text: str


class SettingModal(discord.ui.Modal):
    """A form prefilled with the current value of a setting; the submission is a separate interaction."""

    def __init__(self, name: str, preference: Preference, scope: Scope, current: str) -> None:
        title = str(Text(preference.title))
        custom_id = f"parley-setting:{name}:{scope.kind}:{scope.id}"
        super().__init__(title=title[:MAX_TITLE_LENGTH], custom_id=custom_id, timeout=OPEN_SECONDS)
        long = isinstance(preference.input, LongText)
        longest = preference.input.longest if isinstance(preference.input, LongText) else MAX_INPUT_LENGTH
        for number, part in enumerate(parts_of(current, -(-longest // MAX_INPUT_LENGTH))):
            heading = Text("{title}, continued", title=title) if number else title
            described = Text("Continues the text above.") if number else preference.requirement
            text_input = discord.ui.TextInput[Any](
                custom_id=f"part-{number}",
                style=discord.TextStyle.long if long else discord.TextStyle.short,
                default=part or None,
                required=not long,
                max_length=MAX_INPUT_LENGTH,
            )
            self.add_item(
                discord.ui.Label(
                    text=str(heading)[:MAX_TITLE_LENGTH],
                    description=str(described)[:MAX_DESCRIPTION_LENGTH],
                    component=text_input,
                )
            )


def read_submission(interaction: discord.Interaction) -> Submission | None:
    """The submission of a SettingModal; None for any other interaction."""
    if interaction.type is not discord.InteractionType.modal_submit:
        return None
    data: Mapping[str, Any] = interaction.data or {}
    found = _CUSTOM_ID.fullmatch(str(data.get("custom_id")))
    if not found or found["kind"] not in set(ScopeKind):
        return None
    scope = Scope(ScopeKind(found["kind"]), int(found["id"]))
    return Submission(found["name"], scope, "".join(_texts(data.get("components") or ())))


def _texts(components: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """The values of the text inputs, in order."""
    for label in components:
        yield str(label.get("component", {}).get("value") or "")


def parts_of(text: str, count: int) -> list[str]:
    """Split the text into at most `count` parts that each fit into an input, between lines if possible."""
    parts: list[str] = []
    for following in reversed(range(count)):
        least = max(len(text) - following * MAX_INPUT_LENGTH, 1)
        cut = len(text)
        if cut > MAX_INPUT_LENGTH:
            cut = text.rfind("\n", least, MAX_INPUT_LENGTH) + 1 or MAX_INPUT_LENGTH
        parts.append(text[:cut])
        text = text[cut:]
    return parts
