"""Accounts and their identities. Each function is the work of one look-up or one transaction.

An identity is (provider, the provider's immutable id), byte for byte, and kept as bytes: no collation and no case
folding comes near it. A name, a handle or a picture never decides. Whoever opens or ends an account's sessions locks
the account's row first, so that a login and a cut-off cannot miss each other.
"""

from __future__ import annotations

import secrets
from itertools import groupby
from typing import NamedTuple

from ...models import Account, Profile
from .access import Again, Reading, Transaction
from .audit import is_noted, note
from .sessions import end_sessions, identities_of, shown

_READ = """
    SELECT accounts.name, accounts.picture, provider, subject, handle, identities.name, identities.picture
    FROM accounts LEFT JOIN identities ON account_id = id
    WHERE id = %(id)s ORDER BY tied_at, provider, subject
"""
_LOCK_BY_IDENTITY = """
    SELECT accounts.id, disabled_at
    FROM identities JOIN accounts ON accounts.id = identities.account_id
    WHERE provider = %(provider)s AND subject = %(subject)s
    FOR UPDATE OF accounts, identities
"""
_HOLDER = "SELECT account_id FROM identities WHERE provider = %(provider)s AND subject = %(subject)s FOR UPDATE"
_LOCK = "SELECT id, disabled_at FROM accounts WHERE id = %(id)s FOR UPDATE"
_CREATE = "INSERT INTO accounts (id, name, picture, created_at) VALUES (%(id)s, %(name)s, %(picture)s, %(now)s)"
_TIE = """
    INSERT INTO identities (provider, subject, account_id, handle, name, picture, tied_at)
    VALUES (%(provider)s, %(subject)s, %(id)s, %(handle)s, %(name)s, %(picture)s, %(now)s)
    ON CONFLICT (provider, subject) DO NOTHING
"""
# What the provider does not say stays as it was known, and what has not changed is not written.
_REFRESH = """
    UPDATE accounts SET name = coalesce(%(name)s, name), picture = coalesce(%(picture)s, picture)
    WHERE id = %(id)s AND (name IS DISTINCT FROM coalesce(%(name)s, name)
        OR picture IS DISTINCT FROM coalesce(%(picture)s, picture))
"""
_REFRESH_IDENTITY = """
    UPDATE identities SET handle = coalesce(%(handle)s, handle), name = coalesce(%(name)s, name),
        picture = coalesce(%(picture)s, picture)
    WHERE provider = %(provider)s AND subject = %(subject)s
        AND (handle IS DISTINCT FROM coalesce(%(handle)s, handle) OR name IS DISTINCT FROM coalesce(%(name)s, name)
        OR picture IS DISTINCT FROM coalesce(%(picture)s, picture))
"""
# Once for all that a transaction changes; a clock that was set back makes no change older.
_CHANGED = """
    INSERT INTO account_changes (account_id, at) VALUES (%(id)s, %(now)s)
    ON CONFLICT (account_id) DO UPDATE SET at = greatest(account_changes.at, excluded.at)
"""
_LIST = """
    SELECT listed.id, listed.name, listed.picture, provider, subject, handle, identities.name, identities.picture
    FROM (
        SELECT id, name, picture FROM accounts WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
    ) AS listed LEFT JOIN identities ON account_id = listed.id
    ORDER BY listed.id, tied_at, provider, subject
"""
_ENABLE = "UPDATE accounts SET disabled_at = NULL WHERE id = %(id)s"
_DISABLE = "UPDATE accounts SET disabled_at = coalesce(disabled_at, %(now)s) WHERE id = %(id)s"
_DELETE_EVENTS = "DELETE FROM audit_events WHERE account_id = %(id)s"
_DELETE = "DELETE FROM accounts WHERE id = %(id)s"  # identities and sessions go with it


class Known(NamedTuple):
    """An account as a login meets it, its row locked."""

    id: str
    disabled_at: float | None = None
    is_new: bool = False


async def known_account(transaction: Transaction, provider: str, subject: str) -> Known | None:
    """With the identity's row locked after the account's: who waited until it was untied does not meet the account."""
    answer = await transaction.run(_LOCK_BY_IDENTITY, {"provider": provider, "subject": subject.encode()})
    return Known(*answer.rows[0]) if answer.rows else None


async def find_account(transaction: Transaction, account_id: str) -> Known | None:
    """By its id, its row locked."""
    answer = await transaction.run(_LOCK, {"id": account_id})
    return Known(*answer.rows[0]) if answer.rows else None


def new_account_id() -> str:
    return secrets.token_urlsafe(16)


async def create_account(transaction: Transaction, account_id: str, provider: str, profile: Profile) -> None:
    await transaction.run(_CREATE, {"id": account_id, **_said(provider, profile)})
    if not await tie(transaction, account_id, provider, profile):
        # The twin of this login was quicker. Its account is found by the next attempt; ours goes with this one.
        raise Again


async def tie(transaction: Transaction, account_id: str, provider: str, profile: Profile) -> bool:
    """False if it is tied already, to whomever. Whoever is tying it at this moment is waited for."""
    return (await transaction.run(_TIE, {"id": account_id, **_said(provider, profile)})).changed == 1


async def holder_of(transaction: Transaction, provider: str, subject: str) -> str:
    """Whose an identity is that could not be tied; it stays so until this transaction ends."""
    rows = (await transaction.run(_HOLDER, {"provider": provider, "subject": subject.encode()})).rows
    if not rows:  # untied in this very moment
        raise Again
    ((account_id,),) = rows
    return str(account_id)


async def refresh_account(transaction: Transaction, account_id: str, provider: str, profile: Profile) -> None:
    values = {"id": account_id, **_said(provider, profile)}
    refreshed = (await transaction.run(_REFRESH, values)).changed
    refreshed += (await transaction.run(_REFRESH_IDENTITY, values)).changed
    if refreshed:
        await note_change(transaction, account_id)


async def note_change(transaction: Transaction, account_id: str) -> None:
    """So that no process goes on showing the account as it was."""
    await transaction.run(_CHANGED, {"id": account_id})


async def read_account(reading: Reading | Transaction, account_id: str) -> Account | None:
    rows = await reading.look_up(_READ, {"id": account_id})
    if not rows:
        return None
    name, picture = rows[0][:2]
    return Account(id=account_id, name=name, picture=picture, identities=identities_of(row[2:] for row in rows))


async def list_accounts(reading: Reading, after: str, limit: int) -> tuple[Account, ...]:
    """In the order that the database gives to text."""
    rows = await reading.look_up(_LIST, {"after": after, "limit": limit})
    return tuple(
        Account(id=id, name=name, picture=picture, identities=identities_of(row[3:] for row in its_rows))
        for (id, name, picture), its_rows in groupby(rows, key=lambda row: row[:3])
    )


async def revoke_account_sessions(
    transaction: Transaction, idle_seconds: float, account_id: str, except_session: str | None
) -> None:
    # Not twice: a session that was opened after the first time would go, too.
    if await find_account(transaction, account_id) is None or await is_noted(transaction):
        return
    await end_sessions(transaction, idle_seconds, account_id, except_session)
    await note(transaction, account_id, "sessions_revoked", session_id=except_session)


async def disable_account(transaction: Transaction, idle_seconds: float, account_id: str) -> bool:
    if await find_account(transaction, account_id) is None:
        return False
    if await is_noted(transaction):
        return True
    await transaction.run(_DISABLE, {"id": account_id})
    await end_sessions(transaction, idle_seconds, account_id, None)
    await note(transaction, account_id, "account_disabled")
    return True


async def enable_account(transaction: Transaction, account_id: str) -> bool:
    account = await find_account(transaction, account_id)
    if account is None:
        return False
    if account.disabled_at is not None:
        await transaction.run(_ENABLE, {"id": account_id})
        await note(transaction, account_id, "account_enabled")
    return True


async def delete_account(transaction: Transaction, idle_seconds: float, account_id: str) -> bool:
    """What stays is its cut-off, until nobody can hold a verdict any more, and one event that says it is
    gone."""
    if await find_account(transaction, account_id) is None:
        return await is_noted(transaction)
    await end_sessions(transaction, idle_seconds, account_id, None)
    await transaction.run(_DELETE_EVENTS, {"id": account_id})
    await transaction.run(_DELETE, {"id": account_id})
    await note(transaction, account_id, "account_deleted")
    return True


def _said(provider: str, profile: Profile) -> dict[str, object]:
    return {
        "provider": provider,
        "subject": profile.subject.encode(),
        "handle": shown(profile.preferred_username),
        "name": shown(profile.name),
        "picture": shown(profile.picture),
    }
