"""C55: PostgreSQL restarts every two seconds, in order or as if it had crashed, while people sign in on four nodes.
Every answer is a good one or a 503 that says when to come again; nobody is there twice, nothing is by half, what was
answered stands; and a second after the database is back, logins land again."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from support.browser import Answer, Browser
from support.nodes import Fleet, a_person, measured
from support.postgresql import OwnServer, own_server
from support.rows import PostgreSQLRows
from support.severing import Severing
from support.waiting import seconds_until, wait_for

from valetkey.storage.postgresql.pool import UNPROVED_SECONDS

RESTARTS = int(os.environ.get("VALETKEY_RESTARTS", "3"))
EVERY_SECONDS = 2.0
RECOVERED_SECONDS = 1.0
AT_ONCE = 6


@pytest.fixture(scope="module")
def own() -> Iterator[OwnServer]:
    """A server of this file's own: it is stopped, and nobody else's is."""
    with own_server() as server:
        yield server


@pytest.fixture
def fleet(own: OwnServer, new_fleet: Callable[..., Fleet]) -> Fleet:
    return new_fleet(PostgreSQLRows(own))


class Load:
    """People who sign in, one after the other, and click again where the answer says to come again."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.answers: Counter[str] = Counter()
        self.landed: list[tuple[float, dict[str, str], Browser]] = []
        self.faults: list[str] = []
        self.over = threading.Event()
        self._threads = [threading.Thread(target=self._live) for _ in range(AT_ONCE)]
        for thread in self._threads:
            thread.start()

    def _live(self) -> None:
        while not self.over.is_set():
            who = a_person()
            try:
                while not self._signed_in(who):
                    time.sleep(0.02)  # as a user who reads a sentence and clicks again, if quicker
            except Exception as fault:
                self.faults.append(repr(fault))
                return

    def _signed_in(self, who: dict[str, str]) -> bool:
        profile = self.fleet.browser()
        begun = profile.begin()
        self._judged(begun.answer, "start", {200})
        answer = profile.come_back(self.fleet.provider.approve(begun.token, **who))
        if answer.code is not None:  # on a page with a clean address, which has the status
            self._judged(profile.visit(answer.header("location") or ""), "callback", set())
            return False
        # 200: still finishing elsewhere.
        if self._judged(answer, "callback", {200, 303}) != 303:
            return False
        if self._judged(profile.me(), "request", {200}) == 200:
            self.landed.append((time.monotonic(), who, profile))
            return True
        return False

    def _judged(self, answer: Answer, what: str, good: set[int]) -> int:
        self.answers[f"{what} {answer.status}"] += 1
        if answer.status == 503 and answer.header("retry-after"):
            return 503
        if answer.status not in good:
            self.faults.append(f"{what}: {answer.status} {answer.text[:200]}")
        return answer.status

    def stop(self) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join(60)


def test_restarts_under_load(own: OwnServer, fleet: Fleet) -> None:
    load, recovered = Load(fleet), []
    try:
        wait_for(lambda: len(load.landed) > 20, 30)  # the control
        for turn in range(RESTARTS):
            own.stop(signal.SIGINT if turn % 2 else signal.SIGQUIT)
            # Shorter than anybody's patience, and longer.
            time.sleep(random.uniform(1.2, 1.6) if turn % 3 == 1 else random.uniform(0.0, 0.3))
            own.start()
            back_at = time.monotonic()
            wait_for(lambda: load.landed[-1][0] > back_at, 10)
            recovered.append(next(at for at, _, _ in load.landed if at > back_at) - back_at)
            assert load.faults == []
            wait_for(lambda: time.monotonic() - back_at > EVERY_SECONDS, EVERY_SECONDS + 1)
    finally:
        load.stop()
    told = sum(count for what, count in load.answers.items() if what.endswith(" 503"))
    measured(
        f"postgresql: {RESTARTS} restarts, each two seconds after the last",
        f"{len(load.landed)} landed, {told} got 503 with Retry-After, {len(load.faults)} other answers; "
        f"landing again after {max(recovered):.2f} s at most",
    )
    assert load.faults == []
    assert load.answers["callback 503"] + load.answers["request 503"] > 0  # the restarts were felt
    assert max(recovered) <= RECOVERED_SECONDS

    rows = fleet.rows
    assert rows.halves() == {}
    tied = [subject for _, subject, _ in rows.identities()]
    assert len(tied) == len(set(tied))
    assert {who["user_id"] for _, who, _ in load.landed} <= set(tied)
    accounts = {account for _, _, account in rows.identities()}
    assert len(accounts) == len(tied) == rows.count("accounts")
    for _, who, profile in load.landed[:: max(len(load.landed) // 50, 1)]:
        assert [one["subject"] for one in profile.me().json()["identities"]] == [who["user_id"]]
    verifiers = Counter(call["oauth_verifier"] for call in fleet.provider.exchanges)
    assert max(verifiers.values()) <= 2
    assert "Traceback" not in fleet.logs


def test_away_for_a_while(own: OwnServer, fleet: Fleet) -> None:
    """Every route says so, within its budget; who was just seen is still known for as long as that may be; and the same
    callback lands when it is back."""
    known, profile, who = fleet.signed_in(a_person(), fleet.nodes[0]), fleet.browser(fleet.nodes[1]), a_person()
    callback = fleet.provider.approve(profile.begin().token, **who)
    own.stop()
    try:
        assert profile.begin().answer.status == 200  # beginning needs no database
        for answer in (
            profile.come_back(callback, headers={"Accept": "application/json"}),
            profile.visit(profile.come_back(callback).header("location") or ""),
            fleet.at(fleet.nodes[2], known).me(),
            fleet.at(fleet.nodes[3], known).fetch("GET", "/auth/session"),
            fleet.at(fleet.nodes[0], known).sign_out(),
        ):
            assert answer.status == 503
            assert answer.header("retry-after")
        # Revocations cannot be read: after a second nobody is taken for signed in on an old list's word.
        wait_for(lambda: fleet.at(fleet.nodes[0], known).me().status == 503, 3)
        assert profile.session_cookie is None
    finally:
        own.start()
    assert seconds_until(lambda: fleet.at(fleet.nodes[0], known).me().status == 200) <= RECOVERED_SECONDS
    assert profile.come_back(callback).status == 303
    assert [one["subject"] for one in profile.account()["identities"]] == [who["user_id"]]


def test_a_firewall_that_forgot_the_connections(own: OwnServer, new_fleet: Callable[..., Fleet]) -> None:
    """Nobody signs in for a while, and what is between drops the idle connections without a word to either side. The
    login that comes next lands, in one go and within its budget; so does one that was under way."""
    rows = PostgreSQLRows(own)
    with Severing(own.port) as line:
        rows.url = own.in_schema(rows.schema, own.through(line.port))
        fleet = new_fleet(rows, 1)
        known, profile, who = fleet.signed_in(a_person()), fleet.browser(), a_person()
        callback = fleet.provider.approve(profile.begin().token, **who)
        assert line.forget() > 0
        quiet_since = time.monotonic()
        wait_for(lambda: time.monotonic() - quiet_since > UNPROVED_SECONDS)
        began = time.monotonic()
        assert profile.come_back(callback).status == 303
        took = time.monotonic() - began
        assert [one["subject"] for one in profile.account()["identities"]] == [who["user_id"]]
        assert known.me().status == 200
        fleet.signed_in(a_person())
        measured("postgresql: a firewall forgets the idle connections", f"the next login landed after {took:.2f} s")
        assert "store_unavailable" not in fleet.logs
        assert rows.halves() == {}
