"""How SQLite says what the shared statements say in PostgreSQL's words, and the transaction that runs them.

Each statement is translated once and kept. There are no row locks to translate: SQLite has one writer at a time, so a
transaction that has begun has the whole database to itself. There is no ``written_by`` and no id of an event either:
SQLite is in this process, no answer is lost on the way, and nothing is ever repeated.
"""

from __future__ import annotations

import re
import sqlite3
from functools import cache

from ..sql.transaction import Answer, Result, Rows, Values, Work, stepped

_WORDS = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\s+FOR UPDATE( OF \w+(, \w+)*)?( SKIP LOCKED)?", ""),
        (r",\s*written_by( = %\(call\)s)?|,\s*%\(call\)s", ""),
        (r"\bclock\.now\b", ":now"),
        (r"\bclock CROSS JOIN\s+|\s+FROM clock\b(?! CROSS)", ""),
        (r"::double precision\b", ""),
        (r"\bIS DISTINCT FROM\b", "IS NOT"),  # SQLite knows the longer form since 3.39
        (r"\bgreatest\(", "max("),
        (r"\bleast\(", "min("),
        (r"%\((\w+)\)s", r":\1"),
    )
)


@cache
def translated(sql: str) -> str:
    for pattern, words in _WORDS:
        sql = pattern.sub(words, sql)
    return sql


class Transaction:
    """See ``storage.sql.transaction``. For a look-up it is the same, outside of any transaction.

    Args:
        now: the store's time, in seconds since 1970.
        idle_seconds: a session that is not presented for so long is over.
    """

    __slots__ = ("_connection", "_idle_seconds", "now")

    call = ""
    repeated = False

    def __init__(self, connection: sqlite3.Connection, now: float, idle_seconds: float) -> None:
        self._connection = connection
        self._idle_seconds = idle_seconds
        self.now = now

    async def run(self, sql: str, values: Values) -> Answer:
        cursor = self._connection.execute(translated(sql), {"now": self.now, "idle": self._idle_seconds, **values})
        return Answer(cursor.fetchall(), cursor.rowcount)

    async def look_up(self, sql: str, values: Values) -> Rows:
        return (await self.run(sql, values)).rows

    def subject(self, text: str) -> str:
        """SQLite compares text byte by byte."""
        return text

    def event_id(self) -> None:
        """SQLite counts them."""

    first_event_id = event_id


class Player:
    """Runs a verb on a connection, as a plain function that never suspends.

    Args:
        idle_seconds: a session that is not presented for so long is over.
    """

    def __init__(self, idle_seconds: float) -> None:
        self._idle_seconds = idle_seconds

    def __call__(self, connection: sqlite3.Connection, now: float, work: Work[Result], *args: object) -> Result:
        return stepped(work(Transaction(connection, now, self._idle_seconds), *args))
