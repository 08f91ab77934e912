"""Names and values of settings: how they are shown, and which ones are suggested."""

import discord
from discord import app_commands

from bot.discord.commands.choices import MAX_CHOICE_LENGTH, MAX_CHOICES, model_choices, text_choices
from bot.preferences.declaration import PREFERENCES, Preference
from bot.preferences.inputs import LongText, ModelList, ModelName, RoleId
from bot.preferences.resolver import Fault, Resolved, Source
from bot.providers.offer import Offer
from bot.text import Refused, Text

MAX_SHOWN_LENGTH = 300
"""Characters of a value that are shown in a list of settings."""

SOURCES = {
    Source.THREAD: "the thread",
    Source.CHANNEL: "the channel",
    Source.CATEGORY: "the category",
    Source.GUILD: "the server",
    Source.ROLE: "the role",
    Source.PERSON: "the person",
    Source.OPERATOR: "the operator",
    Source.DEFAULT: "default",
}


def declared(name: str) -> Preference:
    """The preference of that name. Raises Refused if there is none."""
    if name not in PREFERENCES:
        raise Refused(Text("There's no setting called `{name}`. `/settings show` lists them all.", name=_plain(name)))
    return PREFERENCES[name]


def title(name: str) -> Text:
    """The title of a setting; its name if it is no longer declared."""
    return Text("**{title}**", title=Text(PREFERENCES[name].title) if name in PREFERENCES else _plain(name))


def shown(name: str, value: object, longest: int = MAX_SHOWN_LENGTH) -> str:
    """A value on one line, shortened."""
    if isinstance(value, Fault):
        return _code(value.value, longest)
    preference = PREFERENCES[name]
    if isinstance(preference.input, RoleId):
        return f"<@&{value}>"
    return _code(preference.input.write(value), longest) if value != "" else str(Text("empty"))


def shown_whole(name: str, value: object) -> str:
    """A whole value, to be copied and set again."""
    preference = PREFERENCES.get(name)
    if isinstance(value, str) and preference and isinstance(preference.input, LongText) and value:
        return f"\n```\n{value.replace('```', '`​``')}\n```"  # a zero-width space, so that the block does not end early
    return shown(name, value, longest=10_000)


def shown_resolved(name: str, resolved: Resolved, offer: Offer) -> Text:
    """The effective value, and where it comes from."""
    value, preference = getattr(resolved.values, name), PREFERENCES[name]
    if value is not None:
        text: Text | str = shown(name, value)
    elif isinstance(preference.input, ModelName):
        text = _code(offer.default_model, MAX_SHOWN_LENGTH)
    else:
        text = Text(preference.unset)
    return Text("{value} · {source}", value=text, source=Text(SOURCES[resolved.sources[name]]))


def shown_fault(fault: Fault) -> Text:
    """A line about a stored value that is ignored, and why."""
    return Text(
        "⚠️ {title} in {source}: the stored value {value} is ignored. {reason}",
        title=title(fault.name),
        source=Text(SOURCES[Source[fault.scope.kind.name]]),
        value=shown(fault.name, fault),
        reason=fault.reason,
    )


def name_choices(typed: str) -> list[app_commands.Choice[str]]:
    """The settings whose name, title or help contains what was typed."""
    wanted = typed.casefold()
    return [
        app_commands.Choice(name=preference.title, value=name)
        for name, preference in PREFERENCES.items()
        if wanted in f"{name} {preference.title} {preference.help}".casefold()
    ][:MAX_CHOICES]


def value_choices(
    preference: Preference, typed: str, offer: Offer, current: str, guild: discord.Guild | None
) -> list[app_commands.Choice[str]]:
    """Suggestions for a partly typed value; `current` is the channel's model."""
    match preference.input:
        case ModelName():
            return model_choices(offer, typed, current)
        case ModelList():
            # the models typed so far, followed by each model that could come next
            *before, last = typed.split(",")
            begun = "".join(f"{name.strip()}, " for name in before)
            return text_choices([begun + name for name in offer.complete(last)])
        case RoleId():
            return _role_choices(typed, guild)
        case other if other.suggestions:
            return text_choices([text for text in other.suggestions if typed.casefold() in text])
    return text_choices([typed]) if _readable(preference, typed) else []


def _role_choices(typed: str, guild: discord.Guild | None) -> list[app_commands.Choice[str]]:
    wanted = typed.casefold().lstrip("@")
    roles = [role for role in guild.roles if wanted in role.name.casefold()] if guild else []
    return [
        app_commands.Choice(name=f"@{role.name.lstrip('@')}"[:MAX_CHOICE_LENGTH], value=str(role.id))
        for role in roles[:MAX_CHOICES]
    ]


def _readable(preference: Preference, typed: str) -> bool:
    try:
        preference.read(typed)
    except Refused:
        return False
    return True


def _code(text: str, longest: int) -> str:
    line = " ⏎ ".join(_plain(text if len(text) <= longest else f"{text[:longest]}…").splitlines())
    return f"`{line}`"


def _plain(text: str) -> str:
    """The text with backticks replaced, for use inside of inline code."""
    return text.replace("`", "ˋ")
