"""The interface between the verbs and the databases: a transaction, or a look-up outside one.

How this works:

- Each verb of the contract is one ``async`` function of a ``Transaction`` (or of a ``Reading``, if it writes nothing).
  It runs statements and returns a value. It opens, commits and repeats nothing itself.
- Statements are written in PostgreSQL's SQL, which says more than SQLite's: row locks, ``greatest``, types. For SQLite
  each statement is translated once (``sqlite/dialect.py``).
- PostgreSQL awaits the verb's coroutine. SQLite runs a statement in the calling thread, so its coroutine never suspends
  and ``stepped`` runs it to its end in one call, with or without an event loop.
- PostgreSQL repeats a verb whose connection broke at COMMIT, when it is unknown whether it was committed. So each call
  has a name, ``call``, which the verb writes into the row that it changes (``written_by``) or into the id of its first
  audit event. If ``repeated`` is true, the verb locks the row, looks for that name, and returns what the first attempt
  would have returned. SQLite never repeats and has no such column: its dialect leaves it out.

Why no library does this: an ORM or a query builder hides the lock order and the number of statements, on which these
verbs depend. It also brings its own connections, which do not support forks and poolers as ours must.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol, TypeVar, TypeVarTuple

Args = TypeVarTuple("Args")
Result = TypeVar("Result")
Verb = Coroutine[Any, Any, Result]
Values = Mapping[str, object]
Rows = list[tuple[Any, ...]]


class Again(Exception):
    """Another transaction was quicker, and the next attempt will see its result. The whole verb is repeated."""


class Reading(Protocol):
    """Look-ups outside a transaction. A later one may see what was committed after an earlier one."""

    async def look_up(self, sql: str, values: Values) -> Rows:
        """Run one SELECT.

        Args:
            sql: may use ``clock.now``, the store's time in seconds since 1970, from ``clock CROSS JOIN …``.
            values: for its placeholders. ``idle`` is always set: after how many seconds without use a session ends.
        """
        ...


class Transaction(Reading, Protocol):
    """A transaction that is open for the whole of the verb.

    ``now`` is the store's time at its beginning, in seconds since 1970. ``call`` and ``repeated`` are explained above.
    """

    @property
    def now(self) -> float: ...

    @property
    def call(self) -> str: ...

    @property
    def repeated(self) -> bool: ...

    async def execute(self, sql: str, values: Values) -> int:
        """Run one statement that writes. The values ``now``, ``call`` and ``idle`` are always set.

        Returns:
            How many rows it changed.
        """
        ...

    async def query(self, sql: str, values: Values) -> Rows:
        """Run one statement that returns rows: a SELECT, mostly with a lock, or one with RETURNING."""
        ...

    def subject(self, text: str) -> str | bytes:
        """A subject in the form in which this database stores it."""
        ...

    def event_id(self) -> object:
        """The next audit event's id: the same in every attempt, and in the order of time. None if the database numbers
        its events by itself."""
        ...

    def first_event_id(self) -> object:
        """The id of the first event of this call, by which a repeat finds out whether its call was committed."""
        ...


class Access(Protocol):
    """Runs verbs on a database. It chooses the connection and the thread, and repeats a verb if needed."""

    async def read(self, work: Callable[[Reading, *Args], Verb[Result]], *args: *Args) -> Result:
        """Run the work as a look-up.

        Raises:
            StoreError: the database is unreachable, locked or full.
        """
        ...

    async def write(self, work: Callable[[Transaction, *Args], Verb[Result]], *args: *Args) -> Result:
        """Run the work as one transaction. It raises as ``read``, and what the work raises, after a rollback."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


def stepped(work: Verb[Result]) -> Result:
    """Run a coroutine that never suspends.

    Raises:
        RuntimeError: it suspended.
    """
    try:
        work.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    work.close()
    raise RuntimeError("a verb suspended where nothing can resume it")


def subject_text(kept: str | bytes) -> str:
    """The opposite of ``Transaction.subject``."""
    return kept.decode() if isinstance(kept, bytes) else kept


def shown(text: str | None) -> str | None:
    """Text for display, with its NULs replaced: PostgreSQL cannot store them, and a name must not make a login fail."""
    return None if text is None else text.replace("\0", "\ufffd")
