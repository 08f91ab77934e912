"""What whole turns are held to together."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def calm(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is logged as an error, not even while Parley is closed: no exception has left a turn."""
    yield
    records = [*caplog.get_records("call"), *caplog.get_records("teardown")]
    assert [record.getMessage() for record in records if record.levelno >= logging.ERROR] == []
