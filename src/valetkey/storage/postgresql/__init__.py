"""The store for more than one machine: PostgreSQL, and databases that speak as it does (CockroachDB, YugabyteDB).

How this works:

- The verbs and their statements are those of ``storage.sql``, which are written in PostgreSQL's SQL.
- ``access`` runs a verb as one transaction (``transactions``) and repeats it where that helps.
- ``address`` reads the URL, and ``faults`` judges what the driver says.
- ``pool`` keeps a few connections, each used by one verb at a time. ``connections`` is the driver's side of one, and
  ``executors`` opens it: in the caller's thread for a blocking app, or in an event loop. ``turns`` says which thread
  gets one next.
- ``starting`` checks the database once at start, and migrates it for ``valetkey migrate``: ``schema``, ``tables``.
- The store's clock is the database's: nodes whose own clocks differ agree on it.
"""

from __future__ import annotations

from collections.abc import Callable

from ..sql import SQLStore
from . import schema
from .access import PATIENCE_SECONDS, Access
from .address import read_address
from .executors import LoopExecutor, ThreadExecutor
from .starting import check

# Not now(), which is the time at which the transaction began: it does not advance while a statement waits for a lock.
CLOCK = "extract(epoch FROM clock_timestamp())::double precision"


class PostgreSQLStore(SQLStore):
    """See ``valetkey.storage.base.Store``. It opens no connection before the first verb. It may be used after a fork.

    Args:
        url: of the database, with its password.
        blocking: verbs run in the caller's thread and never suspend; otherwise they belong to an event loop.
        idle_days: after how many days without use a session ends.
        pool_size: how many connections a process opens at most.
        existing: whether the database can be written is not checked.
        patience_seconds: how long a verb may take, with its repeats and with waiting for a connection.
        clock: an SQL expression, seconds since 1970, for tests.
        on_statement: called with every statement, without its values, for tests.
    """

    def __init__(
        self,
        url: str,
        *,
        blocking: bool,
        idle_days: float = 14.0,
        pool_size: int | None = None,
        existing: bool = False,
        patience_seconds: float = PATIENCE_SECONDS,
        clock: str = CLOCK,
        on_statement: Callable[[str], None] | None = None,
    ) -> None:
        self._address = read_address(url)
        self._check = schema.require_current if existing else schema.require_usable
        executor = ThreadExecutor() if blocking else LoopExecutor()
        access = Access(
            executor,
            self._address,
            size=pool_size or executor.size,
            patience_seconds=patience_seconds,
            clock=clock,
            idle_seconds=idle_days * 86400.0,
            check_database=self._check,
            on_statement=on_statement,
        )
        super().__init__(access)

    def prepare(self) -> None:
        """Check that the database can be used, on a connection of its own in the caller's thread.

        Raises:
            SettingsError: it can never be used, until somebody changes something: it is not valetkey's or not of this
                version, it refuses the user or the password, or it can only be read.
            StoreError: it does not answer now.
        """
        check(self._address, self._check)
