"""Deletes what is over: after each verb that adds rows, in its transaction, a bounded number of rows of each kind.

So nothing else has to run, no table grows without end, and no login waits long. Rows that another transaction is
deleting at this moment are skipped.
"""

from __future__ import annotations

from itertools import compress

from ..base import CLAIM_SECONDS, PRUNED_ROWS, REVOCATION_SECONDS
from .audit import AUDIT_SECONDS
from .transaction import Result, Transaction, Work


def _oldest(table: str, key: str, date: str, kept_seconds: float) -> str:
    over = f"{date} <= %(now)s - {kept_seconds}"
    return f"SELECT {key} FROM {table} WHERE {over} ORDER BY {date} LIMIT {PRUNED_ROWS}"


# Events are in the order of their ids, so their date needs no index.
_FIRST_EVENTS = f"(SELECT id, at FROM audit_events ORDER BY id LIMIT {PRUNED_ROWS}) AS first"
# Which rows are over, and how they go.
_OVER = {
    "DELETE FROM login_claims WHERE key": _oldest("login_claims", "key", "began_at", CLAIM_SECONDS),
    "DELETE FROM sessions WHERE id": _oldest("sessions", "id", "kept_until", 0.0),
    "DELETE FROM revoked_sessions WHERE session_id": _oldest(
        "revoked_sessions", "session_id", "at", REVOCATION_SECONDS
    ),
    "DELETE FROM account_cutoffs WHERE account_id": _oldest("account_cutoffs", "account_id", "at", REVOCATION_SECONDS),
    "DELETE FROM account_changes WHERE account_id": _oldest("account_changes", "account_id", "at", REVOCATION_SECONDS),
    "DELETE FROM audit_events WHERE id": _oldest(_FIRST_EVENTS, "id", "at", AUDIT_SECONDS),
}
# One look at all of them first, since mostly nothing is over.
_LOOK = "SELECT " + ", ".join(f"EXISTS ({rows})" for rows in _OVER.values())


async def pruning(transaction: Transaction, work: Work[Result], *args: object) -> Result:
    """The work, followed by pruning. Every verb that adds rows is run through it, however it ends."""
    result = await work(transaction, *args)
    await prune(transaction)
    return result


async def prune(transaction: Transaction) -> None:
    (found,) = (await transaction.run(_LOOK, {})).rows
    for delete, rows in compress(_OVER.items(), found):
        await transaction.run(f"{delete} IN ({rows} FOR UPDATE SKIP LOCKED)", {})
