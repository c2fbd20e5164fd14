"""Everything that is kept of an account, for its owner to have."""

from __future__ import annotations

import sqlite3

_TABLES = {
    "account": ("accounts", "id", "id, name, picture, created_at, disabled_at"),
    "identities": ("identities", "account_id", "provider, subject, handle, name, picture, tied_at"),
    "sessions": (
        "sessions",
        "account_id",
        "id, opened_at, expires_at, seen_at, presented_at, revoked_at, provider, subject, browser, network",
    ),
    "events": ("audit_events", "account_id", "at, event, provider, session_id"),
}


def export_account(connection: sqlite3.Connection, now: float, account_id: str) -> dict[str, object] | None:
    found: dict[str, list[dict[str, object]]] = {}
    for name, (table, key, columns) in _TABLES.items():
        names = columns.split(", ")
        rows = connection.execute(f"SELECT {columns} FROM {table} WHERE {key} = ? ORDER BY 1", (account_id,))
        found[name] = [dict(zip(names, row, strict=True)) for row in rows]
    accounts = found.pop("account")
    return {**accounts[0], **found} if accounts else None
