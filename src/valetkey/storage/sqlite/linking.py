"""Identities that come and go: tied to an account by the session that asked for it, untied but for the last one."""

from __future__ import annotations

import sqlite3

from ...errors import IdentityTaken, NotLinked, SessionChanged, ValetkeyError
from ...models import Account, Profile
from ..base import SessionRow
from ..judging import identity_meant
from .accounts import known_account, note_change, read_account, refresh_account, tie
from .audit import note
from .claims import fail_claim, finish_claim, held_claim
from .sessions import is_live_session_of, read_session, revoke_sessions_opened_by

_IDENTITIES = "SELECT provider, subject FROM identities WHERE account_id = ?"
_UNTIE = "DELETE FROM identities WHERE provider = ? AND subject = ?"


def link(
    connection: sqlite3.Connection,
    now: float,
    idle_seconds: float,
    key: str,
    owner: str,
    provider: str,
    profile: Profile,
    account_id: str,
    session_id: str,
) -> SessionRow | ValetkeyError | None:
    """An error is returned and not raised: the claim's end has to be committed first."""
    if held_claim(connection, now, key, owner) is None:
        return None
    if not is_live_session_of(connection, now, idle_seconds, session_id, account_id):
        fail_claim(connection, now, key, owner, SessionChanged.code)
        return SessionChanged()
    known = known_account(connection, provider, profile.subject)
    if known is not None and known.id != account_id:
        fail_claim(connection, now, key, owner, IdentityTaken.code)
        return IdentityTaken()
    if known is None:
        tie(connection, now, account_id, provider, profile)
        note_change(connection, now, account_id)
        note(connection, now, account_id, "identity_linked", provider=provider, session_id=session_id)
    else:
        refresh_account(connection, now, known, provider, profile)
    finish_claim(connection, now, key, owner, session_id)
    return read_session(connection, now, idle_seconds, session_id)


def unlink(
    connection: sqlite3.Connection,
    now: float,
    idle_seconds: float,
    account_id: str,
    provider: str,
    subject: str | None,
    session_id: str,
) -> Account:
    identities = connection.execute(_IDENTITIES, (account_id,)).fetchall()
    meant = identity_meant(identities, provider, subject)
    connection.execute(_UNTIE, meant)
    revoke_sessions_opened_by(connection, now, idle_seconds, account_id, meant, session_id)
    note_change(connection, now, account_id)
    note(connection, now, account_id, "identity_unlinked", provider=provider, session_id=session_id)
    account = read_account(connection, now, account_id)
    if account is None:
        raise NotLinked
    return account
