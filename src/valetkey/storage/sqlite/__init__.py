"""The store for one machine: an SQLite file with a write-ahead log, which is flushed to disk at every commit.

How this works:

- The verbs are those of ``storage.sql``. ``dialect`` translates their statements and runs them.
- ``access`` chooses the thread: in a blocking app, the caller's. In an async app, reads run in the event loop's thread
  and writes in one thread of their own.
- ``transactions`` runs one write, or several that wait, in one transaction with one flush.
- ``connections`` gives each thread its own connection, closes all of them before a fork, and makes the threads of a
  process take turns with the one write lock.
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
    """See ``valetkey.storage.base.Store``. It opens no connection before the first verb. It may be used after a fork.

    Args:
        path: of the database file.
        blocking: verbs run in the caller's thread and never suspend; otherwise they belong to an event loop.
        idle_days: after how many days without use a session ends.
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
        """Open the database, create or migrate it if needed, and close it.

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
