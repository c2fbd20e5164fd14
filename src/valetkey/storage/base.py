"""What a login needs to be remembered, as a contract: claims, accounts, sessions, revocations.

Every verb is one atomic step, and says what the absent case is. A verb that writes has either happened whole, durably,
when it returns, or not at all when it raises ``StoreError``. A verb that adds rows also clears away a bounded number
of rows that are over. Times are seconds by the store's own clock, so that nodes whose clocks differ agree. A claim
holds row ids and never a credential: a stolen database signs nobody in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ..models import Account, Profile

LEASE_SECONDS = 15.0  # longer than a callback may take (10), so a lapsed lease means a dead node
CLAIM_SECONDS = 3600.0
GRACE_SECONDS = 60.0
CODE_SECONDS = 60.0  # how long the code of a handed-off login can be redeemed
REVOCATION_SECONDS = 360.0  # how long a revocation stays in the list; verdicts live shorter (300)
PRUNED_ROWS = 20  # how many expired rows of each kind a verb that adds rows clears away

ClaimState = Literal["claimed", "done", "failed", "burnt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Whose a login is from which only the session is missing: the account, and the subject of the identity."""

    account_id: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One (provider, request token), and who is finishing it.

    ``mine`` says that the asking owner holds it: it was free, or its lease had lapsed (``taken_over``). ``exchanges``
    counts those that may have reached the provider. ``code`` is the error's, when failed. ``challenge`` is that of the
    page that waits for it. ``handed_off`` says that it is done and its session still to be opened; ``code_lapsed``,
    that it is too late for that. ``settled`` is whose it is, where only the session is missing. ``began_at`` is when
    it was first taken.
    """

    key: str
    state: ClaimState
    mine: bool = False
    taken_over: bool = False
    lapsed: bool = False
    exchanges: int = 1
    session_id: str | None = None
    code: str | None = None
    finished_at: float | None = None
    challenge: str | None = None
    handed_off: bool = False
    code_lapsed: bool = False
    settled: Settled | None = None
    began_at: float = field(default=0.0, compare=False)

    @property
    def is_under_way(self) -> bool:
        """Somebody is at it: its owner, or the code that opens its session."""
        return (self.state == "claimed" and not self.lapsed) or (self.handed_off and not self.code_lapsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossSiteBinding:
    """A page that waits on another site, with no cookie to ask by: the login's id, and RFC 7636's challenge, whose
    verifier it alone has."""

    login: str
    challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A session as it is stored, with its account and the store's time of the reading.

    ``live`` is the row's own judgement: not revoked, not over, not idle for too long, account neither disabled nor cut
    off. ``presented_at`` is when a request first presented its pass (None: never), ``seen_at`` the last touch.
    ``revoked_at`` is when it was signed out or replaced; None if it was not, also where it has expired.
    """

    id: str
    account: Account
    login: str
    opened_at: float
    expires_at: float
    seen_at: float
    presented_at: float | None
    live: bool
    read_at: float
    revoked_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A session to open. ``replaces`` is the browser's previous one, revoked in the same step. ``browser`` and
    ``network`` are for its owner to know it by."""

    id: str
    login: str
    lifetime_seconds: float
    replaces: str | None = None
    browser: str | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A live session, as its owner is shown it."""

    id: str
    opened_at: float
    seen_at: float
    expires_at: float
    browser: str | None
    network: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """Every session of an account opened until ``at`` is over, except one."""

    at: float
    except_session: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocations:
    """What was revoked in the last six minutes, and the store's time of the reading. ``changed`` is when accounts whose
    identities, name or picture are others now became so: nobody is signed out, but what was remembered is old."""

    now: float
    sessions: frozenset[str]
    cutoffs: Mapping[str, Cutoff]
    changed: Mapping[str, float] = field(default_factory=dict)


class Store(Protocol):
    """Verbs in the order a login meets them. Every one may raise ``StoreError``."""

    async def claim(self, key: str, owner: str, opener: CrossSiteBinding | None = None) -> Claim:
        """Take the claim if it is free, or if its lease has lapsed and fewer than two exchanges were recorded.

        A takeover records the second exchange in the same step, or none where the claim is settled. Otherwise the claim
        as it stands, not mine. With an ``opener`` it can be found by the login's id, too.
        """
        ...

    async def find_claim(self, key: str) -> Claim | None:
        """The claim as it stands; None if there is none or its hour is over."""
        ...

    async def find_claim_of(self, login: str) -> Claim | None:
        """The claim taken with this login's ``CrossSiteBinding``; None if there is none or its hour is over."""
        ...

    async def record_second_exchange(self, key: str, owner: str) -> bool:
        """True, once: this owner still holds the claim and may send the second and last exchange."""
        ...

    async def finish(
        self, key: str, owner: str, provider: str, profile: Profile, session: NewSession
    ) -> SessionRow | None:
        """Find or create the account, refresh what the provider says of it, open the session, revoke the one that
        it replaces, mark the claim done: in one transaction. None, and nothing written, if the claim is no
        longer this owner's, lapsed lease or not.

        Raises:
            AccountDisabled: in the same transaction the claim is marked failed with that code.
        """
        ...

    async def settle(self, key: str, owner: str, provider: str, profile: Profile) -> Account | None:
        """The first half of ``finish``, for an app with people of its own: the account. The claim notes it, and
        has a new lease. None, and nothing written, if the claim is no longer this owner's.

        Raises:
            AccountDisabled: in the same transaction the claim is marked failed with that code.
        """
        ...

    async def finish_settled(self, key: str, owner: str, session: NewSession) -> SessionRow | None:
        """The second half: as ``finish``, for the account that was settled. None also if it has been deleted, or the
        identity untied from it."""
        ...

    async def hand_off_settled(self, key: str, owner: str, code_hash: str) -> bool:
        """The second half, as ``hand_off``."""
        ...

    async def link(
        self, key: str, owner: str, provider: str, profile: Profile, account_id: str, session_id: str
    ) -> SessionRow | None:
        """Tie an identity to the account of this live session, if it is not tied already, and mark the claim done.
        None, and nothing written, if the claim is no longer this owner's.

        Raises:
            IdentityTaken: it is another account's, and stays so. SessionChanged: the session is over, or another's.
                In both cases the claim is marked failed with that code in the same transaction.
        """
        ...

    async def unlink(self, account_id: str, provider: str, subject: str | None, session_id: str) -> Account:
        """Untie an identity, and end the sessions that it opened, but this one. ``subject`` None: the only one of that
        provider. The account as it is afterwards.

        Raises:
            NotLinked: there is no such identity. WhichIdentity: there are several. LastIdentity: it is the only way to
                sign in; the account is locked, so that two who unlink at once do not both succeed.
        """
        ...

    async def hand_off(self, key: str, owner: str, provider: str, profile: Profile, code_hash: str) -> bool:
        """As ``finish``, but open no session: leave it to whoever redeems the code within a minute. False, and nothing
        written, if the claim is no longer this owner's.

        Raises:
            AccountDisabled: in the same transaction the claim is marked failed with that code.
        """
        ...

    async def redeem(self, opener: CrossSiteBinding, code_hash: str, session: NewSession) -> SessionRow | None:
        """Open the session of a handed-off login: once, within its minute, and to whoever has the code and the verifier
        of its challenge. Revoke the session that it replaces. None, and nothing written, otherwise; also where the
        identity has been untied since.

        Raises:
            AccountDisabled: since it was handed off; nothing is written.
        """
        ...

    async def fail_claim(self, key: str, owner: str, code: str) -> bool:
        """Record how it ended. False if the claim is no longer this owner's."""
        ...

    async def burn(self, key: str, owner: str | None = None) -> Claim:
        """End a claim without an outcome: by its owner, or by anybody (sign-out). The claim as it stands afterwards:
        ``mine`` if this call burnt it. What is done or failed stays so, but for anybody's burn of what is handed off.
        Where there is none, anybody's burn writes a burnt one (so that nothing can finish later), an owner's writes
        nothing and says ``burnt``, not mine."""
        ...

    async def read_session(self, session_id: str) -> SessionRow | None:
        """The row with its account, live or not; None if there is none."""
        ...

    async def touch_session(self, session_id: str) -> None:
        """Note that the session was presented now. No row, no effect."""
        ...

    async def revoke_session(self, session_id: str, account_id: str | None = None) -> bool:
        """End one session; only if it is this account's, where one is named. False if there is none or it was over
        already."""
        ...

    async def devices(self, account_id: str) -> tuple[Device, ...]:
        """The account's live sessions, the one used last first."""
        ...

    async def revoke_account_sessions(self, account_id: str, except_session: str | None = None) -> None:
        """End all of an account's sessions, but one if named, by a cut-off."""
        ...

    async def revocations(self) -> Revocations:
        """One query: the list, and the store's clock."""
        ...

    async def read_account(self, account_id: str) -> Account | None:
        """The account with its identities; None if there is none."""
        ...

    async def list_accounts(self, after: str = "", limit: int = 100) -> tuple[Account, ...]:
        """Accounts by their ids, from the one that follows ``after``."""
        ...

    async def export_account(self, account_id: str) -> dict[str, object] | None:
        """Everything that is kept of an account, as JSON would have it; None if there is none."""
        ...

    async def disable_account(self, account_id: str) -> bool:
        """Refuse this account's logins and end its sessions. False if there is none."""
        ...

    async def enable_account(self, account_id: str) -> bool:
        """Let a disabled account sign in again; its ended sessions stay ended. False if there is none."""
        ...

    async def delete_account(self, account_id: str) -> bool:
        """Delete every row of the account, and end its sessions. False if there is none."""
        ...

    async def close(self) -> None:
        """Let go of connections. A store used again opens anew."""
        ...
