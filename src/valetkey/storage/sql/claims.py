"""Claims: who is finishing a login, and how it ended.

How this works:

- A login comes back as a callback, perhaps several times and on several nodes. The claim's row says who may finish it:
  its ``owner``, for as long as nobody has taken it over.
- Every verb that ends a login begins with the *fence*: one UPDATE whose condition says that this lease still holds the
  claim (``_HELD``), and which writes the end at once. No row changed means that the claim is another's. One row changed
  means that the row is locked and the login is ours until the transaction ends, so nothing is read first.
- A lapsed lease alone takes nothing away: only the takeover does (``_TAKE_OVER``).
- A claim older than an hour counts as absent in every statement, whether or not it has been pruned.
- ``written_by`` names the call that wrote the row last (see ``transaction``). A repeat that finds its own name there
  was committed. Another call of the same owner has another name.

Lock order: the claim, the account, the identity, sessions. Every verb keeps it, so two of them never wait in a circle.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from ..base import (
    CLAIM_SECONDS,
    CODE_SECONDS,
    LEASE_SECONDS,
    Claim,
    ClaimState,
    CrossSiteBinding,
    Lease,
    Resolved,
)
from .transaction import Again, Reading, Rows, Transaction, Values, subject_text

_HELD = f"key = %(key)s AND began_at > %(now)s - {CLAIM_SECONDS} AND owner = %(owner)s AND state = 'claimed'"

# In every list of columns or values, the call's name stands last: where a database has no such column, it is left out.
_COLUMNS = (
    "key, owner, state, exchanges, began_at, leased_until, session_id, code, finished_at, challenge, account_id,"
    " provider, subject, code_hash, written_by"
)
_FIND = f"""
    SELECT clock.now, {_COLUMNS}
    FROM clock CROSS JOIN login_claims WHERE key = %(key)s AND began_at > clock.now - {CLAIM_SECONDS}
"""
# A login that was restarted has two claims: the later one counts.
_FIND_OF_LOGIN = f"""
    SELECT clock.now, {_COLUMNS}
    FROM clock CROSS JOIN login_claims WHERE login = %(login_id)s AND began_at > clock.now - {CLAIM_SECONDS}
    ORDER BY began_at DESC LIMIT 1
"""
_LOCK = f"SELECT {_COLUMNS} FROM login_claims WHERE key = %(key)s FOR UPDATE"
_LOCK_OF_LOGIN = f"""
    SELECT {_COLUMNS} FROM login_claims WHERE login = %(login_id)s AND began_at > %(now)s - {CLAIM_SECONDS}
    ORDER BY began_at DESC LIMIT 1 FOR UPDATE
"""
_INSERT = """
    INSERT INTO login_claims
        (key, owner, state, exchanges, began_at, leased_until, finished_at, login, challenge, written_by)
    VALUES
        (%(key)s, %(owner)s, %(state)s, %(exchanges)s, %(now)s, %(leased_until)s, %(finished_at)s, %(login_id)s,
        %(challenge)s, %(call)s)
    ON CONFLICT (key) DO NOTHING
"""
_REMOVE = "DELETE FROM login_claims WHERE key = %(key)s"
_TAKE_OVER = """
    UPDATE login_claims
    SET owner = %(owner)s, exchanges = %(exchanges)s, leased_until = %(leased_until)s, written_by = %(call)s
    WHERE key = %(key)s
"""
_SECOND_EXCHANGE = f"UPDATE login_claims SET exchanges = 2, written_by = %(call)s WHERE {_HELD} AND exchanges < 2"
_FAIL = f"""
    UPDATE login_claims SET state = 'failed', code = %(code)s, finished_at = %(now)s, written_by = %(call)s
    WHERE {_HELD}
"""
_VOID = "UPDATE login_claims SET state = 'burnt', finished_at = %(now)s, written_by = %(call)s WHERE key = %(key)s"

# A resolved account opens nothing any more once its identity is unlinked, or another account's.
_STILL_ITS = """
    EXISTS (
        SELECT 1 FROM identities
        WHERE identities.provider = %(provider)s AND identities.subject = %(subject)s
            AND identities.account_id = %(account_id)s
    )
"""
_DONE = f"""
    UPDATE login_claims
    SET state = 'done', session_id = %(session_id)s, code_hash = %(code_hash)s, finished_at = %(now)s,
        written_by = %(call)s
    WHERE {_HELD}
"""
_DONE_FOR_RESOLVED = f"{_DONE} AND account_id = %(account_id)s AND {_STILL_ITS}"
_RENEW = f"UPDATE login_claims SET leased_until = %(leased_until)s, written_by = %(call)s WHERE {_HELD}"
_NOTE_ACCOUNT = """
    UPDATE login_claims SET account_id = %(account_id)s, provider = %(provider)s, subject = %(subject)s
    WHERE key = %(key)s
"""
# After the fence, whose end it replaces.
_REFUSE = """
    UPDATE login_claims SET state = 'failed', session_id = NULL, code_hash = NULL, code = %(code)s,
        finished_at = %(now)s, written_by = %(call)s
    WHERE key = %(key)s
"""
# Once, within its minute, and not after the account was signed out everywhere. With the rows of claim and account
# locked, so that what this statement sees is final.
_REDEEM = f"""
    UPDATE login_claims SET session_id = %(session_id)s, written_by = %(call)s
    WHERE key = %(key)s AND state = 'done' AND session_id IS NULL AND code_hash IS NOT NULL
        AND finished_at > %(now)s - {CODE_SECONDS} AND NOT EXISTS (
            SELECT 1 FROM account_cutoffs
            WHERE account_cutoffs.account_id = login_claims.account_id AND at >= login_claims.finished_at
        )
"""


class Row(NamedTuple):
    key: str
    owner: str | None
    state: ClaimState
    exchanges: int
    began_at: float
    leased_until: float
    session_id: str | None
    code: str | None
    finished_at: float | None
    challenge: str | None
    account_id: str | None
    provider: str | None
    subject: str | bytes | None
    code_hash: str | None
    written_by: str | None = None

    @property
    def whose(self) -> Resolved | None:
        """Whose login it is, where that is noted."""
        if self.account_id is None or self.provider is None or self.subject is None:
            return None
        return Resolved(account_id=self.account_id, provider=self.provider, subject=subject_text(self.subject))


# Looking


async def find_claim(reading: Reading, key: str) -> Claim | None:
    return _found(await reading.look_up(_FIND, {"key": key}))


async def find_claim_of(reading: Reading, login_id: str) -> Claim | None:
    return _found(await reading.look_up(_FIND_OF_LOGIN, {"login_id": login_id}))


# Taking


async def claim(transaction: Transaction, lease: Lease, binding: CrossSiteBinding | None) -> Claim:
    challenge, login_id = (binding.challenge, binding.login_id) if binding else (None, None)
    new = Claim(key=lease.key, state="claimed", mine=True, challenge=challenge)
    if await _inserted(transaction, new, lease.owner, login_id):
        return new
    row = await _locked_of_any_age(transaction, lease.key)
    if row is None:  # pruned at this very moment
        raise Again
    now = transaction.now
    stands = _as_it_stands(row, now)
    if _wrote(transaction, row):
        held = row.state == "claimed"
        taken_over = held and (row.exchanges == 2 or stands.resolved is not None)
        return replace(stands, mine=held, taken_over=taken_over, lapsed=False)
    if _is_over(row, now):
        await _replace(transaction, new, lease.owner, login_id)
        return new
    if not stands.lapsed:
        return stands
    if stands.exchanges < 2 or stands.resolved:
        exchanges = stands.exchanges + (0 if stands.resolved else 1)
        values = {**_fence(lease), "exchanges": exchanges, "leased_until": now + LEASE_SECONDS}
        await transaction.run(_TAKE_OVER, values)
        return replace(stands, mine=True, taken_over=True, lapsed=False, exchanges=exchanges)
    # Its owner is dead, and there is no third exchange: nobody can finish it.
    await transaction.run(_VOID, {"key": lease.key})
    return replace(stands, state="burnt", lapsed=False, finished_at=now)


async def record_second_exchange(transaction: Transaction, lease: Lease) -> bool:
    return await _passed(transaction, _SECOND_EXCHANGE, lease, {})


# Ending. The first four are fences: False says that the claim is another's, and that nothing was written.


async def fail(transaction: Transaction, lease: Lease, error_code: str) -> bool:
    return await _passed(transaction, _FAIL, lease, {"code": error_code})


async def renew(transaction: Transaction, lease: Lease) -> bool:
    """Give this lease its whole time once more."""
    values = {**_fence(lease), "leased_until": transaction.now + LEASE_SECONDS}
    return (await transaction.run(_RENEW, values)).changed == 1


async def done(transaction: Transaction, lease: Lease, *, session_id: str | None, code_hash: str | None) -> bool:
    """Mark the claim done: with its session, or with the hash of the code that will open one."""
    values = {**_fence(lease), "session_id": session_id, "code_hash": code_hash}
    return (await transaction.run(_DONE, values)).changed == 1


async def done_for(
    transaction: Transaction, lease: Lease, who: Resolved, *, session_id: str | None, code_hash: str | None
) -> bool:
    """The same for the account that the claim notes. False also if this identity is not that account's any more."""
    values = {
        **_fence(lease),
        "session_id": session_id,
        "code_hash": code_hash,
        "account_id": who.account_id,
        "provider": who.provider,
        "subject": transaction.subject(who.subject),
    }
    return (await transaction.run(_DONE_FOR_RESOLVED, values)).changed == 1


async def note_account(transaction: Transaction, lease: Lease, who: Resolved) -> None:
    """Behind the fence."""
    values = {
        "key": lease.key,
        "account_id": who.account_id,
        "provider": who.provider,
        "subject": transaction.subject(who.subject),
    }
    await transaction.run(_NOTE_ACCOUNT, values)


async def refuse(transaction: Transaction, lease: Lease, error_code: str) -> None:
    """Behind the fence: the login ends with this error instead."""
    await transaction.run(_REFUSE, {"key": lease.key, "code": error_code})


async def redeem(transaction: Transaction, row: Row, session_id: str) -> bool:
    """With the rows of claim and account locked. False if its code can open nothing any more."""
    return (await transaction.run(_REDEEM, {"key": row.key, "session_id": session_id})).changed == 1


async def void(transaction: Transaction, key: str, owner: str | None) -> Claim:
    """By its owner, or by anybody where none is named."""
    now = transaction.now
    row = await _locked_of_any_age(transaction, key)
    if row is None or _is_over(row, now):
        absent = Claim(key=key, state="burnt", exchanges=0)
        if owner is not None:
            return absent
        new = replace(absent, mine=True, finished_at=now)
        if row is not None:
            await _replace(transaction, new, None, None)
        elif not await _inserted(transaction, new, None, None):
            raise Again
        return new
    stands = _as_it_stands(row, now)
    if _wrote(transaction, row):
        return replace(stands, mine=True)
    is_open = row.state == "claimed" or (stands.handed_off and owner is None)
    if not is_open or owner not in (None, row.owner):
        return stands
    await transaction.run(_VOID, {"key": key})
    voided = replace(stands, state="burnt", mine=True, resolved=None, finished_at=now)
    return replace(voided, lapsed=False, handed_off=False, one_time_code_lapsed=False)


# Locking


async def written_before(transaction: Transaction, key: str) -> Row | None:
    """The claim as an earlier attempt of this same call left it, locked. None if no attempt was committed, or another
    call wrote it since."""
    if not transaction.repeated:
        return None
    row = await _locked_of_any_age(transaction, key)
    return row if row is not None and _wrote(transaction, row) else None


async def locked_of_login(transaction: Transaction, login_id: str) -> tuple[Row, bool] | None:
    """The claim of this login, and whether an earlier attempt of this same call has written it."""
    rows = (await transaction.run(_LOCK_OF_LOGIN, {"login_id": login_id})).rows
    if not rows:
        return None
    row = Row(*rows[0])
    return row, _wrote(transaction, row)


async def _locked_of_any_age(transaction: Transaction, key: str) -> Row | None:
    """Nobody else changes it until this transaction ends. An attempt of the same call that the server is still
    committing is waited for."""
    rows = (await transaction.run(_LOCK, {"key": key})).rows
    return Row(*rows[0]) if rows else None


def _wrote(transaction: Transaction, row: Row) -> bool:
    return transaction.repeated and row.written_by == transaction.call


def _fence(lease: Lease) -> dict[str, object]:
    return {"key": lease.key, "owner": lease.owner}


async def _passed(transaction: Transaction, sql: str, lease: Lease, values: Values) -> bool:
    """Whether this fence, which is all that its verb does, lets the lease through, now or in an earlier attempt."""
    if (await transaction.run(sql, {**_fence(lease), **values})).changed == 1:
        return True
    return await written_before(transaction, lease.key) is not None


async def _inserted(transaction: Transaction, new: Claim, owner: str | None, login_id: str | None) -> bool:
    """False if there is one, or was until now. A transaction that is just inserting it is waited for."""
    values = {
        "key": new.key,
        "owner": owner,
        "state": new.state,
        "exchanges": new.exchanges,
        "leased_until": transaction.now + LEASE_SECONDS,
        "finished_at": new.finished_at,
        "login_id": login_id,
        "challenge": new.challenge,
    }
    return (await transaction.run(_INSERT, values)).changed == 1


async def _replace(transaction: Transaction, new: Claim, owner: str | None, login_id: str | None) -> None:
    """In the place of one whose hour is over, with its row locked."""
    await transaction.run(_REMOVE, {"key": new.key})
    if not await _inserted(transaction, new, owner, login_id):
        raise Again


# Reading a row


def _found(rows: Rows) -> Claim | None:
    if not rows:
        return None
    now, *columns = rows[0]
    return _as_it_stands(Row(*columns), now)


def _is_over(row: Row, now: float) -> bool:
    return row.began_at <= now - CLAIM_SECONDS


def _as_it_stands(row: Row, now: float) -> Claim:
    handed_off = row.state == "done" and row.session_id is None
    return Claim(
        key=row.key,
        state=row.state,
        lapsed=row.state == "claimed" and row.leased_until <= now,
        exchanges=row.exchanges,
        session_id=row.session_id,
        error_code=row.code,
        finished_at=row.finished_at,
        challenge=row.challenge,
        handed_off=handed_off,
        one_time_code_lapsed=handed_off and (row.finished_at or 0.0) <= now - CODE_SECONDS,
        resolved=row.whose if row.state == "claimed" else None,
        began_at=row.began_at,
    )
