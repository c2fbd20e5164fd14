"""Linking an identity by a page's session token, and unlinking one.

A link that was requested with a session cookie is completed in the callback (``completion``). If the page's session is
a token, the popup cannot present it. The identity is then sealed and waits until the page presents its token. This
module completes such a link.
"""

from __future__ import annotations

from ..crypto import constant_time_equals
from ..errors import CodeRefused, Interrupted, SessionChanged
from ..http_client.runner import Runner
from ..models import Account, Session
from ..sessions.service import SessionService, as_session
from ..storage.base import AttachIdentity, Authentication, Lease, Store
from .attempt import PendingLink, claim_key
from .cookie_codec import LoginCookieCodec
from .states import State, error_of, state_of_claim, status_of


class IdentityLinking:
    """Links and unlinks identities for a signed-in user."""

    def __init__(self, *, codec: LoginCookieCodec, store: Store, sessions: SessionService, runner: Runner) -> None:
        self._codec = codec
        self._store = store
        self._sessions = sessions
        self._runner = runner

    async def require_recent(self, session: Session) -> None:
        """Require that a session was opened within the last ten minutes.

        Raises:
            ReauthRequired: it is older.
            SessionChanged: it is over.
            StoreError: the database does not answer.
        """
        await self._sessions.require_recent(session)

    async def attach(self, login_id: str, sealed: str, challenge: str | None, session: Session) -> Session:
        """Link an identity that waits, sealed, to the account of the page's session.

        Args:
            login_id: the id of the login that asked for the link.
            sealed: the pending link, as the callback left it.
            challenge: of the verifier that the page presents.
            session: of the token that the page presents.

        Returns:
            The session, with the identities that its account has afterwards.

        Raises:
            CodeRefused: it is not what was sealed for this login, or the page has another verifier.
            SessionChanged: it is not the session that the page held when the link began.
            ReauthRequired: it was opened more than ten minutes ago.
            IdentityTaken: the identity is another account's.
            Interrupted: the login was voided.
            StoreError: the database does not answer.
        """
        pending = self._codec.open(login_id, sealed)
        if not isinstance(pending, PendingLink) or not constant_time_equals(pending.challenge, challenge):
            raise CodeRefused
        # A page that did not say which session it held can only mean one that was open already: a user who signed in
        # after the link began did not ask for it.
        if pending.session_id is None:
            asked_for = session.opened_at <= pending.began_at
        else:
            asked_for = constant_time_equals(pending.session_id, session.id)
        if not asked_for:
            raise SessionChanged
        await self.require_recent(session)
        return await self._runner.shield(self._attach(pending, session))

    async def _attach(self, pending: PendingLink, session: Session) -> Session:
        """Link the identity. Repeating it in the same session changes nothing."""
        lease = Lease(claim_key(pending.provider, pending.request_id), pending.owner)
        who = Authentication(pending.provider, pending.profile)
        row = await self._store.complete(lease, AttachIdentity(who, session.account.id, session.id))
        if row is None:
            claim = await self._store.find_claim(lease.key)
            state = state_of_claim(claim) if claim is not None else State.VOIDED
            if claim is None or state is not State.SIGNED_IN or not constant_time_equals(claim.session_id, session.id):
                raise (error_of(status_of(state), claim) or Interrupted())
            row = await self._store.read_session(session.id)
        if row is None or not row.live:
            raise SessionChanged
        self._sessions.forget_account(session.account.id)
        return as_session(row)

    async def unlink(self, session: Session, provider: str, subject: str | None) -> Account:
        """Unlink an identity, and end the other sessions that it opened.

        Args:
            session: the session that asks. It is not ended.
            provider: the provider of the identity.
            subject: its subject. None for the only identity of this provider.

        Returns:
            The account as it is afterwards.

        Raises:
            NotLinked: the account has no such identity.
            WhichIdentity: it has several of this provider, and ``subject`` is None.
            LastIdentity: it is the account's only way to sign in.
            StoreError: the database does not answer.
        """
        account = await self._store.unlink(session.account.id, provider, subject, session.id)
        self._sessions.forget_account(account.id)
        return account
