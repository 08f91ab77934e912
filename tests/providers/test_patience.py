"""When a provider is asked again, and when it is left alone."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.providers.patience import (
    FAILURES_TO_OPEN,
    FIRST_DELAY,
    FIRST_OPEN_SECONDS,
    MAX_DELAY,
    MAX_OPEN_SECONDS,
    Breaker,
    parse_delay,
    requested_delay,
    retry_delay,
)

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=90)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 0.25 ", 0.25),
        ("0", 0.0),
        ("2s", 2.0),
        ("1m26.4s", 86.4),
        ("310ms", 0.31),
        ("1h", 3600.0),
        ("2m", 120.0),
        ("1h2m3s4ms", 3723.004),
        (format_datetime(LATER, usegmt=True), 90.0),
        (LATER.isoformat(), 90.0),
        ("2026-05-04T12:01:30Z", 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("5 minutes", None),
        ("s", None),
    ],
)
def test_a_wait_is_read_in_every_form_that_headers_have(text: str, seconds: float | None) -> None:
    assert parse_delay(text, NOW) == (seconds if seconds is None else pytest.approx(seconds))


@given(st.text(max_size=30) | st.text("0123456789hms.:-+TZ, GMTMonJan", max_size=30))
def test_any_header_is_a_sensible_wait_or_none(text: str) -> None:
    wait = parse_delay(text, NOW)
    assert wait is None or 0 <= wait < float("inf")


def test_retry_after_goes_before_the_limits() -> None:
    limits = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "9s"}
    assert requested_delay({"Retry-After": "3"} | limits, NOW) == 3
    assert requested_delay({"Retry-After": "soon"} | limits, NOW) == 9
    assert requested_delay(limits, NOW) == 9


def test_only_a_limit_with_nothing_remaining_asks_to_wait() -> None:
    headers = {
        "x-ratelimit-remaining-requests": "4",
        "x-ratelimit-reset-requests": "60s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "310ms",
    }
    assert requested_delay(headers, NOW) == pytest.approx(0.31)
    assert requested_delay(headers | {"x-ratelimit-remaining-requests": "0"}, NOW) == 60
    assert requested_delay({}, NOW) is None


@given(st.integers(1, 50), st.floats(0, 1))
def test_waits_double_up_to_a_limit_with_jitter_in_their_upper_half(retry: int, jitter: float) -> None:
    wait = retry_delay(retry, None, jitter)
    whole = min(FIRST_DELAY * 2.0 ** (retry - 1), MAX_DELAY)
    assert whole / 2 <= wait <= whole
    assert retry_delay(retry, None, 1.0) == whole


@given(st.integers(1, 50), st.floats(0, 1), st.floats(0, 600))
def test_what_the_provider_names_holds(retry: int, jitter: float, named: float) -> None:
    assert retry_delay(retry, named, jitter) == named


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(FAILURES_TO_OPEN):
        assert breaker.blocked_for() == 0
        breaker.failed()
    return breaker


def test_a_breaker_opens_after_failures_in_a_row_only() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(FAILURES_TO_OPEN - 1):
        breaker.failed()
    breaker.succeeded()
    for _ in range(FAILURES_TO_OPEN - 1):
        breaker.failed()
    assert breaker.blocked_for() == 0
    breaker.failed()
    assert breaker.blocked_for() == FIRST_OPEN_SECONDS


def test_after_its_rest_one_may_try_and_the_others_wait() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += FIRST_OPEN_SECONDS / 3
    assert breaker.blocked_for() == pytest.approx(FIRST_OPEN_SECONDS * 2 / 3)
    clock.now += FIRST_OPEN_SECONDS
    assert breaker.blocked_for() == 0
    assert breaker.blocked_for() > 0


def test_a_try_that_succeeds_closes_it_and_one_that_fails_doubles_the_rest() -> None:
    clock = Clock()
    breaker = opened(clock)
    rest = FIRST_OPEN_SECONDS
    for _ in range(8):
        clock.now += rest
        assert breaker.blocked_for() == 0
        breaker.failed()
        rest = min(rest * 2, MAX_OPEN_SECONDS)
        assert breaker.blocked_for() == rest
    clock.now += rest
    assert breaker.blocked_for() == 0
    breaker.succeeded()
    assert [breaker.blocked_for() for _ in range(3)] == [0, 0, 0]


def test_failures_of_requests_that_were_under_way_do_not_lengthen_the_rest() -> None:
    breaker = opened(Clock())
    for _ in range(7):
        breaker.failed()
    assert breaker.blocked_for() == FIRST_OPEN_SECONDS
