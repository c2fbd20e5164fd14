"""Runs each verb as one transaction, and repeats it as a whole after some failures, for a second at most.

How this works:

- A verb is repeated when the database asks for it (serialization 40001, deadlock 40P01), when another transaction was
  quicker (``Again``), and when the connection was lost. The pause between two attempts doubles each time.
- If the connection is lost between COMMIT and its answer, it is unknown whether the transaction was committed. So each
  call of a verb has a name, which the verb writes into the row that it changes or into its audit event. A repeat that
  finds the name of its own call returns what that attempt would have returned (see ``storage.sql.transaction``).
- Transactions are READ COMMITTED, and correct under any stricter level. Every decision that counts is made on a locked
  row, in the condition of the write itself, or by a unique index. None depends on a snapshot. So concurrent logins wait
  for each other for milliseconds, where SERIALIZABLE would make all but one start again. A database that has only
  SERIALIZABLE (CockroachDB by default) asks for a repeat, and gets it.
- After a second the verb gives up with ``StoreError``. The server's limit is a little shorter (``statement_timeout``),
  so that it has the time to say why. While the database is known not to answer, a verb tries once.

Why no library does this: the retries of pools and ORMs repeat statements or blocks without checking whether the commit
happened.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import psycopg

from ...errors import StoreError
from ..sql.transaction import Again, Args, Result, Verb
from .address import Address
from .connections import TROUBLE, Connection, TookTooLong
from .executors import Executor
from .faults import judge, report
from .pool import CannotConnect, Pool, Pools
from .transactions import Call, Reading, Transaction

PATIENCE_SECONDS = 1.0  # what a callback's budget leaves for the store
# Between two statements of a transaction there are microseconds. A process that is stopped in between still has locks,
# and what it has dated gets old (see ``storage.sql.revocations``). So the server ends its transaction after this time.
STALLED_SECONDS = 2.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.002, 0.1

_REPEAT = frozenset({"40001", "40P01"})
# The errors of a server that shuts down, restarts, was cut off from its peers or does not accept writes any more.
_LOST = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03", "25006", "40003"})

_BEGIN = """
    BEGIN ISOLATION LEVEL READ COMMITTED;
    {set_path}
    SET LOCAL lock_timeout = {milliseconds};
    SET LOCAL statement_timeout = {milliseconds};
    SET LOCAL idle_in_transaction_session_timeout = {stalled};
    SELECT {clock}
"""


class Access:
    """Runs a verb on a connection of the pool, and repeats it after some failures.

    Args:
        executor: the caller's thread, or an event loop.
        address: of the database.
        size: how many connections are open at most.
        patience_seconds: how long a verb may take, with its repeats and with waiting for a connection.
        clock: an SQL expression: seconds since 1970.
        idle_seconds: after how much time without use a session ends.
        check_database: checks the database on the first connection.
        on_statement: called with every statement, for tests.
    """

    def __init__(
        self,
        executor: Executor,
        address: Address,
        *,
        size: int,
        patience_seconds: float,
        clock: str,
        idle_seconds: float,
        check_database: Callable[[Connection], Awaitable[None]],
        on_statement: Callable[[str], None] | None = None,
    ) -> None:
        self._executor = executor
        self._address = address
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._on_statement = on_statement
        self._pools = Pools(executor, lambda: Pool(executor, address, size, check_database))
        self._gave_up_at = float("-inf")

    async def read(self, work: Callable[[Reading, *Args], Verb[Result]], *args: *Args) -> Result:
        async def attempt(connection: Connection) -> Result:
            return await work(Reading(connection, self._clock, self._idle_seconds), *args)

        return await self._attempted(attempt)

    async def write(self, work: Callable[[Transaction, *Args], Verb[Result]], *args: *Args) -> Result:
        call = Call()

        async def attempt(connection: Connection) -> Result:
            now = await self._begin(connection)
            try:
                result = await work(Transaction(connection, now, call, self._idle_seconds), *args)
            except Exception:
                with suppress(*TROUBLE):  # the pool closes a connection that is still in its transaction
                    await connection.run("ROLLBACK")
                raise
            # Unless the server says what became of it, it may have been committed.
            call.maybe_committed, before = True, call.maybe_committed
            try:
                answer = await connection.run("COMMIT")
            except psycopg.Error as error:
                call.maybe_committed = before or error.sqlstate not in _REPEAT
                raise
            if answer.tag != "COMMIT":
                raise psycopg.OperationalError("the database took the transaction back")
            return result

        return await self._attempted(attempt)

    async def _begin(self, connection: Connection) -> float:
        """Begin a transaction in one round trip. Its limits apply to it alone, so a pooler does not carry them over.

        Returns:
            The store's time.
        """
        # The server gives up a little before we do, so it has the time to say why.
        left = int((connection.deadline - time.monotonic()) * 1000 * 0.9)
        begin = _BEGIN.format(
            set_path=connection.set_path,
            milliseconds=max(left, 1),
            stalled=int(STALLED_SECONDS * 1000),
            clock=self._clock,
        )
        ((now,),) = (await connection.run(begin)).rows
        return float(now)

    async def _attempted(self, attempt: Callable[[Connection], Awaitable[Result]]) -> Result:
        deadline = time.monotonic() + self._patience_seconds
        pause = _FIRST_PAUSE_SECONDS
        earlier: Exception | None = None
        while True:
            pool = self._pools.pool()
            try:
                async with pool.connection(deadline) as connection:
                    connection.on_statement = self._on_statement
                    try:
                        return await attempt(connection)
                    except psycopg.Error as error:
                        if is_lost(error):
                            connection.drop()
                            pool.clear()
                        raise
            except (Again, CannotConnect, *TROUBLE) as error:
                paused = random.uniform(pause / 2, pause)
                if not self._may_repeat(error) or time.monotonic() + paused > deadline:
                    # An attempt that the deadline ends says only that; the one before it said why it was repeated.
                    reason = earlier if earlier is not None and _is_late(error) else error
                    raise self._given_up(reason) from (
                        reason.__cause__ if isinstance(reason, CannotConnect) else reason
                    )
                earlier = error
            await self._executor.pause(paused)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _may_repeat(self, error: Exception) -> bool:
        """Whether a repeat may succeed after this error."""
        if isinstance(error, CannotConnect):
            # While the database is known not to answer, a verb tries once. Otherwise every verb would wait for it.
            return time.monotonic() - self._gave_up_at > self._patience_seconds
        if isinstance(error, psycopg.Error):
            return error.sqlstate in _REPEAT or is_lost(error)
        return isinstance(error, Again)

    def _given_up(self, error: Exception) -> StoreError:
        if isinstance(error, CannotConnect):
            self._gave_up_at = time.monotonic()
        report(judge(_reason(error), self._address))
        return StoreError()

    async def close(self) -> None:
        self._pools.close()


def _reason(error: Exception) -> BaseException:
    """What the driver raised."""
    return error.__cause__ or error if isinstance(error, CannotConnect) else error


def _is_late(error: Exception) -> bool:
    return isinstance(_reason(error), (TimeoutError, TookTooLong))


def is_lost(error: psycopg.Error) -> bool:
    """Whether the connection is lost, or its server cannot be used any more."""
    if error.sqlstate is not None:
        return error.sqlstate in _LOST or error.sqlstate.startswith("08")
    # Without a code the error is not from the server, but the driver's own about the connection.
    return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
