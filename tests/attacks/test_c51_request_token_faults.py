"""C51: a start is tried again within bounds, answers within five seconds, and a 429 is respected."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.browser import Browser
from support.servers import App, Provider, app_and_provider


@pytest.fixture
def own_world() -> Iterator[tuple[App, Provider]]:
    """A breaker is the process's: so each of these has a process of its own."""
    with app_and_provider(PROGRAM="readme") as pair:
        yield pair


def test_a_429_is_respected(own_world: tuple[App, Provider]) -> None:
    """For three seconds not one call more for any click; afterwards the next click lands."""
    app, provider = own_world
    before = app.all_rows()
    provider.fault("request_token", "status", 1, status=429, headers={"Retry-After": "3"})
    first = Browser(app.base).begin()
    begun_at = time.monotonic()
    assert (first.answer.status, first.answer.header("retry-after")) == (429, "3")
    with ThreadPoolExecutor(8) as pool:
        answers = [begun.answer for begun in pool.map(lambda _: Browser(app.base).begin(), range(20))]
    assert {answer.status for answer in answers} == {429}
    assert all(1 <= int(answer.header("retry-after") or 0) <= 3 for answer in answers)
    assert len(provider.calls("request_token")) == 1
    assert app.all_rows() == before
    time.sleep(max(begun_at + 3.2 - time.monotonic(), 0))
    profile = Browser(app.base)
    assert profile.come_back(provider.approve(profile.begin().token)).status == 303
    assert profile.account() is not None


def test_an_outage_costs_few_calls_and_ends_by_itself(own_world: tuple[App, Provider]) -> None:
    """A signed-in person notices nothing; starts are answered at once instead of late; then one finds out."""
    app, provider = own_world
    signed_in = Browser(app.base)
    signed_in.come_back(provider.approve(signed_in.begin().token))
    under_way = Browser(app.base)
    callback = provider.approve(under_way.begin().token)
    provider.control("DELETE", "journal")
    provider.fault("request_token", "status", 1000, status=503, body="")
    for _ in range(30):
        begun_at = time.monotonic()
        answer = Browser(app.base).begin().answer
        assert (answer.status, time.monotonic() - begun_at < 5) == (503, True)
        assert answer.header("retry-after")
    assert len(provider.calls("request_token")) == 5 * 4  # five starts of four tries, and then none
    assert signed_in.me().status == 200
    assert under_way.come_back(callback).status == 303  # who has approved is not held back
    provider.control("DELETE", "faults")
    deadline = time.monotonic() + 7
    while (begun := Browser(app.base).begin()).answer.status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert begun.token


@pytest.mark.parametrize("failures", [1, 2])
def test_a_start_is_tried_again(own_world: tuple[App, Provider], failures: int) -> None:
    app, provider = own_world
    for kind, details in (("drop", {}), ("status", {"status": 500})):
        provider.reset()
        provider.fault("request_token", kind, failures, **details)
        profile = Browser(app.base)
        begun = profile.begin()
        assert begun.answer.status == 200
        calls = provider.calls("request_token")
        assert len(calls) == failures + 1
        assert len({call["nonce"] for call in calls}) == len(calls)
        assert profile.come_back(provider.approve(begun.token)).status == 303
