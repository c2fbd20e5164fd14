"""Translates the shared statements from PostgreSQL's SQL to SQLite's, and runs them in a transaction.

Each statement is translated once and cached. Row locks are left out: SQLite has one writer at a time, so a transaction
that has begun has the whole database to itself. ``written_by`` and the ids of events are left out, too: SQLite is in
this process, so no answer can be lost, and nothing is repeated.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple, cast

from ..sql.transaction import Args, Result, Rows, Values, Verb, stepped

_WORDS = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\s+FOR UPDATE( OF \w+(, \w+)*)?( SKIP LOCKED)?", ""),
        (r",\s*written_by( = %\(call\)s)?|,\s*%\(call\)s", ""),
        (r"\bclock\.now\b", "%(now)s"),
        (r"\bclock CROSS JOIN\s+|\s+FROM clock\b(?! CROSS)", ""),
        (r"::double precision\b", ""),
        (r"\bIS DISTINCT FROM\b", "IS NOT"),  # SQLite knows the longer form since 3.39
        (r"\bgreatest\(", "max("),
        (r"\bleast\(", "min("),
    )
)


_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


class Statement(NamedTuple):
    """A translated statement. Its values are passed by position, which is quicker than by name."""

    sql: str
    values: Callable[[Values], Sequence[object]]


@lru_cache(maxsize=256)
def translated(sql: str) -> Statement:
    """Translate a statement."""
    for pattern, words in _WORDS:
        sql = pattern.sub(words, sql)
    names = _PLACEHOLDER.findall(sql)
    values = itemgetter(*names) if len(names) > 1 else lambda given: [given[name] for name in names]
    return Statement(_PLACEHOLDER.sub("?", sql), values)


class Transaction:
    """See ``storage.sql.transaction``. For a look-up it is the same, outside of any transaction.

    Several verbs may run in one transaction, one after the other. Each of them has its own time.

    Args:
        connection: of the calling thread.
        idle_seconds: after how much time without use a session ends.
        now: the store's time, in seconds since 1970.
    """

    __slots__ = ("_connection", "_given")

    call = ""
    repeated = False

    def __init__(self, connection: sqlite3.Connection, idle_seconds: float, now: float = 0.0) -> None:
        self._connection = connection
        self._given: dict[str, object] = {"now": now, "idle": idle_seconds}

    @property
    def now(self) -> float:
        return cast(float, self._given["now"])

    @now.setter
    def now(self, now: float) -> None:
        self._given["now"] = now

    @property
    def is_open(self) -> bool:
        """Whether the transaction has not been rolled back."""
        return self._connection.in_transaction

    def begin_again(self) -> None:
        """Take back what was done in this transaction, and begin another one."""
        self.run("ROLLBACK")
        self.run("BEGIN IMMEDIATE")

    def run(self, statement: str) -> None:
        """Run a statement that controls the transaction."""
        self._connection.execute(statement)

    async def execute(self, sql: str, values: Values) -> int:
        return self._run(sql, values).rowcount

    async def query(self, sql: str, values: Values) -> Rows:
        return self._run(sql, values).fetchall()

    look_up = query

    def _run(self, sql: str, values: Values) -> sqlite3.Cursor:
        statement = translated(sql)
        return self._connection.execute(statement.sql, statement.values({**self._given, **values}))

    def subject(self, text: str) -> str:
        """SQLite compares text byte by byte."""
        return text

    def event_id(self) -> None:
        """None: SQLite numbers the events."""

    first_event_id = event_id


def bound(work: Callable[[Transaction, *Args], Verb[Result]], args: tuple[*Args]) -> Callable[[Transaction], Result]:
    """A verb as a plain function of a transaction, which never suspends."""

    def run(transaction: Transaction) -> Result:
        return stepped(work(transaction, *args))

    return run
