"""A login from its first click to its end. Read this file first.

How this works:

- ``begin`` makes an authorization request and seals the attempt into the client's cookie. Nothing is stored. OAuth 1.0a
  asks the provider for a request token; OAuth 2.0 draws a ``state``. Either finds the login again (``request_id``).
- ``finish`` is the callback. It goes down six steps, the first two here, the others in ``finishing``:

      parse      the query, and the login that this client began with this authorization request
      judge      refused, too late, signed out meanwhile, a link that comes back to another session
      claim      one delivery of the callback gets the lease; the others wait for its result
      exchange   the verifier or code for the user's identity, sent at most twice (``exchange``)
      complete   account and session in one transaction, which the lease guards (``completion``)
      answer     the result for the client

- Five bindings protect a login. For each, a test removes the check and shows that an attack then succeeds
  (tests/story/test_bindings.py). The provider sends users to our callback URL alone (``protocols``: confirmed in OAuth
  1.0a, registered in OAuth 2.0, where PKCE and the nonce bind the code as well). The request that came back is the one
  that was made. This client made it (``LoginCookieCodec.find``). It comes back from the provider that the login began
  with (``require_same_provider``). It is used once (the claim).
- From the claim on, the work is shielded: it continues if the client disconnects, and the page collects the result.
- A callback may be delivered several times, to several nodes. The claim decides which delivery does the work, and its
  state is the answer to all the others (``states``).
"""

from __future__ import annotations

from collections.abc import Mapping

from ..crypto import constant_time_equals
from ..errors import (
    AnotherBrowser,
    BadRequest,
    CookiesBlocked,
    UnknownProvider,
    ValetkeyError,
    WrongProvider,
)
from ..http_client.runner import Runner
from ..providers.record.provider import Provider
from ..sessions.service import SessionService
from ..storage.base import Store
from .attempt import Intent, LoginAttempt, LoginFailure, PendingLink, SealedLogin, claim_key
from .collecting import LoginCollector
from .cookie_codec import LoginCookieCodec
from .failures import LoginFailures, error_of_failure
from .finishing import LoginFinisher
from .judging import CallbackJudge, Refusal
from .results import CallbackResult, Client, Failed, LinkWaits, SignedIn, Started
from .starting import LoginStarter
from .states import Event, State, state_of_claim


class LoginService:
    """Begins logins, finishes them, and ends them at a sign-out."""

    def __init__(
        self,
        *,
        providers: Mapping[str, Provider],
        starter: LoginStarter,
        finisher: LoginFinisher,
        codec: LoginCookieCodec,
        store: Store,
        sessions: SessionService,
        judge: CallbackJudge,
        collector: LoginCollector,
        failures: LoginFailures,
        runner: Runner,
    ) -> None:
        self._providers = providers
        self._starter = starter
        self._finisher = finisher
        self._codec = codec
        self._store = store
        self._sessions = sessions
        self._judge = judge
        self._collector = collector
        self._failures = failures
        self._runner = runner

    @property
    def providers(self) -> tuple[Provider, ...]:
        """Every provider of the app, in the order of the buttons."""
        return tuple(self._providers.values())

    def provider(self, name: str) -> Provider:
        """The provider of this name.

        Raises:
            UnknownProvider: the app has none.
        """
        try:
            return self._providers[name]
        except KeyError:
            raise UnknownProvider from None

    async def begin(self, intent: Intent) -> Started:
        """Make an authorization request, and seal the attempt.

        Args:
            intent: what the page asks for.

        Returns:
            The login under way: the value for its cookie, and where to send the user.

        Raises:
            UnknownProvider: the app has no such provider.
            ProviderError: the provider refused, or did not answer in time.
        """
        return await self._starter.begin(self.provider(intent.provider), intent)

    def start_failed(self, intent: Intent, error: ValetkeyError) -> Failed:
        """A start that failed, sealed for the page that waits for its result."""
        return self._failures.failed(intent, error, State.NONE, Event.START_FAILS)

    def find_login(self, request_id: str, client: Client) -> SealedLogin | None:
        """The login that this client began with this authorization request. None if there is none."""
        return self._codec.find(client.logins, request_id)

    async def finish(
        self,
        provider_name: str,
        query: Mapping[str, str],
        client: Client,
        *,
        may_restart: bool = True,
        links: bool | None = None,
        display_name: str | None = None,
    ) -> CallbackResult:
        """Finish a login at its callback. The same callback may be delivered several times and still opens one session.

        Args:
            provider_name: from the address of the callback.
            query: as the provider sent it.
            client: who presents the callback.
            may_restart: whether the answer can be a new start. It cannot be one for a JSON request.
            links: whether the address of this request links (True) or signs in (False). The sealed attempt must agree.
                None: the address does not say.
            display_name: what the provider calls the user beside the callback, unsigned. It names an identity that has
                no name otherwise.

        Returns:
            What the client is answered.

        Raises:
            UnknownProvider: the app has no such provider.
            BadRequest: the query is not a callback's, or the login began at another address.
            AnotherBrowser, CookiesBlocked: this client did not begin this login.
            WrongProvider: the login began with another provider.
            StoreError: nothing was issued, and the same callback may be delivered again.
        """
        # Parse
        provider = self.provider(provider_name)
        parameters = provider.protocol.parse_callback(query)
        login = self.find_login(parameters.request_id, client)
        if login is None:
            return await self._finish_without_cookie(provider_name, parameters.request_id, client)
        require_same_provider(login, provider_name)
        if isinstance(login, PendingLink):
            return LinkWaits(link=login, sealed=self._codec.seal(login))
        if isinstance(login, LoginFailure):
            return Failed(failure=login, sealed=None, error=error_of_failure(login))
        if links is not None and links != (login.link is not None):
            raise BadRequest("This login began at another address: to link, or to sign in.")
        # Judge
        refusal = await self._judge.judge(login, client, refused=parameters.refusal)
        if refusal is not None:
            return await self._refuse(login, refusal, client)
        # Claim, exchange, complete, answer
        return await self._runner.shield(
            self._finisher.finish(provider, parameters, login, client, may_restart, display_name)
        )

    async def _finish_without_cookie(self, provider_name: str, request_id: str, client: Client) -> CallbackResult:
        """Answer a callback without its login's cookie. It signs no one in. If the client already has the session that
        this login opened, it gets the last page again."""
        if client.session is not None:
            claim = await self._store.find_claim(claim_key(provider_name, request_id))
            if claim is not None and constant_time_equals(claim.session_id, client.session.id):
                return SignedIn(login_id=client.session.login_id, session=client.session, session_token=None)
        raise AnotherBrowser if client.has_cookies else CookiesBlocked

    async def _refuse(self, attempt: LoginAttempt, refusal: Refusal, client: Client) -> CallbackResult:
        """Answer a callback that may not finish its login. If the login is claimed already, its claim decides."""
        if refusal.claim_decides:
            claim = await self._store.find_claim(claim_key(attempt.provider, attempt.request_id))
            voided_by_sign_out = refusal.signed_out and claim is not None and state_of_claim(claim) is State.VOIDED
            if claim is not None and not voided_by_sign_out:
                return await self._finisher.answer_claimed(claim, attempt, client)
        return self._failures.failed(attempt, refusal.error, refusal.state, refusal.event)

    async def sign_out(self, session_token: str | None, client: Client) -> None:
        """End the session, void the client's unfinished logins, and revoke sessions that it has not collected yet.

        Args:
            session_token: the token that the client presents, live or not. None if it presents none.
            client: with the login cookies that count.

        Raises:
            StoreError: try again. What has ended stays ended.
        """
        stated = self._sessions.read_token(session_token)
        if stated is not None:
            await self._sessions.revoke(stated.session_id)
        for login_id in client.logins:
            login = self._collector.find(login_id, client)
            if isinstance(login, (LoginAttempt, PendingLink)):
                await self._collector.void(login)


def require_same_provider(login: SealedLogin, provider_name: str) -> None:
    """The fourth binding: a login comes back from the provider that it began with (RFC 9207 describes the attack).

    Raises:
        WrongProvider: it comes back from another one.
    """
    if not constant_time_equals(login.provider, provider_name):
        raise WrongProvider
