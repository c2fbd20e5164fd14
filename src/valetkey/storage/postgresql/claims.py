"""Claims: who is finishing a login, and how it ended. Each function is the work of one transaction.

A claim whose hour is over counts as absent everywhere, whether or not it has been cleared away. Each row says which
call wrote it last (``written_by``): a repeat whose first attempt was committed finds its own writing there, and nobody
else's will do, neither the same owner's other call nor one that changed the row since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from ..base import CLAIM_SECONDS, CODE_SECONDS, LEASE_SECONDS, Claim, ClaimState, CrossSiteBinding, Settled
from .access import Again, Reading, Transaction

# The fence: lapsed lease or not, nobody took it over.
_HELD = f"key = %(key)s AND began_at > %(now)s - {CLAIM_SECONDS} AND owner = %(owner)s AND state = 'claimed'"

_COLUMNS = (
    "key, owner, state, exchanges, began_at, leased_until, session_id, code, finished_at, challenge, account_id,"
    " provider, subject, code_hash, written_by"
)
_YOUNG = f"began_at > clock.now - {CLAIM_SECONDS}"
_FIND = f"SELECT clock.now, {_COLUMNS} FROM clock, login_claims WHERE key = %(key)s AND {_YOUNG}"
# A login that was restarted has two: what counts is the later one.
_FIND_OF_LOGIN = (
    f"SELECT clock.now, {_COLUMNS} FROM clock, login_claims WHERE login = %(login)s AND {_YOUNG}"
    " ORDER BY began_at DESC LIMIT 1"
)
_LOCK = f"SELECT {_COLUMNS} FROM login_claims WHERE key = %(key)s FOR UPDATE"
_LOCK_OF_LOGIN = (
    f"SELECT {_COLUMNS} FROM login_claims WHERE login = %(login)s AND began_at > %(now)s - {CLAIM_SECONDS}"
    " ORDER BY began_at DESC LIMIT 1 FOR UPDATE"
)
_INSERT = """
    INSERT INTO login_claims
        (key, owner, state, exchanges, began_at, leased_until, finished_at, login, challenge, written_by)
    VALUES
        (%(key)s, %(owner)s, %(state)s, %(exchanges)s, %(now)s, %(leased_until)s, %(finished_at)s, %(login)s,
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
_FINISH = """
    UPDATE login_claims
    SET state = 'done', session_id = %(session_id)s, finished_at = %(now)s, written_by = %(call)s
    WHERE key = %(key)s
"""
_SETTLE = """
    UPDATE login_claims
    SET account_id = %(account_id)s, provider = %(provider)s, subject = %(subject)s, leased_until = %(leased_until)s,
        written_by = %(call)s
    WHERE key = %(key)s
"""
_HAND_OFF = """
    UPDATE login_claims
    SET state = 'done', code_hash = %(code_hash)s, finished_at = %(now)s, written_by = %(call)s
    WHERE key = %(key)s
"""
_REDEEM = "UPDATE login_claims SET session_id = %(session_id)s, written_by = %(call)s WHERE key = %(key)s"
_FAIL = f"""
    UPDATE login_claims SET state = 'failed', code = %(code)s, finished_at = %(now)s, written_by = %(call)s
    WHERE {_HELD}
"""
_BURN = "UPDATE login_claims SET state = 'burnt', finished_at = %(now)s, written_by = %(call)s WHERE key = %(key)s"


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
    subject: bytes | None
    code_hash: str | None
    written_by: str

    def held_by(self, owner: str) -> bool:
        return self.state == "claimed" and self.owner == owner

    @property
    def settled(self) -> Settled | None:
        if self.state != "claimed" or self.account_id is None or self.subject is None:
            return None
        return Settled(account_id=self.account_id, subject=self.subject.decode())

    def redeemable(self, now: float) -> bool:
        return (
            self.state == "done"
            and self.session_id is None
            and self.code_hash is not None
            and (self.finished_at or 0.0) > now - CODE_SECONDS
        )


async def find_claim(reading: Reading, key: str) -> Claim | None:
    return _found(await reading.look_up(_FIND, {"key": key}))


async def find_claim_of(reading: Reading, login: str) -> Claim | None:
    return _found(await reading.look_up(_FIND_OF_LOGIN, {"login": login}))


async def claim(transaction: Transaction, key: str, owner: str, opener: CrossSiteBinding | None) -> Claim:
    challenge, login = (opener.challenge, opener.login) if opener else (None, None)
    new = Claim(key=key, state="claimed", mine=True, challenge=challenge)
    if await _inserted(transaction, new, owner, login):
        return new
    row = await _locked_of_any_age(transaction, key)
    if row is None:  # cleared away in this very moment
        raise Again
    now = transaction.now
    stands = _as_it_stands(row, now)
    if row.written_by == transaction.call:
        held = row.state == "claimed"
        taken_over = held and (row.exchanges == 2 or stands.settled is not None)
        return replace(stands, mine=held, taken_over=taken_over, lapsed=False)
    if _is_over(row, now):
        await _replace(transaction, new, owner, login)
        return new
    if not stands.lapsed:
        return stands
    if stands.exchanges < 2 or stands.settled:
        exchanges = stands.exchanges + (0 if stands.settled else 1)
        values = {"key": key, "owner": owner, "exchanges": exchanges, "leased_until": now + LEASE_SECONDS}
        await transaction.run(_TAKE_OVER, values)
        return replace(stands, mine=True, taken_over=True, lapsed=False, exchanges=exchanges)
    # Its owner is dead, and there is no third exchange: nobody could finish it.
    await transaction.run(_BURN, {"key": key})
    return replace(stands, state="burnt", lapsed=False, finished_at=now)


async def record_second_exchange(transaction: Transaction, key: str, owner: str) -> bool:
    return await _fenced(transaction, _SECOND_EXCHANGE, {"key": key, "owner": owner})


async def fail_claim(transaction: Transaction, key: str, owner: str, code: str) -> bool:
    return await _fenced(transaction, _FAIL, {"key": key, "owner": owner, "code": code})


async def finish_claim(transaction: Transaction, row: Row, session_id: str) -> None:
    """With the row locked, and held by this owner."""
    await transaction.run(_FINISH, {"key": row.key, "session_id": session_id})


async def settle_claim(transaction: Transaction, row: Row, account_id: str, provider: str, subject: str) -> None:
    """With the row locked, and held by this owner."""
    values = {
        "key": row.key,
        "account_id": account_id,
        "provider": provider,
        "subject": subject.encode(),
        "leased_until": transaction.now + LEASE_SECONDS,
    }
    await transaction.run(_SETTLE, values)


async def hand_off_claim(transaction: Transaction, row: Row, code_hash: str) -> None:
    """With the row locked, held by this owner, and settled."""
    await transaction.run(_HAND_OFF, {"key": row.key, "code_hash": code_hash})


async def redeem_claim(transaction: Transaction, row: Row, session_id: str) -> None:
    """With the row locked, and redeemable."""
    await transaction.run(_REDEEM, {"key": row.key, "session_id": session_id})


async def burn(transaction: Transaction, key: str, owner: str | None) -> Claim:
    now = transaction.now
    row = await _locked_of_any_age(transaction, key)
    if row is None or _is_over(row, now):
        burnt = Claim(key=key, state="burnt", exchanges=0)
        if owner is not None:
            return burnt
        burnt = replace(burnt, mine=True, finished_at=now)
        if row is not None:
            await _replace(transaction, burnt, None, None)
        elif not await _inserted(transaction, burnt, None, None):
            raise Again
        return burnt
    stands = _as_it_stands(row, now)
    if row.written_by == transaction.call:
        return replace(stands, mine=True)
    open_still = row.state == "claimed" or (stands.handed_off and owner is None)
    if not open_still or owner not in (None, row.owner):
        return stands
    await transaction.run(_BURN, {"key": key})
    burnt = replace(stands, state="burnt", mine=True, settled=None, finished_at=now)
    return replace(burnt, lapsed=False, handed_off=False, code_lapsed=False)


async def locked(transaction: Transaction, key: str) -> Row | None:
    """The claim, which nobody else changes until this transaction ends. An attempt of the same call that the server is
    still committing is waited for."""
    row = await _locked_of_any_age(transaction, key)
    return None if row is None or _is_over(row, transaction.now) else row


async def locked_of_login(transaction: Transaction, login: str) -> Row | None:
    answer = await transaction.run(_LOCK_OF_LOGIN, {"login": login})
    return Row(*answer.rows[0]) if answer.rows else None


async def _locked_of_any_age(transaction: Transaction, key: str) -> Row | None:
    answer = await transaction.run(_LOCK, {"key": key})
    return Row(*answer.rows[0]) if answer.rows else None


async def _fenced(transaction: Transaction, sql: str, values: Mapping[str, object]) -> bool:
    if (await transaction.run(sql, values)).changed == 1:
        return True
    if not transaction.repeated:
        return False
    row = await _locked_of_any_age(transaction, str(values["key"]))
    return row is not None and row.written_by == transaction.call


async def _inserted(transaction: Transaction, new: Claim, owner: str | None, login: str | None) -> bool:
    """False if there is one, or has been until now: whoever was inserting it is waited for."""
    values = {
        "key": new.key,
        "owner": owner,
        "state": new.state,
        "exchanges": new.exchanges,
        "leased_until": transaction.now + LEASE_SECONDS,
        "finished_at": new.finished_at,
        "login": login,
        "challenge": new.challenge,
    }
    return (await transaction.run(_INSERT, values)).changed == 1


async def _replace(transaction: Transaction, new: Claim, owner: str | None, login: str | None) -> None:
    """In the place of one whose hour is over, with its row locked."""
    await transaction.run(_REMOVE, {"key": new.key})
    if not await _inserted(transaction, new, owner, login):
        raise Again


def _is_over(row: Row, now: float) -> bool:
    return row.began_at <= now - CLAIM_SECONDS


def _found(rows: list[tuple[object, ...]]) -> Claim | None:
    if not rows:
        return None
    now, *columns = rows[0]
    assert isinstance(now, float)
    return _as_it_stands(Row(*columns), now)  # type: ignore[arg-type]  # as the columns are named


def _as_it_stands(row: Row, now: float) -> Claim:
    handed_off = row.state == "done" and row.session_id is None
    return Claim(
        key=row.key,
        state=row.state,
        lapsed=row.state == "claimed" and row.leased_until <= now,
        exchanges=row.exchanges,
        session_id=row.session_id,
        code=row.code,
        finished_at=row.finished_at,
        challenge=row.challenge,
        handed_off=handed_off,
        code_lapsed=handed_off and (row.finished_at or 0.0) <= now - CODE_SECONDS,
        settled=row.settled,
        began_at=row.began_at,
    )
