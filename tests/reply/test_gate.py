"""The pace of writes to a channel, on a clock that jumps."""

import asyncio
import weakref
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reply.gate import LIMIT, RESERVE, Gate, WriteKind

INTERVAL = 1.0
WINDOW = INTERVAL * (LIMIT - 1) / (1 - RESERVE)


class Recorder:
    """A gate, and a record of the writes that it admitted and when."""

    def __init__(self) -> None:
        self.gate = Gate(INTERVAL)
        self.admitted: list[str] = []
        self.times: list[float] = []

    async def write(
        self, name: str, *, preview: bool = False, seconds: float = 0.0, kind: WriteKind = WriteKind.EDIT
    ) -> None:
        async with self.gate.write(kind, lambda: not preview):
            self.admitted.append(name)
            self.times.append(asyncio.get_running_loop().time())
            await asyncio.sleep(seconds)

    async def preview(self, name: str, seconds: float = 0.0) -> None:
        await self.write(name, preview=True, seconds=seconds)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


async def test_the_first_preview_goes_at_once_and_the_next_an_interval_later(recorder: Recorder) -> None:
    await asyncio.gather(recorder.preview("first"), recorder.preview("second"), recorder.preview("third"))
    assert recorder.admitted == ["first", "second", "third"]
    assert recorder.times == pytest.approx([0, INTERVAL, 2 * INTERVAL])


async def test_a_preview_after_a_long_silence_goes_at_once(recorder: Recorder) -> None:
    await recorder.preview("first")
    await asyncio.sleep(5)
    await recorder.preview("second")
    assert recorder.times == [0, 5]


async def test_one_write_is_in_flight_however_long_it_takes(recorder: Recorder) -> None:
    await asyncio.gather(recorder.preview("slow", seconds=10), recorder.preview("next"), recorder.preview("last"))
    assert recorder.times == pytest.approx([0, 10, 11])


async def test_urgent_writes_take_precedence_over_earlier_previews(recorder: Recorder) -> None:
    await asyncio.gather(
        recorder.write("in flight", seconds=0.5),
        recorder.preview("preview 1"),
        recorder.preview("preview 2"),
        recorder.write("final 1"),
        recorder.write("final 2"),
    )
    assert recorder.admitted == ["in flight", "final 1", "final 2", "preview 1", "preview 2"]


async def test_an_urgent_write_does_not_wait_for_the_pace_of_previews(recorder: Recorder) -> None:
    await recorder.preview("first")
    preview = asyncio.create_task(recorder.preview("preview"))
    await asyncio.sleep(INTERVAL / 4)
    await recorder.write("final")
    await preview
    assert recorder.admitted == ["first", "final", "preview"]
    assert recorder.times == pytest.approx([0, INTERVAL / 4, INTERVAL * 5 / 4])


async def test_a_preview_that_becomes_a_final_is_rescheduled(recorder: Recorder) -> None:
    final: list[bool] = []
    await recorder.preview("first")

    async def become_final() -> None:
        async with recorder.gate.write(WriteKind.EDIT, lambda: bool(final)):
            recorder.times.append(asyncio.get_running_loop().time())

    waiting = asyncio.create_task(become_final())
    await asyncio.sleep(INTERVAL / 2)
    final.append(True)
    recorder.gate.reschedule()
    await waiting
    assert recorder.times == pytest.approx([0, INTERVAL / 2])


async def test_urgent_writes_also_stay_within_discords_window(recorder: Recorder) -> None:
    await asyncio.gather(*(recorder.write(f"final {number}") for number in range(7)))
    assert recorder.times == pytest.approx([0] * LIMIT + [WINDOW] * 2)


async def test_previews_reserve_the_last_write_of_a_window_for_a_final(recorder: Recorder) -> None:
    await asyncio.gather(*(recorder.write(f"final {number}") for number in range(LIMIT - 2)))
    preview, next_preview = (asyncio.create_task(recorder.preview(name)) for name in ("preview", "next"))
    await preview
    await asyncio.sleep(WINDOW / 2)
    await recorder.write("final")
    await next_preview
    assert recorder.times[LIMIT - 2 :] == pytest.approx([INTERVAL, INTERVAL + WINDOW / 2, WINDOW])


async def test_a_preview_may_take_the_last_write_of_a_window_that_is_about_to_close(recorder: Recorder) -> None:
    await asyncio.gather(*(recorder.write(f"final {number}") for number in range(LIMIT - 1)))
    await recorder.preview("preview")
    await recorder.preview("next")
    assert recorder.times[LIMIT - 1 :] == pytest.approx([WINDOW * (1 - RESERVE), WINDOW * (1 - RESERVE) + INTERVAL])


async def test_a_window_of_a_single_write_reserves_none(recorder: Recorder) -> None:
    await recorder.preview("first")
    recorder.gate.learn(WriteKind.EDIT, 1, 0, 8.0)
    await recorder.preview("second")
    await recorder.preview("third")
    assert recorder.times == pytest.approx([0, 8, 16])


async def test_the_count_survives_the_last_reply_until_its_window_closes() -> None:
    gate = Gate(INTERVAL)
    async with gate.write(WriteKind.EDIT):
        pass
    gate.learn(WriteKind.EDIT, LIMIT, 0, 30.0)
    seen = weakref.ref(gate)
    del gate
    await asyncio.sleep(29)
    assert seen()
    await asyncio.sleep(2)
    assert not seen()


async def test_new_messages_and_edits_are_counted_separately(recorder: Recorder) -> None:
    edits = [recorder.write(f"edit {number}") for number in range(LIMIT)]
    await asyncio.gather(*edits, recorder.write("message", kind=WriteKind.SEND))
    assert recorder.times == [0] * (LIMIT + 1)


async def test_a_new_page_does_not_wait_for_the_pace_of_edits(recorder: Recorder) -> None:
    await recorder.preview("full page")
    await recorder.write("new page", preview=True, kind=WriteKind.SEND)
    await recorder.preview("edit")
    await recorder.write("next page", preview=True, kind=WriteKind.SEND)
    await recorder.write("page after that", preview=True, kind=WriteKind.SEND)
    assert recorder.times == pytest.approx([0, 0, INTERVAL, INTERVAL, 2 * INTERVAL])


async def test_the_limits_that_discord_reports_are_kept(recorder: Recorder) -> None:
    await recorder.preview("first")
    recorder.gate.learn(WriteKind.EDIT, 2, 1, 8.0)
    await asyncio.gather(*(recorder.preview(f"preview {number}") for number in range(3)))
    pace = 8 * (1 - RESERVE)
    assert recorder.times == pytest.approx([0, pace, 2 * pace, 3 * pace])
    recorder.gate.learn(WriteKind.EDIT, 2, 0, 30.0)
    await recorder.write("final")
    assert recorder.times[-1] == pytest.approx(3 * pace + 30)


async def test_a_cancelled_waiter_takes_no_slot(recorder: Recorder) -> None:
    await recorder.preview("first")
    gone = asyncio.create_task(recorder.preview("gone"))
    last = asyncio.create_task(recorder.preview("last"))
    await asyncio.sleep(INTERVAL / 2)
    gone.cancel()
    await last
    assert gone.cancelled()
    assert recorder.times == pytest.approx([0, INTERVAL])


async def test_a_cancelled_waiter_does_not_admit_another_during_a_write(recorder: Recorder) -> None:
    slow = asyncio.create_task(recorder.write("slow", seconds=10))
    gone = asyncio.create_task(recorder.write("gone"))
    after = asyncio.create_task(recorder.write("after"))
    await asyncio.sleep(1)
    gone.cancel()
    await asyncio.gather(slow, after)
    assert gone.cancelled()
    assert recorder.admitted == ["slow", "after"]
    assert recorder.times == [0, 10]


async def test_the_gate_works_after_all_waiters_were_cancelled(recorder: Recorder) -> None:
    await recorder.preview("first")
    gone = asyncio.create_task(recorder.preview("gone"))
    await asyncio.sleep(INTERVAL / 2)
    gone.cancel()
    await asyncio.sleep(INTERVAL * 3)
    await recorder.write("later")
    assert recorder.admitted == ["first", "later"]
    assert recorder.times[1] == 3.5 * INTERVAL


async def test_a_waiter_that_is_cancelled_as_it_is_admitted_releases_the_gate(recorder: Recorder) -> None:
    async with recorder.gate.write(WriteKind.EDIT):
        unlucky = asyncio.create_task(recorder.write("unlucky"))
        await asyncio.sleep(2 * INTERVAL)
    unlucky.cancel()  # it was let in by the line above and has not run yet
    await recorder.write("next")
    assert unlucky.cancelled()
    assert recorder.admitted == ["next"]


async def test_an_exception_during_a_write_releases_the_slot(recorder: Recorder) -> None:
    with pytest.raises(ConnectionError):
        async with recorder.gate.write(WriteKind.EDIT):
            raise ConnectionError
    await recorder.preview("next")
    assert recorder.times == pytest.approx([INTERVAL])


async def test_a_write_that_is_cancelled_in_flight_releases_its_slot(recorder: Recorder) -> None:
    endless = asyncio.create_task(recorder.write("endless", seconds=1_000))
    await asyncio.sleep(3)
    endless.cancel()
    await recorder.write("next")
    assert recorder.times == [0, 3]


@dataclass(frozen=True)
class PlannedWrite:
    arrival: float
    seconds: float
    preview: bool


eighths = st.integers(0, 40).map(lambda number: number / 8)
planned_writes = st.lists(st.builds(PlannedWrite, eighths, eighths, st.booleans()), min_size=1, max_size=12)


@given(planned_writes)
async def test_previews_are_spread_and_discord_never_has_to_refuse_however_writes_arrive(
    planned_writes: list[PlannedWrite],
) -> None:
    gate, loop = Gate(INTERVAL), asyncio.get_running_loop()
    begun = loop.time()
    waiting: list[PlannedWrite] = []
    served: list[tuple[float, float, PlannedWrite]] = []

    async def come(planned: PlannedWrite) -> None:
        await asyncio.sleep(planned.arrival)
        waiting.append(planned)
        async with gate.write(WriteKind.EDIT, lambda: not planned.preview):
            waiting.remove(planned)
            start = loop.time() - begun
            before = [other for other in waiting if other.arrival < start]
            assert not any(other.preview < planned.preview for other in before)
            assert not any(other.preview == planned.preview and other.arrival < planned.arrival for other in before)
            await asyncio.sleep(planned.seconds)
            served.append((start, loop.time() - begun, planned))

    await asyncio.gather(*map(come, planned_writes))
    assert len(served) == len(planned_writes)
    for (start, end, _), (next_start, _, planned) in pairwise(served):
        assert next_start >= end - 1e-6
        assert not planned.preview or next_start - start >= INTERVAL - 1e-6
    assert not _refused([start for start, _, _ in served])


def _refused(starts: list[float]) -> bool:
    """Whether Discord's fixed window, which the first write after it closed opens again, ever overflows."""
    opened, count = float("-inf"), 0
    for start in starts:
        if start >= opened + WINDOW - 1e-6:
            opened, count = start, 0
        count += 1
        if count > LIMIT:
            return True
    return False
