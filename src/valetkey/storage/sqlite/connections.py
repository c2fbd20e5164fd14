"""One connection for each thread of a process: the thread opens it, and no other thread uses it.

How this works:

- Each thread has a ``Slot`` with its own connection. In tests, a connection that threads shared returned the wrong row
  in up to 1.8 % of look-ups, which signs one user in as another.
- No connection is kept through a fork. SQLite's locks belong to a process. A child that inherits an open database
  believes that it holds locks which it does not hold, and loses what it commits, *even on a connection of its own*. So
  all connections are closed before a fork, under their locks, and both sides open new ones. If a process was forked in
  a way that Python does not see, the child does not touch the inherited connections and opens its own.
- The threads of one process take turns to write (``Turn``). With SQLite's own lock, each would sleep and try again, and
  the order would be random.
- While another process writes, SQLite sleeps and tries again, soon at every tenth of a second only. A process that
  writes often gives the lock back and takes it again many times in between, and the one that sleeps never meets it
  free. So here SQLite gives up after milliseconds, and is asked again until the time is over.
- After an error the connection is closed; the next use opens another.

Why no library does this: a connection pool moves connections between threads, and keeps them through a fork.
"""

from __future__ import annotations

import logging
import math
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Final, TypeVar

Result = TypeVar("Result")

_log = logging.getLogger("valetkey.store")
_FORK_PATIENCE_SECONDS = 5.0
_SQLITE_BUSY, _SQLITE_LOCKED = 5, 6
_LONGEST_SLEEP_MS = 3  # SQLite sleeps for 1 ms, then for 2, and gives up

TROUBLE = (sqlite3.Error, OSError)  # these become a StoreError


class Slot:
    """A thread's place for its connection. A thread that uses or closes the connection holds the lock."""

    __slots__ = ("__weakref__", "connection", "lock", "pid")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pid = os.getpid()
        self.connection: sqlite3.Connection | None = None

    def drop(self) -> None:
        """Close the connection. The caller holds the lock. The next use opens another."""
        connection, self.connection = self.connection, None
        if connection is None:
            return
        with suppress(sqlite3.Error):
            if connection.in_transaction:
                # Closing alone does not end the transaction while a traceback still refers to one of its statements.
                connection.execute("ROLLBACK")
        with suppress(sqlite3.Error):
            connection.close()

    def __del__(self) -> None:  # its thread ended
        if self.connection is not None and self.pid == os.getpid():
            self.drop()


class Turn:
    """Whose turn it is to write, among the threads of this process."""

    def __init__(self, patience_seconds: float) -> None:
        self._patience_seconds = patience_seconds
        self._lock = threading.Lock()
        self._given_up_at = -math.inf

    def take(self) -> None:
        """Wait for this thread's turn.

        Raises:
            TimeoutError: it took too long; or the thread before this one has given up on the database meanwhile, and
                this one, which has waited just as long, would only wait again.
        """
        asked_at = time.monotonic()
        if not self._lock.acquire(timeout=self._patience_seconds):
            raise TimeoutError("the database is busy: another thread has been writing for too long")
        if self._given_up_at > asked_at:
            self._lock.release()
            raise TimeoutError("the database is busy: another thread has waited for it in vain")

    def give_up(self) -> None:
        """Tell the threads that are waiting that this one could not get the database."""
        self._given_up_at = time.monotonic()

    def end(self) -> None:
        """End this thread's turn."""
        self._lock.release()


class Connections:
    """Gives every thread its own connection.

    Args:
        connect: opens a connection.
        clock: seconds since 1970.
        busy_seconds: how long to wait while another process writes.
    """

    def __init__(
        self, connect: Callable[..., sqlite3.Connection], clock: Callable[[], float], busy_seconds: float
    ) -> None:
        self._connect = connect
        self._busy_seconds = busy_seconds
        self.clock: Final = clock
        self._start()
        _everyone.add(self)

    def forget(self) -> None:
        """Start over in a forked child. The parent has closed all connections that it could before the fork."""
        _abandoned.extend(slot for slot in self._slots if slot.connection is not None)
        self._start()

    def _start(self) -> None:
        self._own = threading.local()
        self._slots: weakref.WeakSet[Slot] = weakref.WeakSet()
        # All of these are free on both sides of a fork.
        self.registering = threading.Lock()
        self._turn = Turn(self._busy_seconds)

    def slot(self) -> Slot:
        """The slot of the calling thread."""
        slot: Slot | None = getattr(self._own, "slot", None)
        if slot is None or slot.pid != os.getpid():
            if slot is not None:
                # The process was forked without Python's knowledge. Closing the connection would touch the parent's
                # files, so it is kept and not used.
                _abandoned.append(slot)
            slot = self._own.slot = Slot()
            with self.registering:
                self._slots.add(slot)
        return slot

    def opened(self, slot: Slot) -> sqlite3.Connection:
        """The slot's connection, opened if needed. The caller holds its lock."""
        if slot.connection is None:
            connection = self._connect(busy_seconds=self._busy_seconds)
            if self._busy_seconds:
                connection.execute(f"PRAGMA busy_timeout = {_LONGEST_SLEEP_MS}")
            slot.connection = connection
        return slot.connection

    def _patiently(self, work: Callable[[], Result]) -> Result:
        """Try again while another process has the lock that this takes."""
        deadline = time.monotonic() + self._busy_seconds
        while True:
            try:
                return work()
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() >= deadline:
                    raise

    def read(self, work: Callable[[sqlite3.Connection, float], Result]) -> Result:
        """Run the work now, on the calling thread's connection."""
        slot = self.slot()
        with slot.lock:
            try:
                return self._patiently(lambda: work(self.opened(slot), self.clock()))
            except TROUBLE:
                slot.drop()
                raise

    def write(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Run the work on the calling thread's connection, in a transaction that has the write lock.

        It is committed and flushed at the end. An exception rolls it back and closes the connection.
        """
        self._turn.take()
        try:
            slot = self.slot()
            with slot.lock:
                try:
                    connection = self.opened(slot)
                    self._patiently(lambda: connection.execute("BEGIN IMMEDIATE"))
                    work(connection)
                    connection.execute("COMMIT")
                except BaseException as error:
                    if is_busy(error):
                        self._turn.give_up()
                    slot.drop()
                    raise
        finally:
            self._turn.end()

    def leave(self) -> None:
        """Close the calling thread's connection."""
        slot = self.slot()
        with slot.lock:
            slot.drop()

    def close(self) -> None:
        """Close the connections of all threads."""
        for slot in self._all():
            with slot.lock:
                slot.drop()

    def close_and_lock(self) -> ExitStack:
        """Close all connections, and let no thread open one until the returned stack is closed."""
        locks = ExitStack()
        locks.enter_context(self.registering)
        for slot in list(self._slots):
            # A verb takes a second or two. A thread that is stuck for longer must not stop the app.
            if slot.lock.acquire(timeout=_FORK_PATIENCE_SECONDS):
                locks.callback(slot.lock.release)
                slot.drop()
        return locks

    def _all(self) -> list[Slot]:
        with self.registering:
            return list(self._slots)


def report(error: Exception) -> None:
    """Log the driver's message. It names tables and columns, never values."""
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    _log.warning("the database did not do its part: %s (%s)", error, name)


def is_busy(error: BaseException) -> bool:
    """Whether another connection holds the lock, so that waiting helps."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (_SQLITE_BUSY, _SQLITE_LOCKED)


_everyone: weakref.WeakSet[Connections] = weakref.WeakSet()
_abandoned: list[Slot] = []
_fork_locks: list[ExitStack] = []


def _before_fork() -> None:
    for connections in list(_everyone):
        _fork_locks.append(connections.close_and_lock())


def _after_fork_in_parent() -> None:
    while _fork_locks:
        _fork_locks.pop().close()


def _after_fork_in_child() -> None:
    _fork_locks.clear()  # those locks belonged to threads that do not exist in the child
    for connections in list(_everyone):
        connections.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
