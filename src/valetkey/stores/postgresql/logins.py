"""How a login ends: account, identity, session and outcome in one transaction, fenced by its claim.

The claim's row is locked first, then the account's. A repeat that finds the claim as its own call has written it
answers what that call would have answered.
"""

from __future__ import annotations

from enum import Enum

from ...errors import AccountDisabled
from ...model import Profile, same
from ...store import NewSession, Opener, SessionRow
from .access import Transaction
from .accounts import Known, create_account, find_account, known_account, new_account_id, refresh_account
from .audit import Event, note
from .claims import Row, fail_claim, finish_claim, hand_off_claim, locked, locked_of_login, redeem_claim
from .pruning import prune
from .sessions import open_session, read_session, revoke_session


class Refused(Enum):
    """Why there is no session. Not an exception: the claim's end has to be committed first."""

    DISABLED = AccountDisabled.code


async def finish(
    transaction: Transaction,
    idle_seconds: float,
    key: str,
    owner: str,
    provider: str,
    profile: Profile,
    session: NewSession,
) -> SessionRow | Refused | None:
    claim = await locked(transaction, key)
    if claim is not None and claim.written_by == transaction.call:
        if claim.state == "failed":
            return Refused.DISABLED
        return await read_session(transaction, idle_seconds, session.id)
    if claim is None or not claim.held_by(owner):
        return None
    known = await known_account(transaction, provider, profile.subject)
    if known is not None and known.disabled_at is not None:
        return await _refuse(transaction, claim, owner, known, provider)
    account_id = await _met(transaction, known, provider, profile)
    await finish_claim(transaction, claim, session.id)
    if session.replaces is not None and session.replaces != session.id:
        await revoke_session(transaction, idle_seconds, session.replaces, "session_replaced")
    await open_session(transaction, account_id, session)
    event: Event = "signed_up" if known is None else "signed_in"
    await note(transaction, account_id, event, provider=provider, session_id=session.id)
    await prune(transaction)
    return await read_session(transaction, idle_seconds, session.id)


async def hand_off(
    transaction: Transaction, key: str, owner: str, provider: str, profile: Profile, code_hash: str
) -> Refused | bool:
    claim = await locked(transaction, key)
    if claim is not None and claim.written_by == transaction.call:
        return Refused.DISABLED if claim.state == "failed" else True
    if claim is None or not claim.held_by(owner):
        return False
    known = await known_account(transaction, provider, profile.subject)
    if known is not None and known.disabled_at is not None:
        return await _refuse(transaction, claim, owner, known, provider)
    account_id = await _met(transaction, known, provider, profile)
    await hand_off_claim(transaction, claim, account_id, code_hash)
    if known is None:
        await note(transaction, account_id, "signed_up", provider=provider)
    await prune(transaction)
    return True


async def redeem(
    transaction: Transaction, idle_seconds: float, opener: Opener, code_hash: str, session: NewSession
) -> SessionRow | Refused | None:
    claim = await locked_of_login(transaction, opener.login)
    if claim is None or claim.account_id is None:
        return None
    if not same(claim.challenge, opener.challenge) or not same(claim.code_hash, code_hash):
        return None
    if claim.written_by == transaction.call:
        return await read_session(transaction, idle_seconds, session.id)
    account = await find_account(transaction, claim.account_id)
    if account is None:
        return None
    if account.disabled_at is not None:
        return Refused.DISABLED
    if not claim.redeemable(transaction.now):
        return None
    await redeem_claim(transaction, claim, session.id)
    await open_session(transaction, account.id, session)
    await note(transaction, account.id, "signed_in", session_id=session.id)
    return await read_session(transaction, idle_seconds, session.id)


async def _refuse(transaction: Transaction, claim: Row, owner: str, account: Known, provider: str) -> Refused:
    await fail_claim(transaction, claim.key, owner, AccountDisabled.code)
    await note(transaction, account.id, "sign_in_refused", provider=provider)
    return Refused.DISABLED


async def _met(transaction: Transaction, known: Known | None, provider: str, profile: Profile) -> str:
    """The account's id, the account being as what the provider says now makes it."""
    if known is None:
        account_id = new_account_id()
        await create_account(transaction, account_id, provider, profile)
        return account_id
    await refresh_account(transaction, known.id, provider, profile)
    return known.id
