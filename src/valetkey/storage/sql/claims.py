"""Claims: who is finishing a login. Taken, looked at, and voided.

A login comes back as a callback, perhaps several times and on several nodes. The claim's row says who may finish it:
its ``owner``, for as long as no other delivery has taken it over. A lapsed lease alone takes nothing away: only the
takeover does. How a login ends is in ``fences``.
"""

from __future__ import annotations

from dataclasses import replace

from ..base import CLAIM_SECONDS, LEASE_SECONDS, Claim, CrossSiteBinding, Lease
from .claim_rows import COLUMNS, Row, as_it_stands, is_over, locked, wrote
from .transaction import Again, Reading, Rows, Transaction

_FIND = f"""
    SELECT clock.now, {COLUMNS}
    FROM clock CROSS JOIN login_claims WHERE key = %(key)s AND began_at > clock.now - {CLAIM_SECONDS}
"""
# A login that was restarted has two claims: the later one counts.
_FIND_OF_LOGIN = f"""
    SELECT clock.now, {COLUMNS}
    FROM clock CROSS JOIN login_claims WHERE login = %(login_id)s AND began_at > clock.now - {CLAIM_SECONDS}
    ORDER BY began_at DESC LIMIT 1
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
_VOID = "UPDATE login_claims SET state = 'burnt', finished_at = %(now)s, written_by = %(call)s WHERE key = %(key)s"


# Looking


async def find_claim(reading: Reading, key: str) -> Claim | None:
    return _found(await reading.look_up(_FIND, {"key": key}))


async def find_claim_of(reading: Reading, login_id: str) -> Claim | None:
    return _found(await reading.look_up(_FIND_OF_LOGIN, {"login_id": login_id}))


def _found(rows: Rows) -> Claim | None:
    if not rows:
        return None
    now, *columns = rows[0]
    return as_it_stands(Row(*columns), now)


# Taking


async def claim(transaction: Transaction, lease: Lease, binding: CrossSiteBinding | None) -> Claim:
    challenge, login_id = (binding.challenge, binding.login_id) if binding else (None, None)
    new = Claim(key=lease.key, state="claimed", mine=True, challenge=challenge)
    if await _inserted(transaction, new, lease.owner, login_id):
        return new
    row = await locked(transaction, lease.key)
    if row is None:  # pruned at this very moment
        raise Again
    now = transaction.now
    stands = as_it_stands(row, now)
    if wrote(transaction, row):
        held = row.state == "claimed"
        taken_over = held and (row.exchanges == 2 or stands.resolved is not None)
        return replace(stands, mine=held, taken_over=taken_over, lapsed=False)
    if is_over(row, now):
        await _replace(transaction, new, lease.owner, login_id)
        return new
    if not stands.lapsed:
        return stands
    if stands.exchanges < 2 or stands.resolved:
        exchanges = stands.exchanges + (0 if stands.resolved else 1)
        values = {"key": lease.key, "owner": lease.owner, "exchanges": exchanges, "leased_until": now + LEASE_SECONDS}
        await transaction.execute(_TAKE_OVER, values)
        return replace(stands, mine=True, taken_over=True, lapsed=False, exchanges=exchanges)
    # Its owner is dead, and there is no third exchange: nobody can finish it.
    await transaction.execute(_VOID, {"key": lease.key})
    return replace(stands, state="burnt", lapsed=False, finished_at=now)


# Voiding


async def void(transaction: Transaction, key: str, owner: str | None) -> Claim:
    """By its owner, or by anybody where none is named."""
    now = transaction.now
    row = await locked(transaction, key)
    if row is None or is_over(row, now):
        absent = Claim(key=key, state="burnt", exchanges=0)
        if owner is not None:
            return absent
        new = replace(absent, mine=True, finished_at=now)
        if row is not None:
            await _replace(transaction, new, None, None)
        elif not await _inserted(transaction, new, None, None):
            raise Again
        return new
    stands = as_it_stands(row, now)
    if wrote(transaction, row):
        return replace(stands, mine=True)
    is_open = row.state == "claimed" or (stands.handed_off and owner is None)
    if not is_open or owner not in (None, row.owner):
        return stands
    await transaction.execute(_VOID, {"key": key})
    voided = replace(stands, state="burnt", mine=True, resolved=None, finished_at=now)
    return replace(voided, lapsed=False, handed_off=False, one_time_code_lapsed=False)


# Inserting


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
    return await transaction.execute(_INSERT, values) == 1


async def _replace(transaction: Transaction, new: Claim, owner: str | None, login_id: str | None) -> None:
    """In the place of one whose hour is over, with its row locked."""
    await transaction.execute(_REMOVE, {"key": new.key})
    if not await _inserted(transaction, new, owner, login_id):
        raise Again
