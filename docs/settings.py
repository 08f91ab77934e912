"""Generates docs/settings.md from the declaration of preferences: `make docs`. A test checks that it is up to date."""

from pathlib import Path

from bot.preferences.declaration import PREFERENCES, Preference

PAGE = Path(__file__).with_suffix(".md")

INTRODUCTION = """\
# Settings

What `/settings set` changes for a server, category, channel, forum or thread. This page is generated from
`bot/preferences/declaration.py`; run `make docs` to update it. The operator's variable sets the value that applies if
none was chosen, in the same format as in `/settings set`.

| Setting | What it is | Value | Default | Operator's variable |
|---|---|---|---|---|
"""


def page() -> str:
    """Return the page as Markdown."""
    return INTRODUCTION + "".join(f"{row(name, preference)}\n" for name, preference in PREFERENCES.items())


def row(name: str, preference: Preference) -> str:
    """Return the row of a preference."""
    default = preference.unset if preference.default is None else f"`{preference.input.write(preference.default)}`"
    variables = ", formerly ".join(f"`{each}`" for each in (f"DEFAULT_{name.upper()}", *preference.former_variables))
    cells = (f"**{preference.title}** `{name}`", preference.help, str(preference.input.allowed), default, variables)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
