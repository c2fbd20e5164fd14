"""Claims: who is finishing a login, and how it ended. Each function is the work of one transaction.

A claim whose hour is over counts as absent everywhere, whether or not it has been cleared away.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import NamedTuple

from ...store import CLAIM_SECONDS, LEASE_SECONDS, Claim, ClaimState

_PRESENT = f"key = :key AND began_at > :now - {CLAIM_SECONDS}"
# The fence: lapsed lease or not, nobody took it over.
_HELD = f"{_PRESENT} AND owner = :owner AND state = 'claimed'"

_FIND = (
    f"SELECT owner, state, exchanges, leased_until, session_id, code, finished_at FROM login_claims WHERE {_PRESENT}"
)
_INSERT = (
    "INSERT OR REPLACE INTO login_claims (key, owner, state, exchanges, began_at, leased_until, finished_at)"
    " VALUES (:key, :owner, :state, :exchanges, :now, :leased_until, :finished_at)"
)
_TAKE_OVER = (
    "UPDATE login_claims SET owner = :owner, exchanges = exchanges + 1, leased_until = :leased_until WHERE key = :key"
)
_SECOND_EXCHANGE = f"UPDATE login_claims SET exchanges = 2 WHERE {_HELD} AND exchanges < 2"
_FINISH = f"UPDATE login_claims SET state = 'done', session_id = :session_id, finished_at = :now WHERE {_HELD}"
_FAIL = f"UPDATE login_claims SET state = 'failed', code = :code, finished_at = :now WHERE {_HELD}"
_BURN = "UPDATE login_claims SET state = 'burnt', finished_at = :now WHERE key = :key"


class _Row(NamedTuple):
    owner: str | None
    state: ClaimState
    exchanges: int
    leased_until: float
    session_id: str | None
    code: str | None
    finished_at: float | None


def find_claim(connection: sqlite3.Connection, now: float, key: str) -> Claim | None:
    row = _find(connection, now, key)
    return None if row is None else _as_it_stands(key, row, now)


def claim(connection: sqlite3.Connection, now: float, key: str, owner: str) -> Claim:
    row = _find(connection, now, key)
    if row is None:
        return _insert(connection, now, Claim(key=key, state="claimed", mine=True), owner)
    stands = _as_it_stands(key, row, now)
    if not stands.lapsed:
        return stands
    if stands.exchanges < 2:
        values = {"key": key, "owner": owner, "leased_until": now + LEASE_SECONDS}
        connection.execute(_TAKE_OVER, values)
        return replace(stands, mine=True, taken_over=True, lapsed=False, exchanges=stands.exchanges + 1)
    # Its owner is dead, and there is no third exchange: nobody could finish it.
    connection.execute(_BURN, {"key": key, "now": now})
    return replace(stands, state="burnt", lapsed=False, finished_at=now)


def record_second_exchange(connection: sqlite3.Connection, now: float, key: str, owner: str) -> bool:
    return connection.execute(_SECOND_EXCHANGE, {"key": key, "now": now, "owner": owner}).rowcount == 1


def finish_claim(connection: sqlite3.Connection, now: float, key: str, owner: str, session_id: str) -> bool:
    values = {"key": key, "now": now, "owner": owner, "session_id": session_id}
    return connection.execute(_FINISH, values).rowcount == 1


def fail_claim(connection: sqlite3.Connection, now: float, key: str, owner: str, code: str) -> bool:
    return connection.execute(_FAIL, {"key": key, "now": now, "owner": owner, "code": code}).rowcount == 1


def burn(connection: sqlite3.Connection, now: float, key: str, owner: str | None) -> Claim:
    row = _find(connection, now, key)
    if row is None:
        burnt = Claim(key=key, state="burnt", exchanges=0)
        if owner is not None:
            return burnt
        return _insert(connection, now, replace(burnt, mine=True, finished_at=now), None)
    stands = _as_it_stands(key, row, now)
    if row.state != "claimed" or owner not in (None, row.owner):
        return stands
    connection.execute(_BURN, {"key": key, "now": now})
    return replace(stands, state="burnt", mine=True, lapsed=False, finished_at=now)


def _find(connection: sqlite3.Connection, now: float, key: str) -> _Row | None:
    row = connection.execute(_FIND, {"key": key, "now": now}).fetchone()
    return None if row is None else _Row(*row)


def _insert(connection: sqlite3.Connection, now: float, new: Claim, owner: str | None) -> Claim:
    values = {
        "key": new.key,
        "owner": owner,
        "state": new.state,
        "exchanges": new.exchanges,
        "now": now,
        "leased_until": now + LEASE_SECONDS,
        "finished_at": new.finished_at,
    }
    connection.execute(_INSERT, values)  # in the place of one whose hour is over
    return new


def _as_it_stands(key: str, row: _Row, now: float) -> Claim:
    return Claim(
        key=key,
        state=row.state,
        lapsed=row.state == "claimed" and row.leased_until <= now,
        exchanges=row.exchanges,
        session_id=row.session_id,
        code=row.code,
        finished_at=row.finished_at,
    )
