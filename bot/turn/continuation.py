"""An answer that is gone on with: where it was cut, and what both parts are together."""

import re
from dataclasses import replace

from bot.chat.messages import Completion, Usage


def joint(text: str, more: str) -> str:
    """What belongs between an answer and its continuation: models leave out the space in front of a new sentence."""
    ended = re.search(r"[.!?…:;,][\"'”’)\]]?\Z", text) and text.count("```") % 2 == 0
    return " " if ended and re.match(r"\w", more) else ""


def after(earlier: Completion, later: Completion) -> Completion:
    """The completion that both parts make; `later` has the whole text already."""
    return replace(
        later,
        reasoning="\n\n".join(filter(None, (earlier.reasoning, later.reasoning))),
        usage=_sum(earlier.usage, later.usage),
        first_text_after=earlier.first_text_after,
        took=earlier.took + later.took,
    )


def _sum(one: Usage | None, other: Usage | None) -> Usage | None:
    if one is None or other is None:
        return one or other
    return Usage(
        _plus(one.prompt_tokens, other.prompt_tokens),
        _plus(one.completion_tokens, other.completion_tokens),
        _plus(one.total_tokens, other.total_tokens),
    )


def _plus(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else one + other
