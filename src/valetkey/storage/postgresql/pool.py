"""The connection pool: a few connections, opened when a verb first needs one, and each used by one verb at a time.

How this works:

- A verb takes a free slot, then an idle connection or a new one, and gives both back. A connection that is not idle
  afterwards is closed, which rolls its transaction back.
- An idle connection is checked without asking the server (``Connection.usable``). It is closed after four minutes
  without use, and after half an hour in any case.
- That check does not find a connection that a firewall has dropped without telling anybody. So a connection that has
  not answered for a second gets a part of the verb's time for its first answer. If none comes, all idle connections
  are closed, because they are probably just as dead, and the verb begins again on a new one.
- Of several hosts, the one that answered last is asked first, and no host gets all of the verb's time.
- The pool has no thread and no task of its own. So a fork can lose none, and verbs use the database as soon as it
  answers again, without waiting for a back-off to end.
- A pool belongs to one process and, in an async app, to one event loop. After a fork, the child does not touch the
  connections that it has inherited: a byte that it sent, even to close one, would reach the parent's session.

Why no library does this: the driver's own pool (psycopg_pool) has a thread that refills it, which a fork loses, and its
back-offs are longer than the second that a verb has.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from .address import Address
from .connections import TROUBLE, Connection
from .executors import Executor

IDLE_SECONDS = 240.0  # firewalls and poolers drop what is silent for longer, some without telling either side
LIFE_SECONDS = 1800.0  # so that a database node that joins gets its share
# What answered less than a second ago is not dropped yet, and must not be given up because the database is slow now.
UNPROVED_SECONDS = 1.0
FIRST_ANSWER_SHARE = 0.35  # of the verb's time; a round trip to another continent takes less


class CannotConnect(Exception):
    """No connection could be opened. The driver's error is its ``__cause__``."""


class Pool:
    """The connections of one process, and of one event loop.

    Args:
        executor: opens them.
        address: of the database.
        size: how many connections are open at most.
        check_database: checks the version of the database on the first connection.
    """

    def __init__(
        self, executor: Executor, address: Address, size: int, check_database: Callable[[Connection], Awaitable[None]]
    ) -> None:
        self._executor = executor
        self._hosts = address.hosts or (address,)
        self._check_database = check_database
        self._checked = False
        self._slots = executor.slots(size)
        # The one that was used last is taken first, so that connections that are not needed stay idle and are closed.
        self._idle: list[tuple[Connection, float]] = []
        self._closed = False

    @asynccontextmanager
    async def connection(self, deadline: float) -> AsyncIterator[Connection]:
        """A connection, for one verb.

        Args:
            deadline: a time of ``time.monotonic()``, in seconds.

        Raises:
            CannotConnect: the database does not answer.
            TimeoutError: all connections were in use until the deadline.
            SettingsError: the database is not one of this version.
        """
        await self._slots.take(deadline - time.monotonic())
        try:
            connection = self._idle_connection(deadline) or await self._open(deadline)
            try:
                yield connection
            finally:
                if connection.usable and not self._closed:
                    self._idle.append((connection, time.monotonic()))
                else:
                    connection.drop()
        finally:
            self._slots.give_back()

    def _idle_connection(self, deadline: float) -> Connection | None:
        while self._idle:
            try:
                connection, left_at = self._idle.pop()
            except IndexError:  # another thread was quicker
                break
            now = time.monotonic()
            if now - left_at < IDLE_SECONDS and now - connection.opened_at < LIFE_SECONDS and connection.usable:
                unproved = now - connection.answered_at >= UNPROVED_SECONDS
                connection.begin(deadline, now + (deadline - now) * FIRST_ANSWER_SHARE if unproved else None)
                return connection
            connection.drop()
        return None

    async def _open(self, deadline: float) -> Connection:
        connection = await self._connect(deadline)
        connection.begin(deadline)
        if not self._checked:
            try:
                await self._check_database(connection)
            except BaseException:
                connection.drop()
                raise
            self._checked = True
        return connection

    async def _connect(self, deadline: float) -> Connection:
        """Connect to the host that answered last, or to the next one. Each gets its share of the time, because one that
        is gone may neither refuse nor answer."""
        hosts = self._hosts
        for number, host in enumerate(hosts):
            now = time.monotonic()
            try:
                connection = await self._executor.connect(host, now + (deadline - now) / (len(hosts) - number))
            except TROUBLE as error:
                if number == len(hosts) - 1:
                    raise CannotConnect from error
            else:
                self._hosts = (host, *(one for one in hosts if one is not host))
                return connection
        raise AssertionError("there is no host")

    def clear(self) -> None:
        """Close the idle connections, after one of them was found to be lost."""
        while self._idle:
            try:
                connection, _ = self._idle.pop()
            except IndexError:
                break
            connection.drop()

    def close(self) -> None:
        """Close the idle connections now, and those in use when their verb ends."""
        self._closed = True
        self.clear()


class Pools:
    """Finds the pool of the calling process or loop. A pool is made at its first use, and again after ``close`` or a
    fork."""

    def __init__(self, executor: Executor, make: Callable[[], Pool]) -> None:
        self._executor = executor
        self._make = make
        self._start()

    def _start(self) -> None:
        self._pid = os.getpid()
        self._making = threading.Lock()
        self._pools: WeakKeyDictionary[object, Pool] = WeakKeyDictionary()

    def pool(self) -> Pool:
        """The pool for the caller."""
        if self._pid != os.getpid():
            _abandoned.extend(self._pools.values())  # kept, so that nothing closes their connections
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
