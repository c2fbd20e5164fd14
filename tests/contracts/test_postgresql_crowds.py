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
from store_contract.bench import a_key, a_session
from support.postgresql import Server

from valetkey.errors import AccountDisabled, PersonError, ValetkeyError
from valetkey.model import Profile
from valetkey.store import REVOCATION_SECONDS, SessionRow
from valetkey.stores.postgresql import access
from valetkey.verdicts import VERDICT_SECONDS


@pytest.fixture(params=[True, False], ids=["blocking", "loop"])
def bench(request: pytest.FixtureRequest, postgresql: Server) -> Iterator[PostgreSQLBench]:
    bench = PostgreSQLBench(postgresql, blocking=request.param, patience_seconds=10.0)
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
        bench = PostgreSQLBench(postgresql, blocking=request.param, patience_seconds=10.0)
        yield bench
        bench.close()


TWINS = """
    import asyncio, json, os, sys
    from valetkey.model import Profile
    from valetkey.store import NewSession
    from valetkey.stores import open_store

    url, twin, subjects = sys.argv[1], sys.argv[2], sys.argv[3].split(",")

    async def login(store, subject):
        name = f"{twin}-{subject}"
        assert (await store.claim(name, name)).mine
        session = NewSession(id=name, login=name, lifetime_seconds=3600)
        row = await store.finish(name, name, "twitter", Profile(subject=subject, name=name), session)
        return row.account.id

    async def main():
        store = open_store(url, blocking=False)
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
                await bench.store.finish(key, "owner", "twitter", Profile(subject=str(number)), a_session(key))

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


def test_a_deadlock_is_played_again(bench: PostgreSQLBench) -> None:
    """Another program's transaction takes our rows the other way round, and ours is the one that is sent back."""
    bench.sign_in("1001")
    key = a_key()
    bench.claim(key)
    store = bench.open(bench.url + "%20-cdeadlock_timeout%3D200ms")
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
        row = bench.run(store.finish(key, "owner", "twitter", Profile(subject="1001"), a_session()))
        crossing.join()
    assert row is not None
    assert row.live
    assert locked == ["both"]
    bench.run(store.close())


def test_what_is_committed_late_is_on_the_list_for_as_long_as_a_verdict_lives(bench: PostgreSQLBench) -> None:
    """A verdict that was formed just before a revocation was committed, itself dated a moment before that: there is no
    moment in the verdict's life at which a list that is read lacks the revocation."""
    lag = access.PATIENCE_SECONDS + access.STALLED_SECONDS
    assert 10 * lag < REVOCATION_SECONDS - VERDICT_SECONDS
    bench.freeze()
    row = bench.sign_in()
    late = itertools.count()

    def time_goes_by(sql: str) -> None:
        if sql == "COMMIT" and next(late) == 0:
            bench.query(f"UPDATE bench_clock SET moved = {lag}")

    bench.store._access._on_statement = time_goes_by  # type: ignore[attr-defined]
    bench.revoke_session(row.id)
    for elapsed in (0.0, VERDICT_SECONDS / 2, VERDICT_SECONDS):
        bench.query(f"UPDATE bench_clock SET moved = {lag + elapsed}")
        assert row.id in bench.revocations().sessions


# Identities that come and go while somebody signs in by them.

WAITING = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%{}%'"


def comes_at(bench: PostgreSQLBench, moment: str, other: threading.Thread, waits_at: str) -> list[str]:
    """Start the other just before this bench runs a certain statement, and go on when it waits for us. All statements
    that this bench runs."""
    said: list[str] = []

    def listen(sql: str) -> None:
        said.append(sql)
        if moment in sql and other.ident is None:
            other.start()
            while other.is_alive() and not bench.query(WAITING.format(waits_at)):
                pass

    bench.store._access._on_statement = listen  # type: ignore[attr-defined]
    return said


def test_who_waits_for_an_unlink_does_not_sign_in_to_what_it_left(bench: PostgreSQLBench) -> None:
    """The login has found the account by the identity, and waits for its row while the identity is untied."""
    row, other = bench.sign_in("1"), bench.another_node()
    bench.link(row, "2")
    rows = []
    login = threading.Thread(target=lambda: rows.append(other.sign_in("2")))
    comes_at(bench, "COMMIT", login, "FOR UPDATE OF accounts")
    bench.unlink(row, "2")
    login.join()
    assert rows[0].account.id != row.account.id
    assert [one.id for one in bench.devices(row.account.id)] == [row.id]
    other.run(other.store.close())


def test_an_unlink_waits_for_a_login_that_is_under_way(bench: PostgreSQLBench) -> None:
    """And ends the session that it opens."""
    row, other = bench.sign_in("1"), bench.another_node()
    bench.link(row, "2")
    unlinking = threading.Thread(target=other.unlink, args=(row, "2"))
    comes_at(bench, "INSERT INTO sessions", unlinking, "FROM accounts")
    late = bench.sign_in("2")
    unlinking.join()
    assert late.account.id == row.account.id
    assert not bench.is_live(late.id)
    assert late.id in bench.revocations().sessions
    other.run(other.store.close())


@pytest.mark.parametrize("known", [True, False], ids=["known", "new"])
def test_a_link_and_a_login_do_not_wait_in_a_circle(bench: PostgreSQLBench, known: bool) -> None:
    """The login holds the identity and is about to end the session that the link comes from: the link must not hold
    that one while it waits for the identity."""
    row, other = bench.sign_in("1"), bench.another_node()
    if known:
        bench.sign_in("2")
    codes: list[str] = []

    def link() -> None:
        try:
            other.link(row, "2")
        except ValetkeyError as error:
            codes.append(error.code)

    linking = threading.Thread(target=link)
    said = comes_at(bench, "FOR UPDATE OF sessions", linking, "INTO identities")
    replacing = bench.sign_in("2", a_session(replaces=row.id))
    linking.join()
    assert replacing.live
    assert codes == ["session_changed"]
    assert len([sql for sql in said if "BEGIN" in sql]) == 2  # the claim's and the login's: neither was sent back
    assert bench.count("identities") == 2
    other.run(other.store.close())


def test_links_unlinks_and_logins_in_a_crowd(bench: PostgreSQLBench) -> None:
    """An identity has one account, an account one identity at least, and nobody is signed in by what is another's."""
    rows = [bench.sign_in(f"own-{number}") for number in range(3)]
    keys = iter([a_key() for _ in range(200)])

    async def link(row: SessionRow, subject: str) -> None:
        key = next(keys)
        await bench.store.claim(key, key)
        with suppress(PersonError):
            await bench.store.link(key, key, "twitter", Profile(subject=subject), row.account.id, row.id)

    async def unlink(row: SessionRow, subject: str) -> None:
        with suppress(PersonError):
            await bench.store.unlink(row.account.id, "twitter", subject, row.id)

    async def login(subject: str) -> None:
        key = next(keys)
        await bench.store.claim(key, key)
        assert await bench.store.finish(key, key, "twitter", Profile(subject=subject), a_session()) is not None

    for _ in range(5):
        both = [partial(verb, row, subject) for verb in (link, unlink) for row in rows for subject in ("x", "y")]
        bench.together([*both, partial(login, "x"), partial(login, "y")])
    assert all(
        account.identities for account in bench.list_accounts() if account.id in {row.account.id for row in rows}
    )
    strays = bench.query(
        "SELECT sessions.id FROM sessions LEFT JOIN identities USING (account_id, provider, subject)"
        " WHERE revoked_at IS NULL AND tied_at IS NULL"
    )
    assert strays == []
    assert all(bench.is_live(row.id) for row in rows)


def test_however_many_sessions_an_unlink_ends(bench: PostgreSQLBench) -> None:
    """Within one verb's time, and with an event of its own for each."""
    row = bench.sign_in("1")
    bench.link(row, "2")
    late = bench.sign_in("2")
    bench.query(
        "INSERT INTO sessions (id, account_id, login, opened_at, expires_at, seen_at, kept_until, provider, subject)"
        " SELECT 'session ' || number, account_id, login, opened_at, expires_at, seen_at, kept_until, provider, subject"
        f" FROM sessions, generate_series(1, 999) AS number WHERE id = '{late.id}'"
    )
    bench.unlink(row, "2")
    assert [one.id for one in bench.devices(row.account.id)] == [row.id]
    assert len(bench.revocations().sessions) == 1000
    told = bench.query(
        "SELECT event, count(*), count(DISTINCT session_id) FROM audit_events"
        " WHERE event IN ('session_revoked', 'identity_unlinked') GROUP BY event ORDER BY event"
    )
    assert told == [("identity_unlinked", 1, 1), ("session_revoked", 1000, 1000)]


def test_what_text_cannot_hold(bench: PostgreSQLBench) -> None:
    """A subject is kept to the byte, and told as it was; a NUL elsewhere decorates, or is nobody's."""
    row = bench.sign_in("1", a_session(browser="Fire\0fox", network="192.0.2.0\0"))
    assert bench.link(row, "a\0b") is not None
    assert (bench.devices(row.account.id)[0].browser, bench.devices(row.account.id)[0].network) == (
        "Fire\ufffdfox",
        "192.0.2.0\ufffd",
    )
    kept = bench.export_account(row.account.id)
    assert kept is not None
    assert [one["subject"] for one in kept["identities"]] == ["1", "a\0b"]  # type: ignore[attr-defined]
    opened = bench.sign_in("a\0b")
    assert bench.revoke_session("no\0body", row.account.id) is False
    assert [one.subject for one in bench.unlink(row, "a\0b").identities] == ["1"]
    assert not bench.is_live(opened.id)
