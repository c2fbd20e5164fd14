"""A full disk, a read-only file, a process that is killed or that forks: nothing half, nothing lost, and it heals."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlite_bench import SQLiteBench
from sqlite_trouble import python
from store_contract.bench import a_key, a_session

from valetkey.errors import StoreError
from valetkey.http_client.runner import ThreadRunner
from valetkey.models import Profile
from valetkey.storage.base import Lease

BOTH = pytest.mark.parametrize("strategy", ["blocking", "loop"])


@pytest.fixture(params=[True, False], ids=["blocking", "loop"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SQLiteBench]:
    bench = SQLiteBench(tmp_path / "valetkey.db", blocking=request.param)
    yield bench
    bench.close()


def fails_and_heals(bench: SQLiteBench, *, within: Callable[[Callable[[], None]], None]) -> None:
    """What was promised before holds, nothing is issued meanwhile, and afterwards the same store works on."""
    row, key = bench.sign_in(), a_key()
    bench.claim(key)
    profile = Profile(subject="somebody new", name="x" * 200_000)  # more than fits

    def trouble() -> None:
        for _ in range(2):
            with pytest.raises(StoreError) as raised:
                bench.finish(key, profile=profile, session=a_session("the-new-session"))
            assert isinstance(raised.value.__cause__, sqlite3.Error)
            assert bench.read_session("the-new-session") is None
            assert bench.is_live(row.id)

    within(trouble)
    claim = bench.find_claim(key)
    assert claim is not None
    assert claim.state == "claimed"
    assert bench.count("accounts") == 1
    assert bench.finish(key, profile=profile, session=a_session("the-new-session")) is not None
    assert bench.is_live("the-new-session")
    assert bench.query("PRAGMA integrity_check") == [("ok",)]


def test_a_full_database(bench: SQLiteBench, monkeypatch: pytest.MonkeyPatch) -> None:
    def within(trouble: Callable[[], None]) -> None:
        full = sqlite3.connect

        def opening(*args: Any, **kwargs: Any) -> sqlite3.Connection:
            connection = full(*args, **kwargs)
            connection.execute("PRAGMA max_page_count = 1")  # that is: as many as there are
            return connection

        bench.run(bench.store.close())
        with monkeypatch.context() as patch:
            patch.setattr("valetkey.storage.sqlite.schema.sqlite3.connect", opening)
            trouble()
            bench.run(bench.store.close())  # the connections that have this limit

    fails_and_heals(bench, within=within)


def test_a_full_disk(bench: SQLiteBench) -> None:
    """The system itself refuses to let the log grow any further."""

    def within(trouble: Callable[[], None]) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        largest = max(file.stat().st_size for file in bench.path.parent.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 10_000, hard))
        try:
            trouble()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    fails_and_heals(bench, within=within)


def test_a_commit_that_fails_fails_whom_it_was_for(bench: SQLiteBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last moment at which it can go wrong, for several at once."""
    row = bench.sign_in()
    keys = [a_key() for _ in range(5)]

    class Failing(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            if sql == "COMMIT":
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(sql, *values)

    async def attempt(key: str) -> type[BaseException] | None:
        try:
            await bench.store.claim(Lease(key, "owner"))
        except StoreError as error:
            return type(error)
        return None

    bench.run(bench.store.close())
    with monkeypatch.context() as patch:
        connect = sqlite3.connect
        patch.setattr(
            "valetkey.storage.sqlite.schema.sqlite3.connect", lambda *args, **kw: connect(*args, factory=Failing, **kw)
        )
        assert bench.together([partial(attempt, key) for key in keys]) == [StoreError] * 5
        bench.run(bench.store.close())
    assert [bench.find_claim(key) for key in keys] == [None] * 5
    assert bench.is_live(row.id)
    assert all(bench.claim(key).mine for key in keys)


def test_an_interrupt_takes_its_work_back(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a verb: the lock is let go, and nothing is half."""
    clock_rings = [False]
    bench = SQLiteBench(tmp_path / "valetkey.db", blocking=True)

    def clock() -> float:
        if clock_rings[0]:
            raise KeyboardInterrupt
        return bench.clock()

    store = type(bench.open())(bench.path, blocking=True, clock=clock)
    run = ThreadRunner().run
    key = a_key()
    assert run(store.claim(Lease(key, "owner"))).mine
    clock_rings[0] = True
    with pytest.raises(KeyboardInterrupt):
        run(store.fail_claim(Lease(key, "owner"), "denied"))
    clock_rings[0] = False
    assert bench.finish(key) is not None
    run(store.close())
    bench.close()


READ_ONLY = """
    import os, sys
    from pathlib import Path
    from sqlite_bench import SQLiteBench
    from store_contract.bench import a_key
    from valetkey.errors import StoreError
    import asyncio.runners, sqlite3, queue  # everything that is needed, before it may read no more
    path = Path(sys.argv[1])
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    bench = SQLiteBench(path, blocking=sys.argv[2] == "blocking")
    row = bench.sign_in()
    bench.run(bench.store.close())
    path.chmod(0o400)
    path.parent.chmod(0o500)
    for attempt in range(2):
        try:
            bench.claim(a_key())
        except StoreError as error:
            print(error.code, type(error.__cause__).__name__)
    path.parent.chmod(0o700)
    path.chmod(0o600)
    print(bench.is_live(row.id), bench.claim(a_key()).mine)
    bench.close()
"""


@BOTH
def test_a_read_only_file(strategy: str) -> None:
    """As an ordinary user, since root may write anything."""
    folder = Path(tempfile.mkdtemp())
    if os.getuid() == 0:
        os.chown(folder, 65534, 65534)
    out, err = python(READ_ONLY, str(folder / "valetkey.db"), strategy).communicate(timeout=30)
    shutil.rmtree(folder)
    assert out.splitlines() == ["store_unavailable OperationalError"] * 2 + ["True True"], err


KILLED = """
    import os, sys
    from pathlib import Path
    from sqlite_bench import SQLiteBench
    from functools import partial
    bench = SQLiteBench(Path(sys.argv[1]), blocking=sys.argv[2] == "blocking")
    from store_contract.bench import a_key, a_session, signing_in
    from valetkey.models import Profile
    from valetkey.storage.base import Lease
    async def login():
        key, session = a_key(), a_session()
        assert (await bench.store.claim(Lease(key, "owner"))).mine
        await bench.store.complete(Lease(key, "owner"), signing_in(Profile(subject=key, name="x" * 3000), session))
        os.write(1, f"{session.id}\\n".encode())  # a line at once, whatever the other threads say
    while True:
        bench.together([login] * 8)
"""


@BOTH
def test_a_process_that_is_killed(tmp_path: Path, strategy: str) -> None:
    """Every login that was answered is there; none is there by half."""
    path = tmp_path / "valetkey.db"
    answered: list[str] = []
    for logins in (1, 30, 101):
        process = python(KILLED, str(path), strategy)
        assert process.stdout is not None
        answered += [process.stdout.readline().strip() for _ in range(logins)]
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=30)
        answered += rest.split()
    bench = SQLiteBench(path, blocking=True)
    assert bench.query("PRAGMA integrity_check") == [("ok",)]
    assert bench.query("PRAGMA foreign_key_check") == []
    assert len(answered) >= 132
    assert all(bench.is_live(session) for session in answered)
    whole = bench.count(
        "login_claims JOIN sessions ON sessions.id = login_claims.session_id"
        " JOIN accounts ON accounts.id = sessions.account_id"
        " JOIN identities ON identities.account_id = accounts.id AND identities.subject = login_claims.key"
        " JOIN audit_events ON audit_events.session_id = sessions.id WHERE login_claims.state = 'done'"
    )
    done = bench.count("login_claims WHERE state = 'done'")
    assert [bench.count(table) for table in ("accounts", "identities", "sessions", "audit_events")] == [done] * 4
    assert whole == done >= len(answered)
    bench.close()
