"""Sessions, and the list of what was revoked.

How this works:

- A session is live if it is not revoked, expired or idle for too long, and its account is not disabled. ``_FRESH`` and
  ``revoked_at`` say so.
- A process caches a live session for up to five minutes. So what ends a session also writes it into a list: one session
  into ``revoked_sessions``, all sessions of an account into ``account_cutoffs`` as a date, and a change of its
  identities or names into ``account_changes``. Every process reads the whole list with one query.
- A revocation is committed a little later than its date, and a list that is read in between lacks it. Later lists must
  have it until every session that was cached before the commit has left the cache. The list reaches back sixty seconds
  further than a session is cached (360 and 300), so a commit may come up to a minute after its date. It never comes
  that late. A verb sends nothing after its second is over. If the whole process is stopped meanwhile, PostgreSQL ends
  the transaction after two seconds (``postgresql.access.STALLED_SECONDS``), and SQLite commits in the same process.
- Rows are kept for an hour after their end, because a claim may still refer to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...models import Account, Device, Identity
from ..base import CLAIM_SECONDS, REVOCATION_SECONDS, Cutoff, NewSession, Revocations, SessionRow
from .audit import Event, is_noted, note, note_each
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
# The session is dated after the account's last cut-off, even if the clock was set back since.
_OPEN = """
    INSERT INTO sessions
        (id, account_id, login, opened_at, expires_at, seen_at, kept_until, provider, subject, browser, network)
    VALUES (
        %(id)s, %(account_id)s, %(login_id)s,
        greatest(
            %(now)s::double precision,
            coalesce((SELECT at + 0.001 FROM account_cutoffs WHERE account_id = %(account_id)s), 0)
        ),
        %(expires_at)s, %(now)s, %(kept_until)s, %(provider)s, %(subject)s, %(device_name)s, %(network)s
    )
"""
# An idle session is over: being presented late does not bring it back.
_TOUCH = """
    UPDATE sessions SET seen_at = %(now)s, presented_at = coalesce(presented_at, %(now)s)
    WHERE id = %(id)s AND seen_at > %(now)s - %(idle)s::double precision
"""
_END_ONE = "UPDATE sessions SET revoked_at = %(now)s, kept_until = least(kept_until, %(kept_until)s) WHERE id = %(id)s"
_LIST_ONE = """
    INSERT INTO revoked_sessions (session_id, at) VALUES (%(id)s, %(now)s)
    ON CONFLICT (session_id) DO UPDATE SET at = excluded.at
"""
_END_ALL = """
    UPDATE sessions SET revoked_at = %(now)s, kept_until = least(kept_until, %(kept_until)s)
    WHERE account_id = %(account_id)s AND revoked_at IS NULL AND id IS DISTINCT FROM %(except_session)s
"""
# greatest(): even if the clock was set back, the cut-off is not dated before a session that it ends.
_LIST_ALL = """
    INSERT INTO account_cutoffs (account_id, at, except_session)
    SELECT %(account_id)s, greatest(%(now)s::double precision, coalesce(max(opened_at), 0)), %(except_session)s
    FROM sessions WHERE account_id = %(account_id)s
    ON CONFLICT (account_id) DO UPDATE
    SET at = greatest(account_cutoffs.at, excluded.at), except_session = excluded.except_session
"""
_OPENED_BY = "account_id = %(account_id)s AND provider = %(provider)s AND subject = %(subject)s AND id <> %(kept)s"
_END_OPENED_BY = f"""
    UPDATE sessions SET revoked_at = %(now)s, kept_until = least(kept_until, %(kept_until)s)
    WHERE {_OPENED_BY} AND revoked_at IS NULL
        AND expires_at > %(now)s AND seen_at > %(now)s - %(idle)s::double precision
    RETURNING id
"""
_LIST_OPENED_BY = f"""
    INSERT INTO revoked_sessions (session_id, at)
    SELECT id, %(now)s::double precision FROM sessions WHERE {_OPENED_BY} AND revoked_at = %(now)s
    ON CONFLICT (session_id) DO UPDATE SET at = excluded.at
"""
_DEVICES = f"""
    SELECT sessions.id, opened_at, seen_at, expires_at, browser, network
    FROM clock CROSS JOIN sessions JOIN accounts ON accounts.id = sessions.account_id
    WHERE sessions.account_id = %(account_id)s AND sessions.revoked_at IS NULL AND {_FRESH.format(now="clock.now")}
    ORDER BY seen_at DESC, opened_at DESC, sessions.id
"""
_REVOCATIONS = f"""
    SELECT clock.now, NULL, NULL, NULL, NULL FROM clock
    UNION ALL
    SELECT at, session_id, NULL, NULL, NULL FROM clock CROSS JOIN revoked_sessions
    WHERE at > clock.now - {REVOCATION_SECONDS}
    UNION ALL
    SELECT at, NULL, account_id, except_session, NULL FROM clock CROSS JOIN account_cutoffs
    WHERE at > clock.now - {REVOCATION_SECONDS}
    UNION ALL
    SELECT at, NULL, NULL, NULL, account_id FROM clock CROSS JOIN account_changes
    WHERE at > clock.now - {REVOCATION_SECONDS}
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


async def revocations(reading: Reading) -> Revocations:
    rows = await reading.look_up(_REVOCATIONS, {})
    (now,) = (at for at, *named in rows if named == [None] * 4)
    return Revocations(
        now=now,
        sessions=frozenset(session for _, session, _, _, _ in rows if session is not None),
        cutoffs={
            account: Cutoff(at=at, except_session=except_session)
            for at, _, account, except_session, _ in rows
            if account is not None
        },
        changed={account: at for at, _, _, _, account in rows if account is not None},
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


async def open_session(transaction: Transaction, account_id: str, provider: str, subject: str, new: NewSession) -> None:
    """Open a session for this identity, with the account's row locked, so that it is clearly before or after any
    cut-off."""
    expires_at = transaction.now + new.lifetime_seconds
    values = {
        "id": new.id,
        "account_id": account_id,
        "login_id": new.login_id,
        "expires_at": expires_at,
        "kept_until": expires_at + KEPT_SECONDS,
        "provider": provider,
        "subject": transaction.subject(subject),
        "device_name": shown(new.device_name),
        "network": shown(new.network),
    }
    await transaction.execute(_OPEN, values)


async def touch_session(transaction: Transaction, session_id: str) -> None:
    """Record that the session was presented now. A repeat of it changes nothing."""
    await transaction.execute(_TOUCH, {"id": session_id})


# Ending


async def revoke_session(
    transaction: Transaction, session_id: str, of_account: str | None = None, event: Event = "session_revoked"
) -> bool:
    status = await _lock_status(transaction, session_id, of_account)
    if status is None:
        return False
    account_id, unrevoked, fresh = status
    if not unrevoked:
        return fresh and await is_noted(transaction)
    # An idle or expired session is revoked, too, because a process may still have it in its cache.
    await transaction.execute(_END_ONE, {"id": session_id, "kept_until": transaction.now + KEPT_SECONDS})
    await transaction.execute(_LIST_ONE, {"id": session_id})
    await note(transaction, account_id, event, session_id=session_id)
    return fresh


async def is_live_session_of(transaction: Transaction, session_id: str, account_id: str) -> bool:
    """Whether a session is live and this account's, with the account's row locked. It stays so until this transaction
    ends."""
    status = await _lock_status(transaction, session_id, account_id)
    return status is not None and status[1] and status[2]


async def revoke_sessions_opened_by(
    transaction: Transaction, account_id: str, provider: str, subject: str, kept: str
) -> None:
    """End all live sessions that this identity opened, except one. The account's row is locked, so that no other
    transaction ends several of its sessions at the same time."""
    values = {
        "account_id": account_id,
        "provider": provider,
        "subject": transaction.subject(subject),
        "kept": kept,
        "kept_until": transaction.now + KEPT_SECONDS,
    }
    ended = [id for (id,) in (await transaction.query(_END_OPENED_BY, values))]
    if ended:
        await transaction.execute(_LIST_OPENED_BY, values)
        await note_each(transaction, account_id, "session_revoked", ended)


async def end_sessions(transaction: Transaction, account_id: str, except_session: str | None) -> None:
    """End all sessions of an account by a cut-off, with the account's row locked. Only a live session of this account
    can be excepted: a later cut-off replaces an earlier one in the list, and must not revive what that one ended."""
    if except_session and not await is_live_session_of(transaction, except_session, account_id):
        except_session = None
    values = {
        "account_id": account_id,
        "except_session": except_session,
        "kept_until": transaction.now + KEPT_SECONDS,
    }
    await transaction.execute(_LIST_ALL, values)
    await transaction.execute(_END_ALL, values)


async def _lock_status(
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
