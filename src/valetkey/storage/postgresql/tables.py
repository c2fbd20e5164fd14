"""The tables, as the steps that lead from each version to the next. ``schema`` runs them."""

from __future__ import annotations

# A step leads from its index to the next version. Steps are only ever appended. They use no sequence, trigger,
# procedure or advisory lock: distributed databases lack them, or are slow with them.
STEPS = (
    """
    CREATE TABLE IF NOT EXISTS accounts (
        id TEXT PRIMARY KEY,
        name TEXT,
        picture TEXT,
        created_at DOUBLE PRECISION NOT NULL,
        disabled_at DOUBLE PRECISION
    );

    -- The subject is bytes: 007 is not 7, and no case, accent or NUL is lost to a collation.
    CREATE TABLE IF NOT EXISTS identities (
        provider TEXT NOT NULL,
        subject BYTEA NOT NULL,
        account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        handle TEXT,
        name TEXT,
        picture TEXT,
        tied_at DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (provider, subject)
    );
    CREATE INDEX IF NOT EXISTS identities_of_account ON identities (account_id, tied_at);

    CREATE TABLE IF NOT EXISTS sessions (
        id TEXT PRIMARY KEY,
        account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        login TEXT NOT NULL,
        opened_at DOUBLE PRECISION NOT NULL,
        expires_at DOUBLE PRECISION NOT NULL,
        seen_at DOUBLE PRECISION NOT NULL,
        presented_at DOUBLE PRECISION,
        revoked_at DOUBLE PRECISION,
        kept_until DOUBLE PRECISION NOT NULL,
        provider TEXT,
        subject BYTEA,
        browser TEXT,
        network TEXT
    );
    CREATE INDEX IF NOT EXISTS sessions_of_account ON sessions (account_id);
    CREATE INDEX IF NOT EXISTS sessions_kept_until ON sessions (kept_until);

    -- What wrote it last is a call of a verb, by which that call knows itself again.
    CREATE TABLE IF NOT EXISTS login_claims (
        key TEXT PRIMARY KEY,
        owner TEXT,
        state TEXT NOT NULL CHECK (state IN ('claimed', 'done', 'failed', 'burnt')),
        exchanges INTEGER NOT NULL CHECK (exchanges BETWEEN 0 AND 2),
        began_at DOUBLE PRECISION NOT NULL,
        leased_until DOUBLE PRECISION NOT NULL,
        session_id TEXT,
        code TEXT,
        finished_at DOUBLE PRECISION,
        login TEXT,
        challenge TEXT,
        account_id TEXT,
        provider TEXT,
        subject BYTEA,
        code_hash TEXT,
        written_by TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS login_claims_began ON login_claims (began_at);
    CREATE INDEX IF NOT EXISTS login_claims_of_login ON login_claims (login) WHERE login IS NOT NULL;

    CREATE TABLE IF NOT EXISTS revoked_sessions (
        session_id TEXT PRIMARY KEY,
        at DOUBLE PRECISION NOT NULL
    );
    CREATE INDEX IF NOT EXISTS revoked_sessions_at ON revoked_sessions (at);

    -- No reference to accounts: a deleted account's cut-off outlives it for as long as the list is read.
    CREATE TABLE IF NOT EXISTS account_cutoffs (
        account_id TEXT PRIMARY KEY,
        at DOUBLE PRECISION NOT NULL,
        except_session TEXT
    );
    CREATE INDEX IF NOT EXISTS account_cutoffs_at ON account_cutoffs (at);

    -- Accounts that changed though nobody was signed out: what processes remember of them is old.
    CREATE TABLE IF NOT EXISTS account_changes (
        account_id TEXT PRIMARY KEY,
        at DOUBLE PRECISION NOT NULL
    );
    CREATE INDEX IF NOT EXISTS account_changes_at ON account_changes (at);

    -- Ids are drawn by us, in the order of time.
    CREATE TABLE IF NOT EXISTS audit_events (
        id UUID PRIMARY KEY,
        at DOUBLE PRECISION NOT NULL,
        account_id TEXT NOT NULL,
        event TEXT NOT NULL,
        provider TEXT,
        session_id TEXT
    );
    CREATE INDEX IF NOT EXISTS audit_events_of_account ON audit_events (account_id)
    """,
    # The e-mail address of an identity. It has no index, because nothing is looked up by it. A node of the release
    # before, which still runs, writes identities without the two columns.
    """
    ALTER TABLE identities ADD COLUMN IF NOT EXISTS email TEXT;
    ALTER TABLE identities ADD COLUMN IF NOT EXISTS email_verified BOOLEAN NOT NULL DEFAULT FALSE
    """,
)
VERSION = len(STEPS)

TABLES = frozenset(
    {
        "accounts",
        "identities",
        "sessions",
        "login_claims",
        "revoked_sessions",
        "account_cutoffs",
        "account_changes",
        "audit_events",
    }
)
# One row with the version. It marks the other tables of its schema as ours.
MARK = """
    CREATE TABLE IF NOT EXISTS valetkey_schema (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        version INTEGER NOT NULL
    );
    INSERT INTO valetkey_schema (one, version) VALUES (1, 0) ON CONFLICT (one) DO NOTHING
"""

# What a login writes. The server checks rights, and whether it may write at all, before it looks for rows.
_INSERTED = ("login_claims", "accounts", "identities", "sessions", "revoked_sessions", "audit_events")
WRITES = "".join(
    [f"INSERT INTO {table} SELECT * FROM {table} WHERE false;" for table in _INSERTED]
    + [f"UPDATE {table} SET {key} = {key} WHERE false;" for table, key in (("login_claims", "key"), ("sessions", "id"))]
    + ["DELETE FROM login_claims WHERE false"]
)
