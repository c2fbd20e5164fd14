"""What runs once, in the caller's own thread: the check of the database at start, and the migration."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ...crypto import Secret
from ...errors import SettingsError, StoreError
from ..sql.transaction import Result, stepped
from . import schema
from .access import report
from .connections import TROUBLE, Connection, ThreadExecutor
from .hosts import Hosts, split

_CHECK_SECONDS = 5.0
_MIGRATION_SECONDS = 600.0  # an index on a large table takes its time
# The URL may say otherwise. If the network swallows what is sent, the system gives the connection up after two seconds.
_DEFAULTS = {
    "connect_timeout": "2",
    "tcp_user_timeout": "2000",
    "keepalives_idle": "30",
    "fallback_application_name": "valetkey",
}


def checked_conninfo(url: str) -> Secret:
    """Check a database URL.

    Returns:
        The connection string for the driver, with our defaults.

    Raises:
        SettingsError: this is not a URL of a PostgreSQL database.
    """
    try:
        parameters = conninfo_to_dict(url)
        ports = [one.get("port", "") for one in split(parameters)]
    except (psycopg.Error, ValueError):
        parameters, ports = None, []
    if parameters is None or not all(port.isdecimal() or not port for port in ports):
        # Neither quoted nor chained: the driver's words quote the URL, and with it its password.
        raise SettingsError(
            "VALETKEY_DATABASE must be postgresql://user:password@host:port/name, and this is not a URL. What is not a "
            "letter or a digit in the password is written as in %3A."
        )
    return Secret(make_conninfo("", **{**_DEFAULTS, **parameters}))


def check(conninfo: Secret) -> None:
    """Check that the database can be used.

    Raises:
        SettingsError: it is not valetkey's, or not of this version.
        StoreError: it does not answer.
    """
    _run(conninfo, _CHECK_SECONDS, schema.require_current)


def version_of(conninfo: Secret) -> int:
    """The version of the database. It raises as ``check``, except for an earlier version."""
    return _run(conninfo, _CHECK_SECONDS, schema.version_of)


def migrate(conninfo: Secret) -> list[int]:
    """Bring the database to this version, as ``schema.migrate``. It raises as ``version_of``."""
    return _run(conninfo, _MIGRATION_SECONDS, schema.migrate)


def _run(conninfo: Secret, seconds: float, work: Callable[[Connection], Awaitable[Result]]) -> Result:
    async def connected() -> Result:
        connection = await Hosts(ThreadExecutor(), conninfo).connect(time.monotonic() + seconds)
        try:
            return await work(connection)
        finally:
            connection.drop()

    try:
        return stepped(connected())
    except TROUBLE as error:
        report(error)
        raise StoreError() from error
