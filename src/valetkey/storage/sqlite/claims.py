"""Claims: who is finishing a login, and how it ended. Each function is the work of one transaction.

A claim whose hour is over counts as absent everywhere, whether or not it has been cleared away.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import NamedTuple

from ..base import CLAIM_SECONDS, CODE_SECONDS, LEASE_SECONDS, Claim, ClaimState, CrossSiteBinding, Settled

_YOUNG = f"began_at > :now - {CLAIM_SECONDS}"
_PRESENT = f"key = :key AND {_YOUNG}"
# The fence: lapsed lease or not, nobody took it over.
_HELD = f"{_PRESENT} AND owner = :owner AND state = 'claimed'"

_COLUMNS = (
    "key, owner, state, exchanges, began_at, leased_until, session_id, code, finished_at, challenge, account_id,"
    " code_hash, provider, subject"
)
_FIND = f"SELECT {_COLUMNS} FROM login_claims WHERE {_PRESENT}"
# A login that was restarted has two: what counts is the later one.
_FIND_OF_LOGIN = f"SELECT {_COLUMNS} FROM login_claims WHERE login = :login AND {_YOUNG} ORDER BY began_at DESC LIMIT 1"
_INSERT = (
    "INSERT OR REPLACE INTO login_claims"
    " (key, owner, state, exchanges, began_at, leased_until, finished_at, login, challenge)"
    " VALUES (:key, :owner, :state, :exchanges, :now, :leased_until, :finished_at, :login, :challenge)"
)
_TAKE_OVER = (
    "UPDATE login_claims SET owner = :owner, exchanges = :exchanges, leased_until = :leased_until WHERE key = :key"
)
_SECOND_EXCHANGE = f"UPDATE login_claims SET exchanges = 2 WHERE {_HELD} AND exchanges < 2"
_FINISH = f"UPDATE login_claims SET state = 'done', session_id = :session_id, finished_at = :now WHERE {_HELD}"
_SETTLE = (
    "UPDATE login_claims SET account_id = :account_id, provider = :provider, subject = :subject,"
    f" leased_until = :leased_until WHERE {_HELD}"
)
_HAND_OFF = f"UPDATE login_claims SET state = 'done', code_hash = :code_hash, finished_at = :now WHERE {_HELD}"
_REDEEM = (
    "UPDATE login_claims SET session_id = :session_id WHERE key = :key AND session_id IS NULL"
    f" AND state = 'done' AND code_hash IS NOT NULL AND finished_at > :now - {CODE_SECONDS}"
)
_FAIL = f"UPDATE login_claims SET state = 'failed', code = :code, finished_at = :now WHERE {_HELD}"
_BURN = "UPDATE login_claims SET state = 'burnt', finished_at = :now WHERE key = :key"


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
    code_hash: str | None
    provider: str | None
    subject: str | None

    def held_by(self, owner: str) -> bool:
        return self.state == "claimed" and self.owner == owner

    @property
    def settled(self) -> Settled | None:
        if self.state != "claimed" or self.account_id is None or self.subject is None:
            return None
        return Settled(account_id=self.account_id, subject=self.subject)


def find_claim(connection: sqlite3.Connection, now: float, key: str) -> Claim | None:
    row = _find(connection, now, key)
    return None if row is None else _as_it_stands(row, now)


def find_claim_of(connection: sqlite3.Connection, now: float, login: str) -> Claim | None:
    row = row_of_login(connection, now, login)
    return None if row is None else _as_it_stands(row, now)


def claim(connection: sqlite3.Connection, now: float, key: str, owner: str, opener: CrossSiteBinding | None) -> Claim:
    row = _find(connection, now, key)
    if row is None:
        challenge = opener.challenge if opener else None
        new = Claim(key=key, state="claimed", mine=True, challenge=challenge)
        return _insert(connection, now, new, owner, opener.login if opener else None)
    stands = _as_it_stands(row, now)
    if not stands.lapsed:
        return stands
    if stands.exchanges < 2 or stands.settled:
        exchanges = stands.exchanges + (0 if stands.settled else 1)
        values = {"key": key, "owner": owner, "exchanges": exchanges, "leased_until": now + LEASE_SECONDS}
        connection.execute(_TAKE_OVER, values)
        return replace(stands, mine=True, taken_over=True, lapsed=False, exchanges=exchanges)
    # Its owner is dead, and there is no third exchange: nobody could finish it.
    connection.execute(_BURN, {"key": key, "now": now})
    return replace(stands, state="burnt", lapsed=False, settled=None, finished_at=now)


def record_second_exchange(connection: sqlite3.Connection, now: float, key: str, owner: str) -> bool:
    return connection.execute(_SECOND_EXCHANGE, {"key": key, "now": now, "owner": owner}).rowcount == 1


def finish_claim(connection: sqlite3.Connection, now: float, key: str, owner: str, session_id: str) -> bool:
    values = {"key": key, "now": now, "owner": owner, "session_id": session_id}
    return connection.execute(_FINISH, values).rowcount == 1


def settle_claim(
    connection: sqlite3.Connection, now: float, key: str, owner: str, account_id: str, provider: str, subject: str
) -> bool:
    values = {
        "key": key,
        "now": now,
        "owner": owner,
        "account_id": account_id,
        "provider": provider,
        "subject": subject,
        "leased_until": now + LEASE_SECONDS,
    }
    return connection.execute(_SETTLE, values).rowcount == 1


def hand_off_claim(connection: sqlite3.Connection, now: float, key: str, owner: str, code_hash: str) -> bool:
    values = {"key": key, "now": now, "owner": owner, "code_hash": code_hash}
    return connection.execute(_HAND_OFF, values).rowcount == 1


def held_claim(connection: sqlite3.Connection, now: float, key: str, owner: str) -> Row | None:
    """The claim, if it is this owner's still."""
    row = _find(connection, now, key)
    return row if row is not None and row.held_by(owner) else None


def redeem_claim(connection: sqlite3.Connection, now: float, key: str, session_id: str) -> bool:
    return connection.execute(_REDEEM, {"key": key, "now": now, "session_id": session_id}).rowcount == 1


def fail_claim(connection: sqlite3.Connection, now: float, key: str, owner: str, code: str) -> bool:
    return connection.execute(_FAIL, {"key": key, "now": now, "owner": owner, "code": code}).rowcount == 1


def burn(connection: sqlite3.Connection, now: float, key: str, owner: str | None) -> Claim:
    row = _find(connection, now, key)
    if row is None:
        burnt = Claim(key=key, state="burnt", exchanges=0)
        if owner is not None:
            return burnt
        return _insert(connection, now, replace(burnt, mine=True, finished_at=now), None, None)
    stands = _as_it_stands(row, now)
    open_still = row.state == "claimed" or (stands.handed_off and owner is None)
    if not open_still or owner not in (None, row.owner):
        return stands
    connection.execute(_BURN, {"key": key, "now": now})
    burnt = replace(stands, state="burnt", mine=True, settled=None, finished_at=now)
    return replace(burnt, lapsed=False, handed_off=False, code_lapsed=False)


def row_of_login(connection: sqlite3.Connection, now: float, login: str) -> Row | None:
    row = connection.execute(_FIND_OF_LOGIN, {"login": login, "now": now}).fetchone()
    return None if row is None else Row(*row)


def _find(connection: sqlite3.Connection, now: float, key: str) -> Row | None:
    row = connection.execute(_FIND, {"key": key, "now": now}).fetchone()
    return None if row is None else Row(*row)


def _insert(connection: sqlite3.Connection, now: float, new: Claim, owner: str | None, login: str | None) -> Claim:
    values = {
        "key": new.key,
        "owner": owner,
        "state": new.state,
        "exchanges": new.exchanges,
        "now": now,
        "leased_until": now + LEASE_SECONDS,
        "finished_at": new.finished_at,
        "login": login,
        "challenge": new.challenge,
    }
    connection.execute(_INSERT, values)  # in the place of one whose hour is over
    return new


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
