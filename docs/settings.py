"""Writes docs/settings.md from the declaration of preferences: `make docs`. A test compares them."""

from pathlib import Path

from bot.preferences.declaration import PREFERENCES, Preference

PAGE = Path(__file__).with_suffix(".md")

INTRODUCTION = """\
# Settings

What `/settings set` changes for a server, category, channel, forum or thread. `make docs` writes this page from
`bot/preferences/declaration.py`. The operator's variable sets what applies where nobody chose; its value is typed as in
`/settings set`.

| Setting | What it is | Value | Default | Operator's variable |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return INTRODUCTION + "".join(f"{row(name, preference)}\n" for name, preference in PREFERENCES.items())


def row(name: str, preference: Preference) -> str:
    """What is declared of a preference."""
    default = preference.unset if preference.default is None else f"`{preference.input.write(preference.default)}`"
    variables = ", formerly ".join(f"`{each}`" for each in (f"DEFAULT_{name.upper()}", *preference.former_variables))
    cells = (f"**{preference.title}** `{name}`", preference.help, str(preference.input.allowed), default, variables)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
