"""The tables, as the steps that lead from each version to the next. ``schema`` runs them."""

from __future__ import annotations

# A step leads from its index to the next version. Steps are only ever appended. Text compares byte by byte
# (SQLite's BINARY, the default): `007` is not `7`, and no case or accent is folded.
STEPS = (
    """
    CREATE TABLE accounts (
        id TEXT PRIMARY KEY,
        name TEXT,
        picture TEXT,
        created_at REAL NOT NULL,
        disabled_at REAL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE identities (
        provider TEXT,
        subject TEXT,
        account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        handle TEXT,
        name TEXT,
        picture TEXT,
        tied_at REAL NOT NULL,
        PRIMARY KEY (provider, subject)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX identities_of_account ON identities (account_id, tied_at);

    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        login TEXT NOT NULL,
        opened_at REAL NOT NULL,
        expires_at REAL NOT NULL,
        seen_at REAL NOT NULL,
        presented_at REAL,
        revoked_at REAL,
        kept_until REAL NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sessions_of_account ON sessions (account_id);
    CREATE INDEX sessions_kept_until ON sessions (kept_until);

    CREATE TABLE login_claims (
        key TEXT PRIMARY KEY,
        owner TEXT,
        state TEXT NOT NULL CHECK (state IN ('claimed', 'done', 'failed', 'burnt')),
        exchanges INTEGER NOT NULL CHECK (exchanges BETWEEN 0 AND 2),
        began_at REAL NOT NULL,
        leased_until REAL NOT NULL,
        session_id TEXT,
        code TEXT,
        finished_at REAL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX login_claims_began ON login_claims (began_at);

    CREATE TABLE revoked_sessions (
        session_id TEXT PRIMARY KEY,
        at REAL NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX revoked_sessions_at ON revoked_sessions (at);

    -- No reference to accounts: a deleted account's cut-off outlives it for as long as the list is read.
    CREATE TABLE account_cutoffs (
        account_id TEXT PRIMARY KEY,
        at REAL NOT NULL,
        except_session TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX account_cutoffs_at ON account_cutoffs (at);

    CREATE TABLE audit_events (
        id INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        account_id TEXT NOT NULL,
        event TEXT NOT NULL,
        provider TEXT,
        session_id TEXT
    ) STRICT;
    CREATE INDEX audit_events_of_account ON audit_events (account_id);
    """,
    # A login whose page waits on another site: found by its id, its session opened by a code.
    """
    ALTER TABLE login_claims ADD COLUMN login TEXT;
    ALTER TABLE login_claims ADD COLUMN challenge TEXT;
    ALTER TABLE login_claims ADD COLUMN account_id TEXT;
    ALTER TABLE login_claims ADD COLUMN code_hash TEXT;
    CREATE INDEX login_claims_of_login ON login_claims (login) WHERE login IS NOT NULL
    """,
    # Which identity opened a session, and how its owner knows it; which accounts changed though nobody was signed out.
    """
    ALTER TABLE login_claims ADD COLUMN provider TEXT;
    ALTER TABLE login_claims ADD COLUMN subject TEXT;
    ALTER TABLE sessions ADD COLUMN provider TEXT;
    ALTER TABLE sessions ADD COLUMN subject TEXT;
    ALTER TABLE sessions ADD COLUMN browser TEXT;
    ALTER TABLE sessions ADD COLUMN network TEXT;
    CREATE TABLE account_changes (
        account_id TEXT PRIMARY KEY,
        at REAL NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX account_changes_at ON account_changes (at)
    """,
    # The e-mail address of an identity. It has no index, because nothing is looked up by it.
    """
    ALTER TABLE identities ADD COLUMN email TEXT;
    ALTER TABLE identities ADD COLUMN email_verified INTEGER NOT NULL DEFAULT 0 CHECK (email_verified IN (0, 1))
    """,
)
VERSION = len(STEPS)
