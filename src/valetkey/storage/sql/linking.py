"""Links an identity to an account for the session that asked for it, and unlinks any but the last.

The lock order is that of a login: the claim, the account, the identity (its unique index orders two links of the same
one), then sessions.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import IdentityTaken, LastIdentity, NotLinked, SessionChanged, ValetkeyError, WhichIdentity
from ...models import Account
from ..base import AttachIdentity, Lease, SessionRow
from . import fences
from .accounts import find_account, holder_of, link_identity, note_change, read_account, refresh_account
from .audit import is_noted, note
from .claim_rows import written_before
from .revocations import revoke_sessions_opened_by
from .sessions import is_live_session_of, read_session
from .transaction import Transaction, subject_text

_LOCK_IDENTITIES = "SELECT provider, subject FROM identities WHERE account_id = %(id)s FOR UPDATE"
_UNLINK = "DELETE FROM identities WHERE provider = %(provider)s AND subject = %(subject)s"


async def attach(transaction: Transaction, lease: Lease, ending: AttachIdentity) -> SessionRow | ValetkeyError | None:
    """Link the identity. An error is returned, not raised, because what it writes into the claim must be committed."""
    who, account_id, session_id = ending.who, ending.account_id, ending.session_id
    if not await fences.done(transaction, lease, session_id=session_id, code_hash=None):
        before = await written_before(transaction, lease.key)
        if before is None:
            return None
        if before.state == "failed":
            return IdentityTaken() if before.code == IdentityTaken.code else SessionChanged()
        return await read_session(transaction, session_id)
    account = await find_account(transaction, account_id)
    if account is None:
        return await _refuse(transaction, lease, SessionChanged())
    linked = await link_identity(transaction, account_id, who)
    holder = account if linked else await holder_of(transaction, who)
    if not await is_live_session_of(transaction, session_id, account_id):
        if linked:  # undo it: the lock order requires that the identity is linked before the session is read
            await _unlink(transaction, who.provider, who.subject)
        return await _refuse(transaction, lease, SessionChanged())
    if holder.id != account_id:
        return await _refuse(transaction, lease, IdentityTaken())
    if linked:
        await note_change(transaction, account_id)
        await note(transaction, account_id, "identity_linked", provider=who.provider, session_id=session_id)
    else:
        await refresh_account(transaction, holder._replace(name=account.name, picture=account.picture), who)
    return await read_session(transaction, session_id)


async def unlink(
    transaction: Transaction, account_id: str, provider: str, subject: str | None, session_id: str
) -> Account:
    if await find_account(transaction, account_id) is None:
        raise NotLinked
    if not await is_noted(transaction):
        rows = await transaction.query(_LOCK_IDENTITIES, {"id": account_id})
        meant = identity_meant([(its, subject_text(one)) for its, one in rows], provider, subject)
        await _unlink(transaction, *meant)
        await revoke_sessions_opened_by(transaction, account_id, *meant, kept=session_id)
        await note_change(transaction, account_id)
        await note(transaction, account_id, "identity_unlinked", provider=provider, session_id=session_id)
    account = await read_account(transaction, account_id)
    if account is None:
        raise NotLinked
    return account


def identity_meant(identities: Sequence[tuple[str, str]], provider: str, subject: str | None) -> tuple[str, str]:
    """Which of an account's identities, (provider, subject) each, is to be unlinked.

    Raises:
        NotLinked: there is no such identity.
        WhichIdentity: there are several, and no subject is named.
        LastIdentity: it is the only way to sign in.
    """
    meant = [one for one in identities if one[0] == provider and subject in (None, one[1])]
    if not meant:
        raise NotLinked
    if len(meant) > 1:
        raise WhichIdentity
    if len(identities) == 1:
        raise LastIdentity
    return meant[0]


async def _unlink(transaction: Transaction, provider: str, subject: str) -> None:
    await transaction.execute(_UNLINK, {"provider": provider, "subject": transaction.subject(subject)})


async def _refuse(transaction: Transaction, lease: Lease, error: ValetkeyError) -> ValetkeyError:
    await fences.refuse(transaction, lease, error.code)
    return error
