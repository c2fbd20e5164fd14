"""Runs one job or several in one transaction, which is flushed once, and reports how each of them ended.

How this works:

- Most of the cost of a commit is the flush to disk. So jobs that arrive while a transaction waits for the write lock
  run in the same transaction, and are flushed together.
- If there are several and one raises, the transaction is rolled back, and all of them run again, each within a
  savepoint. So a job that raises rolls back its own work only. Nearly always none raises, and no savepoint is needed.
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
from .dialect import Transaction

BATCH_JOBS = 32


class Job:
    """A function of a transaction that writes, with its result or its error. It may be called twice."""

    __slots__ = ("error", "future", "result", "work")

    def __init__(self, work: Callable[[Transaction], Any], future: asyncio.Future[Any] | None = None) -> None:
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


def transact(
    connections: Connections,
    jobs: list[Job],
    idle_seconds: float,
    others: Callable[[int], Iterable[Job]] | None = None,
) -> None:
    """Run the jobs, together with those that are waiting when the transaction begins. Set each job's result or error.

    A job that raises rolls back its own work only. An error of the database fails all of them, and closes the
    connection.

    Args:
        connections: the connections of the process.
        jobs: the jobs to run. Those that ``others`` returns are added to this list.
        idle_seconds: after how much time without use a session ends.
        others: takes a number, and returns waiting jobs until there are as many, or no more. The last ones come as they
            were handed over, together.
    """
    begun = False

    def work(connection: sqlite3.Connection) -> None:
        nonlocal begun
        begun = True
        if others is not None:
            jobs.extend(others(BATCH_JOBS - len(jobs)))
        _run(Transaction(connection, idle_seconds), connections.clock, jobs)

    try:
        connections.write(work)
    except BaseException as error:
        if isinstance(error, TROUBLE):
            report(error)
        if others is not None and not begun:
            jobs += others(sys.maxsize)  # they have waited just as long, and would only wait again
        for job in jobs:
            job.fail(error)
        if not isinstance(error, Exception):  # an interrupt
            raise


def _run(transaction: Transaction, clock: Callable[[], float], jobs: list[Job]) -> None:
    try:
        for job in jobs:
            _run_one(transaction, clock, job)
    except Exception:
        if len(jobs) == 1 or not transaction.is_open:  # for example, a full disk: SQLite has rolled everything back
            raise
        transaction.begin_again()
        _run_apart(transaction, clock, jobs)


def _run_apart(transaction: Transaction, clock: Callable[[], float], jobs: list[Job]) -> None:
    """Run each job within a savepoint."""
    for job in jobs:
        transaction.run("SAVEPOINT job")
        try:
            _run_one(transaction, clock, job)
        except Exception as error:
            if not transaction.is_open:
                raise
            transaction.run("ROLLBACK TO job")
            if isinstance(error, TROUBLE):
                report(error)
            job.fail(error)
        transaction.run("RELEASE job")


def _run_one(transaction: Transaction, clock: Callable[[], float], job: Job) -> None:
    # The time is read with the write lock held, so that later transactions have later times.
    transaction.now = clock()
    job.result = job.work(transaction)
