"""Many at once, on several nodes, under the isolation that we ask for and under a stricter one: one account for one
person, and no session that a cut-off and a list of revocations leave in doubt."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import psycopg
import pytest
from postgresql_bench import PostgreSQLBench
from sqlite_trouble import python
from store_contract import StoreContract
from store_contract.bench import a_key, a_session, signing_in
from support.postgresql import Server

from valetkey.errors import AccountDisabled
from valetkey.models import Profile
from valetkey.sessions.cache import CACHED_SECONDS
from valetkey.storage.base import REVOCATION_SECONDS, Lease
from valetkey.storage.postgresql import access


@pytest.fixture(params=[True, False], ids=["blocking", "loop"])
def bench(request: pytest.FixtureRequest, postgresql: Server) -> Iterator[PostgreSQLBench]:
    bench = PostgreSQLBench(postgresql, blocking=request.param)
    yield bench
    bench.close()


class TestSerializable(StoreContract):
    """The whole contract on a database that knows nothing weaker, as CockroachDB does by default: it sends
    transactions back where ours would wait."""

    @pytest.fixture(params=[True, False], ids=["blocking", "loop"])
    def bench(
        self, request: pytest.FixtureRequest, postgresql: Server, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[PostgreSQLBench]:
        stricter = access._BEGIN.replace("READ COMMITTED", "SERIALIZABLE")
        assert stricter != access._BEGIN
        monkeypatch.setattr(access, "_BEGIN", stricter)
        bench = PostgreSQLBench(postgresql, blocking=request.param)
        yield bench
        bench.close()


TWINS = """
    import asyncio, json, os, sys
    from valetkey.models import Profile
    from valetkey.storage.base import Authentication, Lease, NewSession, OpenSession

    from valetkey.storage.postgresql import PostgreSQLStore

    url, twin, subjects = sys.argv[1], sys.argv[2], sys.argv[3].split(",")

    async def login(store, subject):
        name = f"{twin}-{subject}"
        lease, who = Lease(name, name), Authentication("twitter", Profile(subject=subject, name=name))
        assert (await store.claim(lease)).mine
        session = NewSession(id=name, login_id=name, lifetime_seconds=3600)
        row = await store.complete(lease, OpenSession(who, session))
        return row.account.id

    async def main():
        store = PostgreSQLStore(url, blocking=False, patience_seconds=10.0)  # the machine may be busy
        await store.revocations()
        print("ready", flush=True)
        sys.stdin.readline()
        accounts = {}
        for start in range(0, len(subjects), 5):
            some = subjects[start:start + 5]
            accounts.update(zip(some, await asyncio.gather(*(login(store, one) for one in some))))
        print(json.dumps(accounts))
        await store.close()

    asyncio.run(main())
"""


def test_twin_first_logins_give_one_account_each(postgresql: Server) -> None:
    """Five hundred people who sign in for the first time, each on two nodes at once; four nodes in all."""
    bench = PostgreSQLBench(postgresql, blocking=True)
    people = [f"person-{number}" for number in range(500)]
    started = [
        python(TWINS, bench.url, twin, ",".join(people[half::2])) for half in (0, 1) for twin in ("this", "that")
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate("")[1]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0] * 4, ended
    first, second, third, fourth = (json.loads(said) for said, _ in ended)
    assert first == second
    assert third == fourth
    assert len({*first.values(), *third.values()}) == 500
    assert [bench.count(table) for table in ("accounts", "identities", "sessions")] == [500, 500, 1000]
    signed_up = bench.query("SELECT event, count(*) FROM audit_events GROUP BY event ORDER BY event")
    assert signed_up == [("signed_in", 500), ("signed_up", 500)]
    bench.close()


def test_the_twin_that_comes_second_finds_the_first_ones_account(bench: PostgreSQLBench) -> None:
    """Exactly between the second's look and its insert."""
    twin, other = a_key(), bench.another_node()
    winners = []

    def first_one_comes(sql: str) -> None:
        if "INSERT INTO accounts" in sql and not winners:
            winners.append(other.sign_in("1001"))

    bench.claim(twin)
    bench.store._access._on_statement = first_one_comes  # type: ignore[attr-defined]
    row = bench.finish(twin, profile=Profile(subject="1001"))
    assert row is not None
    assert row.account.id == winners[0].account.id
    assert [bench.count(table) for table in ("accounts", "identities", "sessions")] == [1, 1, 2]
    other.run(other.store.close())


@pytest.mark.parametrize("verb", ["revoke", "disable", "delete"])
def test_a_login_and_a_cut_off_do_not_miss_each_other(bench: PostgreSQLBench, verb: str) -> None:
    """Whichever comes first: a session is either ended by its row and covered by the list, or neither."""
    for number in range(15):
        account = bench.sign_in(str(number)).account.id
        keys = [a_key() for _ in range(4)]
        for key in keys:
            bench.claim(key)
        end = {
            "revoke": partial(bench.store.revoke_account_sessions, account),
            "disable": partial(bench.store.disable_account, account),
            "delete": partial(bench.store.delete_account, account),
        }[verb]

        async def login(key: str, number: int = number) -> None:
            with suppress(AccountDisabled):
                await bench.store.complete(
                    Lease(key, "owner"), signing_in(Profile(subject=str(number)), a_session(key))
                )

        bench.together([partial(login, keys[0]), partial(login, keys[1]), end, partial(login, keys[2])])
        cutoff = bench.revocations().cutoffs[account]
        for key in keys:
            row = bench.read_session(key)
            if row is None:  # refused, not played, or deleted
                continue
            covered = row.account.id == account and row.opened_at <= cutoff.at
            assert row.live is not covered
            if verb != "revoke":
                assert row.account.id != account or not row.live


def test_a_cut_off_waits_for_a_login_that_is_under_way(bench: PostgreSQLBench) -> None:
    """The very race: the login has met the account and not yet opened its session when the cut-off comes."""
    account = bench.sign_in("1001").account.id
    other = bench.another_node()
    cutting = threading.Thread(target=other.revoke_account_sessions, args=(account,))

    def cut_off_comes(sql: str) -> None:
        if "INSERT INTO sessions" in sql and cutting.ident is None:
            cutting.start()
            waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM accounts%'"
            while cutting.is_alive() and not bench.query(waiting):
                pass

    bench.store._access._on_statement = cut_off_comes  # type: ignore[attr-defined]
    row = bench.sign_in("1001")
    cutting.join()
    assert not bench.is_live(row.id)
    assert bench.revocations().cutoffs[account].at >= row.opened_at
    other.run(other.store.close())


def test_a_deadlock_is_repeated(bench: PostgreSQLBench) -> None:
    """Another program's transaction takes our rows the other way round, and ours is the one that is sent back."""
    bench.sign_in("1001")
    key = a_key()
    bench.claim(key)
    store = bench.open(url=bench.url + "%20-cdeadlock_timeout%3D200ms")
    locked: list[str] = []
    with psycopg.connect(bench.url) as holding:
        holding.execute("SET deadlock_timeout = '5s'")
        holding.execute("SELECT 1 FROM accounts FOR UPDATE")

        def other_way_round() -> None:
            holding.execute("SELECT 1 FROM login_claims FOR UPDATE")
            locked.append("both")
            holding.rollback()

        crossing = threading.Thread(target=other_way_round)

        def cross(sql: str) -> None:
            if "FOR UPDATE OF accounts" in sql and crossing.ident is None:
                crossing.start()

        store._access._on_statement = cross
        row = bench.run(store.complete(Lease(key, "owner"), signing_in(Profile(subject="1001"), a_session())))
        crossing.join()
    assert row is not None
    assert row.live
    assert locked == ["both"]
    bench.run(store.close())


def test_what_is_committed_late_is_on_the_list_for_as_long_as_a_session_is_cached(bench: PostgreSQLBench) -> None:
    """A session is cached just before its revocation is committed, which is dated a moment earlier. As long as the
    session is cached, every list that is read has the revocation."""
    lag = access.PATIENCE_SECONDS + access.STALLED_SECONDS
    assert 10 * lag < REVOCATION_SECONDS - CACHED_SECONDS
    bench.freeze()
    row = bench.sign_in()
    late = itertools.count()

    def time_goes_by(sql: str) -> None:
        if sql == "COMMIT" and next(late) == 0:
            bench.query(f"UPDATE bench_clock SET moved = {lag}")

    bench.store._access._on_statement = time_goes_by  # type: ignore[attr-defined]
    bench.revoke_session(row.id)
    for elapsed in (0.0, CACHED_SECONDS / 2, CACHED_SECONDS):
        bench.query(f"UPDATE bench_clock SET moved = {lag + elapsed}")
        assert row.id in bench.revocations().sessions
