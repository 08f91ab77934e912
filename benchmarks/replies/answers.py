"""The answers that are streamed: whoever sees a text of theirs knows which chunks it shows.

A prompt names the answer that it wants, as `wanted` writes it. Its chunks are numbered, so that the answer `b` begins
with "b000 b001 b002 ".
"""

import re
from dataclasses import dataclass, field

_WANTED = re.compile(r"([a-z])(\d+) of (\d+) chunks at (\d+)")
_CHUNK = re.compile(r"\b([a-z])(\d{3})\b")


@dataclass
class Answer:
    """One answer, when its chunks were sent and when how many of them were seen, by the clock of `time.monotonic`.

    `letter` tells answers in one channel apart, `number` all of a run; `rate` is in chunks a second.
    """

    letter: str
    number: int
    chunks: int
    rate: int
    channel: str = ""
    sent: list[float] = field(default_factory=list)
    seen: list[tuple[float, int]] = field(default_factory=list)

    @property
    def wanted(self) -> str:
        return f"Please write {self.letter}{self.number} of {self.chunks} chunks at {self.rate}"

    def chunk(self, at: int) -> str:
        return f"{self.letter}{at:03} "

    @property
    def whole_at(self) -> float | None:
        """When all of it was seen at first."""
        return next((moment for moment, chunks in self.seen if chunks == self.chunks), None)


def wanted(prompt: str) -> Answer | None:
    """The answer that a prompt asks for."""
    if not (found := _WANTED.findall(prompt)):
        return None
    letter, number, chunks, rate = found[-1]
    return Answer(letter, int(number), int(chunks), int(rate))


def chunks_in(text: str) -> dict[str, set[int]]:
    """The numbers of the chunks that a text shows, by the letter of their answer."""
    shown: dict[str, set[int]] = {}
    for letter, number in _CHUNK.findall(text):
        shown.setdefault(letter, set()).add(int(number))
    return shown
