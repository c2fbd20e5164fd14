"""How a login ends: account, identity, session and outcome in one transaction, fenced by its claim."""

from __future__ import annotations

import sqlite3
from enum import Enum

from ...errors import AccountDisabled
from ...model import Profile
from ...store import NewSession, SessionRow
from .accounts import create_account, known_account, refresh_account
from .audit import Event, note
from .claims import fail_claim, finish_claim
from .pruning import prune
from .sessions import open_session, read_session, revoke_session


class Refused(Enum):
    """Why there is no session. Not an exception: the claim's end has to be committed first."""

    DISABLED = AccountDisabled.code


def finish(
    connection: sqlite3.Connection,
    now: float,
    idle_seconds: float,
    key: str,
    owner: str,
    provider: str,
    profile: Profile,
    session: NewSession,
) -> SessionRow | Refused | None:
    known = known_account(connection, provider, profile.subject)
    if known is not None and known.disabled_at is not None:
        if not fail_claim(connection, now, key, owner, AccountDisabled.code):
            return None
        note(connection, now, known.id, "sign_in_refused", provider=provider)
        return Refused.DISABLED

    if not finish_claim(connection, now, key, owner, session.id):
        return None
    if known is None:
        account = create_account(connection, now, provider, profile)
    else:
        account = known
        refresh_account(connection, account, provider, profile)
    if session.replaces is not None and session.replaces != session.id:
        revoke_session(connection, now, idle_seconds, session.replaces, "session_replaced")
    open_session(connection, now, account.id, account.cut_off_at, session)
    event: Event = "signed_up" if known is None else "signed_in"
    note(connection, now, account.id, event, provider=provider, session_id=session.id)
    prune(connection, now)
    return read_session(connection, now, idle_seconds, session.id)
