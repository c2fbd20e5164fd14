"""Runs one job or several in one transaction, which is flushed once, and reports how each of them ended.

How this works:

- Most of the cost of a commit is the flush to disk. So jobs that arrive while a transaction waits for the write lock
  run in the same transaction, and are flushed together.
- If there are several, each runs within a savepoint, so that a job that raises rolls back its own work only.
- A job has succeeded when the transaction is committed. If the commit fails, every job has failed.
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
    """A function of a connection and the store's time that writes, with its result or its error."""

    __slots__ = ("error", "future", "result", "work")

    def __init__(
        self, work: Callable[[sqlite3.Connection, float], Any], future: asyncio.Future[Any] | None = None
    ) -> None:
        self.work = work
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None

    def fail(self, error: BaseException) -> None:
        """Set the error. The driver's errors become a ``StoreError``."""
        self.error = error
        if isinstance(error, TROUBLE):
            self.error = StoreError()
            self.error.__cause__ = error


def transact(connections: Connections, jobs: list[Job], others: Callable[[int], Iterable[Job]] | None = None) -> None:
    """Run the jobs, together with those that are waiting when the transaction begins. Set each job's result or error.

    A job that raises rolls back its own work only. An error of the database fails all of them, and closes the
    connection.

    Args:
        connections: the connections of the process.
        jobs: the jobs to run. Those that ``others`` returns are added to this list.
        others: takes a number, and returns at most that many waiting jobs.
    """
    begun = False
    try:
        with connections.transaction() as connection:
            begun = True
            if others is not None:
                jobs += others(BATCH_JOBS - len(jobs))
            _run(connection, connections.clock, jobs)
    except BaseException as error:
        if isinstance(error, TROUBLE):
            report(error)
        if others is not None and not begun:
            jobs += others(sys.maxsize)  # they have waited just as long, and would only wait again
        for job in jobs:
            job.fail(error)
        if not isinstance(error, Exception):  # an interrupt
            raise


def _run(connection: sqlite3.Connection, clock: Callable[[], float], jobs: list[Job]) -> None:
    # The time is read with the write lock held, so that later transactions have later times.
    if len(jobs) == 1:
        (job,) = jobs
        job.result = job.work(connection, clock())
        return
    for job in jobs:
        connection.execute("SAVEPOINT job")
        try:
            job.result = job.work(connection, clock())
        except Exception as error:
            if not connection.in_transaction:  # for example, a full disk: SQLite has rolled everything back
                raise
            connection.execute("ROLLBACK TO job")
            if isinstance(error, TROUBLE):
                report(error)
            job.fail(error)
        connection.execute("RELEASE job")
