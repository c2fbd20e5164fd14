"""A connection to the server, in the caller's thread or in an event loop. Only this module knows the difference.

How this works:

- ``Connection`` is what the verbs see: ``run`` a statement, and get its rows. An ``Executor`` opens it, and brings the
  semaphore and the pause that fit a thread or a loop.
- Every wait for the server has a deadline on the client's side, too. A server that hangs, or a network that drops
  packets, must not delay a request for longer than its budget. The driver waits in a generator (``wait``); ``_until``
  steps this generator and stops it at the deadline. The driver's own timeout applies to connection attempts only.
- A connection that was idle may be dead without anybody's knowledge: a firewall has forgotten it, or its server is
  gone. So its first answer has to come within a part of the verb's time (``begin``), and the rest is for a new one.
- A connection is used by one verb at a time.
"""

from __future__ import annotations

import asyncio
import select
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, Protocol, TypedDict

import psycopg
from psycopg import sql as quoting
from psycopg.pq import ConnStatus, TransactionStatus
from psycopg.rows import TupleRow

from ..sql.transaction import Result, Rows, Values
from .address import Address

TROUBLE = (psycopg.Error, OSError)  # these become a StoreError

_NO_ANSWER = (psycopg.errors.ConnectionTimeout, TimeoutError)


class _How(TypedDict):
    autocommit: bool
    prepare_threshold: None


# Transactions are begun by a statement of their own. No prepared statements: each belongs to one of the server's
# connections, and a pooler in front of it (PgBouncer) may use another one for each transaction.
_HOW: _How = {"autocommit": True, "prepare_threshold": None}


def _plain(error: psycopg.Error | OSError) -> psycopg.Error | OSError:
    """An error of a connection attempt, without its traceback. The driver's frames have the password in their
    variables, which some programs record. A reference cycle in them also keeps a half-open socket for as long as the
    error exists, and a server that shuts down waits for it."""
    if isinstance(error, _NO_ANSWER):
        error.__traceback__ = None
        return TimeoutError("the database does not answer")
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


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

    def __init__(self, driver: _ThreadPsycopg | _LoopPsycopg, address: Address, deadline: float) -> None:
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


class Slots(Protocol):
    """A semaphore that limits how many connections are open at once."""

    async def take(self, seconds: float) -> None:
        """Wait for a free slot, for at most this long.

        Raises:
            TimeoutError: no slot became free.
        """
        ...

    def give_back(self) -> None:
        """Free the slot."""
        ...


class Executor(Protocol):
    """Where verbs run: in a thread, or in an event loop."""

    @property
    def size(self) -> int:
        """How many connections are open at most, unless the app says otherwise."""
        ...

    def here(self) -> object:
        """The owner of connections, as a key: the whole process, or the running loop."""
        ...

    def slots(self, count: int) -> Slots:
        """A new semaphore."""
        ...

    async def connect(self, address: Address, deadline: float) -> Connection:
        """Open a connection.

        Raises:
            TimeoutError: the server did not answer by the deadline, a time of ``time.monotonic()``.
            psycopg.Error, OSError: it refused.
        """
        ...

    async def pause(self, seconds: float) -> None:
        """Wait."""
        ...


class ThreadExecutor:
    """Runs in the caller's thread. Nothing suspends, and no other thread is started, because a fork would lose it."""

    size = 5

    def here(self) -> object:
        return self

    def slots(self, count: int) -> Slots:
        return _ThreadSlots(count)

    async def connect(self, address: Address, deadline: float) -> Connection:
        # If a server does not answer at all, the driver waits for two seconds, which is the shortest that it supports.
        try:
            driver = _ThreadPsycopg.connect(address.conninfo.reveal(), **_HOW)
            return _ThreadConnection(driver, address, deadline)
        except TROUBLE as error:
            failure = _plain(error)
        raise failure

    async def pause(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251  # the thread is ours, and nothing else runs in it


class LoopExecutor:
    """Runs in an event loop, or in several, one after the other."""

    size = 10

    def here(self) -> object:
        return asyncio.get_running_loop()

    def slots(self, count: int) -> Slots:
        return _LoopSlots(count)

    async def connect(self, address: Address, deadline: float) -> Connection:
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                driver = await _LoopPsycopg.connect(address.conninfo.reveal(), **_HOW)
                return _LoopConnection(driver, address, deadline)
        except TROUBLE as error:
            failure = _plain(error)
        raise failure

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _ThreadSlots:
    def __init__(self, count: int) -> None:
        self._free = threading.Semaphore(count)

    async def take(self, seconds: float) -> None:
        if not self._free.acquire(timeout=max(seconds, 0)):
            raise TimeoutError("all connections to the database are in use")

    def give_back(self) -> None:
        self._free.release()


class _LoopSlots:
    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)

    async def take(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._free.acquire()
        except TimeoutError:
            raise TimeoutError("all connections to the database are in use") from None

    def give_back(self) -> None:
        self._free.release()


class _ThreadPsycopg(psycopg.Connection[TupleRow]):
    deadline = float("inf")

    def __del__(self, *_: object) -> None:
        """Suppress the driver's warning about a connection that was not closed. The driver still closes it."""

    def wait(self, gen: Generator[Any, Any, Result], *args: Any, **kwargs: Any) -> Result:
        return super().wait(_until(self.deadline, gen), *args, **kwargs)


class _LoopPsycopg(psycopg.AsyncConnection[TupleRow]):
    deadline = float("inf")

    def __del__(self, *_: object) -> None:
        """As in ``_ThreadPsycopg``."""

    async def wait(self, gen: Generator[Any, Any, Result], *args: Any, **kwargs: Any) -> Result:
        return await super().wait(_until(self.deadline, gen), *args, **kwargs)


class _ThreadConnection(Connection):
    def __init__(self, driver: _ThreadPsycopg, address: Address, deadline: float) -> None:
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


class _LoopConnection(Connection):
    def __init__(self, driver: _LoopPsycopg, address: Address, deadline: float) -> None:
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
