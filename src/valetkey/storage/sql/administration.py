"""What an app or its operator does to an account: sign it out everywhere, disable, enable and delete it."""

from __future__ import annotations

from .accounts import find_account
from .audit import is_noted, note
from .revocations import end_sessions
from .transaction import Transaction

_ENABLE = "UPDATE accounts SET disabled_at = NULL WHERE id = %(id)s"
_DISABLE = "UPDATE accounts SET disabled_at = coalesce(disabled_at, %(now)s) WHERE id = %(id)s"
_DELETE_EVENTS = "DELETE FROM audit_events WHERE account_id = %(id)s"
_DELETE = "DELETE FROM accounts WHERE id = %(id)s"  # its identities and sessions go with it


async def revoke_account_sessions(transaction: Transaction, account_id: str, except_session: str | None) -> None:
    # A repeat must not do it twice: that would end sessions opened after the first time, too.
    if await find_account(transaction, account_id) is None or await is_noted(transaction):
        return
    await end_sessions(transaction, account_id, except_session)
    await note(transaction, account_id, "sessions_revoked", session_id=except_session)


async def disable_account(transaction: Transaction, account_id: str) -> bool:
    if await find_account(transaction, account_id) is None:
        return False
    if await is_noted(transaction):
        return True
    await transaction.execute(_DISABLE, {"id": account_id})
    await end_sessions(transaction, account_id, None)
    await note(transaction, account_id, "account_disabled")
    return True


async def enable_account(transaction: Transaction, account_id: str) -> bool:
    account = await find_account(transaction, account_id)
    if account is None:
        return False
    if account.disabled_at is not None:
        await transaction.execute(_ENABLE, {"id": account_id})
        await note(transaction, account_id, "account_enabled")
    return True


async def delete_account(transaction: Transaction, account_id: str) -> bool:
    """Delete the account's rows. Only its cut-off stays, for as long as the list of revocations reaches back, and one
    audit event that says that it was deleted."""
    if await find_account(transaction, account_id) is None:
        return await is_noted(transaction)
    await end_sessions(transaction, account_id, None)
    await transaction.execute(_DELETE_EVENTS, {"id": account_id})
    await transaction.execute(_DELETE, {"id": account_id})
    await note(transaction, account_id, "account_deleted")
    return True
