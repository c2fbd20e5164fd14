"""The tables. Only ``valetkey migrate`` creates or changes them.

How this works:

- The version is in a table of one row, which also marks the tables beside it as ours. A later version, or another
  program's tables, are refused.
- Any number of processes may migrate at once: a step runs with that row locked, so one of them does it, and the others
  then read the version again.
- Each statement can be repeated, for databases that do not roll back what a failed transaction created.
- The tables are in the connection's default schema.
"""

from __future__ import annotations

import psycopg

from ...errors import SettingsError
from .connections import Connection

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

_TABLES = frozenset(
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
_HERE = "SELECT table_name, current_schema() FROM information_schema.tables WHERE table_schema = current_schema()"
_SCHEMA = "SELECT current_schema()"
_READ = "SELECT version FROM valetkey_schema"
_LOCK = "SELECT version FROM valetkey_schema WHERE one = 1 FOR UPDATE"
_MARKED = "UPDATE valetkey_schema SET version = {version} WHERE one = 1"

# What a login writes. The server checks rights, and whether it may write at all, before it looks for rows.
_INSERTED = ("login_claims", "accounts", "identities", "sessions", "revoked_sessions", "audit_events")
_WRITES = "".join(
    [f"INSERT INTO {table} SELECT * FROM {table} WHERE false;" for table in _INSERTED]
    + [f"UPDATE {table} SET {key} = {key} WHERE false;" for table, key in (("login_claims", "key"), ("sessions", "id"))]
    + ["DELETE FROM login_claims WHERE false"]
)

# The errors of CREATE … IF NOT EXISTS if another process is creating the same thing at this moment, and those that ask
# for a repeat in any case.
_RACED = frozenset({"23505", "42P07", "42710", "40001", "40P01"})
_ATTEMPTS = 20


async def require_current(connection: Connection) -> None:
    """Check that the database is of this version.

    Raises:
        SettingsError: it is not.
    """
    version = await version_of(connection)
    if version < VERSION:
        found = "has none of valetkey's tables yet" if version == 0 else f"is of an earlier version ({version})"
        raise SettingsError(f"The database that VALETKEY_DATABASE names {found}. Run: valetkey migrate")


async def require_usable(connection: Connection) -> None:
    """Check that the database is of this version, and that it can be written to: that it is no replica, the role's
    transactions are not read-only, and it has the rights that a login needs. Nothing is changed.

    Raises:
        SettingsError: it is of another version.
        psycopg.Error: it cannot be written to.
    """
    await require_current(connection)
    try:
        await connection.run(f"BEGIN; {connection.set_path} {_WRITES}")
    finally:
        await _take_back(connection)


async def version_of(connection: Connection, known: int = VERSION) -> int:
    """The version of the database; 0 if it has none of the tables.

    Raises:
        SettingsError: it is another program's, or of a later version.
    """
    if (await connection.run_alone(_SCHEMA)).rows == [(None,)]:
        raise SettingsError(
            "VALETKEY_DATABASE names a schema that does not exist, in its search_path. Create it first."
        )
    # One statement, so that it sees both the mark and the tables, or neither.
    tables = {table for table, _ in (await connection.run_alone(_HERE)).rows}
    if "valetkey_schema" not in tables:
        if tables & _TABLES:
            raise SettingsError(
                "VALETKEY_DATABASE names a database in which another program has tables of the names that valetkey "
                "uses. Give valetkey a schema of its own: ?options=-csearch_path%3Dvaletkey"
            )
        return 0
    rows = (await connection.run_alone(_READ)).rows
    version = int(rows[0][0]) if rows else 0
    if version > known:
        raise SettingsError(
            f"The database that VALETKEY_DATABASE names is of a later version ({version}; this valetkey knows "
            f"{known}). Upgrade valetkey, or name another database."
        )
    return version


async def migrate(connection: Connection, steps: tuple[str, ...] = STEPS) -> list[int]:
    """Bring the database to this version.

    Returns:
        The versions that this process brought it to. Another process may have done other steps at the same time.

    Raises:
        SettingsError: it is another program's, or of a later version.
        psycopg.Error: what the driver says.
    """
    await version_of(connection, len(steps))
    await _mark(connection)
    reached: list[int] = []
    while await _step(connection, steps, reached):
        pass
    return reached


def sql_from(version: int) -> str:
    """The statements from this version to that of this release, for a database administrator to read or run."""
    mark = "" if version else f"{MARK.rstrip()};\n"
    return mark + "".join(
        f"-- version {number}\nBEGIN;\n{_LOCK};{step.rstrip()};\n{_MARKED.format(version=number)};\nCOMMIT;\n"
        for number, step in enumerate(STEPS, 1)
        if number > version
    )


async def _step(connection: Connection, steps: tuple[str, ...], reached: list[int]) -> bool:
    """Run the next step. False if there is none."""
    for attempt in range(_ATTEMPTS):
        try:
            await connection.run(f"BEGIN ISOLATION LEVEL READ COMMITTED; {connection.set_path}")
            ((version,),) = (await connection.run(_LOCK)).rows
            if version < len(steps):
                await connection.run(steps[version])
                await connection.run(_MARKED.format(version=version + 1))
            await connection.run("COMMIT")
        except psycopg.Error as error:
            await _take_back(connection)
            if error.sqlstate not in _RACED or attempt == _ATTEMPTS - 1:
                raise
            continue
        if version < len(steps):
            reached.append(version + 1)
        return bool(version < len(steps))
    return False


async def _mark(connection: Connection) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            await connection.run_alone(MARK)
        except psycopg.Error as error:
            await _take_back(connection)
            if error.sqlstate not in _RACED or attempt == _ATTEMPTS - 1:
                raise
        else:
            return


async def _take_back(connection: Connection) -> None:
    if connection.open:
        await connection.run("ROLLBACK")
