"""Clears away what is over: after each verb that adds rows, in its transaction, a bounded number of rows of each kind.

So nothing else has to run, no table grows without end, and no login waits long.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import compress
from typing import TypeVar, TypeVarTuple

from ..base import CLAIM_SECONDS, PRUNED_ROWS, REVOCATION_SECONDS
from ..judging import AUDIT_SECONDS

Args = TypeVarTuple("Args")
Result = TypeVar("Result")


def _oldest(table: str, key: str, date: str, kept_seconds: float) -> str:
    over = f"{date} <= :now - {kept_seconds}"
    return f"SELECT {key} FROM {table} WHERE {over} ORDER BY {date} LIMIT {PRUNED_ROWS}"


_FIRST_EVENTS = f"(SELECT id, at FROM audit_events ORDER BY id LIMIT {PRUNED_ROWS})"
# Which rows are over, and how they go.
_OVER = {
    "DELETE FROM login_claims WHERE key": _oldest("login_claims", "key", "began_at", CLAIM_SECONDS),
    "DELETE FROM sessions WHERE id": _oldest("sessions", "id", "kept_until", 0.0),
    "DELETE FROM revoked_sessions WHERE session_id": _oldest(
        "revoked_sessions", "session_id", "at", REVOCATION_SECONDS
    ),
    "DELETE FROM account_cutoffs WHERE account_id": _oldest("account_cutoffs", "account_id", "at", REVOCATION_SECONDS),
    "DELETE FROM account_changes WHERE account_id": _oldest("account_changes", "account_id", "at", REVOCATION_SECONDS),
    # Events are in the order of their ids, so that their date needs no index.
    "DELETE FROM audit_events WHERE id": _oldest(_FIRST_EVENTS, "id", "at", AUDIT_SECONDS),
}
# One look at all of them first, since mostly nothing is over.
_LOOK = "SELECT " + ", ".join(f"EXISTS ({rows})" for rows in _OVER.values())


def clearing(
    work: Callable[[sqlite3.Connection, float, *Args], Result],
) -> Callable[[sqlite3.Connection, float, *Args], Result]:
    """The same work, followed by clearing away. A verb that adds rows is run through it."""

    def cleared(connection: sqlite3.Connection, now: float, *args: *Args) -> Result:
        result = work(connection, now, *args)
        prune(connection, now)
        return result

    return cleared


def prune(connection: sqlite3.Connection, now: float) -> None:
    found = connection.execute(_LOOK, {"now": now}).fetchone()
    for delete, rows in compress(_OVER.items(), found):
        connection.execute(f"{delete} IN ({rows})", {"now": now})
