"""A verb is one transaction, repeated whole where that helps, until its second is over.

It is repeated when the database asks for it (serialization 40001, deadlock 40P01) and when the line was lost. A line
that is lost between COMMIT and its answer leaves open whether the verb has happened: so every verb writes down which
call it was, in the row that it changes or in its audit event, and a repeat that meets its own call answers what that
one would have answered.

Transactions are READ COMMITTED, and correct under anything stricter. Every judgement that counts is made on a row that
is locked, in the condition of the write itself, or by a unique index; none by what a snapshot happens to hold. So
logins that meet wait for each other for milliseconds where SERIALIZABLE would send all but one back; and a database
that knows nothing but SERIALIZABLE (CockroachDB by default) asks for a repeat, and gets it.
"""

from __future__ import annotations

import logging
import random
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar, TypeVarTuple

import psycopg

from ...crypto import Secret
from ...errors import StoreError
from .connections import TROUBLE, Answer, Connection, Executor
from .pool import CannotConnect, Pool, Pools

Args = TypeVarTuple("Args")
Result = TypeVar("Result")

_log = logging.getLogger("valetkey.storage.base")

PATIENCE_SECONDS = 1.0  # what a callback's budget leaves for the store
# Between two statements of a transaction there are microseconds. A process that is stopped in between holds locks, and
# a date that grows old: see ``sessions.revocations``.
STALLED_SECONDS = 2.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.002, 0.1

_REPEAT = frozenset({"40001", "40P01"})
# What a server says that shuts down, restarts, was cut off from its peers or is no longer the one that writes.
_LOST = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03", "25006", "40003"})

_BEGIN = """
    BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL lock_timeout = {milliseconds};
    SET LOCAL statement_timeout = {milliseconds};
    SET LOCAL idle_in_transaction_session_timeout = {stalled};
    SELECT {clock}
"""


class Again(Exception):
    """Somebody else was quicker, in a way that the next attempt will see."""


@dataclass(slots=True)
class _Call:
    """One call of a verb, over all its attempts."""

    token: str = field(default_factory=lambda: secrets.token_hex(8))
    first_at: float | None = None
    maybe_committed: bool = False


class Reading:
    """A look-up: mostly one statement, beside the store's ``clock``. Several see what was committed in between."""

    def __init__(self, connection: Connection, clock: str) -> None:
        self._connection = connection
        self._clock = clock

    async def look_up(self, sql: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """The statement may use ``clock.now``."""
        return (await self._connection.run(f"WITH clock AS (SELECT {self._clock} AS now) {sql}", values)).rows


class Transaction:
    """What a verb that writes is given.

    ``now`` is the store's time at its beginning. ``repeated`` says that an earlier attempt of this very call may have
    been committed; ``call`` is what it would have written.
    """

    def __init__(self, connection: Connection, now: float, call: _Call) -> None:
        self._connection = connection
        self._events = 0
        self._first_at = call.first_at = now if call.first_at is None else call.first_at
        self.now = now
        self.call = call.token
        self.repeated = call.maybe_committed

    async def run(self, sql: str, values: Mapping[str, object]) -> Answer:
        """``now`` and ``call`` may be used as values, too."""
        return await self._connection.run(sql, {"now": self.now, "call": self.call, **values})

    async def look_up(self, sql: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """As a ``Reading`` does."""
        return (await self.run(f"WITH clock AS (SELECT %(now)s AS now) {sql}", values)).rows

    def event_id(self) -> uuid.UUID:
        """The next event's, the same in every attempt; in the order of time, and within a call of their coming."""
        number, self._events = self._events, self._events + 1
        return _event_id(self._first_at, number, self.call)

    def first_event_id(self) -> uuid.UUID:
        """By which a repeat finds out whether its call was committed."""
        return _event_id(self._first_at, 0, self.call)


def _event_id(at: float, number: int, call: str) -> uuid.UUID:
    """A UUID of version 7, with a finer clock and a counter. RFC 9562 §5.7, §6.2."""
    milliseconds, fraction = divmod(max(at, 0.0) * 1000.0, 1.0)
    time_and_fraction = int(milliseconds) << 16 | 0x7000 | int(fraction * 4096)
    return uuid.UUID(int=time_and_fraction << 64 | 0b10 << 62 | number << 46 | int(call, 16) >> 18)


def first_event_id_of(at: float) -> uuid.UUID:
    """No event of that moment or later has a smaller one."""
    return uuid.UUID(int=int(max(at, 0.0) * 1000.0) << 80)


class Access:
    """Runs a function of (reading, …) or (transaction, …).

    Args:
        clock: an SQL expression: seconds since 1970.
        on_statement: told every statement, for tests.
    """

    def __init__(
        self,
        ground: Executor,
        conninfo: Secret,
        *,
        size: int,
        patience_seconds: float,
        clock: str,
        welcome: Callable[[Connection], Awaitable[None]],
        on_statement: Callable[[str], None] | None = None,
    ) -> None:
        self._ground = ground
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._on_statement = on_statement
        self._pools = Pools(ground, lambda: Pool(ground, conninfo, size, welcome))
        self._gave_up_at = float("-inf")

    async def read(self, work: Callable[[Reading, *Args], Awaitable[Result]], *args: *Args) -> Result:
        async def attempt(connection: Connection) -> Result:
            return await work(Reading(connection, self._clock), *args)

        return await self._attempted(attempt)

    async def write(self, work: Callable[[Transaction, *Args], Awaitable[Result]], *args: *Args) -> Result:
        call = _Call()

        async def attempt(connection: Connection) -> Result:
            now = await self._begin(connection)
            try:
                result = await work(Transaction(connection, now, call), *args)
            except Exception:
                with suppress(*TROUBLE):  # a connection that is still within its transaction is not kept
                    await connection.run("ROLLBACK")
                raise
            # Unless the server says what became of it, it may have happened.
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
        """One way there and back: the bounds of this transaction alone, which a pooler keeps to it, and the time."""
        # The server gives up a little before we do, and so has the time to say why.
        left = int((connection.deadline - time.monotonic()) * 1000 * 0.9)
        begin = _BEGIN.format(milliseconds=max(left, 1), stalled=int(STALLED_SECONDS * 1000), clock=self._clock)
        ((now,),) = (await connection.run(begin)).rows
        return float(now)

    async def _attempted(self, attempt: Callable[[Connection], Awaitable[Result]]) -> Result:
        deadline = time.monotonic() + self._patience_seconds
        pause = _FIRST_PAUSE_SECONDS
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
                if not self._helps(error) or time.monotonic() + paused > deadline:
                    raise self._given_up(error) from (error.__cause__ if isinstance(error, CannotConnect) else error)
            await self._ground.pause(paused)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _helps(self, error: Exception) -> bool:
        """Whether to repeat after it."""
        if isinstance(error, CannotConnect):
            # Who comes while the database is known to be away tries once: else all would wait, one after the other.
            return time.monotonic() - self._gave_up_at > self._patience_seconds
        if isinstance(error, psycopg.Error):
            return error.sqlstate in _REPEAT or is_lost(error)
        return isinstance(error, Again)

    def _given_up(self, error: Exception) -> StoreError:
        if isinstance(error, CannotConnect):
            self._gave_up_at = time.monotonic()
        report(error.__cause__ if isinstance(error, CannotConnect) else error)
        return StoreError()

    def close(self) -> None:
        self._pools.close()


def is_lost(error: psycopg.Error) -> bool:
    """Whether the line is gone, or leads to a server that is no use any more."""
    if error.sqlstate is not None:
        return error.sqlstate in _LOST or error.sqlstate.startswith("08")
    # Nothing from the server: these are the driver's own words about the line.
    return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))


def report(error: BaseException | None) -> None:
    """The first line of the server's words, for the log alone: the detail that follows it quotes values."""
    words = getattr(getattr(error, "diag", None), "message_primary", None)
    name = getattr(error, "sqlstate", None) or type(error).__name__
    _log.warning("the database did not do its part: %s (%s)", words or error, name)
