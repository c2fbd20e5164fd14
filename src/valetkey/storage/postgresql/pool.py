"""Connections that are kept open: few, opened when a verb first needs one, and each used by one verb at a time.

How this works:

- A verb takes a free slot, then an idle connection or a new one, and gives both back. A connection that is not idle
  afterwards is closed: its transaction is rolled back with it.
- An idle connection is checked without asking the server (``Connection.usable``). It is closed after four minutes
  without use, and after half an hour in any case.
- No thread and no task looks after the pool, so nothing has to survive a fork, and nothing waits for a back-off to end
  when the database is there again.
- A pool belongs to one process and, in an async app, to one event loop. What a fork copied is left alone: a single byte
  sent on it, even a farewell, would reach the parent's own conversation.

The driver's own pool (psycopg_pool) has a thread that refills it, which a fork loses, and back-offs that outlast our
second.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from ...crypto import Secret
from .connections import TROUBLE, Connection, Executor

IDLE_SECONDS = 240.0  # firewalls and poolers drop what is silent for longer, some without telling either side
LIFE_SECONDS = 1800.0  # so that a database node that joins gets its share


class CannotConnect(Exception):
    """The driver's error is its cause."""


class Pool:
    """The connections of one process, and of one event loop.

    Args:
        executor: opens them.
        conninfo: for the driver.
        size: how many are open at most.
        welcome: checks the database on the first connection.
    """

    def __init__(
        self, executor: Executor, conninfo: Secret, size: int, welcome: Callable[[Connection], Awaitable[None]]
    ) -> None:
        self._executor = executor
        self._conninfo = conninfo
        self._welcome = welcome
        self._welcomed = False
        self._slots = executor.slots(size)
        # The one that was used last is taken first, so that those beyond need stay idle and are closed.
        self._idle: list[tuple[Connection, float]] = []
        self._closed = False

    @asynccontextmanager
    async def connection(self, deadline: float) -> AsyncIterator[Connection]:
        """A connection, for one verb.

        Raises:
            CannotConnect: the database is away.
            TimeoutError: all connections were in use until the deadline.
            SettingsError: the database is not one of this version.
        """
        await self._slots.take(deadline - time.monotonic())
        try:
            connection = self._kept() or await self._opened(deadline)
            connection.deadline = deadline
            try:
                yield connection
            finally:
                if connection.usable and not self._closed:
                    self._idle.append((connection, time.monotonic()))
                else:
                    connection.drop()
        finally:
            self._slots.give()

    def _kept(self) -> Connection | None:
        while self._idle:
            try:
                connection, left_at = self._idle.pop()
            except IndexError:  # another thread was quicker
                break
            now = time.monotonic()
            if now - left_at < IDLE_SECONDS and now - connection.opened_at < LIFE_SECONDS and connection.usable:
                return connection
            connection.drop()
        return None

    async def _opened(self, deadline: float) -> Connection:
        try:
            connection = await self._executor.dial(self._conninfo.reveal(), deadline)
        except TROUBLE as error:
            raise CannotConnect from error
        if not self._welcomed:
            try:
                await self._welcome(connection)
            except BaseException:
                connection.drop()
                raise
            self._welcomed = True
        return connection

    def clear(self) -> None:
        """Close the idle connections: one of them was found dead."""
        while self._idle:
            try:
                connection, _ = self._idle.pop()
            except IndexError:
                break
            connection.drop()

    def close(self) -> None:
        self._closed = True
        self.clear()


class Pools:
    """The calling process's or loop's pool: made at the first use, and again after ``close`` or a fork."""

    def __init__(self, executor: Executor, make: Callable[[], Pool]) -> None:
        self._executor = executor
        self._make = make
        self._start()

    def _start(self) -> None:
        self._pid = os.getpid()
        self._making = threading.Lock()
        self._pools: WeakKeyDictionary[object, Pool] = WeakKeyDictionary()

    def pool(self) -> Pool:
        if self._pid != os.getpid():
            _abandoned.extend(self._pools.values())  # never closed, and never used
            self._start()
        here = self._executor.here()
        with self._making:
            pool = self._pools.get(here)
            if pool is None:
                pool = self._pools[here] = self._make()
            return pool

    def close(self) -> None:
        if self._pid != os.getpid():
            return
        with self._making:
            pools, self._pools = self._pools, WeakKeyDictionary()
        for pool in list(pools.values()):
            pool.close()


_abandoned: list[Pool] = []
