"""Clears away what is over: after each verb that adds rows, in its transaction, a bounded number of rows of each kind.

So nothing else has to run, no table grows without end, and no login waits long: rows that another one is clearing away
at this moment are skipped.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import compress
from typing import TypeVar, TypeVarTuple

from ..base import CLAIM_SECONDS, PRUNED_ROWS, REVOCATION_SECONDS
from ..judging import AUDIT_SECONDS
from .access import Transaction, first_event_id_of

Args = TypeVarTuple("Args")
Result = TypeVar("Result")


def _oldest(table: str, key: str, date: str, until: str) -> str:
    return f"SELECT {key} FROM {table} WHERE {date} <= {until} ORDER BY {date} LIMIT {PRUNED_ROWS}"


# Which rows are over, and how they go.
_OVER = {
    "DELETE FROM login_claims WHERE key": _oldest("login_claims", "key", "began_at", f"%(now)s - {CLAIM_SECONDS}"),
    "DELETE FROM sessions WHERE id": _oldest("sessions", "id", "kept_until", "%(now)s"),
    "DELETE FROM revoked_sessions WHERE session_id": _oldest(
        "revoked_sessions", "session_id", "at", f"%(now)s - {REVOCATION_SECONDS}"
    ),
    "DELETE FROM account_cutoffs WHERE account_id": _oldest(
        "account_cutoffs", "account_id", "at", f"%(now)s - {REVOCATION_SECONDS}"
    ),
    "DELETE FROM account_changes WHERE account_id": _oldest(
        "account_changes", "account_id", "at", f"%(now)s - {REVOCATION_SECONDS}"
    ),
    # Events are in the order of their ids, so that their date needs no index.
    "DELETE FROM audit_events WHERE id": _oldest("audit_events", "id", "id", "%(first_kept)s"),
}
# One look at all of them first, since mostly nothing is over.
_LOOK = "SELECT " + ", ".join(f"EXISTS ({rows})" for rows in _OVER.values())


def clearing(
    work: Callable[[Transaction, *Args], Awaitable[Result]],
) -> Callable[[Transaction, *Args], Awaitable[Result]]:
    """The same work, followed by clearing away. A verb that adds rows is run through it."""

    async def cleared(transaction: Transaction, *args: *Args) -> Result:
        result = await work(transaction, *args)
        await prune(transaction)
        return result

    return cleared


async def prune(transaction: Transaction) -> None:
    values = {"first_kept": first_event_id_of(transaction.now - AUDIT_SECONDS)}
    (found,) = (await transaction.run(_LOOK, values)).rows
    for delete, rows in compress(_OVER.items(), found):
        await transaction.run(f"{delete} IN ({rows} FOR UPDATE SKIP LOCKED)", values)
