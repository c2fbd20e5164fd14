"""Accounts and their identities. Each function is the work of one look-up or one transaction.

An identity is (provider, the provider's immutable id), byte for byte; a name, a handle or a picture never
decides.
"""

from __future__ import annotations

import secrets
import sqlite3
from typing import NamedTuple

from ...models import Account, Profile
from .audit import note
from .sessions import end_sessions, identities_of

_READ = """
    SELECT accounts.name, accounts.picture, provider, subject, handle, identities.name, identities.picture
    FROM accounts LEFT JOIN identities ON account_id = id
    WHERE id = ? ORDER BY tied_at, provider, subject
"""
_KNOWN = """
    SELECT accounts.id, disabled_at, account_cutoffs.at,
        accounts.name, accounts.picture, handle, identities.name, identities.picture
    FROM identities
    JOIN accounts ON accounts.id = identities.account_id
    LEFT JOIN account_cutoffs ON account_cutoffs.account_id = accounts.id
    WHERE provider = ? AND subject = ?
"""
_CREATE = "INSERT INTO accounts (id, name, picture, created_at) VALUES (?, ?, ?, ?)"
_TIE = (
    "INSERT INTO identities (provider, subject, account_id, handle, name, picture, tied_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_REFRESH = "UPDATE accounts SET name = ?, picture = ? WHERE id = ?"
_REFRESH_IDENTITY = "UPDATE identities SET handle = ?, name = ?, picture = ? WHERE provider = ? AND subject = ?"
_CHANGED = "INSERT OR REPLACE INTO account_changes (account_id, at) VALUES (?, ?)"
_LIST = "SELECT id FROM accounts WHERE id > ? ORDER BY id LIMIT ?"
_DISABLE = "UPDATE accounts SET disabled_at = coalesce(disabled_at, ?) WHERE id = ?"
_ENABLE = "UPDATE accounts SET disabled_at = NULL WHERE id = ? AND disabled_at IS NOT NULL"
_EXISTS = "SELECT 1 FROM accounts WHERE id = ?"
_DELETE_EVENTS = "DELETE FROM audit_events WHERE account_id = ?"
_DELETE = "DELETE FROM accounts WHERE id = ?"  # identities and sessions go with it


class Known(NamedTuple):
    """An account as a login meets it."""

    id: str
    disabled_at: float | None = None
    cut_off_at: float | None = None
    name: str | None = None
    picture: str | None = None
    handle: str | None = None
    identity_name: str | None = None
    identity_picture: str | None = None
    is_new: bool = False


def known_account(connection: sqlite3.Connection, provider: str, subject: str) -> Known | None:
    row = connection.execute(_KNOWN, (provider, subject)).fetchone()
    return None if row is None else Known(*row)


def new_account_id() -> str:
    return secrets.token_urlsafe(16)


def create_account(
    connection: sqlite3.Connection, now: float, account_id: str, provider: str, profile: Profile
) -> Known:
    connection.execute(_CREATE, (account_id, profile.name, profile.picture, now))
    tie(connection, now, account_id, provider, profile)
    return Known(account_id, is_new=True)


def refresh_account(connection: sqlite3.Connection, now: float, known: Known, provider: str, profile: Profile) -> None:
    """What the provider says now. What it does not say stays as it was known."""
    handle, name, picture = profile.preferred_username, profile.name, profile.picture
    account = (_or(name, known.name), _or(picture, known.picture))
    identity = (
        _or(handle, known.handle),
        _or(name, known.identity_name),
        _or(picture, known.identity_picture),
    )
    if account != (known.name, known.picture):
        connection.execute(_REFRESH, (*account, known.id))
        note_change(connection, now, known.id)
    if identity != (known.handle, known.identity_name, known.identity_picture):
        connection.execute(_REFRESH_IDENTITY, (*identity, provider, profile.subject))
        note_change(connection, now, known.id)


def note_change(connection: sqlite3.Connection, now: float, account_id: str) -> None:
    """So that no process goes on showing the account as it was."""
    connection.execute(_CHANGED, (account_id, now))


def tie(connection: sqlite3.Connection, now: float, account_id: str, provider: str, profile: Profile) -> None:
    said = (profile.preferred_username, profile.name, profile.picture)
    connection.execute(_TIE, (provider, profile.subject, account_id, *said, now))


def read_account(connection: sqlite3.Connection, now: float, account_id: str) -> Account | None:
    rows = connection.execute(_READ, (account_id,)).fetchall()
    if not rows:
        return None
    name, picture = rows[0][:2]
    return Account(id=account_id, name=name, picture=picture, identities=identities_of(row[2:] for row in rows))


def list_accounts(connection: sqlite3.Connection, now: float, after: str, limit: int) -> tuple[Account, ...]:
    found = (read_account(connection, now, account_id) for (account_id,) in connection.execute(_LIST, (after, limit)))
    return tuple(account for account in found if account is not None)


def revoke_account_sessions(
    connection: sqlite3.Connection,
    now: float,
    idle_seconds: float,
    account_id: str,
    except_session: str | None,
) -> None:
    if connection.execute(_EXISTS, (account_id,)).fetchone():
        end_sessions(connection, now, idle_seconds, account_id, except_session)
        note(connection, now, account_id, "sessions_revoked", session_id=except_session)


def disable_account(connection: sqlite3.Connection, now: float, idle_seconds: float, account_id: str) -> bool:
    if not connection.execute(_DISABLE, (now, account_id)).rowcount:
        return False
    end_sessions(connection, now, idle_seconds, account_id, None)
    note(connection, now, account_id, "account_disabled")
    return True


def enable_account(connection: sqlite3.Connection, now: float, account_id: str) -> bool:
    if connection.execute(_ENABLE, (account_id,)).rowcount:
        note(connection, now, account_id, "account_enabled")
        return True
    return connection.execute(_EXISTS, (account_id,)).fetchone() is not None


def delete_account(connection: sqlite3.Connection, now: float, idle_seconds: float, account_id: str) -> bool:
    """What stays is its cut-off, until nobody can hold a verdict any more, and one event that says it is
    gone."""
    if not connection.execute(_EXISTS, (account_id,)).fetchone():
        return False
    end_sessions(connection, now, idle_seconds, account_id, None)
    connection.execute(_DELETE_EVENTS, (account_id,))
    connection.execute(_DELETE, (account_id,))
    note(connection, now, account_id, "account_deleted")
    return True


def _or(said: str | None, known: str | None) -> str | None:
    return known if said is None else said
