"""The store for one machine: an SQLite file with a write-ahead log, which is flushed to disk at every commit.

How this works:

- The verbs are those of ``storage.sql``. ``dialect`` translates their statements and runs them.
- ``access`` chooses the thread: in a blocking app, the caller's. In an async app, reads run in the event loop's thread
  and writes in one thread of their own.
- ``schema`` brings the file to the version of this release, and ``tables`` has the steps.
- ``transactions`` runs one write, or several that wait, in one transaction with one flush.
- ``connections`` gives each thread its own connection, closes all of them before a fork, and makes the threads of a
  process take turns with the one write lock.
- SQLite runs inside this process, so the store's clock is the machine's, which all processes of this store share.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from ...errors import SettingsError, StoreError
from ..sql import SQLStore
from ..sql.transaction import Access
from .access import BlockingAccess, LoopAccess
from .connections import TROUBLE, Connections, report
from .faults import network_file_system, stop_if_hopeless
from .schema import connect

_log = logging.getLogger("valetkey.store")

BUSY_SECONDS = 1.0  # what a callback's budget leaves for the store


class SQLiteStore(SQLStore):
    """See ``valetkey.storage.base.Store``. It opens no connection before the first verb. It may be used after a fork.

    Args:
        path: of the database file.
        blocking: verbs run in the caller's thread and never suspend; otherwise they belong to an event loop.
        idle_days: after how many days without use a session ends.
        existing: the file must exist, and whether it can be written is not checked.
        clock: seconds since 1970, for tests.
        on_statement: called with every statement, in the thread that runs it and with its values, for tests.
    """

    def __init__(
        self,
        path: Path,
        *,
        blocking: bool,
        idle_days: float = 14.0,
        existing: bool = False,
        clock: Callable[[], float] = time.time,
        on_statement: Callable[[str], None] | None = None,
    ) -> None:
        self._path, self._existing = path, existing
        opening = partial(connect, path, on_statement=on_statement)
        waiting = self._waiting = Connections(opening, clock, BUSY_SECONDS)
        idle_seconds = idle_days * 86400.0
        access: Access
        if blocking:
            access = BlockingAccess(waiting, idle_seconds)
        else:
            access = LoopAccess(Connections(opening, clock, busy_seconds=0.0), waiting, idle_seconds)
        super().__init__(access)

    def prepare(self) -> None:
        """Open the database, create or migrate it if needed, find out whether it can be written, and close it.

        Raises:
            SettingsError: it can never be used, until somebody changes something: the file is not valetkey's, or
                of a later version, or cannot be written.
            StoreError: it cannot be used now.
        """
        if self._existing and not self._path.exists():
            raise SettingsError(
                "VALETKEY_DATABASE names a file that does not exist, and only an app or 'valetkey migrate' creates it. "
                "Correct the path. A relative one counts from the working directory."
            )
        try:
            self._waiting.read(lambda connection, now: None)
            if not self._existing:
                self._write_nothing()
        except TROUBLE as error:
            stop_if_hopeless(error, self._path)
            report(error)
            raise StoreError() from error
        finally:
            self._waiting.close()
        kind = network_file_system(self._path)
        if kind is not None:
            _log.warning(
                "VALETKEY_DATABASE is on a network file system (%s). SQLite loses data there if two machines use the "
                "file. Name a file on a disk of this machine, or use PostgreSQL.",
                kind,
            )

    def _write_nothing(self) -> None:
        """Find out whether the file can be written, by a transaction that is rolled back."""
        with suppress(_Enough):
            self._waiting.write(_write_and_give_up)


class _Enough(Exception):
    """Rolls a transaction back."""


def _write_and_give_up(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM login_claims WHERE key = ''")
    raise _Enough
