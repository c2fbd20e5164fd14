"""C59: a node's clock is off, or jumps. Its offset to the provider is learnt; sessions, verdicts and leases go by the
store's clock, so that nothing lives longer because some node's clock is wrong; and what was revoked stays so.

On PostgreSQL the store's clock is the database's, and each node's may be off. An SQLite file's nodes are on one
machine, and its clock is theirs: there all of them are off alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.browser import Browser
from support.fronts import at_both
from support.nodes import KNOWN_SECONDS, Fleet, Node, a_person, fleet_of
from support.rows import PostgreSQLRows, Rows, SQLiteRows
from support.waiting import wait_for
from support.zygote import Zygote

MINUTE, HOUR = 60.0, 3600.0
SHORT_SECONDS = 3.0  # a session's whole life


@pytest.fixture(scope="module")
def clocks() -> Iterator[Zygote]:
    zygote = Zygote(clocks=True)
    yield zygote
    zygote.stop()


@pytest.fixture
def clock_fleet(
    request: pytest.FixtureRequest, clocks: Zygote, front: str, tmp_path: Path
) -> Iterator[Callable[..., Fleet]]:
    provider = request.getfixturevalue("fleets_provider").at(front)
    provider.reset()
    fronts = () if front == "twitter" else (front,)
    with ExitStack() as running:

        def make(rows: Rows, **env: str) -> Fleet:
            folder = tmp_path / "nodes"
            return running.enter_context(
                fleet_of(rows, clocks, folder, 3, provider, fronts=fronts, NODE_CLOCK="", **env)
            )

        yield make


@pytest.fixture
def postgresql_rows(request: pytest.FixtureRequest) -> PostgreSQLRows:
    return PostgreSQLRows(request.getfixturevalue("postgresql"))


def jump(nodes: list[Node], seconds: float) -> None:
    for node in nodes:
        node.set_clock(seconds)


def refused(fleet: Fleet, profile: Browser) -> list[int]:
    return [fleet.at(node, profile).me().status for node in fleet.nodes]


@pytest.mark.parametrize("rows", ["sqlite"], indirect=True)
@pytest.mark.parametrize("off", [7 * MINUTE, -HOUR], ids=lambda off: f"{off / 60:+.0f} min")
def test_the_offset_to_the_provider_is_learnt(clock_fleet: Callable[..., Fleet], rows: Rows, off: float) -> None:
    """A strict provider takes nothing that is five minutes old. One refusal, and from then on none; and it is said."""
    fleet = clock_fleet(rows)
    jump(fleet.nodes, off)
    node = fleet.nodes[0]
    for _ in range(3):
        fleet.signed_in(a_person(), node)
    begun = fleet.provider.calls("request_token")
    assert [call["accepted"] for call in begun] == [False, True, True, True]
    assert len({call["nonce"] for call in begun}) == 4
    assert [call["accepted"] for call in fleet.provider.exchanges] == [True, True, True]
    (warned,) = [line for line in node.log.splitlines() if "clock differs" in line]
    assert abs(int(warned.rpartition(" by ")[2].split()[0]) - off) < 5


@pytest.mark.parametrize("rows", ["sqlite"], indirect=True)
@pytest.mark.parametrize("front", ["acme"], indirect=True)
@pytest.mark.parametrize("off", [HOUR, -HOUR], ids=lambda off: f"{off / 60:+.0f} min")
def test_an_id_token_is_judged_by_the_providers_clock(
    clock_fleet: Callable[..., Fleet], rows: Rows, off: float
) -> None:
    """By ours it has expired, or is from the future. No request is sent twice for it."""
    fleet = clock_fleet(rows)
    jump(fleet.nodes, off)
    node = fleet.nodes[0]
    for _ in range(3):
        fleet.signed_in(a_person(), node)
    assert list(fleet.provider.exchanged.values()) == [1, 1, 1]
    (warned,) = [line for line in node.log.splitlines() if "clock differs" in line]
    assert abs(int(warned.rpartition(" by ")[2].split()[0]) - off) < 5


@at_both
def test_a_clock_that_jumps_between_start_and_callback(clock_fleet: Callable[..., Fleet], rows: Rows) -> None:
    """The exchange is refused for its time, and sent once more with the offset learnt: it lands, with two at most. An
    ID token that is refused for its times is judged once more."""
    fleet = clock_fleet(rows)
    for off in (-HOUR, -7 * MINUTE, 7 * MINUTE):
        jump(fleet.nodes, 0.0)
        profile = fleet.browser()
        callback = fleet.provider.approve(profile.begin().send_to, **a_person())
        jump(fleet.nodes, off)
        assert profile.come_back(callback).status == 303
        assert profile.account() is not None
    assert max(fleet.provider.exchanged.values()) <= 2
    # An hour on, what was begun is over: that is said, and the next click works.
    jump(fleet.nodes, 0.0)
    profile = fleet.browser()
    callback = fleet.provider.approve(profile.begin().send_to, **a_person())
    jump(fleet.nodes, HOUR)
    assert profile.come_back(callback).code == "expired"
    assert fleet.signed_in(a_person()).me().status == 200


def test_nodes_that_differ(clock_fleet: Callable[..., Fleet], postgresql_rows: PostgreSQLRows) -> None:
    """Start, callback and collect at nodes some minutes before and behind; the session's dates are the store's."""
    fleet = clock_fleet(postgresql_rows)
    for node, off in zip(fleet.nodes, (0.0, 4 * MINUTE, -4 * MINUTE), strict=True):
        node.set_clock(off)
    for turn in range(6):
        at = [fleet.nodes[(turn + step * (1 + turn // 3)) % 3] for step in range(3)]
        who, profile = a_person(), Browser("", origin=fleet.base)
        begun = fleet.at(at[0], profile).begin()
        popup = fleet.at(at[1], Browser("", cookies=dict(profile.cookies)))
        before = time.time()
        assert popup.come_back(fleet.provider.approve(begun.token, **who)).status == 303
        collected = fleet.at(at[2], profile).collect(begun.login).json()
        assert collected["account"]["identities"][0]["subject"] == who["user_id"]
        assert refused(fleet, profile) == [200] * 3
        ((opened_at, presented_at),) = postgresql_rows.query(
            "SELECT opened_at, presented_at FROM sessions WHERE account_id = ?", collected["account"]["id"]
        )
        assert before - 1 < opened_at <= presented_at < time.time() + 1


@pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["ahead", "behind"])
def test_a_session_ends_by_the_stores_clock(
    clock_fleet: Callable[..., Fleet], postgresql_rows: PostgreSQLRows, off: float
) -> None:
    """At all nodes together, whatever their own clocks say, and though they jump while it lives."""
    fleet = clock_fleet(postgresql_rows, VALETKEY_SESSION_DAYS=str(SHORT_SECONDS / 86400))
    fleet.nodes[1].set_clock(off)
    begun = time.monotonic()  # it is opened after this, and before that
    profile = fleet.signed_in(a_person(), fleet.nodes[1])
    opened = time.monotonic()
    assert refused(fleet, profile) == [200] * 3  # the control
    fleet.nodes[2].set_clock(-off)
    ended: dict[int, float] = {}
    # A verdict is judged by a list that is a second old at most.
    while len(ended) < 3:
        for node in fleet.nodes:
            asked = time.monotonic() - opened
            if fleet.at(node, profile).me().status == 401:
                ended.setdefault(node.number, time.monotonic() - begun)
            else:
                assert asked < SHORT_SECONDS + 1.1, node.number
    assert all(seconds > SHORT_SECONDS for seconds in ended.values()), ended


@pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["ahead", "behind"])
def test_what_was_revoked_stays_so(clock_fleet: Callable[..., Fleet], rows: Rows, off: float) -> None:
    """The machine's clock jumps, before and after: the list of revocations is short, and what it no longer names must
    not come back."""
    fleet = clock_fleet(rows)
    who = a_person()
    gone, lives = fleet.signed_in(who), fleet.signed_in(who)
    passed = gone.session_cookie or ""
    assert refused(fleet, gone) == refused(fleet, lives) == [200] * 3  # remembered everywhere
    assert gone.sign_out().status == 204
    gone.cookies["valetkey-session"] = passed
    jump(fleet.nodes, off)
    wait_for(lambda: refused(fleet, gone) == [401] * 3, KNOWN_SECONDS)
    for moment in (0.0, off, -off, 0.0):
        jump(fleet.nodes, moment)
        assert refused(fleet, gone) == [401] * 3
    assert refused(fleet, lives) == [200] * 3


def test_a_lease_is_the_stores(clock_fleet: Callable[..., Fleet], postgresql_rows: PostgreSQLRows) -> None:
    """A node whose clock is far ahead does not take a login over that another is at."""
    fleet = clock_fleet(postgresql_rows)
    fleet.provider.set(lenient=True)
    profile, who = fleet.browser(fleet.nodes[0]), a_person()
    callback = fleet.provider.approve(profile.begin().send_to, **who)
    copy = Browser(fleet.nodes[1].base, origin=fleet.base, cookies=dict(profile.cookies))
    fleet.provider.fault("access_token", "delay", seconds=0.8)
    fleet.nodes[1].set_clock(5 * MINUTE)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(profile.come_back, callback)
        wait_for(lambda: postgresql_rows.count("login_claims"))
        second = pool.submit(copy.come_back, callback)
        assert {first.result().status, second.result().status} == {303}
    assert profile.session_cookie == copy.session_cookie is not None
    assert len(fleet.provider.exchanges) == 1


def test_one_machine_has_one_clock(clock_fleet: Callable[..., Fleet], tmp_path: Path) -> None:
    """SQLite, an hour off in all: sessions are dated so, and live as long as they would."""
    rows = SQLiteRows(tmp_path / "app.db")
    fleet = clock_fleet(rows)
    jump(fleet.nodes, HOUR)
    profile = fleet.signed_in(a_person())
    assert refused(fleet, profile) == [200] * 3
    ((opened_at, expires_at),) = rows.query("SELECT opened_at, expires_at FROM sessions")
    assert abs(opened_at - time.time() - HOUR) < 10
    assert abs(expires_at - opened_at - 30 * 86400) < 1
