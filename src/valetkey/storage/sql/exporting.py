"""Exports everything that is stored about an account, for its owner."""

from __future__ import annotations

from .transaction import Reading, subject_text

# Table, the column that names the account, what is exported, and in which order.
_TABLES = {
    "account": ("accounts", "id", "id, name, picture, created_at, disabled_at", "id"),
    "identities": (
        "identities",
        "account_id",
        "provider, subject, handle, name, picture, email, email_verified, tied_at",
        "provider, subject",
    ),
    "sessions": (
        "sessions",
        "account_id",
        "id, opened_at, expires_at, seen_at, presented_at, revoked_at, provider, subject, browser, network",
        "id",
    ),
    "events": ("audit_events", "account_id", "at, event, provider, session_id", "audit_events.id"),
}


async def export_account(reading: Reading, account_id: str) -> dict[str, object] | None:
    found: dict[str, list[dict[str, object]]] = {}
    for name, (table, key, columns, order) in _TABLES.items():
        sql = f"SELECT {columns} FROM {table} WHERE {key} = %(id)s ORDER BY {order}"
        names = columns.split(", ")
        rows = await reading.look_up(sql, {"id": account_id})
        found[name] = [{one: _plain(one, value) for one, value in zip(names, row, strict=True)} for row in rows]
    accounts = found.pop("account")
    return {**accounts[0], **found} if accounts else None


def _plain(column: str, value: object) -> object:
    if column == "email_verified":
        return bool(value)  # SQLite has no booleans
    return subject_text(value) if isinstance(value, bytes) else value
