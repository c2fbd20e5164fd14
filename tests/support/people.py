"""An app's own people, in a database of its own: one each account, made by ``resolve_account``."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

from valetkey.models import Identity


def make(path: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE people (account_id TEXT PRIMARY KEY, subject TEXT NOT NULL, asked INTEGER)")


def resolver(path: str) -> Callable[[Identity, str], object]:
    """Gets or creates by ``account_id``, and may be called again for the same one."""

    def resolve(identity: Identity, account_id: str) -> None:
        with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
            connection.execute(
                "INSERT INTO people VALUES (?, ?, 1) ON CONFLICT (account_id) DO UPDATE SET asked = asked + 1",
                (account_id, identity.subject),
            )

    return resolve


def people(path: str) -> list[tuple[str, str]]:
    """(account, subject) of everybody."""
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        return connection.execute("SELECT account_id, subject FROM people").fetchall()
