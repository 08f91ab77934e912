"""The form in which people edit one setting.

Its custom_id says which setting of which scope it is for, so what was submitted is understood after a restart, too.
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

LONGEST_INPUT = 4_000
"""Characters of one text input; longer texts are split over several."""

LONGEST_TITLE, LONGEST_DESCRIPTION = 45, 100

OPEN_SECONDS = 900
"""How long discord.py remembers a form; one that is submitted later is understood all the same."""

_CUSTOM_ID = re.compile(r"parley-setting:(?P<name>[a-z0-9_]+):(?P<kind>[a-z]+):(?P<id>[0-9]+)")


@dataclass(frozen=True, slots=True)
class Submission:
    """What was submitted, for which setting of which scope."""

    name: str
    scope: Scope
    text: str


class SettingModal(discord.ui.Modal):
    """A form with the current value of one setting; the submission is an interaction of its own."""

    def __init__(self, name: str, preference: Preference, scope: Scope, current: str) -> None:
        title = str(Text(preference.title))
        custom_id = f"parley-setting:{name}:{scope.kind}:{scope.id}"
        super().__init__(title=title[:LONGEST_TITLE], custom_id=custom_id, timeout=OPEN_SECONDS)
        long = isinstance(preference.input, LongText)
        longest = preference.input.longest if isinstance(preference.input, LongText) else LONGEST_INPUT
        for number, part in enumerate(parts_of(current, -(-longest // LONGEST_INPUT))):
            heading = Text("{title}, continued", title=title) if number else title
            described = Text("Continues the text above.") if number else preference.requirement
            text_input = discord.ui.TextInput[Any](
                custom_id=f"part-{number}",
                style=discord.TextStyle.long if long else discord.TextStyle.short,
                default=part or None,
                required=not long,
                max_length=LONGEST_INPUT,
            )
            self.add_item(
                discord.ui.Label(
                    text=str(heading)[:LONGEST_TITLE],
                    description=str(described)[:LONGEST_DESCRIPTION],
                    component=text_input,
                )
            )


def read_submission(interaction: discord.Interaction) -> Submission | None:
    """What was submitted with a SettingModal; None for any other interaction."""
    if interaction.type is not discord.InteractionType.modal_submit:
        return None
    data: Mapping[str, Any] = interaction.data or {}
    found = _CUSTOM_ID.fullmatch(str(data.get("custom_id")))
    if not found or found["kind"] not in set(ScopeKind):
        return None
    scope = Scope(ScopeKind(found["kind"]), int(found["id"]))
    return Submission(found["name"], scope, "".join(_texts(data.get("components") or ())))


def _texts(components: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """What the text inputs hold, in their order."""
    for label in components:
        yield str(label.get("component", {}).get("value") or "")


def parts_of(text: str, count: int) -> list[str]:
    """Cut the text into `count` parts that fit into an input each, between lines where possible."""
    parts: list[str] = []
    for following in reversed(range(count)):
        least = max(len(text) - following * LONGEST_INPUT, 1)
        cut = len(text) if len(text) <= LONGEST_INPUT else text.rfind("\n", least, LONGEST_INPUT) + 1 or LONGEST_INPUT
        parts.append(text[:cut])
        text = text[cut:]
    return parts
