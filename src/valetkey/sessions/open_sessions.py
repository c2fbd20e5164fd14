"""The live sessions of an account, for the app's own code: list them, end one, end all.

``AsyncSessions`` is for event loops, and ``Sessions`` has the same methods for synchronous code.
"""

from __future__ import annotations

from collections.abc import Callable

from ..http_client.runner import ThreadRunner
from ..models import Device
from ..storage.base import Store
from .cache import SessionCache

_run = ThreadRunner().run


class AsyncSessions:
    """The live sessions, in an asynchronous app: ``sign_in.sessions``, or ``AsyncAdmin(database).sessions``.

    A session that is ended is over in this process at once, and in every other process within a second.

    Every method raises ``StoreError`` where the database does not answer. A change is made whole, or not at all.
    """

    def __init__(self, store: Store, cache: SessionCache | None = None) -> None:
        self._store = store
        self._cache = cache

    async def list(self, account_id: str) -> tuple[Device, ...]:
        """The live sessions of an account, for a page of its devices.

        Args:
            account_id: ``Account.id``.

        Returns:
            The sessions, the one that was used last first. Empty for an account that does not exist.
        """
        return await self._store.devices(account_id)

    async def revoke(self, session_id: str, *, account_id: str | None = None) -> bool:
        """End one session.

        Args:
            session_id: ``Session.id`` or ``Device.id``.
            account_id: end the session only if it is this account's. Pass it where the session's id comes from a
                request: else a user could end the session of another user.

        Returns:
            True if this call ended the session. False if it was over before, or there is none.
        """
        found = await self._store.revoke_session(session_id, account_id)
        if found and self._cache is not None:
            self._cache.forget_session(session_id)
        return found

    async def revoke_all(self, account_id: str, *, keep: str | None = None) -> None:
        """End all sessions of an account: sign it out everywhere.

        Args:
            account_id: ``Account.id``.
            keep: the id of the one session that stays live. Default: none stays.
        """
        await self._store.revoke_account_sessions(account_id, keep)
        if self._cache is not None:
            self._cache.forget_account(account_id)


class Sessions:
    """The live sessions, in a synchronous app: ``sign_in.sessions``, or ``Admin(database).sessions``.

    A session that is ended is over in this process at once, and in every other process within a second.

    Every method raises ``StoreError`` where the database does not answer. A change is made whole, or not at all.
    """

    def __init__(self, find: Callable[[], AsyncSessions]) -> None:
        self._find = find

    def list(self, account_id: str) -> tuple[Device, ...]:
        """The live sessions of an account, for a page of its devices.

        Args:
            account_id: ``Account.id``.

        Returns:
            The sessions, the one that was used last first. Empty for an account that does not exist.
        """
        return _run(self._find().list(account_id))

    def revoke(self, session_id: str, *, account_id: str | None = None) -> bool:
        """End one session.

        Args:
            session_id: ``Session.id`` or ``Device.id``.
            account_id: end the session only if it is this account's. Pass it where the session's id comes from a
                request: else a user could end the session of another user.

        Returns:
            True if this call ended the session. False if it was over before, or there is none.
        """
        return _run(self._find().revoke(session_id, account_id=account_id))

    def revoke_all(self, account_id: str, *, keep: str | None = None) -> None:
        """End all sessions of an account: sign it out everywhere.

        Args:
            account_id: ``Account.id``.
            keep: the id of the one session that stays live. Default: none stays.
        """
        _run(self._find().revoke_all(account_id, keep=keep))
