"""Whether a login costs more when there are more accounts: ``./run bench growth``.

The accounts are written in bulk, by SQL. Then users that are drawn at random from all of them sign in. All databases
are on a disk. The server of PostgreSQL has the core of the load, and its CPU time is counted beside the app's.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from os import sched_setaffinity, sync
from pathlib import Path
from tempfile import gettempdir
from typing import Protocol

import psycopg
from login import Login
from processes import HERE, cpu_seconds
from programs import PROGRAMS
from serving import PYTHONPATH, Place, Server, clean, place, valetkey_settings

sys.path.insert(0, str(HERE.parent / "tests"))

from support.postgresql import OwnServer, own_server

FIRST = 10**18  # ids of X have nineteen digits
# Ids are 22 characters, as ours are. So many rows go in by one statement.
SQLITE = """
    INSERT INTO accounts (id, name, created_at)
        SELECT printf('bench-account-%08d', value), printf('User %d', value), 1.7e9 FROM numbers;
    INSERT INTO identities (provider, subject, account_id, handle, name, tied_at)
        SELECT 'twitter', {first} + value, printf('bench-account-%08d', value), printf('user%d', value),
            printf('User %d', value), 1.7e9 FROM numbers;
"""
POSTGRESQL = """
    SET session_replication_role = replica;  -- nothing refers to what is not there: no need to look for each row
    INSERT INTO accounts (id, name, created_at)
        SELECT 'bench-account-' || lpad(n::text, 8, '0'), 'User ' || n, 1.7e9 FROM generate_series(0, {last}) AS n;
    INSERT INTO identities (provider, subject, account_id, handle, name, tied_at)
        SELECT 'twitter', convert_to(({first} + n)::text, 'UTF8'), 'bench-account-' || lpad(n::text, 8, '0'),
            'user' || n, 'User ' || n, 1.7e9 FROM generate_series(0, {last}) AS n;
"""


class Grown(Login):
    """Logins of users that are drawn at random, all of whom have an account."""

    def __init__(self, accounts: int, server: Server, database: Database) -> None:
        super().__init__(server.name, PROGRAMS["valetkey"], server)
        self.accounts, self.on = accounts, database
        self.who = ("-R", "-U", accounts, "-o", FIRST)

    def measure(self, seconds: float) -> dict[str, float]:
        app, beside = self.server.cpu_seconds(), self.on.cpu_seconds()
        done = self.load(seconds, 16)["done"]
        app, beside = self.server.cpu_seconds() - app, self.on.cpu_seconds() - beside
        return {"cpu_ms": app * 1e3 / done, "database_cpu_ms": beside * 1e3 / done}

    def check(self) -> None:
        accounts, logins = (self.on.counted(self.accounts, table) for table in ("accounts", "sessions"))
        if (accounts, logins) != (self.accounts, self.made):
            self.server.fail(f"made {self.made} logins of {self.accounts} accounts; there are {logins} of {accounts}")


class Database(Protocol):
    """Where the accounts are."""

    def url(self, accounts: int) -> str: ...
    def fill(self, accounts: int) -> None: ...
    def octets(self, accounts: int) -> int: ...
    def counted(self, accounts: int, table: str) -> int: ...
    def cpu_seconds(self) -> float: ...


class Sqlite:
    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def file(self, accounts: int) -> Path:
        return self.directory / f"grown-{accounts}.db"

    def url(self, accounts: int) -> str:
        return f"sqlite:///{self.file(accounts)}"

    def fill(self, accounts: int) -> None:
        with closing(sqlite3.connect(self.file(accounts), isolation_level=None)) as connection:
            connection.executescript(f"""
                PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;
                CREATE TEMP TABLE numbers AS WITH RECURSIVE up (value) AS (
                    SELECT 0 UNION ALL SELECT value + 1 FROM up LIMIT {accounts}
                ) SELECT value FROM up;
                BEGIN; {SQLITE.format(first=FIRST)} COMMIT;
                PRAGMA journal_mode = WAL;
            """)

    def octets(self, accounts: int) -> int:
        return self.file(accounts).stat().st_size

    def counted(self, accounts: int, table: str) -> int:
        with closing(sqlite3.connect(self.file(accounts))) as connection:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def cpu_seconds(self) -> float:
        return 0.0  # it is in the app's process


class Postgresql:
    def __init__(self, server: OwnServer) -> None:
        self.server = server
        sched_setaffinity(server.pid, {1})

    def url(self, accounts: int) -> str:
        return f"{self.server.url.rpartition('/')[0]}/grown_{accounts}"

    def make(self, accounts: int) -> None:
        self.server.query(f"CREATE DATABASE grown_{accounts}")

    def ask(self, accounts: int, sql: str) -> list[tuple[int]]:
        with psycopg.connect(self.url(accounts), autocommit=True) as connection:
            return connection.execute(sql).fetchall()  # type: ignore[call-overload]

    def fill(self, accounts: int) -> None:
        with psycopg.connect(self.url(accounts), autocommit=True) as connection:
            connection.execute(POSTGRESQL.format(first=FIRST, last=accounts - 1))
            connection.execute("VACUUM ANALYZE")  # as the server does by itself, some time later
            connection.execute("CHECKPOINT")

    def octets(self, accounts: int) -> int:
        return self.ask(accounts, "SELECT pg_database_size(current_database())")[0][0]

    def counted(self, accounts: int, table: str) -> int:
        return self.ask(accounts, f"SELECT count(*) FROM {table}")[0][0]

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.server.pid)


@contextmanager
def databases(here: Place, sizes: list[int]) -> Iterator[dict[str, Database]]:
    with own_server(fsync="on", shared_buffers="128MB") as server:
        postgresql = Postgresql(server)
        for accounts in sizes:
            postgresql.make(accounts)
        yield {"sqlite": Sqlite(here.directory), "postgresql": postgresql}


def filled(here: Place, database: Database, accounts: int) -> dict[str, object]:
    migrate = [sys.executable, "-m", "valetkey.cli", "migrate"]
    settings = valetkey_settings(0, here.provider, database.url(accounts))
    subprocess.run(
        migrate, env={**clean(), "PYTHONPATH": PYTHONPATH, **settings}, check=True, stdout=subprocess.DEVNULL
    )
    began = time.monotonic()
    database.fill(accounts)
    seconds = time.monotonic() - began
    sync()  # or the disk is still busy with these rows when logins are timed
    return {"fill_seconds": round(seconds, 1), "disk_mib": round(database.octets(accounts) / 2**20, 1)}


def measured(rounds: int, seconds: float, sizes: list[int]) -> dict[str, dict[str, dict[str, object]]]:
    taken: dict[tuple[str, int], list[dict[str, float]]] = defaultdict(list)
    results: dict[str, dict[str, dict[str, object]]] = defaultdict(dict)
    with place(gettempdir()) as here, databases(here, sizes) as stores:
        grown: dict[tuple[str, int], Grown] = {}
        for name, database in stores.items():
            for accounts in sizes:
                results[name][str(accounts)] = filled(here, database, accounts)
                env = {"VALETKEY_DATABASE": database.url(accounts)}
                server = Server(f"{name}-{accounts}", PROGRAMS["valetkey"].command, env, here)
                grown[name, accounts] = Grown(accounts, server, database)
        for one in grown.values():
            one.server.up()
            one.load(1, 8)
        for _ in range(rounds):
            for row in random.sample(list(grown), len(grown)):
                taken[row].append(grown[row].measure(seconds))
        for one in grown.values():
            one.check()
    for (name, accounts), of_row in taken.items():
        results[name][str(accounts)].update(summary(of_row, taken[name, sizes[0]]))
    return dict(results)


def summary(rounds: list[dict[str, float]], smallest: list[dict[str, float]]) -> dict[str, object]:
    totals, least = ([sum(one.values()) for one in each] for each in (rounds, smallest))
    return {
        **{key: round(statistics.median(one[key] for one in rounds), 3) for key in ("cpu_ms", "database_cpu_ms")},
        "total_cpu_ms": round(statistics.median(totals), 3),
        "total_cpu_ms_lowest_highest": [round(min(totals), 3), round(max(totals), 3)],
        "ratio": round(statistics.median(one / beside for one, beside in zip(totals, least, strict=True)), 2),
    }
