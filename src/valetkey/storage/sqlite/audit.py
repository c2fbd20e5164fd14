"""What happened to whom and when, for whoever looks after the app. No secrets, no addresses, ids only."""

from __future__ import annotations

import sqlite3

from ..judging import Event

_NOTE = "INSERT INTO audit_events (at, account_id, event, provider, session_id) VALUES (?, ?, ?, ?, ?)"


def note(
    connection: sqlite3.Connection,
    now: float,
    account_id: str,
    event: Event,
    *,
    provider: str | None = None,
    session_id: str | None = None,
) -> None:
    """In the transaction of what it tells of, so that neither is without the other."""
    connection.execute(_NOTE, (now, account_id, event, provider, session_id))
