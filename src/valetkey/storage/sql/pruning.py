"""Deletes expired rows: each verb that adds rows also deletes a bounded number of each kind, in its transaction.

So no separate job is needed, no table grows without limit, and no login waits long. Rows that another transaction is
deleting at this moment are skipped. A store that has found nothing to delete looks again after a second.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress
from typing import NamedTuple

from ..base import CLAIM_SECONDS, LOOK_SECONDS, PRUNED_ROWS, REVOCATION_SECONDS
from .audit import AUDIT_SECONDS
from .transaction import Args, Result, Transaction, Verb


class _Kind(NamedTuple):
    """Rows of one kind: where they are, and when they expire."""

    table: str
    key: str
    date: str
    kept_seconds: float
    within: str = ""

    @property
    def over(self) -> str:
        return f"FROM {self.within or self.table} WHERE {self.date} <= %(now)s - {self.kept_seconds}"

    @property
    def delete(self) -> str:
        oldest = f"SELECT {self.key} {self.over} ORDER BY {self.date} LIMIT {PRUNED_ROWS} FOR UPDATE SKIP LOCKED"
        return f"DELETE FROM {self.table} WHERE {self.key} IN ({oldest})"


# Events are in the order of their ids, so their date needs no index.
_FIRST_EVENTS = f"(SELECT id, at FROM audit_events ORDER BY id LIMIT {PRUNED_ROWS}) AS first"
_KINDS = (
    _Kind("login_claims", "key", "began_at", CLAIM_SECONDS),
    _Kind("sessions", "id", "kept_until", 0.0),
    _Kind("revoked_sessions", "session_id", "at", REVOCATION_SECONDS),
    _Kind("account_cutoffs", "account_id", "at", REVOCATION_SECONDS),
    _Kind("account_changes", "account_id", "at", REVOCATION_SECONDS),
    _Kind("audit_events", "id", "at", AUDIT_SECONDS, within=_FIRST_EVENTS),
)
_DELETES = tuple(kind.delete for kind in _KINDS)
# One query for all kinds comes first, because most of the time nothing has expired.
_FIND = "SELECT " + ", ".join(f"EXISTS (SELECT 1 {kind.over})" for kind in _KINDS)


class Pruning:
    """Prunes for the verbs of one store, in one process."""

    def __init__(self) -> None:
        self._nothing_at = float("-inf")  # when nothing had expired, by the store's clock

    def after(self, work: Callable[[Transaction, *Args], Verb[Result]]) -> Callable[[Transaction, *Args], Verb[Result]]:
        """Wrap the work of a verb that adds rows, so that it prunes afterwards."""

        async def pruned(transaction: Transaction, *args: *Args) -> Result:
            result = await work(transaction, *args)
            await self._prune(transaction)
            return result

        return pruned

    async def _prune(self, transaction: Transaction) -> None:
        """Delete a bounded number of expired rows of each kind."""
        if 0 <= transaction.now - self._nothing_at < LOOK_SECONDS:
            return
        (found,) = await transaction.query(_FIND, {})
        if not any(found):
            self._nothing_at = transaction.now
        for delete in compress(_DELETES, found):
            await transaction.execute(delete, {})
