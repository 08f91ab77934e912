"""An event loop without waiting: when nothing is left to do, its clock jumps to the next timer."""

import asyncio
import selectors
from collections.abc import Callable, Mapping

import pytest


class JumpingSelector(selectors.DefaultSelector):
    """Moves its clock to the next timer in place of sleeping. Fails where there is none: that is a deadlock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += max(timeout or 0, 0)
        ready = super().select(0)
        assert ready or timeout is not None, "deadlock"
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop on that clock."""

    def __init__(self) -> None:
        self._clock = JumpingSelector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"jumping": JumpingLoop}
