"""Time that never has to be waited for: when nothing else is left to do, the clock jumps to the next timer."""

import asyncio
import selectors
from collections.abc import Callable, Mapping

import pytest


class JumpingSelector(selectors.DefaultSelector):
    """Never sleeps before a timer, only moves its clock. With no timer to jump to, nothing would ever happen again."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += max(timeout or 0, 0)
        ready = super().select(0)
        assert ready or timeout is not None, "everybody waits for somebody else"
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop on such a clock: exact, and as fast as the code allows."""

    def __init__(self) -> None:
        self._clock = JumpingSelector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"jumping": JumpingLoop}
