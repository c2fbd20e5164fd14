"""The schema: how a database is named, migrated and versioned, and what it is refused for."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from postgresql_bench import PostgreSQLBench
from sqlite_trouble import python
from store_contract.bench import a_key, signing_in
from support.postgresql import Server

from valetkey.cli.main import main
from valetkey.errors import SettingsError
from valetkey.http_client.runner import ThreadRunner
from valetkey.models import Identity, Profile
from valetkey.storage import migration, open_store
from valetkey.storage.base import Lease
from valetkey.storage.postgresql import schema, tables
from valetkey.storage.postgresql.address import read_address
from valetkey.storage.postgresql.connections import Connection
from valetkey.storage.postgresql.executors import ThreadExecutor
from valetkey.storage.sqlite import tables as sqlite_tables

TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1"
SHAPE = (
    "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
    " WHERE table_schema = current_schema() ORDER BY 1, 2",
    "SELECT tablename, indexname FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1, 2",
)


@pytest.fixture
def empty(postgresql: Server) -> Empty:
    return Empty(postgresql)


class Empty:
    """A schema in which nothing is yet."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = server.new_schema()
        self.url = server.in_schema(self.name)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        return self.server.query(sql, self.name)

    def tables(self) -> list[object]:
        return [table for (table,) in self.query(TABLES)]

    def connected(self) -> Connection:
        return ThreadRunner().run(ThreadExecutor().connect(read_address(self.url), time.monotonic() + 10))


@pytest.fixture
def bench(postgresql: Server) -> Iterator[PostgreSQLBench]:
    bench = PostgreSQLBench(postgresql, blocking=True)
    yield bench
    bench.close()


def command(*arguments: str, **environment: str) -> tuple[int, str]:
    ran = CliRunner().invoke(main, ["migrate", *arguments], env=environment)
    return ran.exit_code, ran.output


# Its name.


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:hunter2@db.example:port/valetkey",
        "postgresql://app:hun%ter2@db.example/valetkey",
        "postgresql://app:hunter2@db.example/valetkey?no_such_option=1",
        "postgres://app:hunter2@[db.example/valetkey",
        "postgresql+psycopg://app:hunter2@db.example/valetkey",
        "POSTGRESQL://app:hunter2@db.example/valetkey",
    ],
)
def test_what_is_no_such_url_is_refused_unquoted(url: str) -> None:
    """Neither in the message nor in what it was raised from: the driver quotes what it could not read."""
    with pytest.raises(SettingsError, match="VALETKEY_DATABASE") as refused:
        open_store(url, blocking=True)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None
    for secret in ("hunter2", "hun%ter2", "db.example"):
        assert secret not in str(refused.value)


def test_both_schemes_name_it(bench: PostgreSQLBench) -> None:
    row = bench.sign_in()
    store = open_store(bench.url.replace("postgresql://", "postgres://"), blocking=True)
    found = ThreadRunner().run(store.read_session(row.id))
    assert found is not None
    ThreadRunner().run(store.close())


def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for asked in (lambda: open_store("postgresql://db.example/x", blocking=True), lambda: migration("postgres:///x")):
        with pytest.raises(SettingsError, match=r"pip install 'valetkey\[postgresql\]'"):
            asked()


# What it is refused for.


@pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "loop"])
def test_an_empty_database_names_the_command(empty: Empty, blocking: bool) -> None:
    """Before anything is served; and nothing is created on the quiet. Within a running loop, too."""

    async def start() -> None:
        open_store(empty.url, blocking=blocking)

    with pytest.raises(SettingsError, match=r"VALETKEY_DATABASE.*valetkey migrate"):
        asyncio.run(start())
    assert empty.tables() == []


def test_an_earlier_version_names_the_command(bench: PostgreSQLBench) -> None:
    bench.query("UPDATE valetkey_schema SET version = 0")
    with pytest.raises(SettingsError, match="valetkey migrate"):
        open_store(bench.url, blocking=True)


def test_a_later_version_is_refused(bench: PostgreSQLBench) -> None:
    """At start, by the command, and by a store that could not look at start; and nothing is changed."""
    bench.query("UPDATE valetkey_schema SET version = 99")
    unprepared = bench.open()
    for asked in (
        lambda: open_store(bench.url, blocking=True),
        lambda: migration(bench.url),
        lambda: ThreadRunner().run(unprepared.claim("key", "owner")),
        lambda: ThreadRunner().run(unprepared.read_session("nobody")),
    ):
        with pytest.raises(SettingsError, match=r"VALETKEY_DATABASE.* later version \(99"):
            asked()
    assert command("--database", bench.url)[0] == 2
    assert bench.query("SELECT version FROM valetkey_schema") == [(99,)]
    assert bench.count("login_claims") == 0


def test_a_node_that_runs_goes_on_while_others_migrate(bench: PostgreSQLBench) -> None:
    """A rolling upgrade: the new version's tables come first, then its nodes."""
    bench.claim(a_key())
    bench.query("UPDATE valetkey_schema SET version = 99")
    assert bench.together([lambda: bench.store.claim(Lease(a_key(), "owner")) for _ in range(20)])


def test_another_programs_tables_are_refused(empty: Empty) -> None:
    empty.query("CREATE TABLE accounts (id integer, password text)")
    for asked in (lambda: open_store(empty.url, blocking=True), lambda: migration(empty.url).apply()):
        with pytest.raises(SettingsError, match=r"another program.*search_path"):
            asked()
    code, said = command("--database", empty.url)
    assert (code, "another program" in said) == (2, True)
    assert empty.tables() == ["accounts"]


def test_tables_of_other_names_are_no_matter(empty: Empty) -> None:
    empty.query("CREATE TABLE users (id integer)")
    migration(empty.url).apply()
    assert "users" in empty.tables()
    ThreadRunner().run(open_store(empty.url, blocking=True).close())


def test_a_schema_that_is_not_there_is_named(postgresql: Server) -> None:
    with pytest.raises(SettingsError, match="search_path"):
        open_store(postgresql.in_schema("nowhere"), blocking=True)


# Migrating.


def test_the_command(empty: Empty) -> None:
    """Plan and SQL change nothing; bare, it does it, and the second time there is nothing to do."""
    code, said = command("--plan", "--database", empty.url)
    assert (code, said) == (0, f"The database is at version 0. It would be brought to version {tables.VERSION}.\n")
    code, sql = command("--sql", VALETKEY_DATABASE=empty.url)
    assert code == 0
    assert "CREATE TABLE IF NOT EXISTS login_claims" in sql
    assert empty.tables() == []

    code, said = command(VALETKEY_DATABASE=empty.url)
    brought = "".join(f"Brought to version {number}.\n" for number in range(1, tables.VERSION + 1))
    assert (code, said) == (0, f"{brought}The database is at version {tables.VERSION}.\n")
    for arguments in ((), ("--plan",)):
        code, said = command(*arguments, "--database", empty.url)
        assert (code, said) == (0, f"The database is at version {tables.VERSION}, which is the newest.\n")
    assert command("--sql", "--database", empty.url) == (0, "")
    ThreadRunner().run(open_store(empty.url, blocking=True).close())


def test_the_sql_that_is_printed_does_the_same(postgresql: Server, empty: Empty) -> None:
    """For operators who do not let a program change tables."""
    other = Empty(postgresql)
    migration(empty.url).apply()
    other.query(command("--sql", "--database", other.url)[1])
    assert [other.query(sql) for sql in SHAPE] == [empty.query(sql) for sql in SHAPE]
    assert len(empty.query(SHAPE[1])) > 10
    assert other.query("SELECT version FROM valetkey_schema") == [(tables.VERSION,)]
    ThreadRunner().run(open_store(other.url, blocking=True).close())


def test_a_database_that_is_away_is_said(postgresql: Server) -> None:
    for only in ("--plan", "--sql"):
        code, said = command(only, "--database", postgresql.through(1))
        assert code == 2
        assert "unreachable" in said
        assert "hunter2" not in said


def test_sqlite_has_the_same_command(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/valetkey.db"
    assert command("--plan", "--database", url) == (
        0,
        f"The database is at version 0. It would be brought to version {sqlite_tables.VERSION}.\n",
    )
    assert "CREATE TABLE accounts" in command("--sql", "--database", url)[1]
    assert list(tmp_path.iterdir()) == []
    now = f"The database is at version {sqlite_tables.VERSION}"
    assert command("--database", url)[1].splitlines()[-1] == f"{now}."
    assert command("--plan", "--database", url) == (0, f"{now}, which is the newest.\n")
    assert command("--sql", "--database", url) == (0, "")


MIGRATING = """
    import json, sys
    from valetkey.storage import migration
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(migration(sys.argv[1]).apply()))
"""


def test_many_processes_migrate_at_once(postgresql: Server) -> None:
    """Every step is done by one of them, and all of them end well."""
    for _ in range(5):
        empty = Empty(postgresql)
        started = [python(MIGRATING, empty.url) for _ in range(6)]
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        ended = [process.communicate(timeout=60) for process in started]
        assert [process.returncode for process in started] == [0] * 6, ended
        reached = [version for said, _ in ended for version in json.loads(said)]
        assert sorted(reached) == list(range(1, tables.VERSION + 1))
        ThreadRunner().run(open_store(empty.url, blocking=True).close())


STEPS = (
    "CREATE TABLE IF NOT EXISTS one (id integer)",
    "CREATE TABLE IF NOT EXISTS two (id integer); INSERT INTO one VALUES (2)",
    "CREATE TABLE IF NOT EXISTS three (id integer); INSERT INTO no_such_table VALUES (3)",
)


def test_a_step_that_fails_leaves_nothing_and_those_before_stay(empty: Empty) -> None:
    connection = empty.connected()
    with pytest.raises(psycopg.errors.UndefinedTable, match="no_such_table"):
        ThreadRunner().run(schema.migrate(connection, STEPS))
    assert connection.usable
    assert empty.tables() == ["one", "two", "valetkey_schema"]
    assert empty.query("SELECT version FROM valetkey_schema") == [(2,)]
    connection.drop()


def test_only_what_is_missing_is_done(empty: Empty) -> None:
    connection = empty.connected()
    assert ThreadRunner().run(schema.migrate(connection, STEPS[:1])) == [1]
    assert ThreadRunner().run(schema.migrate(connection, STEPS[:2])) == [2]
    assert ThreadRunner().run(schema.migrate(connection, STEPS[:2])) == []
    assert empty.query("SELECT count(*) FROM one") == [(1,)]
    connection.drop()


def test_an_identity_of_version_1_has_no_address(empty: Empty) -> None:
    """Its row stays as it is; the next sign-in brings the address."""
    connection = empty.connected()
    assert ThreadRunner().run(schema.migrate(connection, tables.STEPS[:1])) == [1]
    connection.drop()
    empty.query("INSERT INTO accounts (id, name, created_at) VALUES ('old', 'Ada', 1)")
    empty.query(
        "INSERT INTO identities (provider, subject, account_id, handle, tied_at)"
        " VALUES ('twitter', '1', 'old', 'ada', 1)"
    )
    assert migration(empty.url).apply() == list(range(2, tables.VERSION + 1))
    store = open_store(empty.url, blocking=True)
    account = ThreadRunner().run(store.read_account("old"))
    assert account is not None
    assert account.identities == (Identity(provider="twitter", subject="1", handle="ada"),)
    lease = Lease(a_key(), "owner")
    ThreadRunner().run(store.claim(lease))
    profile = Profile(subject="1", email="ada@example.com", email_verified=True)
    row = ThreadRunner().run(store.complete(lease, signing_in(profile)))
    assert row is not None
    (identity,) = row.account.identities
    assert (row.account.id, identity.email, identity.email_verified) == ("old", "ada@example.com", True)
    ThreadRunner().run(store.close())


def test_a_step_can_be_repeated(empty: Empty) -> None:
    """Where a database does not take back the tables of a transaction that broke off."""
    migration(empty.url).apply()
    before = [empty.query(sql) for sql in SHAPE]
    empty.query("UPDATE valetkey_schema SET version = 0")
    assert migration(empty.url).apply() == list(range(1, tables.VERSION + 1))
    assert [empty.query(sql) for sql in SHAPE] == before


def test_nothing_that_a_database_of_many_nodes_lacks() -> None:
    """Neither in the tables nor in the verbs."""
    storage = Path(schema.__file__).parents[1]
    files = [file for folder in ("postgresql", "sql") for file in (storage / folder).glob("*.py")]
    assert {"tables.py", "claims.py"} <= {file.name for file in files}
    text = "".join(file.read_text() for file in files).lower()
    for feature in (
        "serial ",
        "nextval",
        "generated",
        "advisory_",
        "create trigger",
        "create function",
        "listen ",
        "lock table",
    ):
        assert feature not in text
