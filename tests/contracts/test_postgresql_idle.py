"""A connection that was idle and is dead without anybody's knowledge costs no verb: a firewall has forgotten it, or a
pooler has closed it. The verb finds out in a part of its second, and lands on a new connection in the rest."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from postgresql_bench import PostgreSQLBench
from store_contract.bench import a_key, a_session, signing_in
from support.deaf import Deaf
from support.postgresql import Server
from support.severing import Severing

from valetkey.models import Profile
from valetkey.storage.base import Lease
from valetkey.storage.postgresql import pool

PATIENCE_SECONDS = 2.0  # longer than a store's own, for a machine that is busy with other tests


@pytest.fixture
def line(postgresql: Server) -> Iterator[Severing]:
    line = Severing(postgresql.port)
    yield line
    line.stop()


@pytest.fixture(params=[True, False], ids=["blocking", "loop"])
def bench(request: pytest.FixtureRequest, postgresql: Server, line: Severing) -> Iterator[PostgreSQLBench]:
    """Behind the proxy."""
    bench = PostgreSQLBench(postgresql, blocking=request.param, patience_seconds=PATIENCE_SECONDS)
    bench.run(bench.store.close())
    bench.store = bench.open(url=postgresql.in_schema(bench.schema, postgresql.through(line.port)))
    yield bench
    bench.close()


@pytest.fixture
def as_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every idle connection counts as one that was idle for a while."""
    monkeypatch.setattr(pool, "UNPROVED_SECONDS", 0.0)


def fill_the_pool(bench: PostgreSQLBench, line: Severing) -> None:
    bench.together([lambda: bench.store.claim(Lease(a_key(), "owner")) for _ in range(20)])
    assert len(line.open) >= 3


def test_a_firewall_that_forgot_the_connections(bench: PostgreSQLBench, line: Severing, as_after_a_pause: None) -> None:
    """A login between two of its verbs: it lands, though every connection of the pool is dead. Only the first verb that
    meets one waits."""
    row = bench.sign_in("known")
    for asks_first in ("read", "write"):
        fill_the_pool(bench, line)
        key = a_key()
        bench.claim(key)
        line.forget()
        began = time.monotonic()
        if asks_first == "read":
            assert bench.is_live(row.id)
        finished = bench.run(bench.store.complete(Lease(key, "owner"), signing_in(Profile(subject=key), a_session())))
        assert finished is not None
        assert time.monotonic() - began < PATIENCE_SECONDS * 0.75
        assert bench.is_live(finished.id)
    done = bench.count("login_claims WHERE state = 'done'")
    assert [bench.count(table) for table in ("accounts", "sessions", "audit_events")] == [done] * 3


def test_a_crowd_after_a_quiet_night(bench: PostgreSQLBench, line: Severing, as_after_a_pause: None) -> None:
    """Several at once, each with a dead connection: every one of them lands."""
    fill_the_pool(bench, line)
    assert line.forget() >= 3
    keys = [a_key() for _ in range(12)]
    claims = bench.together([lambda key=key: bench.store.claim(Lease(key, "owner")) for key in keys])  # type: ignore[misc]
    assert all(claim.mine for claim in claims)


def test_what_answered_just_now_is_not_given_up(
    bench: PostgreSQLBench, line: Severing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is slow for a moment is no reason to connect anew: that would make it slower."""
    monkeypatch.setattr(pool, "UNPROVED_SECONDS", 60.0)  # this test itself may stand still for a second
    row = bench.sign_in()
    opened = len(line.open)
    asked: list[str] = []

    def slow(sql: str) -> None:
        if not asked:
            line.pause(PATIENCE_SECONDS * 0.6)
        asked.append(sql)

    bench.store._access._on_statement = slow  # type: ignore[attr-defined]
    assert bench.is_live(row.id)
    assert len(asked) == 1
    assert len(line.open) == opened


def test_a_pooler_that_closes_what_is_idle(bench: PostgreSQLBench, line: Severing) -> None:
    """In order, or by a reset that arrives with the first answer."""
    row = bench.sign_in()
    for how in ("orderly", "reset"):
        fill_the_pool(bench, line)
        line.hang_up(how)
        assert bench.is_live(row.id)
        key = a_key()
        assert bench.claim(key).mine
        assert bench.finish(key) is not None


def test_a_host_that_is_gone(bench: PostgreSQLBench, line: Severing) -> None:
    """Of two hosts the first neither refuses nor answers, as a machine without power. Its share of the second is lost
    once; then the other is asked first, also for new connections."""
    gone = Deaf("127.0.0.1", 0)
    try:
        url = bench.server.in_schema(bench.schema, bench.server.through(line.port))
        url = url.replace("@127.0.0.1:", f"@127.0.0.1:{gone.port},127.0.0.1:") + "&target_session_attrs=read-write"
        store = bench.open(url=url)
        assert bench.run(store.claim(Lease(a_key(), "owner"))).mine
        began = time.monotonic()
        line.hang_up("reset")
        assert bench.run(store.claim(Lease(a_key(), "owner"))).mine
        assert time.monotonic() - began < PATIENCE_SECONDS / 2
        bench.run(store.close())
    finally:
        gone.stop()
