"""Ends sessions, and keeps the list of what was revoked.

How this works:

- A process caches a live session for up to five minutes. So what ends a session also writes it into a list: one session
  into ``revoked_sessions``, all sessions of an account into ``account_cutoffs`` as a date, and a change of its
  identities or names into ``account_changes``. Every process reads the whole list with one query.
- A revocation is committed a little later than its date, and a list that is read in between lacks it. Later lists must
  have it until every session that was cached before the commit has left the cache. The list reaches back sixty seconds
  further than a session is cached (360 and 300), so a commit may come up to a minute after its date. It never comes
  that late. A verb sends nothing after its second is over. If the whole process is stopped meanwhile, PostgreSQL ends
  the transaction after two seconds (``postgresql.access.STALLED_SECONDS``), and SQLite commits in the same process.
"""

from __future__ import annotations

from ..base import REVOCATION_SECONDS, Cutoff, Revocations
from .audit import Event, is_noted, note, note_each
from .sessions import KEPT_SECONDS, is_live_session_of, lock_status
from .transaction import Reading, Transaction

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


async def revoke_session(
    transaction: Transaction, session_id: str, of_account: str | None = None, event: Event = "session_revoked"
) -> bool:
    status = await lock_status(transaction, session_id, of_account)
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
