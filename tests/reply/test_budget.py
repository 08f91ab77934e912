"""The rate limit of all channels together, on a clock that jumps."""

import asyncio
from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reply.budget import BURST, PREVIEW_BURST, REQUESTS, WRITES, RateBudget
from bot.reply.gate import Gate, WriteKind

ALLOWED = 50
"""Requests that Discord allows in any second."""


class Channels:
    """Many channels that share a budget, and a record of the writes that it admitted and when."""

    def __init__(self) -> None:
        self.budget = RateBudget()
        self.admitted: list[str] = []
        self.times: list[float] = []

    async def write(self, name: str, gate: Gate | None = None, *, preview: bool = False) -> None:
        async with (gate or Gate(budget=self.budget)).write(WriteKind.SEND, lambda: not preview):
            self.admitted.append(name)
            self.times.append(asyncio.get_running_loop().time())

    async def preview(self, name: str) -> None:
        await self.write(name, preview=True)


@pytest.fixture
def channels() -> Channels:
    return Channels()


async def test_a_few_replies_never_wait_for_one_another(channels: Channels) -> None:
    await asyncio.gather(*(channels.write(f"final {number}") for number in range(BURST)))
    await asyncio.sleep(1)
    await asyncio.gather(*(channels.preview(f"preview {number}") for number in range(PREVIEW_BURST)))
    assert channels.times == [0] * BURST + [1] * PREVIEW_BURST


async def test_many_replies_share_the_rate_in_the_order_they_came(channels: Channels) -> None:
    await asyncio.gather(*(channels.preview(f"preview {number}") for number in range(10 * WRITES)))
    assert channels.admitted == [f"preview {number}" for number in range(10 * WRITES)]
    assert channels.times[-1] == pytest.approx(10, abs=0.1)
    assert busiest_second(channels.times) <= ALLOWED


async def test_finals_take_precedence_over_previews_of_all_channels(channels: Channels) -> None:
    previews = [asyncio.create_task(channels.preview(f"preview {number}")) for number in range(2 * WRITES)]
    await asyncio.sleep(1)
    before = len(channels.admitted)
    await asyncio.gather(*(channels.write(f"final {number}") for number in range(BURST)))
    assert channels.admitted[before:] == [f"final {number}" for number in range(BURST)]
    await asyncio.gather(*previews)


async def test_a_preview_that_becomes_a_final_takes_precedence_over_other_channels(channels: Channels) -> None:
    previews = [asyncio.create_task(channels.preview(f"preview {number}")) for number in range(WRITES)]
    final: list[bool] = []
    gate = Gate(budget=channels.budget)

    async def become_final() -> None:
        async with gate.write(WriteKind.SEND, lambda: bool(final)):
            channels.admitted.append("final")

    becoming = asyncio.create_task(become_final())
    await asyncio.sleep(0.1)
    final.append(True)
    gate.reschedule()
    await becoming
    assert len(channels.admitted) < WRITES / 2
    await asyncio.gather(*previews)


async def test_cancelled_writes_in_the_queue_use_up_nothing(channels: Channels) -> None:
    previews = [asyncio.create_task(channels.preview(f"preview {number}")) for number in range(2 * WRITES)]
    await asyncio.sleep(0)
    for preview in previews[WRITES:]:
        preview.cancel()
    await asyncio.gather(*previews, return_exceptions=True)
    assert len(channels.admitted) == WRITES
    assert channels.times[-1] < 1


async def test_a_preview_that_becomes_a_final_still_waits_for_the_window_of_its_channel(channels: Channels) -> None:
    final: list[bool] = []
    gate = Gate(budget=channels.budget)
    gate.learn(WriteKind.EDIT, 5, 0, 2.0)
    previews = [asyncio.create_task(channels.preview(f"preview {number}")) for number in range(WRITES)]
    page = asyncio.create_task(channels.write("page", gate, preview=True))
    await asyncio.sleep(0.1)
    asyncio.get_running_loop().call_later(0.1, final.append, True)
    async with gate.write(WriteKind.EDIT, lambda: bool(final)):
        assert asyncio.get_running_loop().time() == pytest.approx(2)
    await asyncio.gather(page, *previews)


async def test_optional_requests_are_refused_while_writes_wait(channels: Channels) -> None:
    gate = Gate(budget=channels.budget)
    assert all(gate.try_spend() for _ in range(BURST))
    assert not gate.try_spend()
    await asyncio.sleep(1)
    await asyncio.gather(*(channels.write(f"final {number}") for number in range(2 * BURST)))
    assert not gate.try_spend()
    await asyncio.sleep(1)
    assert gate.try_spend()


async def test_a_multiple_of_the_budget_allows_more() -> None:
    budget, loop = RateBudget(10), asyncio.get_running_loop()
    for _ in range(10 * REQUESTS):
        await budget.request()
    assert loop.time() < 1


@given(st.lists(st.integers(0, 200).map(lambda number: number / 20), min_size=1, max_size=300))
async def test_discord_never_has_to_refuse_however_requests_arrive(arrivals: list[float]) -> None:
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
    """The most times within any one second."""
    return max(bisect_left(times, start + 1) - at for at, start in enumerate(times))
