"""Identities that come and go while somebody signs in by them, on several nodes; and what text cannot hold."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import pytest
from postgresql_bench import PostgreSQLBench
from store_contract.bench import a_key, a_session, attaching, signing_in
from support.postgresql import Server

from valetkey.errors import UserError, ValetkeyError
from valetkey.models import Profile
from valetkey.storage.base import Lease, SessionRow


@pytest.fixture(params=[True, False], ids=["blocking", "loop"])
def bench(request: pytest.FixtureRequest, postgresql: Server) -> Iterator[PostgreSQLBench]:
    bench = PostgreSQLBench(postgresql, blocking=request.param)
    yield bench
    bench.close()


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
    comes_at(bench, "INTO account_changes", login, "FOR UPDATE OF accounts")
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
    said_by_other: list[str] = []
    other.store._access._on_statement = said_by_other.append  # type: ignore[attr-defined]

    def link() -> None:
        try:
            other.link(row, "2")
        except ValetkeyError as error:
            codes.append(error.code)

    linking = threading.Thread(target=link)
    said = comes_at(bench, "FOR UPDATE OF sessions", linking, "FROM identities" if known else "INTO identities")
    replacing = bench.sign_in("2", a_session(replaces=row.id))
    linking.join()
    assert replacing.live
    assert codes == ["session_changed"]
    begun = [sql for sql in (*said, *said_by_other) if "BEGIN" in sql]
    assert len(begun) == 4  # two claims, the link and the login: neither was sent back
    assert bench.count("identities") == 2
    other.run(other.store.close())


def test_links_unlinks_and_logins_in_a_crowd(bench: PostgreSQLBench) -> None:
    """An identity has one account, an account one identity at least, and nobody is signed in by what is another's."""
    rows = [bench.sign_in(f"own-{number}") for number in range(3)]
    keys = iter([a_key() for _ in range(200)])

    async def link(row: SessionRow, subject: str) -> None:
        key = next(keys)
        await bench.store.claim(Lease(key, key))
        with suppress(UserError):
            await bench.store.complete(
                Lease(key, key),
                attaching(row, subject),
            )

    async def unlink(row: SessionRow, subject: str) -> None:
        with suppress(UserError):
            await bench.store.unlink(row.account.id, "twitter", subject, row.id)

    async def login(subject: str) -> None:
        key = next(keys)
        await bench.store.claim(Lease(key, key))
        assert (
            await bench.store.complete(Lease(key, key), signing_in(Profile(subject=subject), a_session())) is not None
        )

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
