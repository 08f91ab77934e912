"""Figures about answers: the age of the oldest text that was sent by the model but not yet visible."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from statistics import mean

from benchmarks.replies.answers import Answer
from benchmarks.stream.figures import percentile

SAMPLE_EVERY = 0.02
"""Seconds between two samples."""

Figures = dict[str, float]


def ages(answer: Answer, until: float) -> list[float]:
    """Return samples of the age in seconds of the oldest unseen chunk.

    They extend from the first chunk until the whole answer is seen, at most to `until`.
    """
    end = min(answer.whole_at or until, until)
    moments = [moment for moment, _ in answer.seen]
    found, now = [], answer.sent[0]
    while now < end:
        at = bisect_right(moments, now)
        seen = answer.seen[at - 1][1] if at else 0
        found.append(max(now - answer.sent[seen], 0.0) if seen < len(answer.sent) else 0.0)
        now += SAMPLE_EVERY
    return found


def figures(answers: Iterable[Answer], until: float) -> Figures:
    """Return the figures of all answers, in seconds; `unfinished` counts those not completely seen before `until`."""
    answers = list(answers)
    begun = [answer for answer in answers if answer.sent]
    all_ages = [age for answer in begun for age in ages(answer, until)]
    firsts = [(answer.seen[0][0] if answer.seen else until) - answer.sent[0] for answer in begun]
    ends = [(answer.whole_at or until) - answer.sent[-1] for answer in begun]
    return {
        "age_mean": mean(all_ages),
        "age_p95": percentile(all_ages, 95),
        "age_max": max(all_ages),
        "first_mean": mean(firsts),
        "first_max": max(firsts),
        "end_mean": mean(ends),
        "end_p95": percentile(ends, 95),
        "end_max": max(ends),
        "unfinished": sum(answer.whole_at is None for answer in answers),
        "edits": mean(len(answer.seen) for answer in answers),
    }


def spread(base: float, rounds: int, over: float = 5.5) -> Sequence[float]:
    """Return durations in seconds that end at different points of Discord's rate limit windows."""
    return [base + over * at / rounds for at in range(rounds)]
