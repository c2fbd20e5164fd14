"""Accounts and sessions without a web app: for scripts, cron jobs and task queues.

They need the database only: no provider's keys, no secret, no running server. A session that is ended here is refused
by every process of the app within a second.
"""

from __future__ import annotations

import os
from types import TracebackType
from typing import Self

from ..http_client.runner import ThreadRunner
from ..settings.environment import DEFAULT_IDLE_DAYS, database_of, idle_days_of
from ..storage import open_store
from .accounts import Accounts, AsyncAccounts
from .open_sessions import AsyncSessions, Sessions


class AsyncAdmin:
    """The accounts and sessions of a database, for asynchronous code.

    For example: ``async with AsyncAdmin("sqlite:///valetkey.db") as admin: await admin.accounts.get(account_id)``.
    It connects at the first call. Leave the ``async with`` block, or call ``aclose``, to disconnect.

    Args:
        database: as ``VALETKEY_DATABASE``: ``sqlite:///valetkey.db`` or ``postgresql://user:password@host/name``.
        idle_days: as ``VALETKEY_IDLE_DAYS``: a session that has not been used for this long is not listed any more.

    Raises:
        SettingsError: the address is not valid, the file does not exist, or the database is of another version.
    """

    def __init__(self, database: str, *, idle_days: float = DEFAULT_IDLE_DAYS) -> None:
        self._store = open_store(database, blocking=False, existing=True, idle_days=idle_days)
        self.accounts = AsyncAccounts(self._store)
        self.sessions = AsyncSessions(self._store)

    @classmethod
    def from_env(cls) -> Self:
        """Read ``VALETKEY_DATABASE`` and ``VALETKEY_IDLE_DAYS`` from the environment. Both have the app's defaults.

        Raises:
            SettingsError: one of them is wrong, the file does not exist, or the database is of another version.
        """
        return cls(database_of(os.environ), idle_days=idle_days_of(os.environ))

    async def aclose(self) -> None:
        """Close the connections to the database."""
        await self._store.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class Admin:
    """The accounts and sessions of a database, for synchronous code.

    For example: ``with Admin("sqlite:///valetkey.db") as admin: admin.accounts.get(account_id)``.
    It connects at the first call. Leave the ``with`` block, or call ``close``, to disconnect.

    Args:
        database: as ``VALETKEY_DATABASE``: ``sqlite:///valetkey.db`` or ``postgresql://user:password@host/name``.
        idle_days: as ``VALETKEY_IDLE_DAYS``: a session that has not been used for this long is not listed any more.

    Raises:
        SettingsError: the address is not valid, the file does not exist, or the database is of another version.
    """

    def __init__(self, database: str, *, idle_days: float = DEFAULT_IDLE_DAYS) -> None:
        self._store = store = open_store(database, blocking=True, existing=True, idle_days=idle_days)
        accounts, sessions = AsyncAccounts(store), AsyncSessions(store)
        self.accounts = Accounts(lambda: accounts)
        self.sessions = Sessions(lambda: sessions)

    @classmethod
    def from_env(cls) -> Self:
        """Read ``VALETKEY_DATABASE`` and ``VALETKEY_IDLE_DAYS`` from the environment. Both have the app's defaults.

        Raises:
            SettingsError: one of them is wrong, the file does not exist, or the database is of another version.
        """
        return cls(database_of(os.environ), idle_days=idle_days_of(os.environ))

    def close(self) -> None:
        """Close the connections to the database."""
        ThreadRunner().run(self._store.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
