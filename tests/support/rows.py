"""What stands in a database, for both kinds: asked in one SQL, values as ``?``."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from click.testing import CliRunner

from valetkey.cli import main as cli

from .postgresql import Server

TABLES = ("accounts", "identities", "sessions", "login_claims")

# Nothing of a login may stand without the rest of it.
HALVES = {
    "accounts without an identity": "SELECT count(*) FROM accounts a WHERE NOT EXISTS"
    " (SELECT 1 FROM identities i WHERE i.account_id = a.id)",
    "identities without an account": "SELECT count(*) FROM identities i WHERE NOT EXISTS"
    " (SELECT 1 FROM accounts a WHERE i.account_id = a.id)",
    "sessions without an account": "SELECT count(*) FROM sessions s WHERE NOT EXISTS"
    " (SELECT 1 FROM accounts a WHERE s.account_id = a.id)",
    "finished logins without a session": "SELECT count(*) FROM login_claims c WHERE c.state = 'done'"
    " AND c.code_hash IS NULL AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.id = c.session_id)",
    # Not by EXISTS: claims have no index by session, and long runs ask this thousands of times.
    "sessions without a finished login": "SELECT count(*) FROM sessions WHERE id NOT IN"
    " (SELECT session_id FROM login_claims WHERE state = 'done' AND session_id IS NOT NULL)",
}


class Rows:
    """A database that nodes share. ``url`` is what they are told."""

    kind: str
    url: str

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def dump(self) -> bytes:
        """Everything that lies on the disk, or would stand in a backup."""
        raise NotImplementedError

    def is_sound(self) -> bool:
        raise NotImplementedError

    def valetkey(self, *arguments: str) -> str:
        """What the command says, in this database."""
        done = CliRunner().invoke(cli.main, [*arguments, "--database", self.url])
        assert done.exit_code == 0, done.output
        return done.stdout

    def count(self, table: str) -> int:
        return int(self.query(f"SELECT count(*) FROM {table}")[0][0])

    def all_rows(self) -> dict[str, int]:
        return {table: self.count(table) for table in TABLES}

    def identities(self) -> list[tuple[str, str, str]]:
        """(provider, subject, account)."""
        return [
            (provider, subject.decode() if isinstance(subject, bytes) else subject, account)
            for provider, subject, account in self.query("SELECT provider, subject, account_id FROM identities")
        ]

    def account_of(self, subject: str) -> str | None:
        return next((account for _, one, account in self.identities() if one == subject), None)

    def halves(self) -> dict[str, int]:
        """What is there by half. Empty: nothing, and the database is sound."""
        (counts,) = self.query("SELECT " + ", ".join(f"({sql})" for sql in HALVES.values()))
        counted = dict(zip(HALVES, counts, strict=True))
        counted["faults of the database"] = int(not self.is_sound())
        return {what: count for what, count in counted.items() if count}


class SQLiteRows(Rows):
    kind = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"
        self.valetkey("migrate")

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path, timeout=10, isolation_level=None)) as connection:
            return connection.execute(sql, values).fetchall()

    def dump(self) -> bytes:
        return b"".join(
            file.read_bytes() for file in sorted(self.path.parent.glob(f"{self.path.name}*"))
        )  # its WAL, too

    def is_sound(self) -> bool:
        return self.query("PRAGMA integrity_check") == [("ok",)]


class PostgreSQLRows(Rows):
    kind = "postgresql"

    def __init__(self, server: Server) -> None:
        self.server = server
        self.schema = server.new_schema()
        self.url = server.in_schema(self.schema)
        self.valetkey("migrate")

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(psycopg.connect(self.url, autocommit=True)) as connection:
            cursor = connection.execute(sql.replace("?", "%s"), values or None)
            return cursor.fetchall() if cursor.description else []

    def dump(self) -> bytes:
        tables = self.query("SELECT table_name FROM information_schema.tables WHERE table_schema = ?", self.schema)
        found = b""
        with closing(psycopg.connect(self.url)) as connection:
            for (table,) in tables:
                with connection.cursor().copy(f"COPY {table} TO STDOUT") as rows:
                    found += b"".join(bytes(part) for part in rows)
        return found + self.server.files()

    def is_sound(self) -> bool:
        """What its indexes say is what its tables say, in one snapshot: a login may be written meanwhile."""
        with closing(psycopg.connect(self.url)) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            counted = []
            for way, other in (("seqscan", "indexscan"), ("indexscan", "seqscan")):
                connection.execute(f"SET enable_{way} = off; SET enable_{other} = on; SET enable_bitmapscan = off")
                ask = "SELECT count(*), count(DISTINCT (provider, subject)) FROM identities WHERE provider >= ''"
                counted.append(connection.execute(ask).fetchone())
        return counted[0] == counted[1]
