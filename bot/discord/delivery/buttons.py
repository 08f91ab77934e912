"""The buttons below a reply. Their custom ids contain all that is needed, so they keep working after a restart."""

import re
from typing import Any, Self

import discord

from bot.reply.controls import Act, Controls
from bot.text import Text

_LABELS = {
    Act.STOP: ("⏹️", Text("Stop")),
    Act.REGENERATE: ("🔄", Text("Regenerate")),
    Act.CONTINUE: ("⏩", Text("Continue")),
    Act.MODEL: ("🔀", Text("Other model")),
    Act.DELETE: ("🗑️", Text("Delete")),
    Act.OLDER: ("◀️", None),
    Act.NEWER: ("▶️", None),
}
_VERSIONS = (Act.OLDER, Act.NEWER)

Interaction = discord.Interaction[Any]


class Control(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"parley:(?P<act>[a-z]+)"):
    """A button for one act on its message. A press is dispatched as the event `control`."""

    def __init__(self, act: Act, *, disabled: bool = False) -> None:
        emoji, label = _LABELS[act]
        style = discord.ButtonStyle.danger if act is Act.STOP else discord.ButtonStyle.secondary
        button = discord.ui.Button[Any](
            style=style, emoji=emoji, label=str(label) if label else None, disabled=disabled, custom_id=f"parley:{act}"
        )
        super().__init__(button, row=1 if act in _VERSIONS else 0)
        self._act = act

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str]) -> Self:
        return cls(Act(match["act"]))

    async def callback(self, interaction: Interaction) -> None:
        interaction.client.dispatch("control", interaction, self._act)


class Counter(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"parley-version"):
    """Shows the number of the version; always disabled. Dynamic like the others, so that discord.py stores no view."""

    def __init__(self, text: str) -> None:
        super().__init__(discord.ui.Button(label=text, disabled=True, custom_id="parley-version"), row=1)


class ModelChoice(discord.ui.DynamicItem[discord.ui.Select[Any]], template=r"parley-model:(?P<message_id>[0-9]+)"):
    """A select of the models that could answer instead; its custom id contains the id of the reply."""

    def __init__(self, message_id: int, models: list[str]) -> None:
        select = discord.ui.Select[Any](
            custom_id=f"parley-model:{message_id}",
            placeholder=str(Text("The model that should answer")),
            options=[discord.SelectOption(label=model, value=model) for model in models],
        )
        super().__init__(select)
        self._message_id = message_id

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str]) -> Self:
        models = [option.value for option in item.options] if isinstance(item, discord.ui.Select) else []
        return cls(int(match["message_id"]), models)

    async def callback(self, interaction: Interaction) -> None:
        interaction.client.dispatch("model_choice", interaction, self._message_id, self.item.values[0])


DYNAMIC = (Control, ModelChoice)


def view_of(controls: Controls) -> discord.ui.View:
    """The buttons, with those for versions in a separate row. An empty view removes the buttons of a message."""
    view = discord.ui.View(timeout=None)
    for act in controls.acts:
        if act not in _VERSIONS:
            view.add_item(Control(act))
    if Act.OLDER in controls.acts:
        view.add_item(Control(Act.OLDER, disabled=controls.version == 1))
        view.add_item(Counter(f"{controls.version}/{controls.versions}"))
        view.add_item(Control(Act.NEWER, disabled=controls.version == controls.versions))
    return view


def model_choice_view(message_id: int, models: list[str]) -> discord.ui.View:
    """A view with the select for another model; `models` are at most 25 names of at most 100 characters."""
    view = discord.ui.View(timeout=None)
    view.add_item(ModelChoice(message_id, models))
    return view
