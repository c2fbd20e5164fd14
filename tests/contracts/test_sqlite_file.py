"""The file: how it is named, made, versioned and kept to its owner, and how often it is asked."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_bench import SQLiteBench
from store_contract.bench import a_key

from valetkey.errors import SettingsError, StoreError
from valetkey.http_client.runner import ThreadRunner
from valetkey.models import Identity, Profile
from valetkey.storage import open_store
from valetkey.storage.base import Lease
from valetkey.storage.sqlite import schema, tables
from valetkey.storage.sqlite.schema import connect

BOTH = pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "loop"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "valetkey.db"


@pytest.fixture(params=[True, False], ids=["blocking", "loop"])
def bench(request: pytest.FixtureRequest, path: Path) -> Iterator[SQLiteBench]:
    bench = SQLiteBench(path, blocking=request.param)
    yield bench
    bench.close()


def run_sql(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(sql)


# Its name.


@pytest.mark.parametrize(
    "url",
    [
        "",
        "valetkey.db",
        "/tmp/valetkey.db",
        "sqlite:",
        "sqlite:///",
        "sqlite://valetkey.db",
        "sqlite:///valetkey.db?mode=ro",
        "sqlite:///valetkey.db#here",
        "sqlite+aiosqlite:///valetkey.db",
        "SQLITE:///valetkey.db",
        "mysql://app:hunter2@db.example/valetkey",
    ],
)
def test_any_other_url_is_refused_unquoted(url: str) -> None:
    """The message names the variable and not its value, which may hold a password."""
    with pytest.raises(SettingsError, match="VALETKEY_DATABASE") as refused:
        open_store(url, blocking=True)
    assert "hunter2" not in str(refused.value)


def test_a_memory_is_refused() -> None:
    with pytest.raises(SettingsError, match="each thread has a connection"):
        open_store("sqlite:///:memory:", blocking=True)


def test_a_directory_that_is_not_there_is_named_at_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="directory of the file that VALETKEY_DATABASE names"):
        open_store(f"sqlite:///{tmp_path}/nowhere/valetkey.db", blocking=True)
    with pytest.raises(SettingsError, match="VALETKEY_DATABASE names a directory"):
        open_store(f"sqlite:///{tmp_path}", blocking=True)


def test_a_relative_path_counts_from_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And stays there, also when a server changes its directory afterwards."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    monkeypatch.chdir(tmp_path / "one")
    store = open_store("sqlite:///valetkey.db", blocking=True)
    monkeypatch.chdir(tmp_path / "two")
    ThreadRunner().run(store.claim(Lease("key", "owner")))
    ThreadRunner().run(store.close())
    assert (tmp_path / "one" / "valetkey.db").is_file()
    assert list((tmp_path / "two").iterdir()) == []


# Its making.


def test_it_is_its_owners_alone(bench: SQLiteBench) -> None:
    """The log and the shared memory, too; whatever the umask is."""
    bench.claim(a_key())
    files = sorted(bench.path.parent.iterdir())
    assert [file.name for file in files] == ["valetkey.db", "valetkey.db-shm", "valetkey.db-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_every_connection_flushes_its_commits(path: Path) -> None:
    for busy_seconds in (0.0, 1.0):
        with closing(connect(path, busy_seconds=busy_seconds, on_statement=None)) as connection:
            asked = {
                pragma: connection.execute(f"PRAGMA {pragma}").fetchone()[0]
                for pragma in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
            }
        assert asked == {
            "journal_mode": "wal",
            "synchronous": 2,  # FULL
            "foreign_keys": 1,
            "secure_delete": 1,
            "busy_timeout": busy_seconds * 1000,
        }


@BOTH
def test_many_processes_start_at_once_on_no_file(tmp_path: Path, blocking: bool) -> None:
    for number in range(3):
        bench = SQLiteBench(tmp_path / f"{number}.db", blocking=blocking)
        keys = [a_key() for _ in range(3)]
        got = bench.other_processes(8, "claim", *keys)
        assert sorted(key for process in got for key in process) == sorted(keys)
        assert bench.query("PRAGMA integrity_check") == [("ok",)]
        bench.close()


def test_many_threads_start_at_once_on_no_file(tmp_path: Path) -> None:
    for number in range(10):
        bench = SQLiteBench(tmp_path / f"{number}.db", blocking=True)
        key = a_key()
        claims = bench.together([lambda bench=bench, key=key: bench.open().claim(Lease(key, "owner"))] * 8)  # type: ignore[misc]
        assert sum(claim.mine for claim in claims) == 1
        bench.close()


# What it is refused for.


def test_an_earlier_version_is_taken_up(path: Path) -> None:
    """From the first one on, with what stands in it."""
    for statement in tables.STEPS[0].split(";"):
        run_sql(path, statement)
    run_sql(path, "INSERT INTO login_claims VALUES ('old', 'dead', 'done', 1, 2e9, 0, 'session', NULL, 2e9)")
    run_sql(path, f"PRAGMA application_id = {schema._APPLICATION}")
    run_sql(path, "PRAGMA user_version = 1")
    bench = SQLiteBench(path, blocking=True)
    claim = bench.find_claim("old")
    assert claim is not None
    assert (claim.state, claim.session_id, claim.challenge, claim.handed_off) == ("done", "session", None, False)
    assert bench.query("PRAGMA user_version") == [(tables.VERSION,)]
    assert bench.sign_in().live
    bench.close()


def test_an_identity_of_version_3_has_no_address(path: Path) -> None:
    """Its row stays as it is; the next sign-in brings the address."""
    for step in tables.STEPS[:3]:
        run_sql(path, step)
    run_sql(path, "INSERT INTO accounts VALUES ('old', 'Ada', NULL, 1, NULL)")
    run_sql(path, "INSERT INTO identities VALUES ('twitter', '1', 'old', 'ada', NULL, NULL, 1)")
    run_sql(path, f"PRAGMA application_id = {schema._APPLICATION}")
    run_sql(path, "PRAGMA user_version = 3")
    bench = SQLiteBench(path, blocking=True)
    account = bench.read_account("old")
    assert account is not None
    assert account.identities == (Identity(provider="twitter", subject="1", handle="ada"),)
    key = a_key()
    bench.claim(key)
    row = bench.finish(key, profile=Profile(subject="1", email="ada@example.com", email_verified=True))
    assert row is not None
    (identity,) = row.account.identities
    assert (row.account.id, identity.email, identity.email_verified) == ("old", "ada@example.com", True)
    bench.close()


def test_a_later_version_is_refused(bench: SQLiteBench) -> None:
    """At start and by every verb, and nothing is changed."""
    bench.claim(a_key())
    bench.run(bench.store.close())
    run_sql(bench.path, "PRAGMA user_version = 99")
    before = bench.path.read_bytes()
    with pytest.raises(SettingsError, match=r"VALETKEY_DATABASE.* later version \(99"):
        open_store(bench.url, blocking=bench.blocking)
    with pytest.raises(SettingsError):
        bench.claim(a_key())
    with pytest.raises(SettingsError):
        bench.read_session("nobody")
    assert bench.path.read_bytes() == before


@pytest.mark.parametrize(
    "sql",
    ["CREATE TABLE accounts (id, password)", "PRAGMA user_version = 1", "PRAGMA application_id = 7"],
)
def test_another_programs_database_is_refused(path: Path, sql: str) -> None:
    run_sql(path, sql)
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="another program's database"):
        open_store(f"sqlite:///{path}", blocking=True)
    assert path.read_bytes() == before


def test_a_file_of_another_kind_is_refused(path: Path) -> None:
    path.write_text("The quick brown fox jumps over the lazy dog. " * 100)
    with pytest.raises(SettingsError, match="not an SQLite database"):
        open_store(f"sqlite:///{path}", blocking=True)


def test_a_damaged_file_is_trouble_and_not_a_wrong_answer(bench: SQLiteBench) -> None:
    row = bench.sign_in()
    bench.run(bench.store.close())
    content = bytearray(bench.path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    bench.path.write_bytes(content)
    with pytest.raises(StoreError):
        bench.read_session(row.id)
    with pytest.raises(StoreError):
        bench.claim(a_key())


# What it forgets.


def test_a_deleted_accounts_bytes_are_gone(bench: SQLiteBench) -> None:
    """Not only its rows: nothing of it is left in the file."""
    handle = "zzyzx-road-handle"
    for number in range(30):
        bench.sign_in(f"before-{number}")
    row = bench.sign_in(handle)
    for number in range(30):
        bench.sign_in(f"after-{number}")
    bench.run(bench.store.close())
    assert handle.encode() in bench.path.read_bytes()
    bench.delete_account(row.account.id)
    bench.run(bench.store.close())  # which copies the log into the file and removes it
    assert [file.name for file in bench.path.parent.iterdir()] == ["valetkey.db"]
    assert handle.encode() not in bench.path.read_bytes()
