"""The small line below an answer: who gave it, how long it took, what it cost."""

from bot.chat.context import Context
from bot.chat.messages import Completion, Usage
from bot.preferences.declaration import Footer

LEAST_SHOWN = 0.0001
"""Dollars."""


def footer(completion: Completion, how: Footer, cost: float | None = None, context: Context | None = None) -> str:
    """What there is to say of an answer, empty where nothing is wanted. `cost` is in US dollars."""
    if how is Footer.OFF:
        return ""
    facts = [f"`{completion.model}`", f"{completion.took:.1f} s"]
    if how is Footer.FULL:
        facts = [_who(completion), _when(completion), *_tokens(completion.usage), *_dollars(cost)]
    if context and context.dropped:
        facts.append(f"used the last {context.used} messages")
    return " · ".join(facts)


def _who(completion: Completion) -> str:
    """The model that was asked, and the one that says it answered, where that is another."""
    asked, answered = completion.model, completion.answered_by
    if not answered or asked.endswith(answered):
        return f"`{asked}`"
    return f"`{asked}` (`{answered.replace('`', 'ˋ')}`)"


def _when(completion: Completion) -> str:
    first = completion.first_text_after
    return f"{completion.took:.1f} s" + ("" if first is None else f", first words after {first:.1f} s")


def _tokens(usage: Usage | None) -> list[str]:
    if usage is None:
        return []
    counts = {"in": usage.prompt_tokens, "out": usage.completion_tokens}
    counted = [f"{count:,} {way}" for way, count in counts.items() if count is not None]
    return [f"{' + '.join(counted)} tokens"] if counted else []


def _dollars(cost: float | None) -> list[str]:
    if cost is None:
        return []
    return [f"${cost:.4f}" if cost >= LEAST_SHOWN or not cost else f"under ${LEAST_SHOWN}"]
