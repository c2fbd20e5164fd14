"""What a verb is given to work with: a transaction, or a look-up outside one.

How this works:

- Each verb of the contract is one ``async`` function of a ``Transaction`` (or of a ``Reading``, if it writes nothing).
  It runs statements and returns a value. It opens, commits and repeats nothing itself.
- Statements are written in PostgreSQL's words, which say more than SQLite's: row locks, ``greatest``, types. SQLite's
  side translates each statement once (``sqlite/dialect.py``).
- PostgreSQL awaits the verb's coroutine. SQLite runs a statement in the calling thread, so its coroutine never suspends
  and ``stepped`` plays it to its end in one call, with or without an event loop.
- PostgreSQL repeats a verb whose connection broke at COMMIT, when nobody knows whether it was committed. So each call
  has a name, ``call``, which the verb writes into the row that it changes (``written_by``) or into the id of its first
  audit event. If ``repeated`` is true, the verb looks for that name behind the row's lock, and answers what the first
  attempt would have answered. SQLite never repeats and has no such column: its dialect leaves it out.

No library does this. An ORM or a query builder hides the lock order and the number of statements, which are what these
verbs are about, and brings its own connections, which cannot survive a fork or a pooler the way ours must.
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
    """Another transaction was quicker, in a way that the next attempt sees. The verb is repeated whole."""


class Reading(Protocol):
    """A look-up. Several in one verb may see what was committed in between."""

    async def look_up(self, sql: str, values: Values) -> Rows:
        """Run one SELECT.

        Args:
            sql: may use ``clock.now``, the store's time in seconds since 1970, from ``clock CROSS JOIN …``.
            values: for its placeholders. ``idle`` is always there: after how many seconds without a request a session
                is over.
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
        """Run one statement that writes. ``now``, ``call`` and ``idle`` are always there as values.

        Returns:
            How many rows it changed.
        """
        ...

    async def query(self, sql: str, values: Values) -> Rows:
        """Run one statement that answers rows: a SELECT, mostly with a lock, or one with RETURNING."""
        ...

    def subject(self, text: str) -> str | bytes:
        """A subject as this database keeps it."""
        ...

    def event_id(self) -> object:
        """The next audit event's id: the same in every attempt, and in the order of time. None where the database
        counts by itself."""
        ...

    def first_event_id(self) -> object:
        """The id of the first event of this call, by which a repeat finds out whether its call was committed."""
        ...


class Access(Protocol):
    """How verbs reach a database: with which connection, in which thread, how often."""

    async def read(self, work: Callable[[Reading, *Args], Verb[Result]], *args: *Args) -> Result:
        """Run the work as a look-up.

        Raises:
            StoreError: the database is away, locked or full.
        """
        ...

    async def write(self, work: Callable[[Transaction, *Args], Verb[Result]], *args: *Args) -> Result:
        """Run the work as one transaction. Raises: as ``read``, and whatever the work raises, which takes it back."""
        ...

    async def close(self) -> None: ...


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
    """Text that only decorates, without the NUL that PostgreSQL's text cannot hold: it must not keep anyone out."""
    return None if text is None else text.replace("\0", "\ufffd")
