"""Claims: takes, reads and voids the right to finish a login.

A login comes back as a callback, perhaps several times and on several nodes. The claim's row says who may finish it:
its ``owner``, until another delivery takes it over. An owner whose lease has lapsed still has the claim until then. How
a login ends is in ``fences``.
"""

from __future__ import annotations

from dataclasses import replace

from ..base import CLAIM_SECONDS, LEASE_SECONDS, Claim, CrossSiteBinding, Lease
from .claim_rows import COLUMNS, Row, claim_of, is_over, locked, wrote
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


# Reading


async def find_claim(reading: Reading, key: str) -> Claim | None:
    return _found(await reading.look_up(_FIND, {"key": key}))


async def find_claim_of(reading: Reading, login_id: str) -> Claim | None:
    return _found(await reading.look_up(_FIND_OF_LOGIN, {"login_id": login_id}))


def _found(rows: Rows) -> Claim | None:
    if not rows:
        return None
    now, *columns = rows[0]
    return claim_of(Row(*columns), now)


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
    found = claim_of(row, now)
    if wrote(transaction, row):
        is_claimed = row.state == "claimed"
        taken_over = is_claimed and (row.exchanges == 2 or found.resolved is not None)
        return replace(found, mine=is_claimed, taken_over=taken_over, lapsed=False)
    if is_over(row, now):
        await _replace(transaction, new, lease.owner, login_id)
        return new
    if not found.lapsed:
        return found
    if found.exchanges < 2 or found.resolved:
        exchanges = found.exchanges + (0 if found.resolved else 1)
        values = {"key": lease.key, "owner": lease.owner, "exchanges": exchanges, "leased_until": now + LEASE_SECONDS}
        await transaction.execute(_TAKE_OVER, values)
        return replace(found, mine=True, taken_over=True, lapsed=False, exchanges=exchanges)
    # Its owner is dead, and there is no third exchange, so it cannot be finished.
    await transaction.execute(_VOID, {"key": lease.key})
    return replace(found, state="burnt", lapsed=False, finished_at=now)


# Voiding


async def void(transaction: Transaction, key: str, owner: str | None) -> Claim:
    """Void a claim: if an owner is given, only if the claim is that owner's."""
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
    found = claim_of(row, now)
    if wrote(transaction, row):
        return replace(found, mine=True)
    is_open = row.state == "claimed" or (found.handed_off and owner is None)
    if not is_open or owner not in (None, row.owner):
        return found
    await transaction.execute(_VOID, {"key": key})
    voided = replace(found, state="burnt", mine=True, resolved=None, finished_at=now)
    return replace(voided, lapsed=False, handed_off=False, one_time_code_lapsed=False)


# Inserting


async def _inserted(transaction: Transaction, new: Claim, owner: str | None, login_id: str | None) -> bool:
    """Insert a claim. False if there is one already. If another transaction is inserting it, wait for the result."""
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
    """Replace a claim that is older than an hour, with its row locked."""
    await transaction.execute(_REMOVE, {"key": new.key})
    if not await _inserted(transaction, new, owner, login_id):
        raise Again
