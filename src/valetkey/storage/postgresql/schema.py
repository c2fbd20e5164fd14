"""The version of the tables: checks it at start, and brings them to that of this release. Only ``valetkey migrate``
creates or changes them. What they are is in ``tables``.

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
from .tables import MARK, STEPS, TABLES, VERSION, WRITES

_HERE = "SELECT table_name, current_schema() FROM information_schema.tables WHERE table_schema = current_schema()"
_SCHEMA = "SELECT current_schema()"
_READ = "SELECT version FROM valetkey_schema"
_LOCK = "SELECT version FROM valetkey_schema WHERE one = 1 FOR UPDATE"
_MARKED = "UPDATE valetkey_schema SET version = {version} WHERE one = 1"

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
        await connection.run(f"BEGIN; {connection.set_path} {WRITES}")
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
        if tables & TABLES:
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
