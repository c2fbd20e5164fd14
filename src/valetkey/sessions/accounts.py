"""The accounts of an app, for the app's own code: look one up, list them, disable, enable, delete, export.

``AsyncAccounts`` is for event loops, and ``Accounts`` has the same methods for synchronous code. They change valetkey's
own tables only. Your app changes its own users table itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

from ..errors import AccountNotFound
from ..http_client.runner import ThreadRunner
from ..models import Account
from ..storage.base import Store
from .cache import SessionCache

PAGE = 100
MAX_PAGE = 1000

_run = ThreadRunner().run


class AsyncAccounts:
    """The accounts, in an asynchronous app: ``sign_in.accounts``, or ``AsyncAdmin(database).accounts``.

    Iterate over it for all of them: ``async for account in sign_in.accounts``.

    Every method raises ``StoreError`` where the database does not answer. A change is made whole, or not at all.
    """

    def __init__(self, store: Store, cache: SessionCache | None = None) -> None:
        self._store = store
        self._cache = cache

    async def get(self, account_id: str) -> Account:
        """Look up an account.

        Args:
            account_id: ``Account.id``.

        Returns:
            The account with its identities, as the database has them now.

        Raises:
            AccountNotFound: there is no account with this id.
        """
        account = await self._store.read_account(account_id)
        if account is None:
            raise AccountNotFound
        return account

    async def list(self, *, after: str = "", limit: int = PAGE) -> tuple[Account, ...]:
        """One page of accounts, in the order of their ids.

        Args:
            after: the id of the last account of the page before. Default: from the beginning.
            limit: the most accounts to return, 1 to 1000.

        Returns:
            The accounts. An empty page means that there are no more.

        Raises:
            ValueError: ``limit`` is out of range.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise ValueError(f"limit must be 1 to {MAX_PAGE}")
        return await self._store.list_accounts(after, limit)

    async def __aiter__(self) -> AsyncIterator[Account]:
        page = await self.list()
        while page:
            for account in page:
                yield account
            page = await self.list(after=page[-1].id)

    async def disable(self, account_id: str) -> None:
        """Refuse the account's sign-ins from now on, and end all of its sessions.

        Its sessions end in this process at once, and in every other process within a second. The account and its
        identities stay. Disabling an account twice is no error.

        Args:
            account_id: ``Account.id``.

        Raises:
            AccountNotFound: there is no account with this id.
        """
        await self._change(account_id, await self._store.disable_account(account_id))

    async def enable(self, account_id: str) -> None:
        """Let a disabled account sign in again. The sessions that were ended stay ended.

        Args:
            account_id: ``Account.id``.

        Raises:
            AccountNotFound: there is no account with this id.
        """
        await self._change(account_id, await self._store.enable_account(account_id))

    async def delete(self, account_id: str) -> None:
        """Delete the account and all its data. This cannot be undone.

        Its sessions end in this process at once, and in every other process within a second. The next sign-in with one
        of its identities creates a new account with another id.

        Args:
            account_id: ``Account.id``.

        Raises:
            AccountNotFound: there is no account with this id.
        """
        await self._change(account_id, await self._store.delete_account(account_id))

    async def export(self, account_id: str) -> dict[str, object]:
        """Everything that is stored about the account. Its owner may ask for it (GDPR, Articles 15 and 20).

        Args:
            account_id: ``Account.id``.

        Returns:
            Values that ``json.dumps`` accepts. Times are seconds since 1970.

        Raises:
            AccountNotFound: there is no account with this id.
        """
        kept = await self._store.export_account(account_id)
        if kept is None:
            raise AccountNotFound
        return kept

    async def _change(self, account_id: str, found: bool) -> None:
        if self._cache is not None:
            self._cache.forget_account(account_id)
        if not found:
            raise AccountNotFound


class Accounts:
    """The accounts, in a synchronous app: ``sign_in.accounts``, or ``Admin(database).accounts``.

    Iterate over it for all of them: ``for account in sign_in.accounts``.

    Every method raises ``StoreError`` where the database does not answer. A change is made whole, or not at all.
    """

    def __init__(self, find: Callable[[], AsyncAccounts]) -> None:
        self._find = find

    def get(self, account_id: str) -> Account:
        """Look up an account.

        Args:
            account_id: ``Account.id``.

        Returns:
            The account with its identities, as the database has them now.

        Raises:
            AccountNotFound: there is no account with this id.
        """
        return _run(self._find().get(account_id))

    def list(self, *, after: str = "", limit: int = PAGE) -> tuple[Account, ...]:
        """One page of accounts, in the order of their ids.

        Args:
            after: the id of the last account of the page before. Default: from the beginning.
            limit: the most accounts to return, 1 to 1000.

        Returns:
            The accounts. An empty page means that there are no more.

        Raises:
            ValueError: ``limit`` is out of range.
        """
        return _run(self._find().list(after=after, limit=limit))

    def __iter__(self) -> Iterator[Account]:
        page = self.list()
        while page:
            yield from page
            page = self.list(after=page[-1].id)

    def disable(self, account_id: str) -> None:
        """Refuse the account's sign-ins from now on, and end all of its sessions.

        Its sessions end in this process at once, and in every other process within a second. The account and its
        identities stay. Disabling an account twice is no error.

        Args:
            account_id: ``Account.id``.

        Raises:
            AccountNotFound: there is no account with this id.
        """
        _run(self._find().disable(account_id))

    def enable(self, account_id: str) -> None:
        """Let a disabled account sign in again. The sessions that were ended stay ended.

        Args:
            account_id: ``Account.id``.

        Raises:
            AccountNotFound: there is no account with this id.
        """
        _run(self._find().enable(account_id))

    def delete(self, account_id: str) -> None:
        """Delete the account and all its data. This cannot be undone.

        Its sessions end in this process at once, and in every other process within a second. The next sign-in with one
        of its identities creates a new account with another id.

        Args:
            account_id: ``Account.id``.

        Raises:
            AccountNotFound: there is no account with this id.
        """
        _run(self._find().delete(account_id))

    def export(self, account_id: str) -> dict[str, object]:
        """Everything that is stored about the account. Its owner may ask for it (GDPR, Articles 15 and 20).

        Args:
            account_id: ``Account.id``.

        Returns:
            Values that ``json.dumps`` accepts. Times are seconds since 1970.

        Raises:
            AccountNotFound: there is no account with this id.
        """
        return _run(self._find().export(account_id))
