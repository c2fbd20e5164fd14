"""How a login ends: account, identity, session and outcome in one transaction, fenced by its claim."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from enum import Enum
from functools import partial

from ...crypto import constant_time_equals
from ...errors import AccountDisabled
from ...models import Account, Profile
from ..base import CrossSiteBinding, NewSession, SessionRow
from ..judging import Event
from .accounts import Known, create_account, known_account, new_account_id, read_account, refresh_account
from .audit import note
from .claims import Row, fail_claim, finish_claim, hand_off_claim, held_claim, redeem_claim, row_of_login, settle_claim
from .sessions import open_session, read_session, revoke_session


class Refused(Enum):
    """Why there is no session. Not an exception: the claim's end has to be committed first."""

    DISABLED = AccountDisabled.code


def finish(
    connection: sqlite3.Connection,
    now: float,
    idle_seconds: float,
    key: str,
    owner: str,
    provider: str,
    profile: Profile,
    session: NewSession,
) -> SessionRow | Refused | None:
    fence = partial(_finished, connection, now, key, owner, session)
    met = _meet(connection, now, key, owner, provider, profile, fence)
    if not isinstance(met, Known):
        return met
    return _open(connection, now, idle_seconds, met, (provider, profile.subject), session)


def hand_off(
    connection: sqlite3.Connection,
    now: float,
    key: str,
    owner: str,
    provider: str,
    profile: Profile,
    code_hash: str,
) -> Refused | bool:
    met = _settle(connection, now, key, owner, provider, profile)
    if not isinstance(met, Known):
        return met or False
    return hand_off_claim(connection, now, key, owner, code_hash)


# With people of the app's own in between


def settle(
    connection: sqlite3.Connection, now: float, key: str, owner: str, provider: str, profile: Profile
) -> Account | Refused | None:
    met = _settle(connection, now, key, owner, provider, profile)
    if not isinstance(met, Known):
        return met
    return read_account(connection, now, met.id)


def finish_settled(
    connection: sqlite3.Connection, now: float, idle_seconds: float, key: str, owner: str, session: NewSession
) -> SessionRow | Refused | None:
    claim = held_claim(connection, now, key, owner)
    account = _settled_for(connection, claim) if claim is not None else None
    if claim is None or account is None:
        return None
    if account.disabled_at is not None:
        return _refuse(connection, now, key, owner, account, claim.provider)
    finish_claim(connection, now, key, owner, session.id)
    return _open(connection, now, idle_seconds, account, (claim.provider, claim.subject), session)


def hand_off_settled(connection: sqlite3.Connection, now: float, key: str, owner: str, code_hash: str) -> bool:
    claim = held_claim(connection, now, key, owner)
    if claim is None or claim.account_id is None:
        return False
    return hand_off_claim(connection, now, key, owner, code_hash)


# What was handed off


def redeem(
    connection: sqlite3.Connection,
    now: float,
    idle_seconds: float,
    opener: CrossSiteBinding,
    code_hash: str,
    session: NewSession,
) -> SessionRow | Refused | None:
    row = row_of_login(connection, now, opener.login)
    if (
        row is None
        or not constant_time_equals(row.challenge, opener.challenge)
        or not constant_time_equals(row.code_hash, code_hash)
    ):
        return None
    account = _settled_for(connection, row)
    if account is None:
        return None
    if account.disabled_at is not None:
        return Refused.DISABLED
    if account.cut_off_at is not None and (row.finished_at or 0.0) <= account.cut_off_at:
        return None  # signed out everywhere since: its code is of before that
    if not redeem_claim(connection, now, row.key, session.id):
        return None
    if session.replaces is not None:
        revoke_session(connection, now, idle_seconds, session.replaces, event="session_replaced")
    open_session(connection, now, account.id, account.cut_off_at, (row.provider, row.subject), session)
    note(connection, now, account.id, "signed_in", session_id=session.id)
    return read_session(connection, now, idle_seconds, session.id)


def _settled_for(connection: sqlite3.Connection, claim: Row) -> Known | None:
    """The account that the claim notes; None also if its identity has been untied since, and lets nobody in now."""
    if claim.account_id is None or claim.provider is None or claim.subject is None:
        return None
    known = known_account(connection, claim.provider, claim.subject)
    return known if known is not None and known.id == claim.account_id else None


def _settle(
    connection: sqlite3.Connection, now: float, key: str, owner: str, provider: str, profile: Profile
) -> Known | Refused | None:
    def fence(account_id: str) -> bool:
        return settle_claim(connection, now, key, owner, account_id, provider, profile.subject)

    met = _meet(connection, now, key, owner, provider, profile, fence)
    if isinstance(met, Known) and met.is_new:
        note(connection, now, met.id, "signed_up", provider=provider)
    return met


def _finished(
    connection: sqlite3.Connection, now: float, key: str, owner: str, session: NewSession, account_id: str
) -> bool:
    return finish_claim(connection, now, key, owner, session.id)


def _meet(
    connection: sqlite3.Connection,
    now: float,
    key: str,
    owner: str,
    provider: str,
    profile: Profile,
    fence: Callable[[str], bool],
) -> Known | Refused | None:
    """The account, as what the provider says now makes it. Nothing is written for whom the fence keeps out."""
    known = known_account(connection, provider, profile.subject)
    if known is not None and known.disabled_at is not None:
        return _refuse(connection, now, key, owner, known, provider)
    account_id = new_account_id() if known is None else known.id
    if not fence(account_id):
        return None
    if known is None:
        return create_account(connection, now, account_id, provider, profile)
    refresh_account(connection, now, known, provider, profile)
    return known


def _open(
    connection: sqlite3.Connection,
    now: float,
    idle_seconds: float,
    account: Known,
    identity: tuple[str | None, str | None],
    session: NewSession,
) -> SessionRow | None:
    if session.replaces is not None and session.replaces != session.id:
        revoke_session(connection, now, idle_seconds, session.replaces, event="session_replaced")
    open_session(connection, now, account.id, account.cut_off_at, identity, session)
    event: Event = "signed_up" if account.is_new else "signed_in"
    note(connection, now, account.id, event, provider=identity[0], session_id=session.id)
    return read_session(connection, now, idle_seconds, session.id)


def _refuse(
    connection: sqlite3.Connection, now: float, key: str, owner: str, account: Known, provider: str | None
) -> Refused | None:
    if not fail_claim(connection, now, key, owner, AccountDisabled.code):
        return None
    note(connection, now, account.id, "sign_in_refused", provider=provider)
    return Refused.DISABLED
