"""A real store, a provider on loopback, and an event loop whose clock can be moved forward."""

import asyncio
from collections.abc import Callable, Mapping

import pytest

from tests.providers.conftest import client, provider
from tests.store.conftest import path, store, talk

__all__ = ["client", "path", "provider", "store", "talk"]


class MovableLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock is `ahead` of the real one by so many seconds."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"movable": MovableLoop}


def move_clock(seconds: float) -> None:
    """Move the clock of the running loop forward, so that its timers end earlier."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, MovableLoop)
    loop.ahead += seconds
