"""The primary is killed while it answers COMMIT, and its synchronous standby takes its place. Each verb whose answer
was lost is repeated there: it answers, and leaves behind, exactly what it would have otherwise, whether its transaction
had reached the standby or not."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any

import psycopg
import pytest
import severed_stories as stories
from postgresql_bench import PostgreSQLBench
from severed_outcome import outcome
from support.severing import Severing
from support.standby import Pair, pair
from support.waiting import wait_for

from valetkey.storage.base import Lease

PATIENCE_SECONDS = 20.0  # they wait for each other and for the promotion
# ``test_postgresql_severed`` plays every verb and every way that each can end, at one server.
STORIES = (
    stories.claim, stories.second_exchange, stories.finish_that_replaces, stories.finish_resolved, stories.redeem,
    stories.link, stories.unlink, stories.revoke, stories.delete,
)  # fmt: skip
# Committed, and the standby has it; or the server has not heard of it.
CASES = [(story, way) for story in STORIES for way in ("back", "there")]


@pytest.fixture(scope="module")
def both() -> Iterator[Pair]:
    with pair() as running:
        yield running


def test_a_caller_that_goes_away_makes_nothing_seen(both: Pair) -> None:
    """A COMMIT waits for a standby that hangs, and its caller's task is cancelled. If that reached the server, it would
    wait no longer: others would see, and be answered, what only the primary has."""
    bench = PostgreSQLBench(both, blocking=False)
    bench.claim("so that there is a connection")

    def seen() -> bool:
        return bench.query("SELECT 1 FROM login_claims WHERE key = 'key'") != []

    def waits() -> bool:
        return bench.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'") != []

    async def cancelled() -> None:
        claiming = asyncio.ensure_future(bench.store.claim(Lease("key", "owner")))
        while not waits():
            assert not claiming.done()
            await asyncio.sleep(0.005)
        claiming.cancel()
        await asyncio.gather(claiming, return_exceptions=True)

    both.standby.signal_all(signal.SIGSTOP)
    try:
        bench.run(cancelled())
        assert waits()
        assert not seen()
    finally:
        both.standby.signal_all(signal.SIGCONT)
    wait_for(seen)
    bench.close()


@pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "loop"])
def test_a_primary_that_takes_no_writes_any_more(both: Pair, blocking: bool) -> None:
    """The cluster's manager makes it read-only, and hangs up on nobody. The pool leaves it, and the verb lands as
    soon as there is a primary again."""
    bench = PostgreSQLBench(both, blocking=blocking, patience_seconds=PATIENCE_SECONDS)
    bench.claim("so that there is a connection")

    def connected() -> set[int]:
        ours = bench.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'valetkey'")
        return {pid for (pid,) in ours}

    def takes_writes(*, on: bool) -> None:
        how = {"options": "-c default_transaction_read_only=off"}
        with closing(psycopg.connect(both.primary.url, autocommit=True, **how)) as managing:
            managing.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'off' if on else 'on'}")
            managing.execute("SELECT pg_reload_conf()")
        wait_for(lambda: both.primary.query("SHOW default_transaction_read_only") == [("off" if on else "on",)])

    before = connected()
    assert before
    takes_writes(on=False)
    later = threading.Timer(0.3, takes_writes, kwargs={"on": True})
    later.start()
    try:
        assert bench.claim("key").mine
    finally:
        later.join()
    assert not connected() & before
    bench.close()


def test_each_verb_is_repeated_at_the_new_primary(both: Pair) -> None:
    at_commit, has_failed_over = threading.Semaphore(0), threading.Event()

    def wait_for_the_failover() -> None:
        at_commit.release()
        assert has_failed_over.wait(PATIENCE_SECONDS)

    with ExitStack() as closing:

        def prepared(case: tuple[Any, str]) -> tuple[Any, ...]:
            story, way = case
            bench, control = (PostgreSQLBench(both, blocking=True, patience_seconds=PATIENCE_SECONDS) for _ in range(2))
            closing.callback(bench.close)
            closing.callback(control.close)
            bench.freeze()
            control.stand_still_at(bench.clock())
            expected = outcome(control, control.open(), story(control))
            line = Severing(both.primary.port)
            closing.callback(line.stop)
            line.cut(way, between=wait_for_the_failover)
            store = bench.open(url=both.through_first(line.port, bench.schema))
            return line, expected, (bench, store, story(bench))

        with ThreadPoolExecutor(len(CASES)) as pool:
            ready = list(pool.map(prepared, CASES))
            played = [pool.submit(outcome, *play) for _, _, play in ready]
            for _ in CASES:
                assert at_commit.acquire(timeout=PATIENCE_SECONDS)
            both.fail_over()
            has_failed_over.set()
            for case, (line, expected, _), result in zip(CASES, ready, played, strict=True):
                assert result.result() == expected, case
                assert line.done == 1, case
