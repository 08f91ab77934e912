"""Sentences for people as values: they are created where something happens, and rendered in a language when shown.

    Text("You need the {permission} permission.", permission="Manage Channels")

The English template is the gettext message id, so a translation is a catalogue of templates.
"""

from collections.abc import Callable
from typing import Any

Translate = Callable[[str], str]
"""Returns the translation of a template, as `gettext.GNUTranslations.gettext` does."""


class Text:
    """A template and the values for its fields, which may be Texts themselves. Compared by template and values."""

    __slots__ = ("template", "values")

    def __init__(self, template: str, /, **values: Any) -> None:
        self.template = template
        self.values = values

    def render(self, translate: Translate = str) -> str:
        """The sentence, in English unless `translate` is given."""
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
    """A person's request is refused; `text` says why, and who can do something about it."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text
