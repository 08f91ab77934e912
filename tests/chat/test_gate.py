"""The pace of writes to a channel, on a clock that jumps."""

import asyncio
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.gate import Gate

INTERVAL = 1.0


class Door:
    """A gate, and a diary of who went through it when."""

    def __init__(self) -> None:
        self.gate = Gate(INTERVAL)
        self.entered: list[str] = []
        self.times: list[float] = []

    async def go(self, name: str, *, preview: bool = False, stay: float = 0.0) -> None:
        async with self.gate.write(preview=preview):
            self.entered.append(name)
            self.times.append(asyncio.get_running_loop().time())
            await asyncio.sleep(stay)


@pytest.fixture
def door() -> Door:
    return Door()


async def test_the_first_write_goes_at_once_and_the_next_an_interval_later(door: Door) -> None:
    await asyncio.gather(door.go("first"), door.go("second"), door.go("third"))
    assert door.entered == ["first", "second", "third"]
    assert door.times == [0, INTERVAL, 2 * INTERVAL]


async def test_a_write_after_a_long_silence_goes_at_once(door: Door) -> None:
    await door.go("first")
    await asyncio.sleep(5)
    await door.go("second")
    assert door.times == [0, 5]


async def test_one_write_is_in_flight_however_long_it_takes(door: Door) -> None:
    await asyncio.gather(door.go("slow", stay=10), door.go("next"), door.go("last"))
    assert door.times == [0, 10, 11]


async def test_urgent_writes_go_before_previews_that_came_earlier(door: Door) -> None:
    await asyncio.gather(
        door.go("in flight", stay=0.5),
        door.go("preview 1", preview=True),
        door.go("preview 2", preview=True),
        door.go("final 1"),
        door.go("final 2"),
    )
    assert door.entered == ["in flight", "final 1", "final 2", "preview 1", "preview 2"]


async def test_an_urgent_write_that_comes_while_the_gate_is_closed_still_goes_first(door: Door) -> None:
    await door.go("first")
    preview = asyncio.create_task(door.go("preview", preview=True))
    await asyncio.sleep(INTERVAL / 2)
    await door.go("final")
    await preview
    assert door.entered == ["first", "final", "preview"]
    assert door.times == [0, INTERVAL, 2 * INTERVAL]


async def test_who_gives_up_while_waiting_costs_nobody_a_slot(door: Door) -> None:
    await door.go("first")
    gone = asyncio.create_task(door.go("gone"))
    last = asyncio.create_task(door.go("last"))
    await asyncio.sleep(INTERVAL / 2)
    gone.cancel()
    await last
    assert gone.cancelled()
    assert door.times == [0, INTERVAL]


async def test_when_all_have_given_up_the_gate_opens_again(door: Door) -> None:
    await door.go("first")
    gone = asyncio.create_task(door.go("gone"))
    await asyncio.sleep(INTERVAL / 2)
    gone.cancel()
    await asyncio.sleep(INTERVAL * 3)
    await door.go("later")
    assert door.entered == ["first", "later"]
    assert door.times[1] == 3.5 * INTERVAL


async def test_who_gives_up_in_the_moment_of_being_let_in_leaves_the_gate_usable(door: Door) -> None:
    async with door.gate.write(preview=False):
        unlucky = asyncio.create_task(door.go("unlucky"))
        await asyncio.sleep(2 * INTERVAL)
    unlucky.cancel()  # it was let in by the line above and has not run yet
    await door.go("next")
    assert unlucky.cancelled()
    assert door.entered == ["next"]


async def test_an_exception_inside_of_the_slot_releases_it(door: Door) -> None:
    with pytest.raises(ConnectionError):
        async with door.gate.write(preview=False):
            raise ConnectionError
    await door.go("next")
    assert door.times == [INTERVAL]


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
async def test_however_they_come_starts_are_an_interval_apart_and_nobody_overtakes(visits: list[Visit]) -> None:
    gate, loop = Gate(INTERVAL), asyncio.get_running_loop()
    begun = loop.time()
    waiting: list[Visit] = []
    served: list[tuple[float, float]] = []

    async def come(visit: Visit) -> None:
        await asyncio.sleep(visit.arrival)
        waiting.append(visit)
        async with gate.write(preview=visit.preview):
            waiting.remove(visit)
            start = loop.time() - begun
            before = [other for other in waiting if other.arrival < start]
            assert not any(other.preview < visit.preview for other in before)
            assert not any(other.preview == visit.preview and other.arrival < visit.arrival for other in before)
            await asyncio.sleep(visit.stay)
            served.append((start, loop.time() - begun))

    await asyncio.gather(*map(come, visits))
    assert len(served) == len(visits)
    for (start, end), (next_start, _) in pairwise(served):
        assert next_start >= end
        assert next_start - start >= INTERVAL - 1e-6
