"""A transaction does one job or several, is flushed once, and only then says how each of them ended.

How this works:

- Flushing to disk is what a commit costs. So while a transaction waits for the write lock, more jobs may gather; they
  are all done in it, and flushed once.
- If there are several, each is done within a savepoint: a job that raises takes back its own work only.
- The result of a job counts once the transaction is committed. If the commit fails, every job has failed.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable, Iterable
from typing import Any

from ...errors import StoreError
from .connections import TROUBLE, Connections, report

BATCH_JOBS = 32


class Job:
    """A function of (connection, the store's time) that writes, and what became of it."""

    __slots__ = ("error", "future", "result", "work")

    def __init__(
        self, work: Callable[[sqlite3.Connection, float], Any], future: asyncio.Future[Any] | None = None
    ) -> None:
        self.work = work
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None

    def fail(self, error: BaseException) -> None:
        self.error = error
        if isinstance(error, TROUBLE):
            self.error = StoreError()
            self.error.__cause__ = error


def transact(connections: Connections, jobs: list[Job], others: Callable[[int], Iterable[Job]] | None = None) -> None:
    """Do the jobs, and those that are waiting once the database is ours, and fill in how they ended.

    A job that raises takes back its own work only. Trouble with the database fails all of them, and the connection is
    opened anew next time.

    Args:
        connections: the calling thread's is used.
        jobs: to do. Those that ``others`` returns are added to this list.
        others: returns at most so many waiting jobs.
    """
    ours = False
    try:
        with connections.transaction() as connection:
            ours = True
            if others is not None:
                jobs += others(BATCH_JOBS - len(jobs))
            _run(connection, connections.clock, jobs)
    except BaseException as error:
        if isinstance(error, TROUBLE):
            report(error)
        if others is not None and not ours:
            jobs += others(sys.maxsize)  # they have waited with us, and would only wait again
        for job in jobs:
            job.fail(error)
        if not isinstance(error, Exception):  # an interrupt
            raise


def _run(connection: sqlite3.Connection, clock: Callable[[], float], jobs: list[Job]) -> None:
    # The time is read behind the lock, so that it runs in the order of the transactions.
    if len(jobs) == 1:
        (job,) = jobs
        job.result = job.work(connection, clock())
        return
    for job in jobs:
        connection.execute("SAVEPOINT job")
        try:
            job.result = job.work(connection, clock())
        except Exception as error:
            if not connection.in_transaction:  # a full disk or the like: SQLite has taken everything back
                raise
            connection.execute("ROLLBACK TO job")
            if isinstance(error, TROUBLE):
                report(error)
            job.fail(error)
        connection.execute("RELEASE job")
