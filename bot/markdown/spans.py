"""Inline content as a list of spans, each with its Markdown for Discord and its plain text."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto


class SpanRole(Enum):
    """Whether a span is text, or a delimiter that opens or closes emphasis."""

    TEXT = auto()
    OPENER = auto()
    CLOSER = auto()


@dataclass(slots=True)
class Span:
    """Text or an emphasis delimiter. A delimiter without a counterpart is text."""

    markdown: str
    plain: str
    role: SpanRole = SpanRole.TEXT


def to_markdown(spans: Iterable[Span], inside: frozenset[str] = frozenset()) -> str:
    """Return Discord's Markdown. `inside` are the delimiters of the emphasis that surrounds it.

    Emphasis nested in the same emphasis is dropped: Discord would take its opening delimiter for the closing one.
    """
    depths = dict.fromkeys(inside, 1)
    output: list[str] = []
    for span in spans:
        if span.role is SpanRole.TEXT:
            output.append(span.markdown)
            continue
        before = depths.get(span.markdown, 0)
        depths[span.markdown] = before + (1 if span.role is SpanRole.OPENER else -1)
        if max(before, depths[span.markdown]) == 1:
            output.append(span.markdown)
    return "".join(output)


def to_plain_text(spans: Iterable[Span]) -> str:
    """Return the text without any Markdown."""
    return "".join(span.plain for span in spans if span.role is SpanRole.TEXT)
