"""How a login ends: account, identity, session and outcome in one transaction, fenced by its claim."""

from __future__ import annotations

import sqlite3
from enum import Enum

from ...errors import AccountDisabled
from ...model import Profile, same
from ...store import NewSession, Opener, SessionRow
from .accounts import Known, create_account, find_account, known_account, new_account_id, refresh_account
from .audit import Event, note
from .claims import fail_claim, finish_claim, hand_off_claim, redeem_claim, row_of_login
from .pruning import prune
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
    known = known_account(connection, provider, profile.subject)
    if known is not None and known.disabled_at is not None:
        return _refuse(connection, now, key, owner, known, provider)
    if not finish_claim(connection, now, key, owner, session.id):
        return None
    account = _met(connection, now, known, new_account_id(), provider, profile)
    if session.replaces is not None and session.replaces != session.id:
        revoke_session(connection, now, idle_seconds, session.replaces, "session_replaced")
    open_session(connection, now, account.id, account.cut_off_at, session)
    event: Event = "signed_up" if known is None else "signed_in"
    note(connection, now, account.id, event, provider=provider, session_id=session.id)
    prune(connection, now)
    return read_session(connection, now, idle_seconds, session.id)


def hand_off(
    connection: sqlite3.Connection,
    now: float,
    key: str,
    owner: str,
    provider: str,
    profile: Profile,
    code_hash: str,
) -> Refused | bool:
    known = known_account(connection, provider, profile.subject)
    if known is not None and known.disabled_at is not None:
        return _refuse(connection, now, key, owner, known, provider) or False
    account_id = new_account_id() if known is None else known.id
    if not hand_off_claim(connection, now, key, owner, account_id, code_hash):
        return False
    _met(connection, now, known, account_id, provider, profile)
    if known is None:
        note(connection, now, account_id, "signed_up", provider=provider)
    prune(connection, now)
    return True


def redeem(
    connection: sqlite3.Connection,
    now: float,
    idle_seconds: float,
    opener: Opener,
    code_hash: str,
    session: NewSession,
) -> SessionRow | Refused | None:
    row = row_of_login(connection, now, opener.login)
    if row is None or row.account_id is None:
        return None
    if not same(row.challenge, opener.challenge) or not same(row.code_hash, code_hash):
        return None
    account = find_account(connection, row.account_id)
    if account is None:
        return None
    if account.disabled_at is not None:
        return Refused.DISABLED
    if not redeem_claim(connection, now, row.key, session.id):
        return None
    open_session(connection, now, account.id, account.cut_off_at, session)
    note(connection, now, account.id, "signed_in", session_id=session.id)
    return read_session(connection, now, idle_seconds, session.id)


def _refuse(
    connection: sqlite3.Connection, now: float, key: str, owner: str, account: Known, provider: str
) -> Refused | None:
    if not fail_claim(connection, now, key, owner, AccountDisabled.code):
        return None
    note(connection, now, account.id, "sign_in_refused", provider=provider)
    return Refused.DISABLED


def _met(
    connection: sqlite3.Connection, now: float, known: Known | None, new_id: str, provider: str, profile: Profile
) -> Known:
    """The account, as what the provider says now makes it."""
    if known is None:
        return create_account(connection, now, new_id, provider, profile)
    refresh_account(connection, known, provider, profile)
    return known
