"""Rows of completions, and the values that they hold."""

from typing import Any

from sqlalchemy import Row

from bot.chat.messages import Completion, Usage


def values_of(completion: Completion) -> dict[str, Any]:
    """The columns of `completions`; model, text and reasoning are stored with the message."""
    return {
        "answered_by": completion.answered_by,
        "finish_reason": completion.finish_reason,
        "error": completion.error,
        **usage_values(completion.usage),
        "first_text_after": completion.first_text_after,
        "took": completion.took,
        "note": completion.note,
    }


def usage_values(usage: Usage | None) -> dict[str, int | None]:
    """The columns of a usage; tokens that were not counted are null, not zero."""
    counted = usage or Usage()
    return {
        "prompt_tokens": counted.prompt_tokens,
        "completion_tokens": counted.completion_tokens,
        "total_tokens": counted.total_tokens,
    }


def usage_of(row: Row[Any]) -> Usage | None:
    """The usage that a row holds, None where nothing was counted."""
    tokens = (row.prompt_tokens, row.completion_tokens, row.total_tokens)
    return Usage(*tokens) if any(count is not None for count in tokens) else None


def completion_of(row: Row[Any], text: str, reasoning: str) -> Completion:
    """The completion of a row with the message's model; other columns are null while it has not ended."""
    return Completion(
        row.model,
        text,
        reasoning=reasoning,
        answered_by=row.answered_by,
        finish_reason=row.finish_reason,
        error=row.error,
        usage=usage_of(row),
        first_text_after=row.first_text_after,
        took=row.took or 0.0,
        note=row.note or "",
    )
