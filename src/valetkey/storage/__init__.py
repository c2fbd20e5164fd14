"""Storage: logins, accounts and sessions, in the database that ``VALETKEY_DATABASE`` names.

- ``base`` is the contract: the methods of a store ("verbs"), and the values that they take and return.
- ``sql`` has every verb once, in SQL.
- ``sqlite`` is for one machine and ``postgresql`` for several. Each brings connections, retries and its dialect.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import SettingsError, StoreError
from .base import Store
from .sqlite import SQLiteStore
from .sqlite import schema as sqlite_schema
from .sqlite import tables as sqlite_tables
from .sqlite.faults import check_place, stop_if_hopeless

_log = logging.getLogger("valetkey.store")

_SQLITE = "sqlite:///"
_POSTGRESQL = ("postgresql://", "postgres://")
# What SQLAlchemy writes. Only the names of drivers are quoted.
_WITH_DRIVER = re.compile(
    r"(postgresql|postgres|sqlite)(\+(?:psycopg2?|psycopg_async|psycopg2cffi|asyncpg|pg8000|aiosqlite|pysqlite))://"
)


def open_store(
    url: str,
    *,
    blocking: bool,
    idle_days: float = 14.0,
    pool_size: int | None = None,
    existing: bool = False,
) -> Store:
    """Open the store that a database URL names.

    What can never work until somebody changes something is an error here, at start: a mistake in the URL, a database of
    the wrong kind or version, a wrong password, a file or a database that cannot be written. A database that is
    unreachable, locked or full now is not: a warning says so, and a verb that needs it raises ``StoreError``.

    Args:
        url: ``sqlite:///relative.db``, ``sqlite:////absolute/path.db``, or ``postgresql://user:password@host/name``. A
            relative path counts from the working directory of this call.
        blocking: for the ``ThreadRunner`` (verbs never suspend) instead of an event loop.
        idle_days: after how many days without use a session ends.
        pool_size: how many connections a process opens to PostgreSQL at most. None: 5 if blocking, else 10.
        existing: for a caller that works on what is there, and may only read it. An SQLite file is not created, and
            whether a database can be written is not checked.

    Returns:
        The store. It has no connection yet.

    Raises:
        SettingsError: the database can never be used, until somebody changes something. The message names the variable
            and the fix.
    """
    url = _cleaned(url)
    if url.startswith(_POSTGRESQL):
        _need_driver()
        from .postgresql import PostgreSQLStore

        store: SQLiteStore | PostgreSQLStore = PostgreSQLStore(
            url, blocking=blocking, idle_days=idle_days, pool_size=pool_size, existing=existing
        )
    else:
        store = SQLiteStore(_path_of(url), blocking=blocking, idle_days=idle_days, existing=existing)
    try:
        store.prepare()
    except StoreError:
        # The reason is in the log already.
        _log.warning("the app starts without the database, and requests get a 503 until it can be used")
    return store


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """The steps from the version of a database to that of this release.

    Attributes:
        found: the version of the database; 0 if it has none of the tables yet.
        known: the version of this release.
        sql: the statements of these steps, for a person to read.
        apply: runs them, and returns the versions that it brought the database to. It raises as ``migration``.
    """

    found: int
    known: int
    sql: str
    apply: Callable[[], list[int]]


def migration(url: str) -> Migration:
    """Find out which steps the database that this URL names needs. It changes nothing.

    Args:
        url: as for ``open_store``.

    Raises:
        SettingsError: as ``open_store``, except for an earlier version.
        StoreError: the database does not answer.
    """
    url = _cleaned(url)
    if url.startswith(_POSTGRESQL):
        _need_driver()
        from .postgresql import address, schema, starting, tables

        where = address.read_address(url)
        found = starting.version_of(where)
        return Migration(
            found=found,
            known=tables.VERSION,
            sql=schema.sql_from(found),
            apply=lambda: starting.migrate(where),
        )
    path = _path_of(url)
    try:
        found = sqlite_schema.version_of(path)
    except sqlite3.Error as error:
        stop_if_hopeless(error, path)
        raise StoreError() from error

    def apply() -> list[int]:
        SQLiteStore(path, blocking=True).prepare()
        return list(range(found + 1, sqlite_tables.VERSION + 1))

    return Migration(found=found, known=sqlite_tables.VERSION, sql=sqlite_schema.sql_from(found), apply=apply)


def _cleaned(url: str) -> str:
    """The URL without the blanks and line ends around it, which a file or a line of an environment file may add.

    Raises:
        SettingsError: it is written as other programs write it. It is not quoted, because it often holds a password.
    """
    url = url.strip()
    if url[:1] in ("'", '"'):
        raise SettingsError("VALETKEY_DATABASE: leave out the quotation marks. They are a part of the value here.")
    other = _WITH_DRIVER.match(url)
    if other:
        raise SettingsError(
            f"VALETKEY_DATABASE: leave out {other[2]}, and write {other[1]}://. valetkey has its driver."
        )
    return url


def _need_driver() -> None:
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise SettingsError(
            "VALETKEY_DATABASE names PostgreSQL, whose driver is not installed: pip install 'valetkey[postgresql]'"
        ) from None


def _path_of(url: str) -> Path:
    if not url.startswith(_SQLITE):
        # Not quoted: a database URL often holds a password.
        raise SettingsError(
            "VALETKEY_DATABASE must be sqlite:///relative.db, sqlite:////absolute/path.db or "
            "postgresql://user:password@host/name."
        )
    name = url.removeprefix(_SQLITE)
    if name == ":memory:":
        raise SettingsError(
            "VALETKEY_DATABASE cannot be sqlite:///:memory: since each thread has a connection, and so a "
            "memory, of its own. Name a file; one under /dev/shm is memory, too."
        )
    if not name or "?" in name or "#" in name or "\0" in name:
        raise SettingsError("VALETKEY_DATABASE must name a file after sqlite:/// and takes no options.")
    path = Path(name).absolute()
    check_place(path)
    return path
