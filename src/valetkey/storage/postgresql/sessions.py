"""Sessions, and the list of what was revoked. Each function is the work of one look-up or one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...models import Account, Identity
from ..base import CLAIM_SECONDS, REVOCATION_SECONDS, Cutoff, Device, NewSession, Revocations, SessionRow
from ..judging import Event
from .access import Reading, Transaction
from .audit import is_noted, note, note_each

# Rows are kept for as long as a claim may still point to them.
KEPT_SECONDS = CLAIM_SECONDS

_FRESH = (
    "sessions.expires_at > {now} AND sessions.seen_at > {now} - %(idle)s::double precision"
    " AND accounts.disabled_at IS NULL"
)
_READ = f"""
    SELECT clock.now, sessions.account_id, login, opened_at, expires_at, seen_at, presented_at,
        sessions.revoked_at, sessions.revoked_at IS NULL AND {_FRESH.format(now="clock.now")},
        accounts.name, accounts.picture,
        identities.provider, identities.subject, handle, identities.name, identities.picture
    FROM clock CROSS JOIN sessions
    JOIN accounts ON accounts.id = sessions.account_id
    LEFT JOIN identities ON identities.account_id = accounts.id
    WHERE sessions.id = %(id)s
    ORDER BY tied_at, identities.provider, identities.subject
"""
# Another account's is not even waited for, so that it cannot come before its own account's row.
_LOCK_STANDING = f"""
    SELECT sessions.account_id, sessions.revoked_at IS NULL, {_FRESH.format(now="%(now)s")}
    FROM sessions JOIN accounts ON accounts.id = sessions.account_id
    WHERE sessions.id = %(id)s AND sessions.account_id = coalesce(%(of_account)s, sessions.account_id)
    FOR UPDATE OF sessions
"""
# After the account's last cut-off by its own date, too, whatever the clock did meanwhile.
_OPEN = """
    INSERT INTO sessions
        (id, account_id, login, opened_at, expires_at, seen_at, kept_until, provider, subject, browser, network)
    VALUES (
        %(id)s, %(account_id)s, %(login)s,
        greatest(
            %(now)s::double precision,
            (SELECT at + 0.001 FROM account_cutoffs WHERE account_id = %(account_id)s)
        ),
        %(expires_at)s, %(now)s, %(kept_until)s, %(provider)s, %(subject)s, %(browser)s, %(network)s
    )
"""
_CUT_OFF = "SELECT 1 FROM account_cutoffs WHERE account_id = %(account_id)s AND at >= %(since)s"
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
# Within one account, whose row is locked: nobody else takes several of its sessions at once.
_END_OPENED_BY = f"""
    WITH ended AS (
        UPDATE sessions SET revoked_at = %(now)s, kept_until = least(kept_until, %(kept_until)s)
        FROM accounts
        WHERE accounts.id = sessions.account_id AND sessions.account_id = %(account_id)s
            AND provider = %(provider)s AND subject = %(subject)s AND sessions.id <> %(kept)s
            AND sessions.revoked_at IS NULL AND {_FRESH.format(now="%(now)s")}
        RETURNING sessions.id
    )
    INSERT INTO revoked_sessions (session_id, at) SELECT id, %(now)s FROM ended
    ON CONFLICT (session_id) DO UPDATE SET at = excluded.at
    RETURNING session_id
"""
_DEVICES = f"""
    SELECT sessions.id, opened_at, seen_at, expires_at, browser, network
    FROM clock CROSS JOIN sessions JOIN accounts ON accounts.id = sessions.account_id
    WHERE sessions.account_id = %(account_id)s AND sessions.revoked_at IS NULL AND {_FRESH.format(now="clock.now")}
    ORDER BY seen_at DESC, opened_at DESC, sessions.id
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
# machine sleeps, the server ends the transaction after two (``access.STALLED_SECONDS``). A change, too, may be
# committed so much later than its date.
_REVOCATIONS = f"""
    SELECT clock.now, NULL, NULL, NULL, NULL FROM clock
    UNION ALL
    SELECT at, session_id, NULL, NULL, NULL FROM clock, revoked_sessions WHERE at > clock.now - {REVOCATION_SECONDS}
    UNION ALL
    SELECT at, NULL, account_id, except_session, NULL FROM clock, account_cutoffs
    WHERE at > clock.now - {REVOCATION_SECONDS}
    UNION ALL
    SELECT at, NULL, NULL, NULL, account_id FROM clock, account_changes WHERE at > clock.now - {REVOCATION_SECONDS}
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
    now, account_id, login, opened_at, expires_at, seen_at, presented_at, revoked_at, live, name, picture = rows[0][:11]
    return SessionRow(
        id=session_id,
        account=Account(id=account_id, name=name, picture=picture, identities=identities_of(row[11:] for row in rows)),
        login=login,
        opened_at=opened_at,
        expires_at=expires_at,
        seen_at=seen_at,
        presented_at=presented_at,
        live=live,
        read_at=now,
        revoked_at=revoked_at,
    )


async def is_cut_off(transaction: Transaction, account_id: str, since: float) -> bool:
    """Whether the account was signed out everywhere at that time or later. With its row locked."""
    return bool((await transaction.run(_CUT_OFF, {"account_id": account_id, "since": since})).rows)


async def open_session(
    transaction: Transaction, account_id: str, identity: tuple[str | None, bytes | None], new: NewSession
) -> None:
    """Opened by an identity: (provider, subject). With the account's row locked, so that it is either before a cut-off
    or after it, for everybody."""
    expires_at = transaction.now + new.lifetime_seconds
    values = {
        "id": new.id,
        "account_id": account_id,
        "login": new.login,
        "expires_at": expires_at,
        "kept_until": expires_at + KEPT_SECONDS,
        "provider": identity[0],
        "subject": identity[1],
        "browser": shown(new.browser),
        "network": shown(new.network),
    }
    await transaction.run(_OPEN, values)


async def touch_session(transaction: Transaction, idle_seconds: float, session_id: str) -> None:
    """Twice is as good as once."""
    await transaction.run(_TOUCH, {"id": session_id, "idle": idle_seconds})


async def revoke_session(
    transaction: Transaction,
    idle_seconds: float,
    session_id: str,
    of_account: str | None = None,
    event: Event = "session_revoked",
) -> bool:
    standing = await _locked_standing(transaction, idle_seconds, session_id, of_account)
    if standing is None:
        return False
    account_id, unrevoked, fresh = standing
    if not unrevoked:
        return bool(fresh) and await is_noted(transaction)
    # Idle or expired, it may still have a verdict somewhere.
    await transaction.run(_END_ONE, {"id": session_id, "kept_until": transaction.now + KEPT_SECONDS})
    await transaction.run(_LIST_ONE, {"id": session_id})
    await note(transaction, account_id, event, session_id=session_id)
    return bool(fresh)


async def is_live_session_of(transaction: Transaction, idle_seconds: float, session_id: str, account_id: str) -> bool:
    """With the account's row locked. It stays so until this transaction ends."""
    standing = await _locked_standing(transaction, idle_seconds, session_id, account_id)
    return standing is not None and standing[1] and standing[2]


async def revoke_sessions_opened_by(
    transaction: Transaction, idle_seconds: float, account_id: str, identity: tuple[str, bytes], kept: str
) -> None:
    """Those that this identity opened, but one, with the account's row locked."""
    values = {
        "account_id": account_id,
        "provider": identity[0],
        "subject": identity[1],
        "kept": kept,
        "idle": idle_seconds,
        "kept_until": transaction.now + KEPT_SECONDS,
    }
    ended = (await transaction.run(_END_OPENED_BY, values)).rows
    await note_each(transaction, account_id, "session_revoked", [session_id for (session_id,) in ended])


async def devices(reading: Reading, idle_seconds: float, account_id: str) -> tuple[Device, ...]:
    rows = await reading.look_up(_DEVICES, {"account_id": account_id, "idle": idle_seconds})
    return tuple(
        Device(id=id, opened_at=opened_at, seen_at=seen_at, expires_at=expires_at, browser=browser, network=network)
        for id, opened_at, seen_at, expires_at, browser, network in rows
    )


async def end_sessions(
    transaction: Transaction, idle_seconds: float, account_id: str, except_session: str | None
) -> None:
    """A cut-off, with the account's row locked. Only a live session of this account can be excepted: a later cut-off
    replaces an earlier one in the list, and must not except what the earlier one ended."""
    if except_session and not await is_live_session_of(transaction, idle_seconds, except_session, account_id):
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


def shown(text: str | None) -> str | None:
    """PostgreSQL's text cannot hold a NUL, which must not keep anybody from signing in: it only decorates."""
    return None if text is None else text.replace("\0", "\ufffd")


async def _locked_standing(
    transaction: Transaction, idle_seconds: float, session_id: str, of_account: str | None
) -> tuple[str, bool, bool] | None:
    """(account, not revoked, neither over nor idle nor disabled); None if there is no such one."""
    if "\0" in session_id:  # it can be anybody's, and PostgreSQL's text cannot hold it
        return None
    values = {"id": session_id, "of_account": of_account, "idle": idle_seconds}
    rows = (await transaction.run(_LOCK_STANDING, values)).rows
    if not rows:
        return None
    ((account_id, unrevoked, fresh),) = rows
    return account_id, bool(unrevoked), bool(fresh)
