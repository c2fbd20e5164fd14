"""What happened to whom and when, for whoever looks after the app. No secrets, no addresses, ids only.

An event's id is of the call that it tells of, in all attempts of it: so a repeat can see that its call was committed.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..judging import Event
from .access import Transaction

_NOTE = """
    INSERT INTO audit_events (id, at, account_id, event, provider, session_id)
    VALUES (%(id)s, %(now)s, %(account_id)s, %(event)s, %(provider)s, %(session_id)s)
"""
_NOTE_EACH = """
    INSERT INTO audit_events (id, at, account_id, event, session_id)
    SELECT event_id, %(now)s, %(account_id)s, %(event)s, session_id
    FROM unnest(%(ids)s::uuid[], %(sessions)s::text[]) AS noted (event_id, session_id)
"""
_NOTED = "SELECT 1 FROM audit_events WHERE id = %(id)s"


async def note(
    transaction: Transaction,
    account_id: str,
    event: Event,
    *,
    provider: str | None = None,
    session_id: str | None = None,
) -> None:
    """In the transaction of what it tells of, so that neither is without the other."""
    values = {
        "id": transaction.event_id(),
        "account_id": account_id,
        "event": event,
        "provider": provider,
        "session_id": session_id,
    }
    await transaction.run(_NOTE, values)


async def note_each(transaction: Transaction, account_id: str, event: Event, sessions: Sequence[str]) -> None:
    """One for each of these sessions, and one way there and back."""
    if sessions:
        ids = [transaction.event_id() for _ in sessions]
        values = {"ids": ids, "sessions": list(sessions), "account_id": account_id, "event": event}
        await transaction.run(_NOTE_EACH, values)


async def is_noted(transaction: Transaction) -> bool:
    """Whether this very call was committed, and its answer lost. To be asked behind the lock that its rows are under:
    the server may be at that commit still."""
    if not transaction.repeated:
        return False
    return bool((await transaction.run(_NOTED, {"id": transaction.first_event_id()})).rows)
