"""Whether the cost of a text is proportional to its length, measured so that the speed of the machine does not matter.

The processor time for a text is compared with that for its first quarter, within one run. A cost that is proportional
to the length makes the ratio 4, a quadratic one 16.
"""

import time
from collections.abc import Callable

LARGEST_RATIO = 9
ROUNDS = 6
OVERHEAD = 0.001
"""Seconds added to both costs, so that a text that costs next to nothing is not judged by the clock's resolution."""


def is_proportional(work: Callable[[str], object], text: str) -> bool:
    """Whether `work` on the text costs about four times as much as on its first quarter.

    The best of a few rounds counts, as another process can only make a cost larger.
    """
    whole = quarter = float("inf")
    for _ in range(ROUNDS):
        quarter = min(quarter, _cost(work, text[: len(text) // 4]))
        whole = min(whole, _cost(work, text))
        if whole + OVERHEAD < LARGEST_RATIO * (quarter + OVERHEAD):
            return True
    return False


def _cost(work: Callable[[str], object], text: str) -> float:
    began = time.thread_time()
    work(text)
    return time.thread_time() - began
