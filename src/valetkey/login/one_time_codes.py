"""One-time codes, for a login whose page is on another site and cannot send our cookies.

How this works:

- The page begins the login with a challenge and keeps the verifier (RFC 7636). The login's cookie is set in the popup,
  but the page cannot send it from another site.
- The callback finds or creates the account and opens no session. It sends the popup to the app's relay page, with a
  one-time code in the fragment of the address. The relay page passes the code on to the page that began.
- The page redeems code and verifier together. Only then a session is opened. The code is valid for a minute, is stored
  as a hash, and can be redeemed once.
- The code is a keyed digest of the login, so that it is the same however often the callback is delivered, and on every
  node. Its key is derived from the secret that sealed the login, because nodes may disagree about the newest secret
  while it is being replaced.
- If the page held a session when it began, the code is bound to that session's id.
- A listed page on this site gets such a code, too (``page_codes``). It has no verifier of its own: the login's cookie
  stands for it. The claim records a verifier that is derived like the code and never leaves the server, so that the
  code alone is worth nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

from ..crypto import constant_time_equals
from ..crypto.keys import Keys
from ..crypto.randomness import random_id
from ..errors import CodeRefused, SessionChanged
from ..sessions.service import SessionService, as_session
from ..storage.base import CrossSiteBinding, NewSession, Store
from .attempt import LoginAttempt, listed_page_of
from .results import Client, CodeIssued, Collected, SignedIn
from .states import HANDED_OFF, error_of, state_of_claim, status_of


class OneTimeCodes:
    """Issues one-time codes and redeems them.

    Args:
        enabled: whether the app has a relay page. Without one there are no codes.
        lifetime_seconds: the maximum lifetime of the sessions that are opened.
    """

    def __init__(
        self, *, enabled: bool, keys: Keys, store: Store, sessions: SessionService, lifetime_seconds: float
    ) -> None:
        self._enabled = enabled
        pairs = keys.subkeys("handoff")
        self._newest = pairs[0][0]
        self._keys = dict(pairs)
        self._store = store
        self._sessions = sessions
        self._lifetime_seconds = lifetime_seconds

    def binding_of(self, attempt: LoginAttempt) -> CrossSiteBinding | None:
        """What binds this login to its page, if that page gets a code. None if it collects with the login's cookie."""
        if attempt.mode == "listed":
            return CrossSiteBinding(login_id=attempt.id, challenge=challenge_of(self._digest(attempt, "verifier")))
        if not self._enabled or attempt.challenge is None:
            return None
        return CrossSiteBinding(login_id=attempt.id, challenge=attempt.challenge)

    def code_for(self, attempt: LoginAttempt) -> CodeIssued:
        """The one-time code of a login, the same each time."""
        return CodeIssued(login_id=attempt.id, one_time_code=self._digest(attempt), page=listed_page_of(attempt))

    def _digest(self, attempt: LoginAttempt, *purpose: str) -> str:
        key = self._keys[attempt.sealed_under or self._newest]
        digest = hmac.digest(key, "\0".join((attempt.id, attempt.request_id, *purpose)).encode(), "sha256")
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    async def redeem(
        self,
        login_id: str,
        one_time_code: str,
        verifier: str,
        client: Client,
        signed_in_as: str | None = None,
    ) -> Collected:
        """Open the session of a login that issued a code. It replaces the session that the client presents.

        Args:
            login_id: the login's id.
            one_time_code: from the address of the relay page.
            verifier: of the page that began the login.
            client: who redeems it.
            signed_in_as: the id of the session that the page held when the login began.

        Returns:
            The result, with the session and its token.

        Raises:
            CodeRefused: code or verifier is wrong, or the code was used or has expired.
            SessionChanged: that session has been signed out since.
            AccountDisabled: the account has been disabled since.
            StoreError: the database does not answer.
        """
        new = NewSession(
            id=random_id(),
            login_id=login_id,
            lifetime_seconds=self._lifetime_seconds,
            replaces=client.session.id if client.session else None,
            device_name=client.device_name,
            network=client.network,
        )
        binding = CrossSiteBinding(login_id=login_id, challenge=challenge_of(verifier))
        if signed_in_as is not None:
            await self._require_not_signed_out(binding, signed_in_as)
        row = await self._store.redeem_one_time_code(binding, hash_of(one_time_code, signed_in_as), new)
        if row is None:
            raise CodeRefused
        if new.replaces is not None:
            self._sessions.forget_session(new.replaces)
        session = as_session(row)
        signed_in = SignedIn(login_id=login_id, session=session, session_token=self._sessions.token_for(row))
        return Collected(status="done", login_id=login_id, signed_in=signed_in, session=session)

    async def redeem_attempt(self, attempt: LoginAttempt, client: Client) -> Collected:
        """Open the session of a listed page's login, whose attempt the client presents. Raises as ``redeem``."""
        verifier = self._digest(attempt, "verifier")
        return await self.redeem(attempt.id, self._digest(attempt), verifier, client, attempt.signed_in_as)

    async def _require_not_signed_out(self, binding: CrossSiteBinding, session_id: str) -> None:
        """Check for a sign-out after the callback. The callback has checked for one before it."""
        claim = await self._store.find_claim_of(binding.login_id)
        if claim is None or not constant_time_equals(claim.challenge, binding.challenge):
            raise CodeRefused
        if state_of_claim(claim) not in HANDED_OFF:
            raise CodeRefused
        if await self._sessions.find_revoked(session_id, claim.began_at) is not None:
            raise SessionChanged

    async def read_status(self, login_id: str, verifier: str) -> Collected:
        """Read the status of a login for the page that began it, which presents its verifier instead of a cookie.

        Starting a login writes nothing. Until its callback comes, the answer is that the user is at the provider. A
        page with another verifier always gets this answer.

        Raises:
            StoreError: the database does not answer.
        """
        claim = await self._store.find_claim_of(login_id)
        if claim is None or not constant_time_equals(claim.challenge, challenge_of(verifier)):
            return Collected(status="waiting" if self._enabled else "unknown", login_id=login_id)
        state = state_of_claim(claim)
        status = status_of(state, by_verifier=True)
        return Collected(
            status=status, login_id=login_id, error=error_of(status, claim), handed_off=state in HANDED_OFF
        )


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier. RFC 7636 §4.2."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def hash_of(one_time_code: str, session_id: str | None) -> str:
    """The hash of a code, as it is stored.

    Args:
        one_time_code: the code.
        session_id: the session that the page held when the login began, which the code is bound to. None for no
            session.
    """
    bound = one_time_code if session_id is None else f"{one_time_code}\0{session_id}"
    return hashlib.sha256(bound.encode()).hexdigest()
