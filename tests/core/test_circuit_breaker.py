"""A provider that asked for it, or that is down, is left alone; one request finds out when that is over."""

from __future__ import annotations

import pytest

from valetkey.errors import ProviderBusy, ProviderUnavailable
from valetkey.login.circuit_breaker import FAILURES, HALF_OPEN_SECONDS, OPEN_SECONDS, CircuitBreaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(clock)


def test_failures_in_a_row_open_it_and_one_answer_between_does_not_let_it(breaker: CircuitBreaker) -> None:
    for _ in range(3):
        for _ in range(FAILURES - 1):
            breaker.require_closed()
            breaker.record_failure()
        breaker.require_closed()
        breaker.record_success()
    for _ in range(FAILURES):
        breaker.require_closed()
        breaker.record_failure()
    with pytest.raises(ProviderUnavailable) as refused:
        breaker.require_closed()
    assert refused.value.retry_after_seconds == OPEN_SECONDS


def test_one_finds_out_and_decides_for_all(breaker: CircuitBreaker, clock: Clock) -> None:
    for _ in range(FAILURES):
        breaker.record_failure()
    clock.now += OPEN_SECONDS + 0.1
    breaker.require_closed()  # this one
    with pytest.raises(ProviderUnavailable):
        breaker.require_closed()  # and no other meanwhile
    breaker.record_failure()
    with pytest.raises(ProviderUnavailable):
        breaker.require_closed()
    clock.now += OPEN_SECONDS + 0.1
    breaker.require_closed()
    breaker.record_success()
    breaker.require_closed()
    breaker.require_closed()


def test_one_that_never_tells_is_not_waited_for_for_ever(breaker: CircuitBreaker, clock: Clock) -> None:
    breaker.record_retry_after(10)
    clock.now += 10.1
    breaker.require_closed()
    clock.now += HALF_OPEN_SECONDS + 0.1
    breaker.require_closed()


def test_a_429_is_kept_to_the_time_it_names(breaker: CircuitBreaker, clock: Clock) -> None:
    breaker.record_retry_after(30)
    for waited, left in ((0, 30), (20, 10), (9, 1)):
        clock.now += waited
        with pytest.raises(ProviderBusy) as refused:
            breaker.require_closed()
        assert refused.value.retry_after_seconds == left
    clock.now += 1.1
    breaker.require_closed()


@pytest.mark.parametrize("late", ["success", "failures", "shorter"])
def test_a_start_that_was_under_way_does_not_undo_a_429(breaker: CircuitBreaker, clock: Clock, late: str) -> None:
    """Several users start at once. One start is told to wait, and what the others are told comes after that."""
    for _ in range(FAILURES + 1):
        breaker.require_closed()
    breaker.record_retry_after(30)
    if late == "success":
        breaker.record_success()
    elif late == "shorter":
        breaker.record_retry_after(1)
    else:
        for _ in range(FAILURES):
            breaker.record_failure()
    for waited, left in ((0, 30), (29, 1)):
        clock.now += waited
        with pytest.raises(ProviderBusy) as refused:
            breaker.require_closed()
        assert refused.value.retry_after_seconds == left
    clock.now += 1.1
    breaker.require_closed()
    breaker.record_success()
    breaker.require_closed()
    breaker.require_closed()
