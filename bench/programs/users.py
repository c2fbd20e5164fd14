"""The users of the programs that bring no database of their own: one flushed transaction a login, which counts it."""

from __future__ import annotations

import os
import sqlite3
import threading
import time

own = threading.local()  # a connection must not be shared by threads


def connection() -> sqlite3.Connection:
    if not hasattr(own, "connection"):
        own.connection = sqlite3.connect(os.environ["DB"], isolation_level=None, timeout=30)
        own.connection.execute("PRAGMA journal_mode=WAL")
        own.connection.execute("PRAGMA synchronous=FULL")
        own.connection.execute(
            "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, provider_id TEXT NOT NULL UNIQUE,"
            " name TEXT NOT NULL, created INTEGER NOT NULL, logins INTEGER NOT NULL)"
        )
    return own.connection


def signed_in(provider_id: str, name: str) -> int:
    """The user's id; one who is new is added."""
    row = connection().execute(
        "INSERT INTO users (provider_id, name, created, logins) VALUES (?, ?, ?, 1) ON CONFLICT (provider_id)"
        " DO UPDATE SET name = excluded.name, logins = logins + 1 RETURNING id",
        (provider_id, name, int(time.time())),
    )
    return int(row.fetchone()[0])


connection()
