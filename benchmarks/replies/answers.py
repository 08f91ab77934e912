"""The answers that are streamed. Their chunks are numbered, so that any text shows which chunks it contains.

A prompt names the answer that it requests, in the format of `Answer.prompt`. The answer `b` begins "b000 b001 b002 ".
"""

import re
from dataclasses import dataclass, field

_PROMPT = re.compile(r"([a-z])(\d+) of (\d+) chunks at (\d+)")
_CHUNK = re.compile(r"\b([a-z])(\d{3})\b")


@dataclass
class Answer:
    """An answer: when each chunk was sent, and how many chunks were seen when, in seconds of `time.monotonic`.

    `letter` is unique within a channel, `number` within a run; `rate` is in chunks per second.
    """

    letter: str
    number: int
    chunks: int
    rate: int
    channel: str = ""
    sent: list[float] = field(default_factory=list)
    seen: list[tuple[float, int]] = field(default_factory=list)

    @property
    def prompt(self) -> str:
        return f"Please write {self.letter}{self.number} of {self.chunks} chunks at {self.rate}"

    def chunk(self, at: int) -> str:
        return f"{self.letter}{at:03} "

    @property
    def whole_at(self) -> float | None:
        """When the whole answer was first seen."""
        return next((moment for moment, chunks in self.seen if chunks == self.chunks), None)


def requested_answer(prompt: str) -> Answer | None:
    """Return the answer that a prompt requests, None if it requests none."""
    if not (found := _PROMPT.findall(prompt)):
        return None
    letter, number, chunks, rate = found[-1]
    return Answer(letter, int(number), int(chunks), int(rate))


def chunks_in(text: str) -> dict[str, set[int]]:
    """Return the numbers of the chunks in a text, by the letter of their answer."""
    shown: dict[str, set[int]] = {}
    for letter, number in _CHUNK.findall(text):
        shown.setdefault(letter, set()).add(int(number))
    return shown
