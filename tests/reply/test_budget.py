"""What all channels may do together, on a clock that jumps."""

import asyncio
from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reply.budget import BURST, PREVIEW_BURST, REQUESTS, WRITES, RateBudget
from bot.reply.gate import Gate, WriteKind

ALLOWED = 50
"""Requests that Discord allows in any second."""


class Street:
    """Gates of many channels, each with a door of its own, and when who went through one."""

    def __init__(self) -> None:
        self.budget = RateBudget()
        self.entered: list[str] = []
        self.times: list[float] = []

    async def go(self, name: str, gate: Gate | None = None, *, preview: bool = False) -> None:
        async with (gate or Gate(budget=self.budget)).write(WriteKind.SEND, lambda: not preview):
            self.entered.append(name)
            self.times.append(asyncio.get_running_loop().time())

    async def preview(self, name: str) -> None:
        await self.go(name, preview=True)


@pytest.fixture
def street() -> Street:
    return Street()


async def test_few_replies_never_wait_for_one_another(street: Street) -> None:
    await asyncio.gather(*(street.go(f"final {number}") for number in range(BURST)))
    await asyncio.sleep(1)
    await asyncio.gather(*(street.preview(f"preview {number}") for number in range(PREVIEW_BURST)))
    assert street.times == [0] * BURST + [1] * PREVIEW_BURST


async def test_many_replies_share_what_discord_allows_in_the_order_they_came(street: Street) -> None:
    await asyncio.gather(*(street.preview(f"preview {number}") for number in range(10 * WRITES)))
    assert street.entered == [f"preview {number}" for number in range(10 * WRITES)]
    assert street.times[-1] == pytest.approx(10, abs=0.1)
    assert busiest_second(street.times) <= ALLOWED


async def test_finals_go_before_the_previews_of_all_channels(street: Street) -> None:
    previews = [asyncio.create_task(street.preview(f"preview {number}")) for number in range(2 * WRITES)]
    await asyncio.sleep(1)
    before = len(street.entered)
    await asyncio.gather(*(street.go(f"final {number}") for number in range(BURST)))
    assert street.entered[before:] == [f"final {number}" for number in range(BURST)]
    await asyncio.gather(*previews)


async def test_a_preview_that_becomes_a_final_goes_before_other_channels(street: Street) -> None:
    previews = [asyncio.create_task(street.preview(f"preview {number}")) for number in range(WRITES)]
    final: list[bool] = []
    gate = Gate(budget=street.budget)

    async def become_final() -> None:
        async with gate.write(WriteKind.SEND, lambda: bool(final)):
            street.entered.append("final")

    becoming = asyncio.create_task(become_final())
    await asyncio.sleep(0.1)
    final.append(True)
    gate.hurry()
    await becoming
    assert len(street.entered) < WRITES / 2
    await asyncio.gather(*previews)


async def test_who_gives_up_in_the_queue_costs_nothing(street: Street) -> None:
    previews = [asyncio.create_task(street.preview(f"preview {number}")) for number in range(2 * WRITES)]
    await asyncio.sleep(0)
    for preview in previews[WRITES:]:
        preview.cancel()
    await asyncio.gather(*previews, return_exceptions=True)
    assert len(street.entered) == WRITES
    assert street.times[-1] < 1


async def test_who_becomes_a_final_unnoticed_still_waits_for_the_window_of_its_channel(street: Street) -> None:
    final: list[bool] = []
    gate = Gate(budget=street.budget)
    gate.learn(WriteKind.EDIT, 5, 0, 2.0)
    previews = [asyncio.create_task(street.preview(f"preview {number}")) for number in range(WRITES)]
    page = asyncio.create_task(street.go("page", gate, preview=True))
    await asyncio.sleep(0.1)
    asyncio.get_running_loop().call_later(0.1, final.append, True)
    async with gate.write(WriteKind.EDIT, lambda: bool(final)):
        assert asyncio.get_running_loop().time() == pytest.approx(2)
    await asyncio.gather(page, *previews)


async def test_what_can_be_left_out_is_where_words_wait(street: Street) -> None:
    gate = Gate(budget=street.budget)
    assert all(gate.spare() for _ in range(BURST))
    assert not gate.spare()
    await asyncio.sleep(1)
    await asyncio.gather(*(street.go(f"final {number}") for number in range(2 * BURST)))
    assert not gate.spare()
    await asyncio.sleep(1)
    assert gate.spare()


async def test_a_budget_of_more_allows_more() -> None:
    budget, loop = RateBudget(10), asyncio.get_running_loop()
    for _ in range(10 * REQUESTS):
        await budget.request()
    assert loop.time() < 1


@given(st.lists(st.integers(0, 200).map(lambda number: number / 20), min_size=1, max_size=300))
async def test_however_requests_come_discord_never_has_to_refuse(arrivals: list[float]) -> None:
    budget, loop = RateBudget(), asyncio.get_running_loop()
    begun, started = loop.time(), list[float]()

    async def come(arrival: float) -> None:
        await asyncio.sleep(arrival)
        await budget.request()
        started.append(loop.time() - begun)

    await asyncio.gather(*map(come, arrivals))
    assert len(started) == len(arrivals)
    assert busiest_second(started) <= ALLOWED


def busiest_second(times: list[float]) -> int:
    """The most of them that lie in one second, wherever it begins."""
    return max(bisect_left(times, start + 1) - at for at, start in enumerate(times))
