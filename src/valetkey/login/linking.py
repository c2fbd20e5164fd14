"""Identities that come and go: what a signed-in person asks for beside signing in and out.

A link comes back as a login does, and ``welcome`` ties it to the session that asked. Here stands what comes before,
that the session is fresh; what comes after, where the page says by its token whose identity it is; and the way back.
"""

from __future__ import annotations

from ..crypto import constant_time_equals
from ..errors import CodeRefused, Interrupted, SessionChanged, error_by_code
from ..http_client.runner import Runner
from ..models import Account, Session
from ..sessions.service import Sessions, as_session
from ..storage.base import AttachIdentity, Authentication, Lease, Store
from .attempt import PendingLink
from .cookie_codec import LoginCookieCodec
from .results import claim_key


class IdentityLinking:
    """The verbs, over what they need."""

    def __init__(self, *, jar: LoginCookieCodec, store: Store, sessions: Sessions, runner: Runner) -> None:
        self._jar = jar
        self._store = store
        self._sessions = sessions
        self._runner = runner

    async def require_fresh(self, session: Session) -> None:
        """Raises: ReauthRequired, SessionChanged, StoreError."""
        await self._sessions.require_recent(session)

    async def attach(self, login_id: str, sealed: str, challenge: str | None, session: Session) -> Session:
        """Tie what waits, sealed, to the account of a page's token. The session, with the identities it has then.

        Raises:
            CodeRefused: it is not what was sealed for this login, or its page has another verifier.
            SessionChanged: it is not the session that the page held when the link began.
            ReauthRequired, IdentityTaken, Interrupted, StoreError
        """
        verified = self._jar.open(login_id, sealed)
        if not isinstance(verified, PendingLink) or not constant_time_equals(verified.challenge, challenge):
            raise CodeRefused
        # A page that did not say which session it held can only mean one that was open already: whoever signed in after
        # the link began did not ask for it.
        began_by_it = session.opened_at <= verified.began_at
        if not (began_by_it if verified.link_by is None else constant_time_equals(verified.link_by, session.id)):
            raise SessionChanged
        await self.require_fresh(session)
        return await self._runner.shield(self._attach(verified, session))

    async def _attach(self, verified: PendingLink, session: Session) -> Session:
        """Once, and again to the same account without harm."""
        key = claim_key(verified.provider, verified.token)
        account_id = session.account.id
        who = Authentication(verified.provider, verified.profile)
        row = await self._store.complete(Lease(key, verified.owner), AttachIdentity(who, account_id, session.id))
        if row is None:
            claim = await self._store.find_claim(key)
            if claim is not None and claim.state == "failed":
                raise error_by_code(claim.error_code or Interrupted.code)
            if claim is None or claim.state != "done" or not constant_time_equals(claim.session_id, session.id):
                raise Interrupted
            row = await self._store.read_session(session.id)
        if row is None or not row.live:
            raise SessionChanged
        self._sessions.changed(account_id)
        return as_session(row)

    async def unlink(self, session: Session, provider: str, subject: str | None) -> Account:
        """Untie an identity, and end the other sessions that it opened.

        Raises:
            NotLinked, WhichIdentity, LastIdentity, StoreError
        """
        account = await self._store.unlink(session.account.id, provider, subject, session.id)
        self._sessions.changed(account.id)
        return account
