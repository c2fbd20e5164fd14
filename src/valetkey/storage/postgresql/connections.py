"""A connection to the server, in the caller's thread or in an event loop. Only this module and ``executors``, which
opens connections, know the difference.

How this works:

- ``Connection`` is what the verbs see: ``run`` a statement, and get its rows.
- Every wait for the server has a deadline on the client's side, too. A server that hangs, or a network that drops
  packets, must not delay a request for longer than its budget. The driver waits in a generator (``wait``); ``_until``
  steps this generator and stops it at the deadline, also while it connects.
- A connection that was idle may be dead without anybody's knowledge: a firewall has forgotten it, or its server is
  gone. So its first answer has to come within a part of the verb's time (``begin``), and the rest is for a new one.
- A connection is used by one verb at a time.
"""

from __future__ import annotations

import select
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, Self

import psycopg
from psycopg import sql as quoting
from psycopg import waiting
from psycopg.pq import ConnStatus, TransactionStatus
from psycopg.rows import TupleRow

from ..sql.transaction import Result, Rows, Values
from .address import Address

_WAKES_SECONDS = 0.1  # as often as the driver itself
TROUBLE = (psycopg.Error, OSError)  # these become a StoreError


class TookTooLong(psycopg.Error):
    """The deadline has passed, and it is unknown whether the statement was run. It is not a ``TimeoutError``, which the
    driver would take for an error of the socket."""

    def __init__(self) -> None:
        super().__init__("the database took too long")


class NoLongerConnected(psycopg.OperationalError):
    """A connection that was idle does not answer. Nothing was done: it was asked for nothing but to begin."""

    def __init__(self) -> None:
        super().__init__("an idle connection to the database does not answer any more")


class Answer(NamedTuple):
    """The answer to the last statement: its rows, and how many rows it changed. ``tag`` is the server's command tag,
    such as ``COMMIT``."""

    rows: Rows
    changed: int
    tag: str | None


class Connection(ABC):
    """One connection to the server.

    Args:
        driver: the driver's connection.
        address: of the database.
        deadline: for its first verb, as for ``begin``.

    Attributes:
        set_path: the statement that sets the search path for the rest of the transaction. Empty for the default one.
        deadline: of the verb that uses it, by the monotonic clock.
        answered_at: when the server answered last, by the same clock.
    """

    def __init__(self, driver: ThreadPsycopg | LoopPsycopg, address: Address, deadline: float) -> None:
        self._driver = driver
        self.set_path = ""
        if address.search_path is not None:
            path = quoting.Literal(address.search_path).as_string(None)
            self.set_path = f"SELECT set_config('search_path', {path}, true);"
        self.on_statement: Callable[[str], None] | None = None
        self.opened_at = self.answered_at = time.monotonic()
        self.begin(deadline)

    def begin(self, deadline: float, first_answer_by: float | None = None) -> None:
        """Give the connection to a verb.

        Args:
            deadline: of the verb, by the monotonic clock.
            first_answer_by: an earlier deadline for the first answer, for a connection that was idle. The first
                statement of a verb begins a transaction or reads, so it can be repeated.
        """
        self.deadline = deadline
        self._driver.deadline = deadline if first_answer_by is None else min(first_answer_by, deadline)

    async def run_alone(self, sql: str, values: Values | None = None) -> Answer:
        """Run one statement that is a transaction by itself. It raises and returns as ``run``.

        Statements that are sent together are one transaction (PostgreSQL, "Multiple Statements in a Simple Query"). So
        the search path is set for this statement alone, without another round trip.
        """
        path = self.set_path if values is None else self.set_path.replace("%", "%%")
        return await self._timed(path + sql, values, several=bool(path))

    async def run(self, sql: str, values: Values | None = None) -> Answer:
        """Run a statement of a transaction. Without values, it may be several statements.

        Returns:
            The answer to the last one.

        Raises:
            psycopg.Error: what the driver raises, ``TookTooLong`` or ``NoLongerConnected``.
        """
        return await self._timed(sql, values, several=False)

    async def _timed(self, sql: str, values: Values | None, *, several: bool) -> Answer:
        if time.monotonic() > self.deadline:
            raise TookTooLong
        if self.on_statement is not None:
            self.on_statement(sql)
        try:
            answer = await self._run(sql, values, several=several)
        except TookTooLong:
            if self._driver.deadline < self.deadline:
                raise NoLongerConnected from None
            raise
        self._driver.deadline = self.deadline
        self.answered_at = time.monotonic()
        return answer

    @abstractmethod
    async def _run(self, sql: str, values: Values | None, *, several: bool) -> Answer:
        """``several``: the server takes no values with several statements, so the driver writes them into the text."""
        ...

    @property
    def open(self) -> bool:
        """Whether the connection is open, as far as the driver knows."""
        return self._driver.pgconn.status == ConnStatus.OK

    @property
    def usable(self) -> bool:
        """Whether it is open and idle, and nothing has arrived: a server sends something to an idle connection only to
        close it. This sends nothing."""
        return (
            self.open
            and self._driver.pgconn.transaction_status == TransactionStatus.IDLE
            and not _readable(self._driver.pgconn.socket)
        )

    def drop(self) -> None:
        """Close the connection. The server rolls back what was not committed."""
        self._driver.pgconn.finish()


class ThreadPsycopg(psycopg.Connection[TupleRow]):
    """The driver's connection in the caller's thread. No wait for the server goes on after ``deadline``."""

    deadline = float("inf")
    connecting = threading.local()  # its attempts end at the time ``until``

    @classmethod
    def _connect_gen(cls, *args: Any, **kwargs: Any) -> Generator[Any, Any, Self]:
        """The driver's own timeout is two seconds at least, and a verb has one."""
        try:
            return (yield from _until(cls.connecting.until, super()._connect_gen(*args, **kwargs)))
        except TookTooLong:
            raise psycopg.errors.ConnectionTimeout("connection timeout expired") from None

    def __del__(self, *_: object) -> None:
        """Suppress the driver's warning about a connection that was not closed. The driver still closes it."""

    def wait(self, gen: Generator[Any, Any, Result], *args: Any, **kwargs: Any) -> Result:
        return super().wait(_until(self.deadline, gen), *args, **kwargs)


class LoopPsycopg(psycopg.AsyncConnection[TupleRow]):
    """The driver's connection in an event loop. As ``ThreadPsycopg``."""

    deadline = float("inf")

    def __del__(self, *_: object) -> None:
        """As in ``ThreadPsycopg``."""

    async def wait(self, gen: Generator[Any, Any, Result], *args: Any, **kwargs: Any) -> Result:
        """Not as the driver does it: where the task is cancelled, that cancels the statement at the server, too. A
        COMMIT that waits for a standby would then end, and others would see what only the primary has. A failover
        may lose it."""
        return await waiting.wait_async(_until(self.deadline, gen), self.pgconn.socket, interval=_WAKES_SECONDS)


class ThreadConnection(Connection):
    """A connection in the caller's thread."""

    def __init__(self, driver: ThreadPsycopg, address: Address, deadline: float) -> None:
        super().__init__(driver, address, deadline)
        self._own = driver

    async def _run(self, sql: str, values: Values | None, *, several: bool) -> Answer:
        if several and values:
            cursor: psycopg.Cursor[TupleRow] = psycopg.ClientCursor(self._own)
            cursor.execute(sql, values)
        else:
            cursor = self._own.execute(sql, values)
        while cursor.nextset():
            pass
        return Answer(cursor.fetchall() if cursor.description else [], cursor.rowcount, cursor.statusmessage)


class LoopConnection(Connection):
    """A connection in an event loop."""

    def __init__(self, driver: LoopPsycopg, address: Address, deadline: float) -> None:
        super().__init__(driver, address, deadline)
        self._own = driver

    async def _run(self, sql: str, values: Values | None, *, several: bool) -> Answer:
        if several and values:
            cursor: psycopg.AsyncCursor[TupleRow] = psycopg.AsyncClientCursor(self._own)
            await cursor.execute(sql, values)
        else:
            cursor = await self._own.execute(sql, values)
        while cursor.nextset():
            pass
        return Answer(await cursor.fetchall() if cursor.description else [], cursor.rowcount, cursor.statusmessage)


def _until(deadline: float, talk: Generator[Any, Any, Result]) -> Generator[Any, Any, Result]:
    """Step the driver's generator, which wakes several times a second, and stop it at the deadline."""
    try:
        wanted = next(talk)
        while True:
            ready = yield wanted
            if time.monotonic() > deadline:
                talk.close()
                raise TookTooLong
            wanted = talk.send(ready)
    except StopIteration as end:
        result: Result = end.value
        return result


def _readable(descriptor: int) -> bool:
    if not hasattr(select, "poll"):
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
