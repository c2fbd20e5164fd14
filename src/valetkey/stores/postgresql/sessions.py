"""Sessions, and the list of what was revoked. Each function is the work of one look-up or one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...model import Account, Identity
from ...store import CLAIM_SECONDS, REVOCATION_SECONDS, Cutoff, NewSession, Revocations, SessionRow
from .access import Reading, Transaction
from .audit import Event, is_noted, note

# Rows are kept for as long as a claim may still point to them.
KEPT_SECONDS = CLAIM_SECONDS

_FRESH = (
    "sessions.expires_at > {now} AND sessions.seen_at > {now} - %(idle)s::double precision"
    " AND accounts.disabled_at IS NULL"
)
_READ = f"""
    SELECT clock.now, sessions.account_id, login, opened_at, expires_at, seen_at, presented_at,
        sessions.revoked_at IS NULL AND {_FRESH.format(now="clock.now")},
        accounts.name, accounts.picture,
        provider, subject, handle, identities.name, identities.picture
    FROM clock CROSS JOIN sessions
    JOIN accounts ON accounts.id = sessions.account_id
    LEFT JOIN identities ON identities.account_id = accounts.id
    WHERE sessions.id = %(id)s
    ORDER BY tied_at, provider, subject
"""
_LOCK_STANDING = f"""
    SELECT sessions.account_id, sessions.revoked_at IS NULL, {_FRESH.format(now="%(now)s")}
    FROM sessions JOIN accounts ON accounts.id = sessions.account_id
    WHERE sessions.id = %(id)s
    FOR UPDATE OF sessions
"""
# After the account's last cut-off by its own date, too, whatever the clock did meanwhile.
_OPEN = """
    INSERT INTO sessions (id, account_id, login, opened_at, expires_at, seen_at, kept_until)
    VALUES (
        %(id)s, %(account_id)s, %(login)s,
        greatest(
            %(now)s::double precision,
            (SELECT at + 0.001 FROM account_cutoffs WHERE account_id = %(account_id)s)
        ),
        %(expires_at)s, %(now)s, %(kept_until)s
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
# A clock that was set back must not let a session be younger than the cut-off that ended it.
_LIST_ALL = """
    INSERT INTO account_cutoffs (account_id, at, except_session)
    SELECT %(account_id)s, greatest(%(now)s::double precision, max(opened_at)), %(except_session)s
    FROM sessions WHERE account_id = %(account_id)s
    ON CONFLICT (account_id) DO UPDATE
    SET at = greatest(account_cutoffs.at, excluded.at), except_session = excluded.except_session
"""
# What is stamped now is committed a little later, and a list that is read in between lacks it. The list that is read
# after the commit must still have it, until no verdict from before the commit lives any more: the list reaches back
# sixty seconds further than any verdict lives (360, 300), so that a commit may lag behind its date by a minute. It
# cannot: a verb sends nothing after its second is over, and where the whole process is stopped meanwhile, or its
# machine sleeps, the server ends the transaction after two (``access.STALLED_SECONDS``).
_REVOCATIONS = f"""
    SELECT clock.now, NULL, NULL, NULL FROM clock
    UNION ALL
    SELECT at, session_id, NULL, NULL FROM clock, revoked_sessions WHERE at > clock.now - {REVOCATION_SECONDS}
    UNION ALL
    SELECT at, NULL, account_id, except_session FROM clock, account_cutoffs WHERE at > clock.now - {REVOCATION_SECONDS}
"""


def identities_of(rows: Iterable[Sequence[object]]) -> tuple[Identity, ...]:
    """From an outer join's five columns."""
    return tuple(
        Identity(provider=provider, subject=subject.decode(), handle=handle, name=name, picture=picture)  # type: ignore[arg-type]
        for provider, subject, handle, name, picture in rows
        if isinstance(subject, bytes)
    )


async def read_session(reading: Reading | Transaction, idle_seconds: float, session_id: str) -> SessionRow | None:
    rows = await reading.look_up(_READ, {"id": session_id, "idle": idle_seconds})
    if not rows:
        return None
    now, account_id, login, opened_at, expires_at, seen_at, presented_at, live, name, picture = rows[0][:10]
    return SessionRow(
        id=session_id,
        account=Account(id=account_id, name=name, picture=picture, identities=identities_of(row[10:] for row in rows)),
        login=login,
        opened_at=opened_at,
        expires_at=expires_at,
        seen_at=seen_at,
        presented_at=presented_at,
        live=live,
        read_at=now,
    )


async def open_session(transaction: Transaction, account_id: str, new: NewSession) -> None:
    """With the account's row locked, so that it is either before a cut-off or after it, for everybody."""
    expires_at = transaction.now + new.lifetime_seconds
    values = {
        "id": new.id,
        "account_id": account_id,
        "login": new.login,
        "expires_at": expires_at,
        "kept_until": expires_at + KEPT_SECONDS,
    }
    await transaction.run(_OPEN, values)


async def touch_session(transaction: Transaction, idle_seconds: float, session_id: str) -> None:
    """Twice is as good as once."""
    await transaction.run(_TOUCH, {"id": session_id, "idle": idle_seconds})


async def revoke_session(
    transaction: Transaction, idle_seconds: float, session_id: str, event: Event = "session_revoked"
) -> bool:
    answer = await transaction.run(_LOCK_STANDING, {"id": session_id, "idle": idle_seconds})
    if not answer.rows:
        return False
    ((account_id, unrevoked, fresh),) = answer.rows
    if not unrevoked:
        return bool(fresh) and await is_noted(transaction)
    # Idle or expired, it may still have a verdict somewhere.
    await transaction.run(_END_ONE, {"id": session_id, "kept_until": transaction.now + KEPT_SECONDS})
    await transaction.run(_LIST_ONE, {"id": session_id})
    await note(transaction, account_id, event, session_id=session_id)
    return bool(fresh)


async def end_sessions(
    transaction: Transaction, idle_seconds: float, account_id: str, except_session: str | None
) -> None:
    """A cut-off, with the account's row locked. Only a live session of this account can be excepted: a later cut-off
    replaces an earlier one in the list, and must not except what the earlier one ended."""
    if except_session is not None:
        answer = await transaction.run(_LOCK_STANDING, {"id": except_session, "idle": idle_seconds})
        if answer.rows != [(account_id, True, True)]:
            except_session = None
    values = {
        "account_id": account_id,
        "except_session": except_session,
        "kept_until": transaction.now + KEPT_SECONDS,
    }
    await transaction.run(_LIST_ALL, values)
    await transaction.run(_END_ALL, values)


async def revocations(reading: Reading) -> Revocations:
    rows = await reading.look_up(_REVOCATIONS, {})
    (now,) = (at for at, session, account, _ in rows if session is None and account is None)
    return Revocations(
        now=now,
        sessions=frozenset(session for _, session, _, _ in rows if session is not None),
        cutoffs={
            account: Cutoff(at=at, except_session=except_session)
            for at, _, account, except_session in rows
            if account is not None
        },
    )
