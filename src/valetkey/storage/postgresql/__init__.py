"""The store for more than one machine: PostgreSQL, and databases that speak as it does (CockroachDB, YugabyteDB).

The verbs are written once, over one connection, in the files beside this one, each run as one transaction; how they
get their connection is the one thing that differs between a blocking app and an event loop. The store's clock is the
database's: nodes whose own clocks differ agree on it.
"""

from __future__ import annotations

from collections.abc import Callable

from ...errors import AccountDisabled, ValetkeyError
from ...models import Account, Profile
from ..base import Claim, CrossSiteBinding, Device, NewSession, Revocations, SessionRow
from . import accounts, claims, exporting, linking, logins, schema, sessions
from .access import PATIENCE_SECONDS, Access
from .connections import LoopGround, ThreadGround
from .pruning import clearing
from .starting import judged, look

# Seconds since 1970, and not the transaction's beginning: that would stand still while it waits for a lock.
CLOCK = "extract(epoch FROM clock_timestamp())::double precision"


class PostgreSQLStore:
    """See ``valetkey.storage.base.Store``. Opens nothing before the first verb, and nothing has to survive a fork.

    Args:
        blocking: verbs run in the caller's thread and never suspend; otherwise they belong to an event loop.
        idle_days: a session that is not presented for so long is over.
        pool_size: how many connections a process opens at most.
        patience_seconds: how long a verb may take, repeats and waiting for a connection included.
        clock: an SQL expression, seconds since 1970, for tests.
        on_statement: told every statement, without its values, for tests.
    """

    def __init__(
        self,
        url: str,
        *,
        blocking: bool,
        idle_days: float = 14.0,
        pool_size: int | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
        clock: str = CLOCK,
        on_statement: Callable[[str], None] | None = None,
    ) -> None:
        self._idle_seconds = idle_days * 86400.0
        self._conninfo = judged(url)
        ground = ThreadGround() if blocking else LoopGround()
        self._access = Access(
            ground,
            self._conninfo,
            size=pool_size or ground.size,
            patience_seconds=patience_seconds,
            clock=clock,
            welcome=schema.judge,
            on_statement=on_statement,
        )

    def prepare(self) -> None:
        """Look at the database, in the caller's thread, and hang up.

        Raises:
            SettingsError: it is not valetkey's, or not of this version.
            StoreError: it is away.
        """
        look(self._conninfo)

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
        self._access.close()
