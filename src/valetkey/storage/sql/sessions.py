"""Sessions: reads and opens them, and records their use. How they end is in ``revocations``.

A session is live if it is not revoked, expired or idle for too long, and its account is not disabled. ``_FRESH`` and
``revoked_at`` say so. Rows are kept for an hour after their end, because a claim may still refer to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...models import Account, Device, Identity
from ..base import CLAIM_SECONDS, NewSession, SessionRow
from .transaction import Reading, Transaction, shown, subject_text

KEPT_SECONDS = CLAIM_SECONDS

_FRESH = (
    "sessions.expires_at > {now} AND sessions.seen_at > {now} - %(idle)s::double precision"
    " AND accounts.disabled_at IS NULL"
)
_READ = f"""
    SELECT clock.now, sessions.account_id, login, opened_at, expires_at, seen_at, presented_at,
        sessions.revoked_at, sessions.revoked_at IS NULL AND {_FRESH.format(now="clock.now")},
        accounts.name, accounts.picture,
        identities.provider, identities.subject, handle, identities.name, identities.picture, email, email_verified
    FROM clock CROSS JOIN sessions
    JOIN accounts ON accounts.id = sessions.account_id
    LEFT JOIN identities ON identities.account_id = accounts.id
    WHERE sessions.id = %(id)s
    ORDER BY tied_at, identities.provider, identities.subject
"""
# Another account's session is not locked, because every session is locked after the row of its own account.
_LOCK_STATUS = f"""
    SELECT sessions.account_id, sessions.revoked_at IS NULL, {_FRESH.format(now="%(now)s")}
    FROM sessions JOIN accounts ON accounts.id = sessions.account_id
    WHERE sessions.id = %(id)s AND sessions.account_id = coalesce(%(of_account)s, sessions.account_id)
    FOR UPDATE OF sessions
"""
# It adds no row if the account was cut off at that time or later.
_OPEN = """
    INSERT INTO sessions
        (id, account_id, login, opened_at, expires_at, seen_at, kept_until, provider, subject, browser, network)
    SELECT
        %(id)s, %(account_id)s, %(login_id)s, %(opened_at)s, %(expires_at)s, %(now)s, %(kept_until)s, %(provider)s,
        %(subject)s, %(device_name)s, %(network)s
    WHERE NOT EXISTS (SELECT 1 FROM account_cutoffs WHERE account_id = %(account_id)s AND at >= %(opened_at)s)
"""
_LAST_CUTOFF = "SELECT at FROM account_cutoffs WHERE account_id = %(account_id)s"
# An idle session is over: being presented late does not bring it back.
_TOUCH = """
    UPDATE sessions SET seen_at = %(now)s, presented_at = coalesce(presented_at, %(now)s)
    WHERE id = %(id)s AND seen_at > %(now)s - %(idle)s::double precision
"""
_DEVICES = f"""
    SELECT sessions.id, opened_at, seen_at, expires_at, browser, network
    FROM clock CROSS JOIN sessions JOIN accounts ON accounts.id = sessions.account_id
    WHERE sessions.account_id = %(account_id)s AND sessions.revoked_at IS NULL AND {_FRESH.format(now="clock.now")}
    ORDER BY seen_at DESC, opened_at DESC, sessions.id
"""


# Reading


async def read_session(reading: Reading, session_id: str) -> SessionRow | None:
    rows = await reading.look_up(_READ, {"id": session_id})
    if not rows:
        return None
    now, account_id, login_id, opened_at, expires_at, seen_at, presented_at, revoked_at, live, name, picture = rows[0][
        :11
    ]
    return SessionRow(
        id=session_id,
        account=Account(id=account_id, name=name, picture=picture, identities=identities_of(row[11:] for row in rows)),
        login_id=login_id,
        opened_at=opened_at,
        expires_at=expires_at,
        seen_at=seen_at,
        presented_at=presented_at,
        live=bool(live),
        read_at=now,
        revoked_at=revoked_at,
    )


async def devices(reading: Reading, account_id: str) -> tuple[Device, ...]:
    rows = await reading.look_up(_DEVICES, {"account_id": account_id})
    return tuple(
        Device(
            id=id, opened_at=opened_at, seen_at=seen_at, expires_at=expires_at, device_name=device_name, network=network
        )
        for id, opened_at, seen_at, expires_at, device_name, network in rows
    )


def identities_of(rows: Iterable[Sequence[Any]]) -> tuple[Identity, ...]:
    """The identities in the last seven columns of an outer join. All seven are NULL if there is no identity."""
    return tuple(
        Identity(
            provider=provider,
            subject=subject_text(subject),
            handle=handle,
            name=name,
            picture=picture,
            email=email,
            email_verified=bool(verified),
        )
        for provider, subject, handle, name, picture, email, verified in rows
        if subject is not None
    )


# Opening


async def open_session(
    transaction: Transaction, account: Account, provider: str, subject: str, new: NewSession
) -> SessionRow:
    """Open a session for this identity, with the account's row locked, so that it is clearly before or after any
    cut-off. The account is as it is now."""
    now, expires_at = transaction.now, transaction.now + new.lifetime_seconds
    values = {
        "id": new.id,
        "account_id": account.id,
        "login_id": new.login_id,
        "expires_at": expires_at,
        "kept_until": expires_at + KEPT_SECONDS,
        "provider": provider,
        "subject": transaction.subject(subject),
        "device_name": shown(new.device_name),
        "network": shown(new.network),
    }
    # It is dated after the account's last cut-off, even if the clock was set back since.
    opened_at = now
    while await transaction.execute(_OPEN, {**values, "opened_at": opened_at}) == 0:
        ((cut_off_at,),) = await transaction.query(_LAST_CUTOFF, {"account_id": account.id})
        opened_at = cut_off_at + 0.001
    return SessionRow(
        id=new.id,
        account=account,
        login_id=new.login_id,
        opened_at=opened_at,
        expires_at=expires_at,
        seen_at=now,
        presented_at=None,
        live=expires_at > now,
        read_at=now,
    )


async def touch_session(transaction: Transaction, session_id: str) -> None:
    """Record that the session was presented now. A repeat of it changes nothing."""
    await transaction.execute(_TOUCH, {"id": session_id})


# Locking


async def is_live_session_of(transaction: Transaction, session_id: str, account_id: str) -> bool:
    """Whether a session is live and this account's, with the account's row locked. It stays so until this transaction
    ends."""
    status = await lock_status(transaction, session_id, account_id)
    return status is not None and status[1] and status[2]


async def lock_status(
    transaction: Transaction, session_id: str, of_account: str | None
) -> tuple[str, bool, bool] | None:
    """Lock a session.

    Returns:
        Its account, whether it is not revoked, and whether it is otherwise live. None if there is no such session.
    """
    if "\0" in session_id:  # anyone can send it, and PostgreSQL cannot store it
        return None
    rows = await transaction.query(_LOCK_STATUS, {"id": session_id, "of_account": of_account})
    if not rows:
        return None
    ((account_id, unrevoked, fresh),) = rows
    return account_id, bool(unrevoked), bool(fresh)
