"""Somebody else has the database: a second's patience, a 503 that says so, a loop that never stands still, and all is
well as soon as it is free."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_bench import SQLiteBench
from sqlite_trouble import held
from store_contract.bench import a_key, a_session, signing_in

from valetkey.errors import StoreError
from valetkey.models import Profile
from valetkey.storage import open_store
from valetkey.storage.base import Lease

PATIENCE_SECONDS = 1.9  # one wait for the lock, and not two, on a machine that may be busy


@pytest.fixture(params=[True, False], ids=["blocking", "loop"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SQLiteBench]:
    bench = SQLiteBench(tmp_path / "valetkey.db", blocking=request.param)
    yield bench
    bench.close()


@pytest.fixture
def loop_bench(tmp_path: Path) -> Iterator[SQLiteBench]:
    bench = SQLiteBench(tmp_path / "valetkey.db", blocking=False)
    yield bench
    bench.close()


def test_another_writer(bench: SQLiteBench, caplog: pytest.LogCaptureFixture) -> None:
    row, key = bench.sign_in(), a_key()
    bench.claim(key)
    with held(bench.path):
        began = time.monotonic()
        with caplog.at_level(logging.WARNING, "valetkey.store"), pytest.raises(StoreError) as trouble:
            bench.finish(key, session=a_session("the-new-session"))
        assert 0.9 < time.monotonic() - began < PATIENCE_SECONDS
        assert bench.is_live(row.id)  # reading is possible meanwhile
        assert bench.read_session("the-new-session") is None
    assert (trouble.value.status, trouble.value.retry_after_seconds) == (503, 2)
    assert isinstance(trouble.value.__cause__, sqlite3.OperationalError)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "database is locked" in caplog.text
    assert "the-new-session" not in caplog.text
    finished = bench.finish(key, session=a_session("the-new-session"))
    assert finished is not None
    assert bench.is_live("the-new-session")


def test_somebody_who_has_it_to_himself(bench: SQLiteBench) -> None:
    """Then even a look-up cannot be made."""
    row = bench.sign_in()
    bench.run(bench.store.close())
    with held(bench.path, from_readers=True):
        for verb in (lambda: bench.read_session(row.id), lambda: bench.claim(a_key())):
            began = time.monotonic()
            with pytest.raises(StoreError):
                verb()
            assert time.monotonic() - began < PATIENCE_SECONDS
    assert bench.is_live(row.id)
    assert bench.claim(a_key()).mine


def test_a_crowd_waits_no_longer_than_one(bench: SQLiteBench) -> None:
    """Who has waited with somebody who gave up does not begin to wait anew."""
    bench.sign_in()

    async def patience(number: int) -> float:
        began = time.monotonic()
        with pytest.raises(StoreError):
            await bench.store.claim(Lease(a_key(), f"owner-{number}"))
        return time.monotonic() - began

    with held(bench.path):
        waited = bench.together([lambda number=number: patience(number) for number in range(100)])  # type: ignore[misc]
    assert max(waited) < PATIENCE_SECONDS
    assert bench.claim(a_key()).mine


def test_it_may_be_locked_at_start(bench: SQLiteBench) -> None:
    """That is not the app's mistake, and passes."""
    bench.sign_in()
    bench.run(bench.store.close())
    with held(bench.path, from_readers=True):
        store = open_store(bench.url, blocking=bench.blocking)
    assert bench.run(store.claim(Lease(a_key(), "owner"))).mine
    bench.run(store.close())


def test_a_short_wait_is_waited(bench: SQLiteBench) -> None:
    """Another process's commit in between is nobody's trouble."""
    bench.sign_in()
    holder = sqlite3.connect(bench.path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")

    async def claim() -> bool:
        return (await bench.store.claim(Lease(a_key(), "owner"))).mine

    async def release() -> bool:
        if bench.blocking:
            time.sleep(0.2)
        else:
            await asyncio.sleep(0.2)
        holder.execute("COMMIT")
        return True

    assert bench.together([claim, release]) == [True, True]
    holder.close()


def test_who_waits_asks_often(bench: SQLiteBench) -> None:
    """Another process that writes without a pause leaves the lock free for moments. SQLite would soon look for it ten
    times a second, and never meet one."""
    statements: list[str] = []
    asking = SQLiteBench(bench.path, blocking=bench.blocking, on_statement=statements.append)
    asking.sign_in()
    statements.clear()
    with held(bench.path), pytest.raises(StoreError):
        asking.claim(a_key())
    assert statements.count("BEGIN IMMEDIATE") > 5  # hundreds, on a machine that is not busy with other tests
    statements.clear()
    assert asking.claim(a_key()).mine
    assert statements.count("BEGIN IMMEDIATE") == 1
    asking.close()


@pytest.mark.parametrize("from_readers", [False, True])
def test_the_loop_does_not_stand_still(loop_bench: SQLiteBench, from_readers: bool) -> None:
    bench = loop_bench
    row = bench.sign_in()
    bench.run(bench.store.close())
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.005)
            longest = max(longest, time.monotonic() - began)

    async def play() -> list[object]:
        ticking = asyncio.ensure_future(tick())
        outcomes = await asyncio.gather(
            *(bench.store.claim(Lease(a_key(), "owner")) for _ in range(10)),
            *(bench.store.read_session(row.id) for _ in range(10)),
            bench.store.revocations(),
            return_exceptions=True,
        )
        ticking.cancel()
        return list(outcomes)

    with held(bench.path, from_readers=from_readers):
        outcomes = bench.run(play())
    failed = [isinstance(outcome, StoreError) for outcome in outcomes]
    assert failed == [True] * 10 + [from_readers] * 11
    assert longest < 0.45  # a verb that waits for the lock does so for twice as long


def test_what_one_turn_of_a_loop_asks_for_is_one_transaction(loop_bench: SQLiteBench) -> None:
    """It is flushed once, and no verb needs a savepoint of its own if none raises."""
    statements: list[str] = []
    bench = SQLiteBench(loop_bench.path, blocking=False, on_statement=statements.append)
    bench.claim(a_key())
    statements.clear()
    claims = bench.together([lambda: bench.store.claim(Lease(a_key(), "owner")) for _ in range(20)])
    assert [claim.mine for claim in claims] == [True] * 20
    assert statements.count("COMMIT") == 1
    assert not any("SAVEPOINT" in statement for statement in statements)
    bench.close()


def test_those_who_wait_share_a_commit(loop_bench: SQLiteBench) -> None:
    """Ten finishes that had to wait are flushed once. One of them cannot be done, and takes back its own work only."""
    statements: list[str] = []
    bench = SQLiteBench(loop_bench.path, blocking=False, on_statement=statements.append)
    taken = bench.sign_in("7")
    keys = [a_key() for _ in range(10)]
    for key in keys:
        bench.claim(key)
    sessions = [a_session(taken.id if number == 4 else None) for number in range(10)]
    statements.clear()

    async def play() -> list[object]:
        finishing = [
            asyncio.ensure_future(bench.store.complete(Lease(key, "owner"), signing_in(Profile(subject=key), session)))
            for key, session in zip(keys, sessions, strict=True)
        ]
        await asyncio.sleep(0.3)
        holder.execute("COMMIT")
        return list(await asyncio.gather(*finishing, return_exceptions=True))

    holder = sqlite3.connect(bench.path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    outcomes = bench.run(play())
    holder.close()
    assert [isinstance(outcome, StoreError) for outcome in outcomes] == [number == 4 for number in range(10)]
    assert statements.count("COMMIT") == 1
    for number, (key, session) in enumerate(zip(keys, sessions, strict=True)):
        claim = bench.find_claim(key)
        assert claim is not None
        assert claim.state == ("claimed" if number == 4 else "done")
        assert bench.is_live(session.id)
    assert bench.count("accounts") == 1 + 9
    bench.close()


def test_who_goes_away_breaks_nothing(loop_bench: SQLiteBench) -> None:
    """A cancelled verb neither stops the writing thread nor the verbs beside it."""
    bench = loop_bench
    bench.sign_in()
    keys = [a_key() for _ in range(10)]

    async def play() -> list[object]:
        holder = sqlite3.connect(bench.path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        claiming = [asyncio.ensure_future(bench.store.claim(Lease(key, "owner"))) for key in keys]
        await asyncio.sleep(0.1)
        for task in claiming[::2]:
            task.cancel()
        await asyncio.sleep(0.1)
        holder.execute("COMMIT")
        holder.close()
        return list(await asyncio.gather(*claiming, return_exceptions=True))

    outcomes = bench.run(play())
    assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == [True, False] * 5
    assert [getattr(outcome, "mine", None) for outcome in outcomes[1::2]] == [True] * 5
    assert bench.claim(a_key()).mine


def test_a_loop_that_ended_with_verbs_under_way(loop_bench: SQLiteBench) -> None:
    """They are done all the same, and the next loop finds the store as it should be."""
    key = a_key()

    async def leave() -> None:
        claiming = asyncio.ensure_future(loop_bench.store.claim(Lease(key, "owner")))
        await asyncio.sleep(0)
        claiming.cancel()

    asyncio.run(leave())
    assert loop_bench.claim(a_key()).mine
    assert loop_bench.find_claim(key) is not None
