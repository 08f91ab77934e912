"""The health of a provider, as shown to people."""

from dataclasses import dataclass

from bot.text import Text


@dataclass(frozen=True, slots=True)
class Health:
    """The outcome of the last request to a provider, `at` a Unix time; `error` says in a few words why it failed."""

    ok: bool
    error: Text | None
    at: float
