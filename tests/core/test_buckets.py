"""Token buckets for starts: what one network may start, what all may, and what memory that takes. The clock is ours."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from valetkey.web.buckets import ALL_AT_ONCE, ALL_PER_NETWORK, SLOTS, StartBuckets

HERE, THERE = "192.0.2.0/24", "198.51.100.0/24"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def passed(buckets: StartBuckets, network: str | None, tries: int, provider: str = "twitter") -> int:
    return sum(buckets.take(provider, network) == 0 for _ in range(tries))


def test_a_network_has_its_limit_at_once_and_then_its_limit_a_minute(clock: Clock) -> None:
    buckets = StartBuckets(60, clock)
    assert passed(buckets, HERE, 1000) == 60
    assert 0 < buckets.take("twitter", HERE) <= 1
    clock.now += 0.99
    assert passed(buckets, HERE, 10) == 0
    clock.now += 0.02
    assert passed(buckets, HERE, 10) == 1
    clock.now += 30
    assert passed(buckets, HERE, 1000) == 30
    clock.now += 3600
    assert passed(buckets, HERE, 1000) == 60


def test_the_wait_is_the_truth(clock: Clock) -> None:
    buckets = StartBuckets(7, clock)
    passed(buckets, HERE, 100)
    for _ in range(20):
        wait = buckets.take("twitter", HERE)
        assert wait > 0
        clock.now += wait * 0.99
        assert buckets.take("twitter", HERE) > 0
        clock.now += wait * 0.01 + 1e-6
        assert buckets.take("twitter", HERE) == 0


def test_a_refused_start_takes_nothing_from_anybody(clock: Clock) -> None:
    """However long one network floods: it gets its own share, and the others get all that is theirs."""
    buckets = StartBuckets(60, clock)
    landed = flooded = 0
    for second in range(600):
        flooded += passed(buckets, HERE, 500)
        landed += passed(buckets, f"10.{second % 250}.0.0/24", 1)
        clock.now += 1
    assert landed == 600
    assert flooded <= 60 + 600
    # And the other way round: where the bucket for all is empty, a network keeps its own tokens.
    clock.now += 3600
    for number in range(int(60 * ALL_AT_ONCE)):
        assert buckets.take("twitter", f"10.0.{number}.0/24") == 0
    assert passed(buckets, THERE, 100) == 0
    clock.now += 60
    assert passed(buckets, THERE, 100) == 60


def test_all_together_have_a_limit_each_provider_its_own(clock: Clock) -> None:
    buckets = StartBuckets(60, clock)
    at_once, a_minute = int(60 * ALL_AT_ONCE), int(60 * ALL_PER_NETWORK)
    passed_at_once = sum(buckets.take("twitter", f"10.0.{number % 250}.0/24") == 0 for number in range(5000))
    assert passed_at_once == at_once
    assert passed(buckets, None, 10) == 0
    assert passed(buckets, None, 5000, "flickr") == at_once
    within = 0
    for _ in range(600):
        clock.now += 0.1
        within += passed(buckets, None, 50)
    assert within == pytest.approx(a_minute, abs=1)


def test_many_networks_neither_grow_it_nor_push_another_one_out(clock: Clock) -> None:
    buckets = StartBuckets(60, clock)
    assert passed(buckets, HERE, 1000) == 60
    size = sum(sys.getsizeof(row) for row in buckets._rows)
    for number in range(4 * SLOTS):
        clock.now += 1e-6
        buckets.take("twitter", f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::/64")
    assert passed(buckets, HERE, 10) == 0  # its bucket is as empty as it was
    assert sum(sys.getsizeof(row) for row in buckets._rows) == size <= 2 * 8 * SLOTS + 1024
    assert len(buckets._full_at) == 1


def test_a_hundred_exhausted_networks_lock_out_hardly_anybody(clock: Clock) -> None:
    """Networks share slots; only one that shares both of them with exhausted ones is refused."""
    buckets = StartBuckets(2, clock)
    for number in range(100):
        while buckets.take("twitter", f"10.0.{number}.0/24") == 0:
            pass
        clock.now += 0.25  # else the bucket for all is empty, and this test is about the other ones
    refused = 0
    for number in range(2000):
        clock.now += 3.1
        for flooder in range(100):
            buckets.take("twitter", f"10.0.{flooder}.0/24") if number % 20 == 0 else None
        clock.now += 3.1
        refused += buckets.take("twitter", f"172.16.{number >> 8}.{number & 255}/24") > 0
    assert refused <= 20


def test_threads_take_no_more_than_one_would(clock: Clock) -> None:
    buckets = StartBuckets(500, clock)
    counts: list[int] = []

    def take() -> None:
        counts.append(passed(buckets, HERE, 2000))

    threads = [threading.Thread(target=take) for _ in range(8)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert sum(counts) == 500


def test_a_child_has_buckets_of_its_own_and_never_waits_for_a_lost_lock(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    buckets = StartBuckets(60, clock)
    assert passed(buckets, HERE, 100) == 60
    buckets._lock.acquire()  # as if another thread held it at the moment of the fork
    child = os.getpid() + 1
    monkeypatch.setattr(os, "getpid", lambda: child)
    assert passed(buckets, HERE, 100) == 60
