"""A database that restarts, is away, hangs or hangs up: said within the budget, nothing issued that is not kept, and it
heals by itself. No password is shown by any of it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator

import psycopg
import pytest
from postgresql_bench import PostgreSQLBench
from store_contract.bench import a_key, a_session, signing_in
from support.postgresql import OwnServer, Server, own_server
from support.severing import Severing
from support.waiting import wait_for

from valetkey.crypto import Secret
from valetkey.errors import StoreError
from valetkey.http_client.runner import ThreadRunner
from valetkey.models import Profile
from valetkey.providers.twitter import twitter
from valetkey.settings import Settings
from valetkey.storage import open_store
from valetkey.storage.base import Lease
from valetkey.storage.postgresql.access import PATIENCE_SECONDS

BUSY_MACHINE_SECONDS = 1.0  # what a test may take longer than the store


@pytest.fixture(scope="module")
def own() -> Iterator[OwnServer]:
    """A server of this file's own: it is stopped, and nobody else's is."""
    with own_server() as server:
        yield server


@pytest.fixture(params=[True, False], ids=["blocking", "loop"])
def blocking(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def bench(own: OwnServer, blocking: bool) -> Iterator[PostgreSQLBench]:
    bench = PostgreSQLBench(own, blocking=blocking, patience_seconds=PATIENCE_SECONDS)
    yield bench
    bench.close()


@pytest.fixture
def line(own: OwnServer) -> Iterator[Severing]:
    line = Severing(own.port)
    yield line
    line.stop()


class Load:
    """Eight people at once who keep signing in."""

    def __init__(self, bench: PostgreSQLBench) -> None:
        self._bench = bench
        self.answered: list[tuple[float, str]] = []
        self.troubles: list[tuple[float, StoreError]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: bench.together([self._keep_signing_in] * 8))
        self._thread.start()

    async def _keep_signing_in(self) -> None:
        while not self._over.is_set():
            key, session = a_key(), a_session()
            began = time.monotonic()
            try:
                await self._bench.store.claim(Lease(key, "owner"))
                row = await self._bench.store.complete(Lease(key, "owner"), signing_in(Profile(subject=key), session))
                assert row is not None
            except StoreError as error:
                self.troubles.append((time.monotonic() - began, error))
            else:
                self.answered.append((time.monotonic(), session.id))

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in order", "crash"])
def test_a_restart_under_load(own: OwnServer, bench: PostgreSQLBench, how: signal.Signals) -> None:
    """Every login that was answered is there; each that was not got an error; and a second after the database is back
    they are answered again, without anybody's doing."""
    load = Load(bench)
    try:
        wait_for(lambda: len(load.answered) >= 50, 20)
        own.stop(how)
        wait_for(lambda: load.troubles, 20)
        own.start()
        back_at = time.monotonic()
        wait_for(lambda: load.answered[-1][0] > back_at, 20)
        recovered_after = next(at for at, _ in load.answered if at > back_at) - back_at
        wait_for(lambda: sum(at > back_at for at, _ in load.answered) >= 50, 20)
    finally:
        load.stop()
    assert recovered_after < 1.0
    for took, error in load.troubles:
        assert isinstance(error.__cause__, (psycopg.Error, OSError))
        assert took < 2 * PATIENCE_SECONDS + BUSY_MACHINE_SECONDS
        assert error.retry_after_seconds
    live = {one for (one,) in bench.query("SELECT id FROM sessions WHERE revoked_at IS NULL")}
    assert {session for _, session in load.answered} <= live
    done = bench.count("login_claims WHERE state = 'done'")
    whole = bench.count(
        "login_claims JOIN sessions ON sessions.id = login_claims.session_id"
        " JOIN accounts ON accounts.id = sessions.account_id"
        " JOIN identities ON identities.account_id = accounts.id"
        " AND identities.subject = convert_to(login_claims.key, 'UTF8')"
        " JOIN audit_events ON audit_events.session_id = sessions.id"
    )
    assert [bench.count(table) for table in ("accounts", "identities", "sessions", "audit_events")] == [done] * 4
    assert whole == done >= len(load.answered)


def test_a_database_that_is_away(own: OwnServer, bench: PostgreSQLBench) -> None:
    """A verb waits for it, a second; those that come after it do not wait once more each; and a start is not stopped.
    When it is back, the same store works on."""
    row = bench.sign_in()
    own.stop()
    try:
        for at_most in (PATIENCE_SECONDS, 0.0, 0.0):
            began = time.monotonic()
            with pytest.raises(StoreError) as raised:
                bench.read_session(row.id)
            took = time.monotonic() - began
            assert isinstance(raised.value.__cause__, psycopg.OperationalError)
            # One wait more would take longer. The machine may be busy.
            assert at_most * 0.8 <= took < at_most + PATIENCE_SECONDS * 0.8
        with pytest.raises(StoreError):
            bench.claim(a_key())
        started = open_store(bench.url, blocking=True)
    finally:
        own.start()
    assert bench.is_live(row.id)
    assert bench.claim(a_key()).mine
    assert ThreadRunner().run(started.read_session(row.id)) is not None
    ThreadRunner().run(started.close())


def test_a_verb_waits_out_a_moments_absence(own: OwnServer, bench: PostgreSQLBench) -> None:
    """The server is back before the verb's time is over: nobody notices. (It has more than its second here, for the
    server's start takes as long as the machine is busy.)"""
    row = bench.sign_in()
    store = bench.open(patience_seconds=10 * PATIENCE_SECONDS)
    own.stop()
    starting = threading.Timer(0.1, lambda: own.start(wait=False))
    starting.start()
    try:
        found = bench.run(store.read_session(row.id))
        assert found is not None
        assert found.live
        bench.run(store.close())
    finally:
        starting.join()
        own.wait()


def test_a_connection_that_swallows_everything(bench: PostgreSQLBench, line: Severing) -> None:
    """A firewall that has forgotten the connection, or a server that hangs: neither refuses, and neither answers."""
    row = bench.sign_in()
    store = bench.open(url=bench.server.in_schema(bench.schema, bench.server.through(line.port)))
    assert bench.run(store.read_session(row.id)) is not None
    line.swallowing = True
    errors = []
    for verb in (lambda: store.read_session(row.id), lambda: store.claim(Lease("key", "owner"))):
        began = time.monotonic()
        with pytest.raises(StoreError) as raised:
            bench.run(verb())
        assert isinstance(raised.value.__cause__, (OSError, psycopg.Error))
        errors.append(raised.value)
        # A new line to nowhere is waited for by the driver, for two seconds at least.
        assert time.monotonic() - began < 2 * PATIENCE_SECONDS + BUSY_MACHINE_SECONDS
    wait_for(lambda: not line.open, 20)  # hung up on, though the errors are kept
    assert len(errors) == 2
    line.swallowing = False
    assert bench.run(store.read_session(row.id)) is not None
    bench.run(store.close())


def test_the_server_hangs_up_on_everybody(bench: PostgreSQLBench) -> None:
    """Between two verbs: the next one notices by itself, before it asks anything."""
    row = bench.sign_in()
    bench.together([lambda: bench.store.read_session(row.id)] * 8)
    asked: list[str] = []
    bench.store._access._on_statement = asked.append  # type: ignore[attr-defined]
    for _ in range(3):
        gone = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'valetkey'"
        assert all(done for (done,) in bench.query(gone))
        assert bench.is_live(row.id)
    assert sum("FROM clock CROSS JOIN sessions" in sql for sql in asked) == 3


def test_a_lock_that_is_not_let_go_is_trouble(bench: PostgreSQLBench) -> None:
    """Somebody's forgotten transaction: said within the budget, and afterwards it works on."""
    row = bench.sign_in()
    with psycopg.connect(bench.url) as holding:
        holding.execute("SELECT 1 FROM accounts FOR UPDATE")
        key = a_key()
        bench.claim(key)
        began = time.monotonic()
        with pytest.raises(StoreError) as raised:
            bench.finish(key, profile=Profile(subject="1001"))
        assert time.monotonic() - began < PATIENCE_SECONDS + BUSY_MACHINE_SECONDS
        assert isinstance(raised.value.__cause__, (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled))
        assert bench.is_live(row.id)  # a look-up waits for nobody's lock
    assert bench.finish(key, profile=Profile(subject="1001")) is not None


def test_a_transaction_that_stands_still_is_ended_by_the_server(bench: PostgreSQLBench) -> None:
    """A process that is stopped in the middle keeps nobody waiting, and commits nothing under an old date."""
    row = bench.sign_in()
    asked: list[str] = []

    def stopped(sql: str) -> None:
        asked.append(sql)
        if sql == "COMMIT" and asked.count("COMMIT") == 1:
            wait_for(lambda: not bench.query("SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction'"), 20)

    bench.store._access._on_statement = stopped  # type: ignore[attr-defined]
    with pytest.raises(StoreError):
        bench.revoke_session(row.id)
    assert bench.is_live(row.id)
    assert bench.revoke_session(row.id) is True


def test_a_caller_that_goes_away_leaves_nothing_half(own: OwnServer) -> None:
    bench = PostgreSQLBench(own, blocking=False)
    keys = [a_key() for _ in range(40)]
    for key in keys:
        bench.claim(key)

    async def cancelled_somewhere() -> None:
        for number, key in enumerate(keys):
            finishing = asyncio.ensure_future(
                bench.store.complete(Lease(key, "owner"), signing_in(Profile(subject=key), a_session()))
            )
            for _ in range(number):
                await asyncio.sleep(0)
            finishing.cancel()
            await asyncio.gather(finishing, return_exceptions=True)

    bench.run(cancelled_somewhere())
    done = bench.count("login_claims WHERE state = 'done'")
    assert [bench.count(table) for table in ("accounts", "identities", "sessions", "audit_events")] == [done] * 4
    for key in keys:
        stands = bench.find_claim(key)
        assert stands is not None
        assert stands.state == "done" or bench.finish(key, profile=Profile(subject=key)) is not None
    bench.close()


PASSWORD = "hunter2"


def test_no_password_is_shown(
    own: OwnServer, bench: PostgreSQLBench, line: Severing, caplog: pytest.LogCaptureFixture
) -> None:
    """In no repr, no message, no log and no traceback, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    assert PASSWORD in bench.url
    shown: list[str] = []
    taken = bench.sign_in()
    secret_session = taken.id

    def failing(store: object, verb: Callable[[], object]) -> None:
        with pytest.raises(StoreError) as raised:
            verb()
        shown.extend(traceback.format_exception(raised.value))
        shown.extend([repr(store), str(vars(store)), repr(raised.value), repr(raised.value.__cause__)])

    swallowing = bench.open(url=bench.server.in_schema(bench.schema, bench.server.through(line.port)))
    line.swallowing = True
    failing(swallowing, lambda: bench.run(swallowing.read_session("nobody")))
    bench.run(swallowing.close())
    nowhere = bench.open(url=bench.url.replace("/postgres?", "/no_such_database?"))
    failing(nowhere, lambda: bench.run(nowhere.read_session("nobody")))
    nobody = bench.open(url=bench.url.replace("tester:", "nobody:"))
    failing(nobody, lambda: bench.run(nobody.read_session("nobody")))
    away = bench.open(url=bench.server.in_schema(bench.schema, bench.server.through(1)))
    failing(away, lambda: bench.run(away.read_session("nobody")))
    key = a_key()
    bench.claim(key)
    failing(bench.store, lambda: bench.finish(key, session=a_session(secret_session)))
    settings = Settings(
        callbacks={"twitter": ("http://127.0.0.1/auth/twitter",)},
        secrets=(Secret("Jfj0SojjSBp8JZFDXcrxuGSW4qHTXgqld3KjtvBJxdIvAse4"),),
        providers=(twitter(key="key", secret=Secret("secret")),),
        database=bench.url,
    )
    shown.append(repr(settings))
    assert "does not exist" in caplog.text
    assert "duplicate key value" in caplog.text
    assert PASSWORD not in caplog.text + "".join(shown)
    assert secret_session not in caplog.text  # the log quotes no values, either


# Processes.


def test_a_fork_shares_no_connection(own: OwnServer, blocking: bool) -> None:
    """As under a server that loads the app and then forks: every child's answers are its own."""
    bench = PostgreSQLBench(own, blocking=blocking)
    rows = [bench.sign_in(str(number)) for number in range(5)]
    mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'valetkey'"
    wait_for(lambda: bench.query(mine) == [(1,)])  # the server may still be hanging up on another test's
    children = []
    for row in rows:
        pid = os.fork()
        if pid == 0:
            right = 0
            try:
                if not blocking:
                    bench._loop = asyncio.Runner()
                for _ in range(100):
                    found = bench.read_session(row.id)
                    right += found is not None and found.account.id == row.account.id
                right += bench.sign_in(f"child of {row.id}").live
                bench.close()
            finally:
                os._exit(0 if right == 101 else 1)
        children.append(pid)
    for _ in range(100):
        assert all(bench.is_live(row.id) for row in rows[:1])
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0] * 5
    assert bench.is_live(rows[0].id)
    bench.close()


def test_a_process_that_is_killed(own: OwnServer, blocking: bool) -> None:
    """In the middle of logins: what it answered is there, nothing is there by half, and nobody waits for its locks."""
    bench = PostgreSQLBench(own, blocking=blocking)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        if not blocking:
            bench._loop = asyncio.Runner()

        async def login() -> None:
            while True:
                key, session = a_key(), a_session()
                await bench.store.claim(Lease(key, "owner"))
                await bench.store.complete(Lease(key, "owner"), signing_in(Profile(subject="1001"), session))
                os.write(write, f"{session.id}\n".encode())

        bench.together([login] * 4)
        os._exit(1)
    os.close(write)
    with os.fdopen(read) as told:
        answered = [told.readline().strip() for _ in range(40)]
        os.kill(pid, signal.SIGKILL)
        answered += told.read().split()
    os.waitpid(pid, 0)
    assert bench.sign_in("1001").live
    assert all(bench.is_live(session) for session in answered)
    done = bench.count("login_claims WHERE state = 'done'")
    assert [bench.count(table) for table in ("accounts", "sessions", "audit_events")] == [1, done, done]
    bench.close()


# How many.


@pytest.mark.parametrize("size", [None, 2], ids=["by default", "two"])
def test_connections_are_few_and_late(postgresql: Server, blocking: bool, size: int | None) -> None:
    name = f"counted-{os.getpid()}-{blocking}-{size}"
    bench = PostgreSQLBench(postgresql, blocking=blocking)

    def connected() -> int:
        return bench.count(f"pg_stat_activity WHERE application_name = '{name}'")

    bench.run(bench.store.close())
    url = f"{bench.url}&application_name={name}"
    bench.store = open_store(url, blocking=blocking, pool_size=size)
    wait_for(lambda: connected() == 0, 20)
    bench.sign_in()
    assert connected() == 1
    bench.together([lambda: bench.store.claim(Lease(a_key(), "owner")) for _ in range(60)])
    assert 1 < connected() <= (size or (5 if blocking else 10))
    bench.run(bench.store.close())
    wait_for(lambda: connected() == 0, 20)
    bench.close()
