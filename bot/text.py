"""Sentences for people, as values: what is said is decided where it happens, the language where it is read.

    Text("You need the {permission} permission.", permission="Manage Channels")

The English template is the gettext message id, so a translation is a catalogue of templates and nothing else.
"""

from collections.abc import Callable
from typing import Any

Translate = Callable[[str], str]
"""A template to its translation, as `gettext.GNUTranslations.gettext` does it."""


class Text:
    """A template and the values in its braces; a value may be a Text itself. Equal when both are."""

    __slots__ = ("template", "values")

    def __init__(self, template: str, /, **values: Any) -> None:
        self.template = template
        self.values = values

    def render(self, translate: Translate = str) -> str:
        """The sentence, in English unless `translate` says otherwise."""
        values = {
            name: value.render(translate) if isinstance(value, Text) else value for name, value in self.values.items()
        }
        return translate(self.template).format(**values)

    def __str__(self) -> str:
        return self.render()

    def __repr__(self) -> str:
        return f"Text({self.template!r}, {self.values!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Text):
            return NotImplemented
        return (self.template, self.values) == (other.template, other.values)

    def __hash__(self) -> int:
        return hash((self.template, *sorted(self.values)))


class Refused(Exception):
    """What a person asked for is not done; `text` says why, and who can do what about it."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text
