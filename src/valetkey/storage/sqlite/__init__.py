"""The store for one machine: an SQLite file with a write-ahead log, where a commit counts once it is flushed.

How this works:

- The verbs are those of ``storage.sql``. ``dialect`` translates their statements and runs them.
- ``access`` brings a verb to a connection: in the caller's own thread for a blocking app; beside an event loop, reads
  run in the loop's thread and writes in one thread of their own.
- ``transactions`` runs one write, or many that wait, in one transaction with one flush.
- ``connections`` gives each thread a connection of its own, closes all of them before a fork, and lets the threads of
  a process queue for the one write lock.
- SQLite runs inside this process, so the store's clock is the machine's, which all processes of this store share.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ...errors import StoreError
from ..sql import SQLStore
from ..sql.transaction import Access
from .access import BlockingAccess, LoopAccess
from .connections import TROUBLE, Connections, report
from .schema import connect

BUSY_SECONDS = 1.0  # what a callback's budget leaves for the store


class SQLiteStore(SQLStore):
    """See ``valetkey.storage.base.Store``. Opens nothing before the first verb, and nothing has to survive a fork.

    Args:
        path: of the database file.
        blocking: verbs run in the caller's thread and never suspend; otherwise they belong to an event loop.
        idle_days: a session that is not presented for so long is over.
        clock: seconds since 1970, for tests.
        on_statement: called with every statement, in the thread that runs it and with its values, for tests.
    """

    def __init__(
        self,
        path: Path,
        *,
        blocking: bool,
        idle_days: float = 14.0,
        clock: Callable[[], float] = time.time,
        on_statement: Callable[[str], None] | None = None,
    ) -> None:
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
        """Look at the database, create it if there is none, and close it.

        Raises:
            SettingsError: the file is not valetkey's, or of a later version.
            StoreError: it cannot be opened now.
        """
        try:
            self._waiting.read(lambda connection, now: None)
        except TROUBLE as error:
            report(error)
            raise StoreError() from error
        finally:
            self._waiting.close()
