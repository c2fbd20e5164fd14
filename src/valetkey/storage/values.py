"""The values of the storage contract: what its verbs take and return.

Times are seconds since 1970 by the store's own clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..models import Account, Profile
from ..models.value_class import value_class

LEASE_SECONDS = 15.0  # longer than a callback may take (10), so a lapsed lease means a dead node
CLAIM_SECONDS = 3600.0
GRACE_SECONDS = 60.0
CODE_SECONDS = 60.0  # for how long a one-time code can be redeemed
REVOCATION_SECONDS = 360.0  # how long a revocation stays in the list; sessions are remembered for less (300)
PRUNED_ROWS = 20  # how many rows of each kind a verb that adds rows prunes
LOOK_SECONDS = 1.0  # after how much time a process that has found no expired rows looks for them again

ClaimState = Literal["claimed", "done", "failed", "burnt"]


# Who finishes a login


@value_class(frozen=True, slots=True)
class Lease:
    """The right to finish one login, held by one delivery of its callback.

    Args:
        key: of the claim: one provider and one request token.
        owner: random text, different for each delivery, so that no two deliveries hold the same lease.
    """

    key: str
    owner: str


@value_class(frozen=True, slots=True)
class Authentication:
    """Who the provider says has signed in.

    Args:
        provider: the provider's name.
        profile: what it says about the user.
    """

    provider: str
    profile: Profile

    @property
    def subject(self) -> str:
        """The provider's immutable id of the user."""
        return self.profile.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The account that ``resolve`` found or created for a login, and the identity that led to it."""

    account_id: str
    provider: str
    subject: str


@value_class(frozen=True, slots=True, kw_only=True)
class Claim:
    """A login that has come back from the provider.

    Attributes:
        key: see ``Lease``.
        state: ``claimed`` until it has ended; then ``done``, ``failed``, or ``burnt`` (voided, without an outcome).
        mine: the lease of this call holds it now, or this call voided it.
        taken_over: it is mine, and was another delivery's whose lease had lapsed.
        lapsed: it is claimed, and its owner's lease is over.
        exchanges: how many requests for the access token may have reached the provider. Never more than two.
        session_id: the session that it opened, or that it linked an identity for.
        error_code: why it failed.
        finished_at: when it ended.
        challenge: of the verifier of a page on another site that waits for it (RFC 7636).
        handed_off: it is done, and a one-time code opens its session.
        one_time_code_lapsed: it is handed off, and the code has expired.
        resolved: it is claimed, and its account is known: ``resolve`` was called and ``complete`` was not.
        began_at: when it was first claimed.
    """

    key: str
    state: ClaimState
    mine: bool = False
    taken_over: bool = False
    lapsed: bool = False
    exchanges: int = 1
    session_id: str | None = None
    error_code: str | None = None
    finished_at: float | None = None
    challenge: str | None = None
    handed_off: bool = False
    one_time_code_lapsed: bool = False
    resolved: Resolved | None = None
    began_at: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossSiteBinding:
    """What binds a login to a page that redeems a one-time code: the login's id, and a challenge (RFC 7636 §4.2). Its
    verifier is known to that page alone, if it is on another site and can send no cookie, or else to us alone."""

    login_id: str
    challenge: str


# Sessions


@value_class(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A session to open.

    Attributes:
        id: random.
        login_id: of the login that opens it.
        lifetime_seconds: its maximum lifetime.
        replaces: the session that the client presented, which is revoked in the same step.
        device_name: such as ``Firefox on Linux``, for the account's owner to recognise the device by.
        network: the client's address, shortened, for the same purpose.
    """

    id: str
    login_id: str
    lifetime_seconds: float
    replaces: str | None = None
    device_name: str | None = None
    network: str | None = None


@value_class(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A session as it is stored, with its account.

    Attributes:
        id, opened_at, expires_at: as in ``Session``.
        account: the account, with its identities.
        login_id: of the login that opened it.
        seen_at: when it was last touched (``touch_session``).
        presented_at: when a request first presented its token; None if none did.
        live: it is not revoked, expired or idle for too long, and its account is not disabled.
        read_at: when this row was read, by the store's clock.
        revoked_at: when it was signed out or replaced. None also if it is merely past its end.
    """

    id: str
    account: Account
    login_id: str
    opened_at: float
    expires_at: float
    seen_at: float
    presented_at: float | None
    live: bool
    read_at: float
    revoked_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """Every session of an account that was opened at or before ``at`` is over, except ``except_session``."""

    at: float
    except_session: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocations:
    """What was revoked in the last ``REVOCATION_SECONDS``.

    Attributes:
        now: when the list was read, by the store's clock.
        sessions: the ids of sessions that were revoked one by one.
        cutoffs: by account id: all sessions of the account were ended.
        changed: by account id, when its identities, name or picture changed. Its sessions stay live, but what a process
            has cached of the account is out of date.
    """

    now: float
    sessions: frozenset[str]
    cutoffs: Mapping[str, Cutoff]
    changed: Mapping[str, float] = field(default_factory=dict)


# How a login ends


@value_class(frozen=True, slots=True)
class OpenSession:
    """The login signs in, and its session is opened at once.

    Args:
        who: what the provider says; or what ``resolve`` has returned for it.
        session: the session to open.
    """

    who: Authentication | Resolved
    session: NewSession


@dataclass(frozen=True, slots=True)
class IssueOneTimeCode:
    """The login signs in, and a one-time code opens the session within a minute (``redeem_one_time_code``).

    Args:
        who: what the provider says; or what ``resolve`` has returned for it.
        code_hash: the hash of the code. The code itself is never stored.
    """

    who: Authentication | Resolved
    code_hash: str


@dataclass(frozen=True, slots=True)
class AttachIdentity:
    """The login links a further identity to an account, and opens no session.

    Args:
        who: what the provider says.
        account_id: the account that the identity is linked to.
        session_id: the session that asked for it. It must be live, and this account's.
    """

    who: Authentication
    account_id: str
    session_id: str


Ending: TypeAlias = OpenSession | IssueOneTimeCode | AttachIdentity
