"""A flood of starts keeps the provider's quota, the memory, and everybody else's logins."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator

import pytest
from support.flooding import Flood, browser_from, limited, resident_bytes
from support.nodes import measured
from support.servers import App, Provider

LIMIT = 60  # the default
FLOOD = int(os.environ.get("VALETKEY_FLOOD", "3000"))  # 100000 for the long form
A_SECOND = 1700.0  # a hundred thousand in a minute
MOST_GROWTH_BYTES = 64 << 20

_people = itertools.count(6_000_000)


@pytest.fixture
def pair() -> Iterator[tuple[App, Provider]]:
    with limited() as pair:
        yield pair


def logs_in(app: App, provider: Provider, address: str) -> bool:
    """A whole login of somebody in that network; whether it landed."""
    browser, number = browser_from(app, address), next(_people)
    begun = browser.begin()
    if not begun.token:
        return False
    browser.come_back(provider.approve(begun.token, user_id=str(number), screen_name=f"user{number}"))
    account = browser.account()
    return account is not None and account["identities"][0]["handle"] == f"user{number}"


def test_from_one_network(pair: tuple[App, Provider]) -> None:
    """Three thousand here; ``VALETKEY_FLOOD=100000`` for the long form."""
    app, provider = pair
    assert logs_in(app, provider, "198.51.100.1")
    before, rows = resident_bytes(app), app.all_rows()
    provider.control("DELETE", "journal")
    flood = Flood(app, FLOOD, lambda number: f"203.0.113.{number % 256}", A_SECOND)
    landed = tried = 0
    while flood.runs:
        tried += 1
        landed += logs_in(app, provider, f"10.{tried // 250}.{tried % 250}.1")
        time.sleep(0.1)
    flood.wait()
    grown = resident_bytes(app) - before
    assert tried >= 5
    assert landed >= 0.99 * tried
    # The journal agrees: what passed of the flood is what one network may start, and everything else is the others'.
    assert flood.statuses.keys() <= {200, 429}
    assert len(provider.calls("request_token")) == flood.statuses[200] + tried
    assert LIMIT <= flood.statuses[200] <= LIMIT + LIMIT * flood.seconds / 60 + 1
    assert grown <= MOST_GROWTH_BYTES
    assert app.all_rows()["login_claims"] == rows["login_claims"] + landed
    measured(
        f"one process: {FLOOD} starts from one network in {flood.seconds:.0f} s",
        f"{landed} of {tried} logins from other networks landed; the provider saw {flood.statuses[200]} starts of the "
        f"flood; memory grew by {grown / (1 << 20):.0f} MiB",
    )


def test_from_many_networks(pair: tuple[App, Provider]) -> None:
    """Then the limit for all holds: the provider does not close, and a user who comes later signs in."""
    app, provider = pair
    before = resident_bytes(app)
    starts = max(FLOOD // 2, 1500)
    flood = Flood(app, starts, lambda number: f"2001:db8:{number % 65536:x}::1", A_SECOND)
    flood.wait()
    assert flood.statuses.keys() <= {200, 429}
    assert len(provider.calls("request_token")) == flood.statuses[200]
    assert 2 * LIMIT <= flood.statuses[200] <= 2 * LIMIT + 10 * LIMIT * flood.seconds / 60 + 1
    assert resident_bytes(app) - before <= MOST_GROWTH_BYTES
    next_start = browser_from(app, "198.51.100.1").begin().answer
    time.sleep(int(next_start.header("retry-after") or "1"))
    assert logs_in(app, provider, "198.51.100.1")


def test_it_is_not_a_flood_of_the_log(pair: tuple[App, Provider]) -> None:
    app, _ = pair
    Flood(app, 500, lambda number: "203.0.113.1").wait()
    lines = [line for line in app.server.output if "rate_limited" in line]
    assert len(lines) == 1
    assert "VALETKEY_START_LIMIT" in lines[0]
    assert "203.0.113" not in lines[0]
