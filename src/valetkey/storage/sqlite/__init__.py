"""The store for one machine: an SQLite file with a write-ahead log, where a commit counts once it is flushed.

The verbs are plain functions of a connection, in the files beside this one, each run as one transaction; how
they get their connection is the one thing that differs between a blocking app and an event loop. SQLite runs
inside this process, so the store's clock is the machine's, which all processes of this store share by being
on it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ...errors import AccountDisabled, StoreError, ValetkeyError
from ...models import Account, Profile
from ..base import Claim, CrossSiteBinding, Device, NewSession, Revocations, SessionRow
from . import accounts, claims, exporting, linking, logins, sessions
from .access import Access, BlockingAccess, LoopAccess
from .connections import TROUBLE, Connections, report
from .pruning import clearing
from .schema import connect

BUSY_SECONDS = 1.0  # what a callback's budget leaves for the store


class SQLiteStore:
    """See ``valetkey.storage.base.Store``. Opens nothing before the first verb, and nothing has to survive a fork.

    Args:
        blocking: verbs run in the caller's thread and never suspend; otherwise they belong to an event loop.
        idle_days: a session that is not presented for so long is over.
        clock: seconds since 1970, for tests.
        on_statement: told every statement, in the thread that runs it and with its values, for tests.
    """

    def __init__(
        self,
        path: Path,
        *,
        blocking: bool,
        idle_days: float = 14.0,
        clock: Callable[[], float] = time.time,
        on_statement: Callable[[str], None] | None = None,
    ) -> None:
        self._idle_seconds = idle_days * 86400.0
        opening = partial(connect, path, on_statement=on_statement)
        waiting = Connections(opening, clock, BUSY_SECONDS)
        self._waiting = waiting
        self._access: Access
        if blocking:
            self._access = BlockingAccess(waiting)
        else:
            self._access = LoopAccess(Connections(opening, clock, busy_seconds=0.0), waiting)

    def prepare(self) -> None:
        """Look at the database, create it if there is none, and let go of it.

        Raises:
            SettingsError: the file is not valetkey's, or of a later version.
        """
        try:
            self._waiting.read(lambda connection, now: None)
        except TROUBLE as error:
            report(error)
            raise StoreError() from error
        finally:
            self._waiting.close()

    async def claim(self, key: str, owner: str, opener: CrossSiteBinding | None = None) -> Claim:
        return await self._access.write(claims.claim, key, owner, opener)

    async def find_claim(self, key: str) -> Claim | None:
        return await self._access.read(claims.find_claim, key)

    async def find_claim_of(self, login: str) -> Claim | None:
        return await self._access.read(claims.find_claim_of, login)

    async def record_second_exchange(self, key: str, owner: str) -> bool:
        return await self._access.write(claims.record_second_exchange, key, owner)

    async def finish(
        self, key: str, owner: str, provider: str, profile: Profile, session: NewSession
    ) -> SessionRow | None:
        row = await self._access.write(
            clearing(logins.finish), self._idle_seconds, key, owner, provider, profile, session
        )
        if isinstance(row, logins.Refused):
            raise AccountDisabled
        return row

    async def hand_off(self, key: str, owner: str, provider: str, profile: Profile, code_hash: str) -> bool:
        handed_off = await self._access.write(clearing(logins.hand_off), key, owner, provider, profile, code_hash)
        if isinstance(handed_off, logins.Refused):
            raise AccountDisabled
        return handed_off

    async def settle(self, key: str, owner: str, provider: str, profile: Profile) -> Account | None:
        account = await self._access.write(clearing(logins.settle), key, owner, provider, profile)
        if isinstance(account, logins.Refused):
            raise AccountDisabled
        return account

    async def finish_settled(self, key: str, owner: str, session: NewSession) -> SessionRow | None:
        row = await self._access.write(clearing(logins.finish_settled), self._idle_seconds, key, owner, session)
        if isinstance(row, logins.Refused):
            raise AccountDisabled
        return row

    async def hand_off_settled(self, key: str, owner: str, code_hash: str) -> bool:
        return await self._access.write(clearing(logins.hand_off_settled), key, owner, code_hash)

    async def link(
        self, key: str, owner: str, provider: str, profile: Profile, account_id: str, session_id: str
    ) -> SessionRow | None:
        row = await self._access.write(
            clearing(linking.link), self._idle_seconds, key, owner, provider, profile, account_id, session_id
        )
        if isinstance(row, ValetkeyError):
            raise row
        return row

    async def unlink(self, account_id: str, provider: str, subject: str | None, session_id: str) -> Account:
        return await self._access.write(
            clearing(linking.unlink), self._idle_seconds, account_id, provider, subject, session_id
        )

    async def redeem(self, opener: CrossSiteBinding, code_hash: str, session: NewSession) -> SessionRow | None:
        row = await self._access.write(clearing(logins.redeem), self._idle_seconds, opener, code_hash, session)
        if isinstance(row, logins.Refused):
            raise AccountDisabled
        return row

    async def fail_claim(self, key: str, owner: str, code: str) -> bool:
        return await self._access.write(clearing(claims.fail_claim), key, owner, code)

    async def burn(self, key: str, owner: str | None = None) -> Claim:
        return await self._access.write(clearing(claims.burn), key, owner)

    async def read_session(self, session_id: str) -> SessionRow | None:
        return await self._access.read(sessions.read_session, self._idle_seconds, session_id)

    async def touch_session(self, session_id: str) -> None:
        await self._access.write(sessions.touch_session, self._idle_seconds, session_id)

    async def revoke_session(self, session_id: str, account_id: str | None = None) -> bool:
        return await self._access.write(clearing(sessions.revoke_session), self._idle_seconds, session_id, account_id)

    async def devices(self, account_id: str) -> tuple[Device, ...]:
        return await self._access.read(sessions.devices, self._idle_seconds, account_id)

    async def revoke_account_sessions(self, account_id: str, except_session: str | None = None) -> None:
        await self._access.write(
            clearing(accounts.revoke_account_sessions), self._idle_seconds, account_id, except_session
        )

    async def revocations(self) -> Revocations:
        return await self._access.read(sessions.revocations)

    async def read_account(self, account_id: str) -> Account | None:
        return await self._access.read(accounts.read_account, account_id)

    async def list_accounts(self, after: str = "", limit: int = 100) -> tuple[Account, ...]:
        return await self._access.read(accounts.list_accounts, after, limit)

    async def export_account(self, account_id: str) -> dict[str, object] | None:
        return await self._access.read(exporting.export_account, account_id)

    async def disable_account(self, account_id: str) -> bool:
        return await self._access.write(clearing(accounts.disable_account), self._idle_seconds, account_id)

    async def enable_account(self, account_id: str) -> bool:
        return await self._access.write(clearing(accounts.enable_account), account_id)

    async def delete_account(self, account_id: str) -> bool:
        return await self._access.write(clearing(accounts.delete_account), self._idle_seconds, account_id)

    async def close(self) -> None:
        await self._access.close()
