"""What runs once, in the caller's own thread: the check of the database at start, and the migration."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from ...errors import SettingsError, StoreError
from ..sql.transaction import Result, stepped
from . import schema
from .address import Address
from .connections import TROUBLE, Connection
from .executors import ThreadExecutor
from .faults import judge, report

_CHECK_SECONDS = 5.0
_MIGRATION_SECONDS = 600.0  # an index on a large table takes its time


def check(address: Address, check_database: Callable[[Connection], Awaitable[None]]) -> None:
    """Check that the database can be used.

    Args:
        address: of the database.
        check_database: what is checked, on a connection that is used for nothing else.

    Raises:
        SettingsError: it can never be used, until somebody changes something.
        StoreError: it does not answer now.
    """
    _run(address, _CHECK_SECONDS, check_database)


def version_of(address: Address) -> int:
    """The version of the database. It raises as ``check``, except for an earlier version."""
    return _run(address, _CHECK_SECONDS, schema.version_of)


def migrate(address: Address) -> list[int]:
    """Bring the database to this version, as ``schema.migrate``. It raises as ``version_of``."""
    return _run(address, _MIGRATION_SECONDS, schema.migrate)


def _run(address: Address, seconds: float, work: Callable[[Connection], Awaitable[Result]]) -> Result:
    async def connected() -> Result:
        connection = await ThreadExecutor().connect(address, time.monotonic() + seconds)
        try:
            return await work(connection)
        finally:
            connection.drop()

    try:
        return stepped(connected())
    except TROUBLE as error:
        cause, fault = error, judge(error, address)
    if fault.fix is not None:
        raise SettingsError(fault.sentence)
    report(fault)
    raise StoreError() from cause
