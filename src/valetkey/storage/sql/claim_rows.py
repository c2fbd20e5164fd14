"""The claim's row: locks it, and turns it into a ``Claim``.

A claim older than an hour counts as absent in every statement, whether or not it has been pruned.

``written_by`` names the call that wrote the row last (see ``transaction``). If a repeat finds its own name there, an
earlier attempt of its call was committed. Another call has another name, even if it has the same owner.
"""

from __future__ import annotations

from typing import NamedTuple

from ..base import CLAIM_SECONDS, CODE_SECONDS, Claim, ClaimState, Resolved
from .transaction import Transaction, subject_text

# In every list of columns or values, the call's name is last: where a database has no such column, it is left out.
COLUMNS = (
    "key, owner, state, exchanges, began_at, leased_until, session_id, code, finished_at, challenge, account_id,"
    " provider, subject, code_hash, written_by"
)
_LOCK = f"SELECT {COLUMNS} FROM login_claims WHERE key = %(key)s FOR UPDATE"
_LOCK_OF_LOGIN = f"""
    SELECT {COLUMNS} FROM login_claims WHERE login = %(login_id)s AND began_at > %(now)s - {CLAIM_SECONDS}
    ORDER BY began_at DESC LIMIT 1 FOR UPDATE
"""


class Row(NamedTuple):
    """The columns of a claim, in the order of ``COLUMNS``."""

    key: str
    owner: str | None
    state: ClaimState
    exchanges: int
    began_at: float
    leased_until: float
    session_id: str | None
    code: str | None
    finished_at: float | None
    challenge: str | None
    account_id: str | None
    provider: str | None
    subject: str | bytes | None
    code_hash: str | None
    written_by: str | None = None

    @property
    def resolved(self) -> Resolved | None:
        """The account and the identity of the login, if they are recorded."""
        if self.account_id is None or self.provider is None or self.subject is None:
            return None
        return Resolved(account_id=self.account_id, provider=self.provider, subject=subject_text(self.subject))


async def locked(transaction: Transaction, key: str) -> Row | None:
    """The claim's row, locked until this transaction ends. If the server is still committing an attempt of the same
    call, this waits for it."""
    rows = await transaction.query(_LOCK, {"key": key})
    return Row(*rows[0]) if rows else None


async def locked_of_login(transaction: Transaction, login_id: str) -> tuple[Row, bool] | None:
    """The claim of this login, and whether an earlier attempt of this same call has written it."""
    rows = await transaction.query(_LOCK_OF_LOGIN, {"login_id": login_id})
    if not rows:
        return None
    row = Row(*rows[0])
    return row, wrote(transaction, row)


async def written_before(transaction: Transaction, key: str) -> Row | None:
    """The claim as an earlier attempt of this same call left it, locked. None if no attempt was committed, or another
    call wrote it since."""
    if not transaction.repeated:
        return None
    row = await locked(transaction, key)
    return row if row is not None and wrote(transaction, row) else None


def wrote(transaction: Transaction, row: Row) -> bool:
    """Whether an earlier attempt of this call wrote the row."""
    return transaction.repeated and row.written_by == transaction.call


def is_over(row: Row, now: float) -> bool:
    """Whether the claim is older than an hour, and counts as absent."""
    return row.began_at <= now - CLAIM_SECONDS


def claim_of(row: Row, now: float) -> Claim:
    """The claim that a row says, at this time of the store."""
    handed_off = row.state == "done" and row.session_id is None
    return Claim(
        key=row.key,
        state=row.state,
        lapsed=row.state == "claimed" and row.leased_until <= now,
        exchanges=row.exchanges,
        session_id=row.session_id,
        error_code=row.code,
        finished_at=row.finished_at,
        challenge=row.challenge,
        handed_off=handed_off,
        one_time_code_lapsed=handed_off and (row.finished_at or 0.0) <= now - CODE_SECONDS,
        resolved=row.resolved if row.state == "claimed" else None,
        began_at=row.began_at,
    )
