"""Fences: the statements that end a login, or continue it, only for the lease that holds its claim.

How this works:

- Every verb that ends a login begins with a fence: one UPDATE whose condition says that this lease still holds the
  claim (``_HELD``), and which already writes the result.
- If it changes no row, another delivery has the claim, and the verb does nothing. If it changes a row, that row is
  locked, and the claim is ours until the transaction ends. So no decision depends on an earlier read.
- What follows the fence may still end the login with an error (``refuse``), in the same transaction.

Lock order: the claim, the account, the identity, sessions. Every verb keeps it, so two verbs never deadlock.
"""

from __future__ import annotations

from ..base import CLAIM_SECONDS, CODE_SECONDS, LEASE_SECONDS, Lease, Resolved
from .claim_rows import Row, written_before
from .transaction import Transaction, Values

_HELD = f"key = %(key)s AND began_at > %(now)s - {CLAIM_SECONDS} AND owner = %(owner)s AND state = 'claimed'"

_SECOND_EXCHANGE = f"UPDATE login_claims SET exchanges = 2, written_by = %(call)s WHERE {_HELD} AND exchanges < 2"
_FAIL = f"""
    UPDATE login_claims SET state = 'failed', code = %(code)s, finished_at = %(now)s, written_by = %(call)s
    WHERE {_HELD}
"""
# A resolved account may not sign in any more once its identity is unlinked, or linked to another account.
_STILL_ITS = """
    EXISTS (
        SELECT 1 FROM identities
        WHERE identities.provider = %(provider)s AND identities.subject = %(subject)s
            AND identities.account_id = %(account_id)s
    )
"""
_DONE = f"""
    UPDATE login_claims
    SET state = 'done', session_id = %(session_id)s, code_hash = %(code_hash)s, finished_at = %(now)s,
        written_by = %(call)s
    WHERE {_HELD}
"""
_DONE_FOR_RESOLVED = f"{_DONE} AND account_id = %(account_id)s AND {_STILL_ITS}"
_RENEW = f"UPDATE login_claims SET leased_until = %(leased_until)s, written_by = %(call)s WHERE {_HELD}"
_NOTE_ACCOUNT = """
    UPDATE login_claims SET account_id = %(account_id)s, provider = %(provider)s, subject = %(subject)s
    WHERE key = %(key)s
"""
# It runs after the fence, and replaces the result that the fence has written.
_REFUSE = """
    UPDATE login_claims SET state = 'failed', session_id = NULL, code_hash = NULL, code = %(code)s,
        finished_at = %(now)s, written_by = %(call)s
    WHERE key = %(key)s
"""
# Once, within a minute, and not after the account was signed out everywhere. The rows of claim and account are locked,
# so that what this statement sees does not change.
_REDEEM = f"""
    UPDATE login_claims SET session_id = %(session_id)s, written_by = %(call)s
    WHERE key = %(key)s AND state = 'done' AND session_id IS NULL AND code_hash IS NOT NULL
        AND finished_at > %(now)s - {CODE_SECONDS} AND NOT EXISTS (
            SELECT 1 FROM account_cutoffs
            WHERE account_cutoffs.account_id = login_claims.account_id AND at >= login_claims.finished_at
        )
"""


# Each of these is a fence. False means that another delivery has the claim, and that nothing was written.


async def record_second_exchange(transaction: Transaction, lease: Lease) -> bool:
    return await _passed(transaction, _SECOND_EXCHANGE, lease, {})


async def fail(transaction: Transaction, lease: Lease, error_code: str) -> bool:
    return await _passed(transaction, _FAIL, lease, {"code": error_code})


async def renew(transaction: Transaction, lease: Lease) -> bool:
    """Renew the lease for its full time."""
    values = {**_fence(lease), "leased_until": transaction.now + LEASE_SECONDS}
    return await transaction.execute(_RENEW, values) == 1


async def done(transaction: Transaction, lease: Lease, *, session_id: str | None, code_hash: str | None) -> bool:
    """Mark the claim done: with its session, or with the hash of the code that will open one."""
    values = {**_fence(lease), "session_id": session_id, "code_hash": code_hash}
    return await transaction.execute(_DONE, values) == 1


async def done_for(
    transaction: Transaction, lease: Lease, who: Resolved, *, session_id: str | None, code_hash: str | None
) -> bool:
    """The same for the account that is recorded in the claim. False also if the identity is not that account's any
    more."""
    values = {
        **_fence(lease),
        "session_id": session_id,
        "code_hash": code_hash,
        "account_id": who.account_id,
        "provider": who.provider,
        "subject": transaction.subject(who.subject),
    }
    return await transaction.execute(_DONE_FOR_RESOLVED, values) == 1


# These run after a fence


async def note_account(transaction: Transaction, lease: Lease, who: Resolved) -> None:
    """Record in the claim whose login it is."""
    values = {
        "key": lease.key,
        "account_id": who.account_id,
        "provider": who.provider,
        "subject": transaction.subject(who.subject),
    }
    await transaction.execute(_NOTE_ACCOUNT, values)


async def refuse(transaction: Transaction, lease: Lease, error_code: str) -> None:
    """End the login with this error instead."""
    await transaction.execute(_REFUSE, {"key": lease.key, "code": error_code})


async def redeem(transaction: Transaction, row: Row, session_id: str) -> bool:
    """Redeem a one-time code, with the rows of claim and account locked. False if it is used or expired, or if the
    account was signed out everywhere since."""
    return await transaction.execute(_REDEEM, {"key": row.key, "session_id": session_id}) == 1


def _fence(lease: Lease) -> dict[str, object]:
    return {"key": lease.key, "owner": lease.owner}


async def _passed(transaction: Transaction, sql: str, lease: Lease, values: Values) -> bool:
    """Run a fence that is the whole work of its verb. True if it passed, now or in an earlier attempt of this call."""
    if await transaction.execute(sql, {**_fence(lease), **values}) == 1:
        return True
    return await written_before(transaction, lease.key) is not None
