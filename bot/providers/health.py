"""How providers do, for people to see."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Health:
    """How the last request to a provider went, and when, in Unix seconds. `error` is in our words, for people."""

    ok: bool
    error: str
    at: float
