"""Sessions, and the list of what was revoked. Each function is the work of one look-up or one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from ...models import Account, Identity
from ..base import CLAIM_SECONDS, REVOCATION_SECONDS, Cutoff, Device, NewSession, Revocations, SessionRow
from ..judging import Event
from .audit import note

# Rows are kept for as long as a claim may still point to them.
KEPT_SECONDS = CLAIM_SECONDS

_LIVE = (
    "sessions.revoked_at IS NULL AND sessions.expires_at > :now AND sessions.seen_at > :now - :idle"
    " AND accounts.disabled_at IS NULL"
)
_READ = f"""
    SELECT sessions.account_id, login, opened_at, expires_at, seen_at, presented_at, sessions.revoked_at, {_LIVE},
        accounts.name, accounts.picture,
        identities.provider, identities.subject, handle, identities.name, identities.picture
    FROM sessions
    JOIN accounts ON accounts.id = sessions.account_id
    LEFT JOIN identities ON identities.account_id = accounts.id
    WHERE sessions.id = :id
    ORDER BY tied_at, identities.provider, identities.subject
"""
_STANDING = f"""
    SELECT account_id, revoked_at IS NULL, {_LIVE}
    FROM sessions JOIN accounts ON accounts.id = account_id
    WHERE sessions.id = :id
"""
_OPEN = """
    INSERT INTO sessions
        (id, account_id, login, opened_at, expires_at, seen_at, kept_until, provider, subject, browser, network)
    VALUES
        (:id, :account_id, :login, :opened_at, :expires_at, :now, :kept_until, :provider, :subject, :browser, :network)
"""
# An idle session is over: being presented late does not bring it back.
_TOUCH = """
    UPDATE sessions SET seen_at = :now, presented_at = coalesce(presented_at, :now)
    WHERE id = :id AND seen_at > :now - :idle
"""
_END_ONE = "UPDATE sessions SET revoked_at = :now, kept_until = min(kept_until, :kept_until) WHERE id = :id"
_LIST_ONE = "INSERT OR REPLACE INTO revoked_sessions (session_id, at) VALUES (?, ?)"
_END_ALL = """
    UPDATE sessions SET revoked_at = :now, kept_until = min(kept_until, :kept_until)
    WHERE account_id = :account_id AND revoked_at IS NULL AND id IS NOT :except_session
"""
# A clock that was set back must not let a session be younger than the cut-off that ended it.
_LIST_ALL = """
    INSERT INTO account_cutoffs (account_id, at, except_session)
    SELECT :account_id, max(:now, coalesce(max(opened_at), 0)), :except_session
    FROM sessions WHERE account_id = :account_id
    ON CONFLICT (account_id) DO UPDATE SET at = max(at, excluded.at), except_session = excluded.except_session
"""
_REVOCATIONS = f"""
    SELECT :now, NULL, NULL, NULL, NULL
    UNION ALL
    SELECT at, session_id, NULL, NULL, NULL FROM revoked_sessions WHERE at > :now - {REVOCATION_SECONDS}
    UNION ALL
    SELECT at, NULL, account_id, except_session, NULL FROM account_cutoffs WHERE at > :now - {REVOCATION_SECONDS}
    UNION ALL
    SELECT at, NULL, NULL, NULL, account_id FROM account_changes WHERE at > :now - {REVOCATION_SECONDS}
"""
_DEVICES = f"""
    SELECT sessions.id, opened_at, seen_at, expires_at, browser, network
    FROM sessions JOIN accounts ON accounts.id = account_id
    WHERE account_id = :account_id AND {_LIVE}
    ORDER BY seen_at DESC, opened_at DESC, sessions.id
"""
_OPENED_BY = f"""
    SELECT sessions.id FROM sessions JOIN accounts ON accounts.id = account_id
    WHERE account_id = :account_id AND provider = :provider AND subject = :subject AND sessions.id <> :kept AND {_LIVE}
"""


def identities_of(rows: Iterable[Sequence[str | None]]) -> tuple[Identity, ...]:
    """From an outer join's five columns."""
    return tuple(
        Identity(provider=provider, subject=subject, handle=handle, name=name, picture=picture)
        for provider, subject, handle, name, picture in rows
        if provider is not None and subject is not None
    )


def read_session(connection: sqlite3.Connection, now: float, idle_seconds: float, session_id: str) -> SessionRow | None:
    rows = connection.execute(_READ, {"id": session_id, "now": now, "idle": idle_seconds}).fetchall()
    if not rows:
        return None
    account_id, login, opened_at, expires_at, seen_at, presented_at, revoked_at, live, name, picture = rows[0][:10]
    return SessionRow(
        id=session_id,
        account=Account(id=account_id, name=name, picture=picture, identities=identities_of(row[10:] for row in rows)),
        login=login,
        opened_at=opened_at,
        expires_at=expires_at,
        seen_at=seen_at,
        presented_at=presented_at,
        live=bool(live),
        read_at=now,
        revoked_at=revoked_at,
    )


def open_session(
    connection: sqlite3.Connection,
    now: float,
    account_id: str,
    cut_off_at: float | None,
    identity: tuple[str | None, str | None],
    new: NewSession,
) -> None:
    """Opened by an identity: (provider, subject). After the account's last cut-off by its own date, too, whatever the
    clock did meanwhile."""
    expires_at = now + new.lifetime_seconds
    values = {
        "id": new.id,
        "account_id": account_id,
        "login": new.login,
        "opened_at": now if cut_off_at is None else max(now, cut_off_at + 0.001),
        "expires_at": expires_at,
        "now": now,
        "kept_until": expires_at + KEPT_SECONDS,
        "provider": identity[0],
        "subject": identity[1],
        "browser": new.browser,
        "network": new.network,
    }
    connection.execute(_OPEN, values)


def touch_session(connection: sqlite3.Connection, now: float, idle_seconds: float, session_id: str) -> None:
    connection.execute(_TOUCH, {"id": session_id, "now": now, "idle": idle_seconds})


def revoke_session(
    connection: sqlite3.Connection,
    now: float,
    idle_seconds: float,
    session_id: str,
    of_account: str | None = None,
    event: Event = "session_revoked",
) -> bool:
    row = connection.execute(_STANDING, {"id": session_id, "now": now, "idle": idle_seconds}).fetchone()
    if row is None or of_account not in (None, row[0]):
        return False
    account_id, unrevoked, live = row
    if unrevoked:  # idle or expired, it may still have a verdict somewhere
        connection.execute(_END_ONE, {"id": session_id, "now": now, "kept_until": now + KEPT_SECONDS})
        connection.execute(_LIST_ONE, (session_id, now))
        note(connection, now, account_id, event, session_id=session_id)
    return bool(live)


def is_live_session_of(
    connection: sqlite3.Connection, now: float, idle_seconds: float, session_id: str, account_id: str
) -> bool:
    values = {"id": session_id, "now": now, "idle": idle_seconds}
    return bool(connection.execute(_STANDING, values).fetchone() == (account_id, 1, 1))


def revoke_sessions_opened_by(
    connection: sqlite3.Connection,
    now: float,
    idle_seconds: float,
    account_id: str,
    identity: tuple[str, str],
    kept: str,
) -> None:
    """Those that this identity opened, but one."""
    values = {
        "account_id": account_id,
        "provider": identity[0],
        "subject": identity[1],
        "kept": kept,
        "now": now,
        "idle": idle_seconds,
    }
    for (session_id,) in connection.execute(_OPENED_BY, values).fetchall():
        revoke_session(connection, now, idle_seconds, session_id)


def devices(connection: sqlite3.Connection, now: float, idle_seconds: float, account_id: str) -> tuple[Device, ...]:
    rows = connection.execute(_DEVICES, {"account_id": account_id, "now": now, "idle": idle_seconds})
    return tuple(
        Device(id=id, opened_at=opened_at, seen_at=seen_at, expires_at=expires_at, browser=browser, network=network)
        for id, opened_at, seen_at, expires_at, browser, network in rows
    )


def end_sessions(
    connection: sqlite3.Connection,
    now: float,
    idle_seconds: float,
    account_id: str,
    except_session: str | None,
) -> None:
    """A cut-off. Only a live session of this account can be excepted: a later cut-off replaces an earlier one
    in the list, and must not except what the earlier one ended."""
    if except_session and not is_live_session_of(connection, now, idle_seconds, except_session, account_id):
        except_session = None
    values = {
        "account_id": account_id,
        "except_session": except_session,
        "now": now,
        "kept_until": now + KEPT_SECONDS,
    }
    connection.execute(_LIST_ALL, values)
    connection.execute(_END_ALL, values)


def revocations(connection: sqlite3.Connection, now: float) -> Revocations:
    rows = connection.execute(_REVOCATIONS, {"now": now}).fetchall()
    return Revocations(
        now=rows[0][0],
        sessions=frozenset(session for _, session, _, _, _ in rows if session is not None),
        cutoffs={
            account: Cutoff(at=at, except_session=except_session)
            for at, _, account, except_session, _ in rows
            if account is not None
        },
        changed={account: at for at, _, _, _, account in rows if account is not None},
    )
