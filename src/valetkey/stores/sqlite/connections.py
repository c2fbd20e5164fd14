"""One connection per thread and process: opened by the thread that uses it, and never used by another.

A shared one returned other people's rows in up to 1.8 % of look-ups, which signs one person in as another.
Nor does any connection live through a fork: SQLite keeps its locks per process, so that a child which
inherits an open database believes it holds locks that it does not, and loses what it commits, *even on a
connection of its own*. So all are closed before a fork, under their locks, and opened anew on either side.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Concatenate, Final, ParamSpec, TypeVar

Params = ParamSpec("Params")
Result = TypeVar("Result")

_log = logging.getLogger("valetkey.store")
_FORK_PATIENCE_SECONDS = 5.0
_SQLITE_BUSY, _SQLITE_LOCKED = 5, 6

TROUBLE = (sqlite3.Error, OSError)  # what a StoreError is made of


class Slot:
    """A thread's place for its connection. The lock is held while it is used, so that nobody closes it
    then."""

    __slots__ = ("__weakref__", "connection", "lock", "pid")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pid = os.getpid()
        self.connection: sqlite3.Connection | None = None

    def drop(self) -> None:
        """With the lock held, or by nobody else's leave."""
        connection, self.connection = self.connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def __del__(self) -> None:  # its thread ended
        if self.connection is not None and self.pid == os.getpid():
            self.drop()


class Connections:
    """Hands every thread its own connection, which ``connect`` opens."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], clock: Callable[[], float]) -> None:
        self._connect = connect
        self.clock: Final = clock
        self.forget()
        _everyone.add(self)

    def forget(self) -> None:
        """Start over, in a child whose parent has closed everything before it forked."""
        if hasattr(self, "_slots"):
            _abandoned.extend(slot for slot in self._slots if slot.connection is not None)
        self._own = threading.local()
        self._slots: weakref.WeakSet[Slot] = weakref.WeakSet()
        self.registering = threading.Lock()  # free on both sides of a fork

    def slot(self) -> Slot:
        """The calling thread's."""
        slot: Slot | None = getattr(self._own, "slot", None)
        if slot is None or slot.pid != os.getpid():
            if slot is not None:
                # Forked behind Python's back. Closing it would touch the parent's files: it is kept, unused.
                _abandoned.append(slot)
            slot = self._own.slot = Slot()
            with self.registering:
                self._slots.add(slot)
        return slot

    def opened(self, slot: Slot) -> sqlite3.Connection:
        """The slot's connection, with its lock held."""
        if slot.connection is None:
            slot.connection = self._connect()
        return slot.connection

    def read(
        self,
        work: Callable[Concatenate[sqlite3.Connection, float, Params], Result],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        """Do it now, on the calling thread's connection. After an error the connection is opened anew."""
        slot = self.slot()
        with slot.lock:
            try:
                return work(self.opened(slot), self.clock(), *args, **kwargs)
            except TROUBLE:
                slot.drop()
                raise

    def close(self) -> None:
        for slot in self._all():
            with slot.lock:
                slot.drop()

    def hold(self) -> ExitStack:
        """Close all, and let nobody open one until the stack is closed."""
        held = ExitStack()
        held.enter_context(self.registering)
        for slot in list(self._slots):
            # A thread is inside a verb for a second at most; one that is stuck must not keep the app from
            # forking.
            if slot.lock.acquire(timeout=_FORK_PATIENCE_SECONDS):
                held.callback(slot.lock.release)
                slot.drop()
        return held

    def _all(self) -> list[Slot]:
        with self.registering:
            return list(self._slots)


def report(error: Exception) -> None:
    """The driver's words, for the log alone. They name tables and columns, never values."""
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    _log.warning("the database did not do its part: %s (%s)", error, name)


def is_busy(error: Exception) -> bool:
    """Whether somebody else holds it, so that waiting helps."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (_SQLITE_BUSY, _SQLITE_LOCKED)


_everyone: weakref.WeakSet[Connections] = weakref.WeakSet()
_abandoned: list[Slot] = []
_held: list[ExitStack] = []


def _before_fork() -> None:
    for connections in list(_everyone):
        _held.append(connections.hold())


def _after_fork_in_parent() -> None:
    while _held:
        _held.pop().close()


def _after_fork_in_child() -> None:
    _held.clear()  # those locks belonged to threads that are not here
    for connections in list(_everyone):
        connections.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
    )
