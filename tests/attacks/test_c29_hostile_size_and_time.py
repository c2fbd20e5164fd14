"""C29: replies without end, too large, packed tight, or a byte at a time: an answer within the budget, no memory, and
nobody else notices."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.browser import Browser
from support.servers import App, Provider, app_and_provider

FAULTS: dict[str, dict[str, Any]] = {
    "huge": {"kind": "huge"},
    "gzip bomb": {"kind": "gzip_bomb"},
    "drip": {"kind": "drip"},
    "hang": {"kind": "hang", "seconds": 20},
}


# What is too large and what is too slow, once for each of the two; tests/transport/test_replies.py has all of them.
STARTS = ("gzip bomb", "drip")
EXCHANGES = [("twitter", "huge"), ("twitter", "hang"), ("acme", "huge"), ("github", "hang")]


@pytest.fixture
def hostile(request: pytest.FixtureRequest, front: str) -> Iterator[tuple[App, Provider, dict[str, Any]]]:
    """An app of its own: what it does with memory is to be seen, and its breaker forgets with it."""
    with app_and_provider(PROGRAM="readme", fronts=() if front == "twitter" else (front,)) as (app, provider):
        yield app, provider.at(front), FAULTS[request.param]


def resident_mib(app: App) -> float:
    status = Path(f"/proc/{app.server.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.mark.parametrize("hostile", STARTS, indirect=True)
def test_a_start(hostile: tuple[App, Provider, dict[str, Any]]) -> None:
    """Within five seconds, a page that says what to do; no session, no row; and the next start lands."""
    app, provider, fault = hostile
    somebody = Browser(app.base)
    somebody.come_back(provider.approve(somebody.begin().send_to))
    before, memory = app.all_rows(), resident_mib(app)
    provider.fault("request_token", times=50, **fault)
    starts = [Browser(app.base) for _ in range(12)]
    begun_at = time.monotonic()
    answers: list[tuple[int, float]] = []
    threads = [
        threading.Thread(
            target=lambda one=one: answers.append((one.begin().answer.status, time.monotonic() - begun_at))
        )
        for one in starts
    ]
    for thread in threads:
        thread.start()
    slowest = 0.0
    while any(thread.is_alive() for thread in threads):
        asked_at = time.monotonic()
        assert somebody.me().status == 200
        slowest = max(slowest, time.monotonic() - asked_at)
        time.sleep(0.02)
    assert len(answers) == len(starts)
    assert {status for status, _ in answers} <= {502, 503}
    assert max(seconds for _, seconds in answers) < 5.5
    assert slowest < 1.0  # others are served meanwhile
    assert resident_mib(app) - memory < 40
    assert app.all_rows() == before
    provider.control("DELETE", "faults")
    deadline = time.monotonic() + 8
    while (profile := Browser(app.base)).begin().answer.status != 200:  # the breaker finds out by itself
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert profile.come_back(provider.approve(profile.begin().send_to)).status == 303
    assert profile.account() is not None


@pytest.mark.parametrize(("front", "hostile"), EXCHANGES, indirect=True)
def test_an_exchange(hostile: tuple[App, Provider, dict[str, Any]]) -> None:
    """Within ten seconds, nobody signed in by half, and a restart that lands."""
    app, provider, fault = hostile
    profile = Browser(app.base, provider=provider.front.name)
    begun = profile.begin()
    before = app.all_rows()
    provider.fault("exchange", times=2, **fault)
    begun_at = time.monotonic()
    answer = profile.come_back(provider.approve(begun.send_to))
    assert time.monotonic() - begun_at < 10
    provider.control("DELETE", "faults")
    if answer.status == 200:
        answer = profile.come_back(provider.approve(answer.send_to))
        assert answer.status == 303
        assert profile.account() is not None
        assert app.server.log.count("did not answer in time") >= 2  # of both exchanges
    else:  # a reply that was there, and could not be trusted
        assert answer.code == "provider_reply_invalid"
        assert profile.account() is None
        assert {**app.all_rows(), "login_claims": 0} == {**before, "login_claims": 0}
        again = Browser(app.base, provider=provider.front.name)
        assert again.come_back(provider.approve(again.begin().send_to)).status == 303
    assert max(provider.exchanged.values()) <= 2
