"""Identities that come and go: tied to an account by the session that asked for it, untied but for the last one.

The claim's row is locked first, then the account's, then the identity's (two who tie the same one meet at its unique
index), then sessions: the order of a login, so that none of them waits for another in a circle.
"""

from __future__ import annotations

from ...errors import IdentityTaken, NotLinked, SessionChanged, ValetkeyError
from ...models import Account, Profile
from ..base import SessionRow
from ..judging import identity_meant
from .access import Transaction
from .accounts import find_account, holder_of, note_change, read_account, refresh_account, tie
from .audit import is_noted, note
from .claims import Row, fail_claim, finish_claim, locked
from .sessions import is_live_session_of, read_session, revoke_sessions_opened_by

_LOCK_IDENTITIES = "SELECT provider, subject FROM identities WHERE account_id = %(id)s FOR UPDATE"
_UNTIE = "DELETE FROM identities WHERE provider = %(provider)s AND subject = %(subject)s"


async def link(
    transaction: Transaction,
    idle_seconds: float,
    key: str,
    owner: str,
    provider: str,
    profile: Profile,
    account_id: str,
    session_id: str,
) -> SessionRow | ValetkeyError | None:
    """An error is returned and not raised: the claim's end has to be committed first."""
    claim = await locked(transaction, key)
    if claim is not None and claim.written_by == transaction.call:
        if claim.state == "failed":
            return IdentityTaken() if claim.code == IdentityTaken.code else SessionChanged()
        return await read_session(transaction, idle_seconds, session_id)
    if claim is None or not claim.held_by(owner):
        return None
    if await find_account(transaction, account_id) is None:
        return await _refuse(transaction, claim, owner, SessionChanged())
    tied = await tie(transaction, account_id, provider, profile)
    holder = account_id if tied else await holder_of(transaction, provider, profile.subject)
    if not await is_live_session_of(transaction, idle_seconds, session_id, account_id):
        if tied:  # before the session was asked about, for the sake of the order
            await _untie(transaction, provider, profile.subject.encode())
        return await _refuse(transaction, claim, owner, SessionChanged())
    if holder != account_id:
        return await _refuse(transaction, claim, owner, IdentityTaken())
    if tied:
        await note_change(transaction, account_id)
        await note(transaction, account_id, "identity_linked", provider=provider, session_id=session_id)
    else:
        await refresh_account(transaction, account_id, provider, profile)
    await finish_claim(transaction, claim, session_id)
    return await read_session(transaction, idle_seconds, session_id)


async def unlink(
    transaction: Transaction, idle_seconds: float, account_id: str, provider: str, subject: str | None, session_id: str
) -> Account:
    if await find_account(transaction, account_id) is None:
        raise NotLinked
    if not await is_noted(transaction):
        identities = (await transaction.run(_LOCK_IDENTITIES, {"id": account_id})).rows
        meant = identity_meant(identities, provider, subject.encode() if subject is not None else None)
        await _untie(transaction, *meant)
        await revoke_sessions_opened_by(transaction, idle_seconds, account_id, meant, session_id)
        await note_change(transaction, account_id)
        await note(transaction, account_id, "identity_unlinked", provider=provider, session_id=session_id)
    account = await read_account(transaction, account_id)
    if account is None:
        raise NotLinked
    return account


async def _untie(transaction: Transaction, provider: str, subject: bytes) -> None:
    await transaction.run(_UNTIE, {"provider": provider, "subject": subject})


async def _refuse(transaction: Transaction, claim: Row, owner: str, error: ValetkeyError) -> ValetkeyError:
    await fail_claim(transaction, claim.key, owner, error.code)
    return error
