"""The storage contract: the methods of a store ("verbs"), which read and change what valetkey stores.

How this works:

- A store has claims (who is finishing a login, and how it ended), accounts with their identities, sessions, and a list
  of what was revoked in the last minutes.
- Every verb is atomic. When it returns, its change is complete and durable. When it raises ``StoreError``, nothing has
  changed. Each verb says what it returns if the row does not exist.
- A login comes back as a callback, maybe several times and on several nodes. ``claim`` gives the right to finish it to
  one of them, as a ``Lease``. The verbs that end a login take the lease and do nothing if it does not hold the claim
  any more (the *fence*).
- A login ends by ``complete`` with an ``Ending``, by ``fail_claim`` with an error, or by ``void`` without an outcome.
- A verb that adds rows also prunes: it deletes a bounded number of expired rows. A process that has found none looks
  again after a second.
- Times are seconds since 1970 by the store's own clock, so nodes whose clocks differ agree.
- A claim has ids and hashes, never a credential. So nobody can sign in with a stolen database.

``storage.sql`` has these verbs in SQL. ``tests/contracts/store_contract`` has the contract as tests, which run on every
database.
"""

from __future__ import annotations

from typing import Protocol, overload

from ..models import Account, Device
from .values import (
    CLAIM_SECONDS,
    CODE_SECONDS,
    GRACE_SECONDS,
    LEASE_SECONDS,
    LOOK_SECONDS,
    PRUNED_ROWS,
    REVOCATION_SECONDS,
    AttachIdentity,
    Authentication,
    Claim,
    ClaimState,
    CrossSiteBinding,
    Cutoff,
    Ending,
    IssueOneTimeCode,
    Lease,
    NewSession,
    OpenSession,
    Resolved,
    Revocations,
    SessionRow,
)

__all__ = [
    "CLAIM_SECONDS",
    "CODE_SECONDS",
    "GRACE_SECONDS",
    "LEASE_SECONDS",
    "LOOK_SECONDS",
    "PRUNED_ROWS",
    "REVOCATION_SECONDS",
    "AttachIdentity",
    "Authentication",
    "Claim",
    "ClaimState",
    "CrossSiteBinding",
    "Cutoff",
    "Ending",
    "IssueOneTimeCode",
    "Lease",
    "NewSession",
    "OpenSession",
    "Resolved",
    "Revocations",
    "SessionRow",
    "Store",
]


class Store(Protocol):
    """The verbs, in the order in which a login meets them. Every one may raise ``StoreError``."""

    async def claim(self, lease: Lease, binding: CrossSiteBinding | None = None) -> Claim:
        """Take the claim, if it is free, or if its lease has lapsed and fewer than two exchanges were recorded.

        A takeover also records the second exchange, except if the claim is resolved: then no exchange follows.

        Args:
            lease: the lease that gets the claim.
            binding: binds the claim to a page on another site, which finds it by the login's id.

        Returns:
            The claim. ``mine`` is true if this lease got it; otherwise the claim is unchanged.
        """
        ...

    async def find_claim(self, key: str) -> Claim | None:
        """The claim of this key. None if there is none, or it is older than an hour."""
        ...

    async def find_claim_of(self, login_id: str) -> Claim | None:
        """The claim that was taken with this login's ``CrossSiteBinding``. None as in ``find_claim``."""
        ...

    async def record_second_exchange(self, lease: Lease) -> bool:
        """Record that the second and last exchange is about to be sent.

        Returns:
            True if this lease holds the claim, and no second exchange was recorded before. Otherwise it must not be
            sent.
        """
        ...

    async def resolve(self, lease: Lease, who: Authentication) -> Account | None:
        """Find or create the account, store its names as the provider gives them, record it in the claim, and renew the
        lease. For an app with its own users table: its ``resolve_account`` runs between this and ``complete``.

        Returns:
            The account. None, and nothing is written, if this lease does not hold the claim.

        Raises:
            AccountDisabled: the claim has failed with that code.
        """
        ...

    @overload
    async def complete(self, lease: Lease, ending: OpenSession | AttachIdentity) -> SessionRow | None: ...
    @overload
    async def complete(self, lease: Lease, ending: IssueOneTimeCode) -> bool: ...
    async def complete(self, lease: Lease, ending: Ending) -> SessionRow | bool | None:
        """End a login, in one transaction, and mark the claim done.

        - ``OpenSession``: find or create the account, store its names as the provider gives them, open the session, and
          revoke the one that it replaces.
        - ``IssueOneTimeCode``: the same for the account, and store the code's hash instead of a session.
        - ``AttachIdentity``: link the identity to the account, unless it is linked to it already.

        Returns:
            The session (for ``AttachIdentity`` the one that asked), or True if a code was issued. None or False, and
            nothing is written, if this lease does not hold the claim; or if ``who`` is ``Resolved`` and the account
            was deleted, or the identity unlinked from it, since.

        Raises:
            AccountDisabled: the account may not sign in.
            IdentityTaken: the identity is another account's, and stays so.
            SessionChanged: the session that asked is over, or is another account's. In all three cases the claim has
                failed with that code.
        """
        ...

    async def redeem_one_time_code(
        self, binding: CrossSiteBinding, code_hash: str, session: NewSession
    ) -> SessionRow | None:
        """Open the session of a login that issued a code: once, within its minute, for the page that has both the code
        and the verifier of the challenge. Revoke the session that it replaces.

        Returns:
            The session. None, and nothing is written, otherwise; also if the account was signed out everywhere or the
            identity unlinked since.

        Raises:
            AccountDisabled: it was disabled since; nothing is written.
        """
        ...

    async def fail_claim(self, lease: Lease, error_code: str) -> bool:
        """End the login with an error. False, and nothing is written, if this lease does not hold the claim."""
        ...

    async def void(self, claim: Lease | str) -> Claim:
        """End a login without an outcome, so that it can never be finished. What is done or failed stays so.

        Args:
            claim: a lease, which voids only what it holds; or a key, when a sign-out ends what was begun before it.
                A key also voids a one-time code that is not redeemed, and a login that has not come back yet.

        Returns:
            The claim afterwards. ``mine`` is true if this call voided it. If there is no claim for a lease, nothing is
            written, and the result has the state ``burnt`` and is not ``mine``.
        """
        ...

    async def unlink(self, account_id: str, provider: str, subject: str | None, session_id: str) -> Account:
        """Unlink an identity, and end the sessions that it opened.

        Args:
            account_id: the account.
            provider: the provider of the identity.
            subject: its subject. None for the only identity of this provider.
            session_id: the session that asks. It is not ended.

        Returns:
            The account as it is afterwards.

        Raises:
            NotLinked: there is no such identity.
            WhichIdentity: there are several.
            LastIdentity: it is the account's only way to sign in. If two requests unlink the last two identities at
                once, one of them gets this.
        """
        ...

    async def read_session(self, session_id: str) -> SessionRow | None:
        """The session with its account, live or not. None if there is none."""
        ...

    async def touch_session(self, session_id: str) -> None:
        """Record that the session was presented now. If there is no such session, do nothing."""
        ...

    async def revoke_session(self, session_id: str, account_id: str | None = None) -> bool:
        """End one session. If an account is named, only if it is that account's. False if there is none, or it was
        already over."""
        ...

    async def devices(self, account_id: str) -> tuple[Device, ...]:
        """The account's live sessions, the one that was used last first."""
        ...

    async def revoke_account_sessions(self, account_id: str, except_session: str | None = None) -> None:
        """End all of an account's sessions by a cut-off, except the named one."""
        ...

    async def revocations(self) -> Revocations:
        """The list of what was revoked, and the store's time, in one query."""
        ...

    async def read_account(self, account_id: str) -> Account | None:
        """The account with its identities. None if there is none."""
        ...

    async def list_accounts(self, after: str = "", limit: int = 100) -> tuple[Account, ...]:
        """Accounts in the order of their ids, from the one that follows ``after``."""
        ...

    async def export_account(self, account_id: str) -> dict[str, object] | None:
        """Everything that is stored about an account, as JSON values. None if there is none."""
        ...

    async def disable_account(self, account_id: str) -> bool:
        """Refuse this account's logins and end its sessions. False if there is none."""
        ...

    async def enable_account(self, account_id: str) -> bool:
        """Let a disabled account sign in again. Its ended sessions stay ended. False if there is none."""
        ...

    async def delete_account(self, account_id: str) -> bool:
        """Delete every row of the account, and end its sessions. False if there is none."""
        ...

    async def close(self) -> None:
        """Close all connections. The store may be used again, and then opens new ones."""
        ...
