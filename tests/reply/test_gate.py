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


class Door:
    """A gate, and a diary of who went through it when."""

    def __init__(self) -> None:
        self.gate = Gate(INTERVAL)
        self.entered: list[str] = []
        self.times: list[float] = []

    async def go(
        self, name: str, *, preview: bool = False, stay: float = 0.0, kind: WriteKind = WriteKind.EDIT
    ) -> None:
        async with self.gate.write(kind, lambda: not preview):
            self.entered.append(name)
            self.times.append(asyncio.get_running_loop().time())
            await asyncio.sleep(stay)

    async def preview(self, name: str, stay: float = 0.0) -> None:
        await self.go(name, preview=True, stay=stay)


@pytest.fixture
def door() -> Door:
    return Door()


async def test_the_first_preview_goes_at_once_and_the_next_an_interval_later(door: Door) -> None:
    await asyncio.gather(door.preview("first"), door.preview("second"), door.preview("third"))
    assert door.entered == ["first", "second", "third"]
    assert door.times == pytest.approx([0, INTERVAL, 2 * INTERVAL])


async def test_a_preview_after_a_long_silence_goes_at_once(door: Door) -> None:
    await door.preview("first")
    await asyncio.sleep(5)
    await door.preview("second")
    assert door.times == [0, 5]


async def test_one_write_is_in_flight_however_long_it_takes(door: Door) -> None:
    await asyncio.gather(door.preview("slow", stay=10), door.preview("next"), door.preview("last"))
    assert door.times == pytest.approx([0, 10, 11])


async def test_urgent_writes_go_before_previews_that_came_earlier(door: Door) -> None:
    await asyncio.gather(
        door.go("in flight", stay=0.5),
        door.preview("preview 1"),
        door.preview("preview 2"),
        door.go("final 1"),
        door.go("final 2"),
    )
    assert door.entered == ["in flight", "final 1", "final 2", "preview 1", "preview 2"]


async def test_an_urgent_write_does_not_wait_for_the_pace_of_previews(door: Door) -> None:
    await door.preview("first")
    preview = asyncio.create_task(door.preview("preview"))
    await asyncio.sleep(INTERVAL / 4)
    await door.go("final")
    await preview
    assert door.entered == ["first", "final", "preview"]
    assert door.times == pytest.approx([0, INTERVAL / 4, INTERVAL * 5 / 4])


async def test_a_preview_that_becomes_a_final_hurries(door: Door) -> None:
    final: list[bool] = []
    await door.preview("first")

    async def become_final() -> None:
        async with door.gate.write(WriteKind.EDIT, lambda: bool(final)):
            door.times.append(asyncio.get_running_loop().time())

    waiting = asyncio.create_task(become_final())
    await asyncio.sleep(INTERVAL / 2)
    final.append(True)
    door.gate.hurry()
    await waiting
    assert door.times == pytest.approx([0, INTERVAL / 2])


async def test_even_urgent_writes_stay_within_discords_window(door: Door) -> None:
    await asyncio.gather(*(door.go(f"final {number}") for number in range(7)))
    assert door.times == pytest.approx([0] * LIMIT + [WINDOW] * 2)


async def test_previews_leave_the_last_write_of_a_window_to_a_final(door: Door) -> None:
    await asyncio.gather(*(door.go(f"final {number}") for number in range(LIMIT - 2)))
    preview, next_preview = (asyncio.create_task(door.preview(name)) for name in ("preview", "next"))
    await preview
    await asyncio.sleep(WINDOW / 2)
    await door.go("final")
    await next_preview
    assert door.times[LIMIT - 2 :] == pytest.approx([INTERVAL, INTERVAL + WINDOW / 2, WINDOW])


async def test_a_preview_may_take_the_last_write_of_a_window_that_is_about_to_close(door: Door) -> None:
    await asyncio.gather(*(door.go(f"final {number}") for number in range(LIMIT - 1)))
    await door.preview("preview")
    await door.preview("next")
    assert door.times[LIMIT - 1 :] == pytest.approx([WINDOW * (1 - RESERVE), WINDOW * (1 - RESERVE) + INTERVAL])


async def test_a_window_of_a_single_write_has_none_to_keep(door: Door) -> None:
    await door.preview("first")
    door.gate.learn(WriteKind.EDIT, 1, 0, 8.0)
    await door.preview("second")
    await door.preview("third")
    assert door.times == pytest.approx([0, 8, 16])


async def test_the_count_outlives_the_last_reply_until_its_window_closes() -> None:
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


async def test_new_messages_and_edits_are_counted_apart(door: Door) -> None:
    edits = [door.go(f"edit {number}") for number in range(LIMIT)]
    await asyncio.gather(*edits, door.go("message", kind=WriteKind.SEND))
    assert door.times == [0] * (LIMIT + 1)


async def test_a_new_page_does_not_wait_for_the_pace_of_edits(door: Door) -> None:
    await door.preview("full page")
    await door.go("new page", preview=True, kind=WriteKind.SEND)
    await door.preview("edit")
    await door.go("next page", preview=True, kind=WriteKind.SEND)
    await door.go("page after that", preview=True, kind=WriteKind.SEND)
    assert door.times == pytest.approx([0, 0, INTERVAL, INTERVAL, 2 * INTERVAL])


async def test_what_discord_says_of_its_window_holds(door: Door) -> None:
    await door.preview("first")
    door.gate.learn(WriteKind.EDIT, 2, 1, 8.0)
    await asyncio.gather(*(door.preview(f"preview {number}") for number in range(3)))
    pace = 8 * (1 - RESERVE)
    assert door.times == pytest.approx([0, pace, 2 * pace, 3 * pace])
    door.gate.learn(WriteKind.EDIT, 2, 0, 30.0)
    await door.go("final")
    assert door.times[-1] == pytest.approx(3 * pace + 30)


async def test_who_gives_up_while_waiting_costs_nobody_a_slot(door: Door) -> None:
    await door.preview("first")
    gone = asyncio.create_task(door.preview("gone"))
    last = asyncio.create_task(door.preview("last"))
    await asyncio.sleep(INTERVAL / 2)
    gone.cancel()
    await last
    assert gone.cancelled()
    assert door.times == pytest.approx([0, INTERVAL])


async def test_who_gives_up_does_not_let_another_in_beside_the_one_in_flight(door: Door) -> None:
    slow = asyncio.create_task(door.go("slow", stay=10))
    gone = asyncio.create_task(door.go("gone"))
    after = asyncio.create_task(door.go("after"))
    await asyncio.sleep(1)
    gone.cancel()
    await asyncio.gather(slow, after)
    assert gone.cancelled()
    assert door.entered == ["slow", "after"]
    assert door.times == [0, 10]


async def test_when_all_have_given_up_the_gate_opens_again(door: Door) -> None:
    await door.preview("first")
    gone = asyncio.create_task(door.preview("gone"))
    await asyncio.sleep(INTERVAL / 2)
    gone.cancel()
    await asyncio.sleep(INTERVAL * 3)
    await door.go("later")
    assert door.entered == ["first", "later"]
    assert door.times[1] == 3.5 * INTERVAL


async def test_who_gives_up_in_the_moment_of_being_let_in_leaves_the_gate_usable(door: Door) -> None:
    async with door.gate.write(WriteKind.EDIT):
        unlucky = asyncio.create_task(door.go("unlucky"))
        await asyncio.sleep(2 * INTERVAL)
    unlucky.cancel()  # it was let in by the line above and has not run yet
    await door.go("next")
    assert unlucky.cancelled()
    assert door.entered == ["next"]


async def test_an_exception_inside_of_the_slot_releases_it(door: Door) -> None:
    with pytest.raises(ConnectionError):
        async with door.gate.write(WriteKind.EDIT):
            raise ConnectionError
    await door.preview("next")
    assert door.times == pytest.approx([INTERVAL])


async def test_a_write_that_is_cancelled_in_flight_releases_its_slot(door: Door) -> None:
    endless = asyncio.create_task(door.go("endless", stay=1_000))
    await asyncio.sleep(3)
    endless.cancel()
    await door.go("next")
    assert door.times == [0, 3]


@dataclass(frozen=True)
class Visit:
    arrival: float
    stay: float
    preview: bool


eighths = st.integers(0, 40).map(lambda number: number / 8)
visits = st.lists(st.builds(Visit, eighths, eighths, st.booleans()), min_size=1, max_size=12)


@given(visits)
async def test_however_they_come_previews_are_spread_and_discord_never_has_to_refuse(visits: list[Visit]) -> None:
    gate, loop = Gate(INTERVAL), asyncio.get_running_loop()
    begun = loop.time()
    waiting: list[Visit] = []
    served: list[tuple[float, float, Visit]] = []

    async def come(visit: Visit) -> None:
        await asyncio.sleep(visit.arrival)
        waiting.append(visit)
        async with gate.write(WriteKind.EDIT, lambda: not visit.preview):
            waiting.remove(visit)
            start = loop.time() - begun
            before = [other for other in waiting if other.arrival < start]
            assert not any(other.preview < visit.preview for other in before)
            assert not any(other.preview == visit.preview and other.arrival < visit.arrival for other in before)
            await asyncio.sleep(visit.stay)
            served.append((start, loop.time() - begun, visit))

    await asyncio.gather(*map(come, visits))
    assert len(served) == len(visits)
    for (start, end, _), (next_start, _, visit) in pairwise(served):
        assert next_start >= end - 1e-6
        assert not visit.preview or next_start - start >= INTERVAL - 1e-6
    assert not _refused([start for start, _, _ in served])


def _refused(starts: list[float]) -> bool:
    """Whether Discord's fixed window, opened by the first write and then by the first behind it, ever overflows."""
    opened, count = float("-inf"), 0
    for start in starts:
        if start >= opened + WINDOW - 1e-6:
            opened, count = start, 0
        count += 1
        if count > LIMIT:
            return True
    return False
