"""The audit log: what happened to which account and when, for the operators of the app. It has ids only.

An event's id names the call that it belongs to and is the same in every attempt. So a repeat can see that its call was
committed. A database that numbers its events by itself (SQLite) needs no such id, because it repeats nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from .transaction import Transaction

AUDIT_SECONDS = 90 * 86400.0

Event = Literal[
    "signed_up",
    "signed_in",
    "sign_in_refused",
    "session_replaced",
    "session_revoked",
    "sessions_revoked",
    "identity_linked",
    "identity_unlinked",
    "account_disabled",
    "account_enabled",
    "account_deleted",
]

_NOTE = """
    INSERT INTO audit_events (id, at, account_id, event, provider, session_id)
    VALUES (%(id)s, %(now)s, %(account_id)s, %(event)s, %(provider)s, %(session_id)s)
"""
_NOTE_EACH = "INSERT INTO audit_events (id, at, account_id, event, session_id) VALUES "
_EACH = "(%(id_{0})s, %(now)s, %(account_id)s, %(event)s, %(session_{0})s)"
_AT_ONCE = 500  # databases limit the number of values in a statement
_NOTED = "SELECT 1 FROM audit_events WHERE id = %(id)s"


async def note(
    transaction: Transaction,
    account_id: str,
    event: Event,
    *,
    provider: str | None = None,
    session_id: str | None = None,
) -> None:
    """Add an event, in the same transaction as the change that it records."""
    values = {
        "id": transaction.event_id(),
        "account_id": account_id,
        "event": event,
        "provider": provider,
        "session_id": session_id,
    }
    await transaction.execute(_NOTE, values)


async def note_each(transaction: Transaction, account_id: str, event: Event, sessions: Sequence[str]) -> None:
    """Add an event for each of these sessions, hundreds in one statement."""
    for start in range(0, len(sessions), _AT_ONCE):
        some = sessions[start : start + _AT_ONCE]
        values: dict[str, object] = {"account_id": account_id, "event": event}
        for number, session_id in enumerate(some):
            values[f"id_{number}"] = transaction.event_id()
            values[f"session_{number}"] = session_id
        await transaction.execute(_NOTE_EACH + ", ".join(map(_EACH.format, range(len(some)))), values)


async def is_noted(transaction: Transaction) -> bool:
    """Whether an earlier attempt of this call was committed. Call it with the rows of this verb locked, because the
    server may still be committing that attempt."""
    if not transaction.repeated:
        return False
    return bool(await transaction.query(_NOTED, {"id": transaction.first_event_id()}))
