"""Ends a login: account, identity, session and result in one transaction, fenced by its claim.

How this works:

- ``complete`` ends a login. It opens a session, or it records the hash of a one-time code that opens one later
  (``redeem_one_time_code``). A login that links an identity ends in ``linking``.
- ``resolve`` is the first step for an app with its own users table. It finds or creates the account and records it in
  the claim. ``complete`` then gets what was resolved (``Resolved``) instead of what the provider says
  (``Authentication``).
- Each verb passes the fence first (see ``fences``). Then it locks the account and its identity, then sessions.
- An error that the claim records is returned, not raised: raising it would roll the record back. ``store`` raises it
  once the transaction is committed.
- A repeat that finds that an earlier attempt wrote the claim returns what that attempt would have returned.
"""

from __future__ import annotations

from ...crypto import constant_time_equals
from ...errors import AccountDisabled
from ...models import Account
from ..base import (
    Authentication,
    CrossSiteBinding,
    IssueOneTimeCode,
    Lease,
    NewSession,
    OpenSession,
    Resolved,
    SessionRow,
)
from . import fences
from .accounts import Known, create_account, known_account, read_account, refresh_account
from .audit import Event, note
from .claim_rows import locked_of_login, written_before
from .revocations import revoke_session
from .sessions import open_session, read_session
from .transaction import Again, Transaction


async def complete(
    transaction: Transaction, lease: Lease, ending: OpenSession | IssueOneTimeCode
) -> SessionRow | AccountDisabled | bool | None:
    """Returns the session that was opened, True if a code was recorded, or None if another delivery has the claim."""
    new = ending.session if isinstance(ending, OpenSession) else None
    code_hash = None if isinstance(ending, OpenSession) else ending.code_hash
    who, session_id = ending.who, new.id if new else None
    if isinstance(who, Resolved):
        passed = await fences.done_for(transaction, lease, who, session_id=session_id, code_hash=code_hash)
    else:
        passed = await fences.done(transaction, lease, session_id=session_id, code_hash=code_hash)
    if not passed:
        before = await written_before(transaction, lease.key)
        if before is None:
            return None
        if before.state == "failed":
            return AccountDisabled()
        return await read_session(transaction, new.id) if new else True
    account = await _find_or_create(transaction, lease, who)
    if isinstance(account, AccountDisabled):
        return account
    if new is None:
        if not isinstance(who, Resolved):
            await _note_account(transaction, lease, account, who)
        return True
    return await _opened(transaction, account, who.provider, who.subject, new)


async def resolve(transaction: Transaction, lease: Lease, who: Authentication) -> Account | AccountDisabled | None:
    if not await fences.renew(transaction, lease):
        before = await written_before(transaction, lease.key)
        if before is not None and before.state == "failed":
            return AccountDisabled()
        account_id = before.account_id if before is not None else None
        return None if account_id is None else await read_account(transaction, account_id)
    account = await _find_or_create(transaction, lease, who)
    if isinstance(account, AccountDisabled):
        return account
    await _note_account(transaction, lease, account, who)
    return await read_account(transaction, account.id)


async def redeem_one_time_code(
    transaction: Transaction, binding: CrossSiteBinding, code_hash: str, new: NewSession
) -> SessionRow | AccountDisabled | None:
    found = await locked_of_login(transaction, binding.login_id)
    if found is None:
        return None
    claim, was_committed = found
    has_both = constant_time_equals(claim.challenge, binding.challenge)
    if not constant_time_equals(claim.code_hash, code_hash) or not has_both:
        return None
    if was_committed:
        return await read_session(transaction, new.id)
    who = claim.resolved
    account = await known_account(transaction, who.provider, who.subject) if who else None
    if who is None or account is None or account.id != who.account_id:
        return None  # its identity has been unlinked since
    if account.disabled_at is not None:
        return AccountDisabled()
    if not await fences.redeem(transaction, claim, new.id):
        return None
    return await _opened(transaction, account, who.provider, who.subject, new)


async def _find_or_create(
    transaction: Transaction, lease: Lease, who: Authentication | Resolved
) -> Known | AccountDisabled:
    """The account, locked and with the names that the provider gives now. It runs after the fence."""
    known = await known_account(transaction, who.provider, who.subject)
    if isinstance(who, Resolved):
        if known is None or known.id != who.account_id:
            raise Again  # unlinked at this very moment: the next attempt does not pass the fence
    elif known is None:
        return await create_account(transaction, who)
    if known.disabled_at is not None:
        await fences.refuse(transaction, lease, AccountDisabled.code)
        await note(transaction, known.id, "sign_in_refused", provider=who.provider)
        return AccountDisabled()
    return known if isinstance(who, Resolved) else await refresh_account(transaction, known, who)


async def _note_account(transaction: Transaction, lease: Lease, account: Known, who: Authentication) -> None:
    resolved = Resolved(account_id=account.id, provider=who.provider, subject=who.subject)
    await fences.note_account(transaction, lease, resolved)
    if account.is_new:
        await note(transaction, account.id, "signed_up", provider=who.provider)


async def _opened(transaction: Transaction, account: Known, provider: str, subject: str, new: NewSession) -> SessionRow:
    if new.replaces is not None and new.replaces != new.id:
        await revoke_session(transaction, new.replaces, event="session_replaced")
    row = await open_session(transaction, account.account, provider, subject, new)
    event: Event = "signed_up" if account.is_new else "signed_in"
    await note(transaction, account.id, event, provider=provider, session_id=new.id)
    return row
