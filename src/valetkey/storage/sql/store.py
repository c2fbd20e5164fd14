"""The store: each verb of the contract, run by the database's ``Access``."""

from __future__ import annotations

from collections.abc import Callable
from typing import overload

from ...errors import ValetkeyError
from ...models import Account, Device
from ..base import (
    AttachIdentity,
    Authentication,
    Claim,
    CrossSiteBinding,
    Ending,
    IssueOneTimeCode,
    Lease,
    NewSession,
    OpenSession,
    Revocations,
    SessionRow,
)
from . import accounts, administration, claims, exporting, fences, linking, logins, revocations, sessions
from .pruning import Pruning
from .transaction import Access, Args, Result, Transaction, Verb


class SQLStore:
    """A ``valetkey.storage.base.Store`` for SQL databases. The docstrings of its methods are there.

    Args:
        access: runs the verbs on the database.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._pruning = Pruning()

    async def _add(self, work: Callable[[Transaction, *Args], Verb[Result | ValetkeyError]], *args: *Args) -> Result:
        """Run a verb that adds rows, and prune. An error that the work returns is raised after it is committed."""
        result = await self._access.write(self._pruning.after(work), *args)
        if isinstance(result, ValetkeyError):
            raise result
        return result

    async def claim(self, lease: Lease, binding: CrossSiteBinding | None = None) -> Claim:
        return await self._access.write(claims.claim, lease, binding)

    async def find_claim(self, key: str) -> Claim | None:
        return await self._access.read(claims.find_claim, key)

    async def find_claim_of(self, login_id: str) -> Claim | None:
        return await self._access.read(claims.find_claim_of, login_id)

    async def record_second_exchange(self, lease: Lease) -> bool:
        return await self._access.write(fences.record_second_exchange, lease)

    async def resolve(self, lease: Lease, who: Authentication) -> Account | None:
        return await self._add(logins.resolve, lease, who)

    @overload
    async def complete(self, lease: Lease, ending: OpenSession | AttachIdentity) -> SessionRow | None: ...
    @overload
    async def complete(self, lease: Lease, ending: IssueOneTimeCode) -> bool: ...
    async def complete(self, lease: Lease, ending: Ending) -> SessionRow | bool | None:
        if isinstance(ending, AttachIdentity):
            return await self._add(linking.attach, lease, ending)
        done = await self._add(logins.complete, lease, ending)
        return bool(done) if isinstance(ending, IssueOneTimeCode) else done

    async def redeem_one_time_code(
        self, binding: CrossSiteBinding, code_hash: str, session: NewSession
    ) -> SessionRow | None:
        return await self._add(logins.redeem_one_time_code, binding, code_hash, session)

    async def fail_claim(self, lease: Lease, error_code: str) -> bool:
        return await self._add(fences.fail, lease, error_code)

    async def void(self, claim: Lease | str) -> Claim:
        key, owner = (claim.key, claim.owner) if isinstance(claim, Lease) else (claim, None)
        return await self._add(claims.void, key, owner)

    async def unlink(self, account_id: str, provider: str, subject: str | None, session_id: str) -> Account:
        return await self._add(linking.unlink, account_id, provider, subject, session_id)

    async def read_session(self, session_id: str) -> SessionRow | None:
        return await self._access.read(sessions.read_session, session_id)

    async def touch_session(self, session_id: str) -> None:
        await self._access.write(sessions.touch_session, session_id)

    async def revoke_session(self, session_id: str, account_id: str | None = None) -> bool:
        return await self._add(revocations.revoke_session, session_id, account_id)

    async def devices(self, account_id: str) -> tuple[Device, ...]:
        return await self._access.read(sessions.devices, account_id)

    async def revoke_account_sessions(self, account_id: str, except_session: str | None = None) -> None:
        await self._add(administration.revoke_account_sessions, account_id, except_session)

    async def revocations(self) -> Revocations:
        return await self._access.read(revocations.revocations)

    async def read_account(self, account_id: str) -> Account | None:
        return await self._access.read(accounts.read_account, account_id)

    async def list_accounts(self, after: str = "", limit: int = 100) -> tuple[Account, ...]:
        return await self._access.read(accounts.list_accounts, after, limit)

    async def export_account(self, account_id: str) -> dict[str, object] | None:
        return await self._access.read(exporting.export_account, account_id)

    async def disable_account(self, account_id: str) -> bool:
        return await self._add(administration.disable_account, account_id)

    async def enable_account(self, account_id: str) -> bool:
        return await self._add(administration.enable_account, account_id)

    async def delete_account(self, account_id: str) -> bool:
        return await self._add(administration.delete_account, account_id)

    async def close(self) -> None:
        await self._access.close()
