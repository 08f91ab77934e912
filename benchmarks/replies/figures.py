"""What is told of answers: how old the oldest text was that the model had sent and nobody saw yet."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from statistics import mean

from benchmarks.replies.answers import Answer
from benchmarks.stream.figures import percentile

EVERY = 0.02
"""Seconds between two looks at a channel."""

Figures = dict[str, float]


def ages(answer: Answer, until: float) -> list[float]:
    """The age in seconds of the oldest unseen chunk, from the first one on until the whole answer is seen.

    `until` is where the looking ends at the latest.
    """
    end = min(answer.whole_at or until, until)
    moments = [moment for moment, _ in answer.seen]
    found, now = [], answer.sent[0]
    while now < end:
        at = bisect_right(moments, now)
        seen = answer.seen[at - 1][1] if at else 0
        found.append(max(now - answer.sent[seen], 0.0) if seen < len(answer.sent) else 0.0)
        now += EVERY
    return found


def figures(answers: Iterable[Answer], until: float) -> Figures:
    """Those of all answers together, in seconds; `unfinished` are those that nobody saw whole before `until`."""
    asked = list(answers)
    begun = [answer for answer in asked if answer.sent]
    old = [age for answer in begun for age in ages(answer, until)]
    firsts = [(answer.seen[0][0] if answer.seen else until) - answer.sent[0] for answer in begun]
    ends = [(answer.whole_at or until) - answer.sent[-1] for answer in begun]
    return {
        "age_mean": mean(old),
        "age_p95": percentile(old, 95),
        "age_max": max(old),
        "first_mean": mean(firsts),
        "first_max": max(firsts),
        "end_mean": mean(ends),
        "end_p95": percentile(ends, 95),
        "end_max": max(ends),
        "unfinished": sum(answer.whole_at is None for answer in asked),
        "edits": mean(len(answer.seen) for answer in asked),
    }


def spread(base: float, rounds: int, over: float = 5.5) -> Sequence[float]:
    """Lengths in seconds that end at different moments of Discord's windows."""
    return [base + over * at / rounds for at in range(rounds)]
