"""How a login ends: account, identity, session and outcome in one transaction, fenced by its claim; or in two, with
people of the app's own in between.

The claim's row is locked first, then the account's and its identity's, then sessions. A repeat that finds the claim as
its own call has written it answers what that call would have answered.
"""

from __future__ import annotations

from enum import Enum

from ...crypto import constant_time_equals
from ...errors import AccountDisabled
from ...models import Account, Profile
from ..base import CrossSiteBinding, NewSession, SessionRow
from ..judging import Event
from .access import Transaction
from .accounts import Known, create_account, known_account, new_account_id, read_account, refresh_account
from .audit import note
from .claims import Row, fail_claim, finish_claim, hand_off_claim, locked, locked_of_login, redeem_claim, settle_claim
from .sessions import is_cut_off, open_session, read_session, revoke_session


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
        return await _as_finished(transaction, idle_seconds, claim, session)
    if claim is None or not claim.held_by(owner):
        return None
    account = await _met(transaction, claim, owner, provider, profile)
    if isinstance(account, Refused):
        return account
    return await _open(transaction, idle_seconds, claim, account, (provider, profile.subject.encode()), session)


async def hand_off(
    transaction: Transaction, key: str, owner: str, provider: str, profile: Profile, code_hash: str
) -> Refused | bool:
    claim = await locked(transaction, key)
    if claim is not None and claim.written_by == transaction.call:
        return Refused.DISABLED if claim.state == "failed" else True
    if claim is None or not claim.held_by(owner):
        return False
    account = await _settled(transaction, claim, owner, provider, profile)
    if isinstance(account, Refused):
        return account
    await hand_off_claim(transaction, claim, code_hash)
    return True


# With people of the app's own in between


async def settle(
    transaction: Transaction, key: str, owner: str, provider: str, profile: Profile
) -> Account | Refused | None:
    claim = await locked(transaction, key)
    if claim is not None and claim.written_by == transaction.call:
        if claim.state == "failed":
            return Refused.DISABLED
        return None if claim.account_id is None else await read_account(transaction, claim.account_id)
    if claim is None or not claim.held_by(owner):
        return None
    account = await _settled(transaction, claim, owner, provider, profile)
    if isinstance(account, Refused):
        return account
    return await read_account(transaction, account.id)


async def finish_settled(
    transaction: Transaction, idle_seconds: float, key: str, owner: str, session: NewSession
) -> SessionRow | Refused | None:
    claim = await locked(transaction, key)
    if claim is not None and claim.written_by == transaction.call:
        return await _as_finished(transaction, idle_seconds, claim, session)
    if claim is None or not claim.held_by(owner):
        return None
    account = await _settled_for(transaction, claim)
    if account is None:
        return None
    if account.disabled_at is not None:
        return await _refuse(transaction, claim, owner, account, claim.provider)
    return await _open(transaction, idle_seconds, claim, account, (claim.provider, claim.subject), session)


async def hand_off_settled(transaction: Transaction, key: str, owner: str, code_hash: str) -> bool:
    claim = await locked(transaction, key)
    if claim is not None and claim.written_by == transaction.call:
        return True
    if claim is None or not claim.held_by(owner) or claim.account_id is None:
        return False
    await hand_off_claim(transaction, claim, code_hash)
    return True


# What was handed off


async def redeem(
    transaction: Transaction, idle_seconds: float, opener: CrossSiteBinding, code_hash: str, session: NewSession
) -> SessionRow | Refused | None:
    claim = await locked_of_login(transaction, opener.login)
    if claim is None:
        return None
    if not constant_time_equals(claim.challenge, opener.challenge) or not constant_time_equals(
        claim.code_hash, code_hash
    ):
        return None
    if claim.written_by == transaction.call:
        return await read_session(transaction, idle_seconds, session.id)
    account = await _settled_for(transaction, claim)
    if account is None:
        return None
    if account.disabled_at is not None:
        return Refused.DISABLED
    if not claim.redeemable(transaction.now) or await is_cut_off(transaction, account.id, claim.finished_at or 0.0):
        return None
    await redeem_claim(transaction, claim, session.id)
    if session.replaces is not None:
        await revoke_session(transaction, idle_seconds, session.replaces, event="session_replaced")
    await open_session(transaction, account.id, (claim.provider, claim.subject), session)
    await note(transaction, account.id, "signed_in", session_id=session.id)
    return await read_session(transaction, idle_seconds, session.id)


async def _settled_for(transaction: Transaction, claim: Row) -> Known | None:
    """The account that the claim notes; None also if its identity has been untied since, and lets nobody in now."""
    if claim.account_id is None or claim.provider is None or claim.subject is None:
        return None
    known = await known_account(transaction, claim.provider, claim.subject.decode())
    return known if known is not None and known.id == claim.account_id else None


async def _met(transaction: Transaction, claim: Row, owner: str, provider: str, profile: Profile) -> Known | Refused:
    """The account, as what the provider says now makes it."""
    known = await known_account(transaction, provider, profile.subject)
    if known is None:
        created = Known(new_account_id(), is_new=True)
        await create_account(transaction, created.id, provider, profile)
        return created
    if known.disabled_at is not None:
        return await _refuse(transaction, claim, owner, known, provider)
    await refresh_account(transaction, known.id, provider, profile)
    return known


async def _settled(
    transaction: Transaction, claim: Row, owner: str, provider: str, profile: Profile
) -> Known | Refused:
    account = await _met(transaction, claim, owner, provider, profile)
    if isinstance(account, Refused):
        return account
    await settle_claim(transaction, claim, account.id, provider, profile.subject)
    if account.is_new:
        await note(transaction, account.id, "signed_up", provider=provider)
    return account


async def _open(
    transaction: Transaction,
    idle_seconds: float,
    claim: Row,
    account: Known,
    identity: tuple[str | None, bytes | None],
    session: NewSession,
) -> SessionRow | None:
    await finish_claim(transaction, claim, session.id)
    if session.replaces is not None and session.replaces != session.id:
        await revoke_session(transaction, idle_seconds, session.replaces, event="session_replaced")
    await open_session(transaction, account.id, identity, session)
    event: Event = "signed_up" if account.is_new else "signed_in"
    await note(transaction, account.id, event, provider=identity[0], session_id=session.id)
    return await read_session(transaction, idle_seconds, session.id)


async def _as_finished(
    transaction: Transaction, idle_seconds: float, claim: Row, session: NewSession
) -> SessionRow | Refused | None:
    """What the attempt that was committed would have answered."""
    if claim.state == "failed":
        return Refused.DISABLED if claim.code == AccountDisabled.code else None
    return await read_session(transaction, idle_seconds, session.id)


async def _refuse(transaction: Transaction, claim: Row, owner: str, account: Known, provider: str | None) -> Refused:
    await fail_claim(transaction, claim.key, owner, AccountDisabled.code)
    await note(transaction, account.id, "sign_in_refused", provider=provider)
    return Refused.DISABLED
