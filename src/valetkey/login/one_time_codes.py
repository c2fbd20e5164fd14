"""Handing a login over to a page on another site, where no cookie of ours is sent.

Two halves open the session, and only together (RFC 7636's idea): a one-time code, which the popup carries to the app's
own relay page, and a verifier, which never left the page that began. The code lives for a minute, is stored hashed, and
is the same however often its callback is delivered. Until both are here there is an account and no session.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

from ..crypto import constant_time_equals
from ..crypto.keys import Keys
from ..errors import CodeRefused, Interrupted, SessionChanged, error_by_code
from ..sessions.service import Sessions, as_session
from ..storage.base import Authentication, Claim, CrossSiteBinding, IssueOneTimeCode, Lease, NewSession, Resolved, Store
from .attempt import Intent, LoginAttempt
from .results import Client, Collected, SignedIn, state_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeIssued:
    """A login that landed, for the page that waits on another site: what the relay page is told."""

    login: str
    code: str = field(repr=False)


class OneTimeCodes:
    """The verbs, over what they need. ``enabled`` is whether the app has a relay page; without one there are none."""

    def __init__(self, *, enabled: bool, keys: Keys, store: Store, sessions: Sessions, lifetime_seconds: float) -> None:
        self._enabled = enabled
        pairs = keys.subkeys("handoff")
        self._newest = pairs[0][0]
        self._keys = dict(pairs)
        self._store = store
        self._sessions = sessions
        self._lifetime_seconds = lifetime_seconds

    def opener(self, held: Intent) -> CrossSiteBinding | None:
        """The page that waits for this login on another site; None if it can ask by its cookie."""
        if not self._enabled or held.challenge is None:
            return None
        return CrossSiteBinding(login_id=held.id, challenge=held.challenge)

    async def issue_one_time_code(
        self, lease: Lease, held: LoginAttempt, who: Authentication | Resolved
    ) -> CodeIssued | None:
        """Account and identity, and a code in the place of a session. None: the claim is another's by now.

        Raises:
            AccountDisabled, StoreError
        """
        handed = self.handed(held)
        code_hash = hash_of(handed.code, held.signed_in_as)
        return handed if await self._store.complete(lease, IssueOneTimeCode(who, code_hash)) else None

    def handed(self, held: LoginAttempt) -> CodeIssued:
        """What the relay page is told, the same each time: by the key that the login was sealed under, for in
        mid-rotation nodes do not agree on the newest."""
        key = self._keys[held.sealed_under or self._newest]
        digest = hmac.digest(key, f"{held.id}\0{held.token}".encode(), "sha256")
        return CodeIssued(login=held.id, code=urlsafe_b64encode(digest).rstrip(b"=").decode())

    async def redeem(
        self, login_id: str, code: str, verifier: str, browser: Client, signed_in_as: str | None = None
    ) -> Collected:
        """Open the session, for whoever has both halves. It replaces the one that the browser presents.

        Args:
            signed_in_as: the session that the page held when the login began; the code is bound to it.

        Raises:
            CodeRefused: one half is missing or wrong, or the code was used or has expired.
            SessionChanged: that session has been signed out since.
            AccountDisabled, StoreError
        """
        new = NewSession(
            id=secrets.token_urlsafe(16),
            login_id=login_id,
            lifetime_seconds=self._lifetime_seconds,
            replaces=browser.session.id if browser.session else None,
            device_name=browser.name,
            network=browser.network,
        )
        opener = CrossSiteBinding(login_id=login_id, challenge=challenge_of(verifier))
        if signed_in_as is not None:
            await self._require_not_signed_out(opener, signed_in_as)
        row = await self._store.redeem_one_time_code(opener, hash_of(code, signed_in_as), new)
        if row is None:
            raise CodeRefused
        if new.replaces is not None:
            self._sessions.ended(new.replaces)
        session = as_session(row)
        landed = SignedIn(login=login_id, session=session, session_token=self._sessions.pass_for(row))
        return Collected(state="done", login=login_id, signed_in=landed, session=session)

    async def _require_not_signed_out(self, opener: CrossSiteBinding, signed_in_as: str) -> None:
        """The callback has checked for a sign-out before it; this checks for one since."""
        claim = await self._store.find_claim_of(opener.login_id)
        if claim is None or not constant_time_equals(claim.challenge, opener.challenge) or not claim.handed_off:
            raise CodeRefused
        if await self._sessions.find_revoked(signed_in_as, claim.began_at) is not None:
            raise SessionChanged

    async def look(self, login_id: str, verifier: str) -> Collected:
        """How a login stands, for the page that began it and has no cookie to show. Beginning writes nothing: until it
        comes back, its window is at the provider for all that is known here, and to any other page it stays so."""
        claim = await self._store.find_claim_of(login_id)
        if claim is None or not constant_time_equals(claim.challenge, challenge_of(verifier)):
            return Collected(state="waiting" if self._enabled else "unknown", login=login_id)
        return _standing(claim, login_id)


def _standing(claim: Claim, login_id: str) -> Collected:
    if claim.state == "failed":
        code = claim.error_code or Interrupted.code
        return Collected(state=state_of(code), login=login_id, error=error_by_code(code))
    if claim.state == "burnt":
        # It has begun again in the popup; if that was its end, the popup says so by way of the relay page.
        return Collected(state="waiting", login=login_id)
    if claim.is_under_way:
        return Collected(state="finishing", login=login_id, handed_off=claim.handed_off)
    return Collected(state="interrupted", login=login_id, error=Interrupted())


def challenge_of(verifier: str) -> str:
    """S256. RFC 7636 §4.2."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def hash_of(code: str, signed_in_as: str | None) -> str:
    """A code as it is stored: bound to the session that its page held when the login began, if it held one."""
    bound = code if signed_in_as is None else f"{code}\0{signed_in_as}"
    return hashlib.sha256(bound.encode()).hexdigest()
