"""What a verb sees of a connection: a look-up, or a transaction."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field

from ..sql.transaction import Rows, Values
from .connections import Answer, Connection


@dataclass(slots=True)
class Call:
    """One call of a verb, over all its attempts.

    Attributes:
        token: the name of the call, which the verb writes into what it changes.
        first_at: the store's time at the first attempt, in seconds since 1970. None: there was none yet.
        maybe_committed: an earlier attempt may have been committed.
    """

    token: str = field(default_factory=lambda: secrets.token_hex(8))
    first_at: float | None = None
    maybe_committed: bool = False


class Reading:
    """See ``storage.sql.transaction``. Each statement also reads the store's clock."""

    def __init__(self, connection: Connection, clock: str, idle_seconds: float) -> None:
        self._connection = connection
        self._clock = clock
        self._idle_seconds = idle_seconds

    async def look_up(self, sql: str, values: Values) -> Rows:
        given = {"idle": self._idle_seconds, **values}
        return (await self._connection.run_alone(f"WITH clock AS (SELECT {self._clock} AS now) {sql}", given)).rows


class Transaction:
    """See ``storage.sql.transaction``."""

    def __init__(self, connection: Connection, now: float, call: Call, idle_seconds: float) -> None:
        self._connection = connection
        self._idle_seconds = idle_seconds
        self._events = 0
        self._first_at = call.first_at = now if call.first_at is None else call.first_at
        self.now = now
        self.call = call.token
        self.repeated = call.maybe_committed

    async def execute(self, sql: str, values: Values) -> int:
        return (await self._run(sql, values)).changed

    async def query(self, sql: str, values: Values) -> Rows:
        return (await self._run(sql, values)).rows

    async def look_up(self, sql: str, values: Values) -> Rows:
        return (await self._run(f"WITH clock AS (SELECT %(now)s AS now) {sql}", values)).rows

    async def _run(self, sql: str, values: Values) -> Answer:
        given = {"now": self.now, "call": self.call, "idle": self._idle_seconds, **values}
        return await self._connection.run(sql, given)

    def subject(self, text: str) -> bytes:
        """As bytes, which are compared without a collation and may contain a NUL."""
        return text.encode()

    def event_id(self) -> uuid.UUID:
        number, self._events = self._events, self._events + 1
        return _event_id(self._first_at, number, self.call)

    def first_event_id(self) -> uuid.UUID:
        return _event_id(self._first_at, 0, self.call)


def _event_id(at: float, number: int, call: str) -> uuid.UUID:
    """A UUID of version 7, with a finer clock and a counter. RFC 9562 §5.7, §6.2."""
    milliseconds, fraction = divmod(max(at, 0.0) * 1000.0, 1.0)
    time_and_fraction = int(milliseconds) << 16 | 0x7000 | int(fraction * 4096)
    return uuid.UUID(int=time_and_fraction << 64 | 0b10 << 62 | number << 46 | int(call, 16) >> 18)
