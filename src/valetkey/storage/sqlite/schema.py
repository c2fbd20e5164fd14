"""The version of the tables: they are created and migrated when the file is first opened. What they are is in
``tables``.

How this works:

- The version is in ``user_version``, and ``application_id`` marks the file as ours. A file of a later version, or
  another program's, is refused.
- A file of an earlier version is brought to this one when it is first opened: there is one machine, and its processes
  are of one release.
- Any number of processes may start at once without a file: one of them creates everything in one transaction, the
  others wait for it and then check the version again.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from ...errors import SettingsError
from .faults import NO_LOCKS
from .tables import STEPS, VERSION

_APPLICATION = 0x766B6579  # "vkey": this file is ours


def connect(path: Path, *, busy_seconds: float, on_statement: Callable[[str], None] | None) -> sqlite3.Connection:
    """A connection to a database of this version, created if there is none, durable at every commit.

    Raises:
        SettingsError: the file is of a later version, or not ours.
        sqlite3.Error: what the driver says.
        OSError: the file cannot be created.
    """
    if sqlite3.sqlite_version_info < (3, 37):
        raise SettingsError(
            f"VALETKEY_DATABASE needs SQLite 3.37 or later; Python was built with {sqlite3.sqlite_version}."
        )
    _create_private(path)
    # Another thread may close it, under its lock (before a fork, at the end), but never runs a statement on it.
    connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    try:
        connection.set_trace_callback(on_statement)
        if not _is_current(connection):
            _prepare(connection, busy_seconds)
        connection.execute("PRAGMA synchronous = FULL")  # NORMAL may lose a login when the power goes
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # a deleted account's bytes go with its rows
    except BaseException as error:
        connection.close()
        if getattr(error, "sqlite_errorname", "") == "SQLITE_NOTADB":
            raise SettingsError("VALETKEY_DATABASE names a file that is not an SQLite database.") from error
        raise
    return connection


def version_of(path: Path) -> int:
    """The version of the file as it is; 0 if there is none. The file is not changed.

    Raises:
        SettingsError: it is of a later version, or not ours.
        sqlite3.Error: what the driver says.
    """
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return _judged(connection)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_NOTADB":
            raise SettingsError("VALETKEY_DATABASE names a file that is not an SQLite database.") from error
        raise


def sql_from(version: int) -> str:
    """The statements from this version to that of this release, for a person to read."""
    steps = "".join(
        f"-- version {number}\n{step.strip()};\n" for number, step in enumerate(STEPS, 1) if number > version
    )
    marks = f"PRAGMA application_id = {_APPLICATION};\nPRAGMA user_version = {VERSION};\n"
    return f"BEGIN IMMEDIATE;\n{steps}{marks}COMMIT;\nPRAGMA journal_mode = WAL;\n" if steps else ""


def _create_private(path: Path) -> None:
    """An empty file that only its owner can read. SQLite gives its ``-wal`` and ``-shm`` the same mode."""
    if not path.exists():
        with suppress(FileExistsError):  # another process was quicker
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _is_current(connection: sqlite3.Connection) -> bool:
    return _marks(connection) == (_APPLICATION, VERSION) and _journal(connection) == "wal"


def _marks(connection: sqlite3.Connection) -> tuple[int, int]:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version


def _judged(connection: sqlite3.Connection) -> int:
    """The version, 0 where there is nothing yet."""
    application, version = _marks(connection)
    if application == _APPLICATION:
        if version > VERSION:
            raise SettingsError(
                f"The database that VALETKEY_DATABASE names is of a later version ({version}; this valetkey "
                f"knows {VERSION}). Upgrade valetkey, or name another file."
            )
    elif application or version or connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
        raise SettingsError("VALETKEY_DATABASE names another program's database. Give valetkey a file of its own.")
    return version


def _journal(connection: sqlite3.Connection, change: str = "") -> str:
    (mode,) = connection.execute(f"PRAGMA journal_mode{change}").fetchone()
    return str(mode)


def _prepare(connection: sqlite3.Connection, busy_seconds: float) -> None:
    # The version is read again, now that no other process can change it.
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in STEPS[_judged(connection) :]:
            for statement in step.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    _enter_wal(connection, busy_seconds)


def _enter_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Switch to the write-ahead log. If other processes do the same at this moment, SQLite may refuse at once, without
    waiting, so this tries again."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            mode = _journal(connection, " = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            if mode != "wal":
                error = sqlite3.OperationalError("no write-ahead log on this file system")
                error.sqlite_errorcode = NO_LOCKS  # as SQLite itself says it of a file system without locks
                raise error
            return
