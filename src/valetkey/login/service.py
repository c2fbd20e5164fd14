"""The story of a login: it begins, it comes back, it is finished once.

Five bindings hold it together, each a line you can point to: the provider confirmed our callback (``oauth1``), the
token that came back is the one issued, to the browser that began, by the provider it began with, and it is used once.
What must be remembered lies sealed in the browser until the claim; from the claim on the work is shielded and happens
once, whoever asks how often, on however many nodes. What became of it is told in ``outcomes``.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ..crypto import constant_time_equals
from ..errors import (
    AnotherBrowser,
    AppFailed,
    BadRequest,
    CookiesBlocked,
    Denied,
    Expired,
    Interrupted,
    ProviderError,
    SessionChanged,
    SuspendedAtProvider,
    UnknownProvider,
    UserError,
    ValetkeyError,
    WrongProvider,
    error_by_code,
)
from ..http_client.runner import Runner
from ..models import Profile
from ..protocols.oauth1 import TemporaryCredentials
from ..providers.base import Provider
from ..sessions.service import Sessions
from ..storage.base import Claim, Lease, Store
from .attempt import WHOEVER_COLLECTS, Intent, LoginAttempt, LoginFailure, PendingLink
from .completion import LoginCompletion
from .cookie_codec import LoginCookieCodec, SealedLogin
from .one_time_codes import CodeIssued, OneTimeCodes
from .provider_client import BEGIN_SECONDS, RESTART_SECONDS, LostReply, ProviderClient
from .results import PENDING_SECONDS, Client, Ended, LoginResults, SignedIn, claim_key, error_of

log = logging.getLogger("valetkey")

# A verifier whose reply was lost is worth nothing. Where one exchange in fifty is lost so, one restart leaves more than
# one login in a thousand without an end, and two leave next to none (docs/reliability.md).
MOST_RESTARTS = 2
FINISH_SECONDS = 9.0  # of the ten that a callback may take; the rest is the store's and the answer's


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A login under way: what to leave in the browser, and where to send it."""

    pending: LoginAttempt
    sealed: str = field(repr=False)
    send_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An identity that came back to be linked, and waits sealed for the page whose token says to whom."""

    verified: PendingLink
    sealed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StillFinishing:
    """Another worker is at it, and this one cannot wait any longer."""


Landing = SignedIn | CodeIssued | Waiting | Started | Ended | StillFinishing


class LoginService:
    """The verbs, over what they need."""

    def __init__(
        self,
        *,
        providers: Mapping[str, Provider],
        jar: LoginCookieCodec,
        store: Store,
        sessions: Sessions,
        outcomes: LoginResults,
        handoffs: OneTimeCodes,
        welcome: LoginCompletion,
        provider_client: ProviderClient,
        runner: Runner,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._providers = providers
        self._jar = jar
        self._store = store
        self._sessions = sessions
        self._outcomes = outcomes
        self._handoffs = handoffs
        self._welcome = welcome
        self._provider_client = provider_client
        self._runner = runner
        self._clock = clock

    # Beginning

    @property
    def providers(self) -> tuple[Provider, ...]:
        """Every provider of the app, in the order of the buttons."""
        return tuple(self._providers.values())

    def provider(self, name: str) -> Provider:
        try:
            return self._providers[name]
        except KeyError:
            raise UnknownProvider from None

    async def begin(self, intent: Intent, budget_seconds: float = BEGIN_SECONDS) -> Started:
        """Get a request token and seal the login.

        Raises:
            ProviderError: the provider refused, or did not answer in time.
        """
        provider = self.provider(intent.provider)
        begun = await self._provider_client.begin(provider, intent.callback_url, budget_seconds)
        pending = LoginAttempt(
            id=intent.id,
            provider=intent.provider,
            callback_url=intent.callback_url,
            mode=intent.mode,
            return_to=intent.return_to,
            challenge=intent.challenge,
            link_to=intent.link_to,
            link_by=intent.link_by,
            signed_in_as=intent.signed_in_as,
            was_over=intent.was_over,
            restarts=intent.restarts,
            first_began_at=intent.first_began_at,
            token=begun.memo.identifier,
            token_secret=begun.memo.secret,
            began_at=self._clock(),
        )
        chooses = f"&{provider.choose_account}" if intent.link_to and provider.choose_account else ""
        return Started(pending=pending, sealed=self._jar.seal(pending), send_to=begun.send_to + chooses)

    def not_begun(self, intent: Intent, error: ValetkeyError) -> Ended:
        """A start that failed: the page that waits for it shall know."""
        return self._outcomes.ended(intent, error)

    # Finishing

    async def finish(
        self,
        provider_name: str,
        query: Mapping[str, str],
        browser: Client,
        *,
        may_restart: bool = True,
        links: bool | None = None,
    ) -> Landing:
        """The callback. Called as often as it is delivered; one exchange, one session.

        Args:
            may_restart: whether the answer can be a new start; it needs a window that goes where it is sent.
            links: whether it is to link or to sign in, where the address says so; what is sealed must agree.

        Raises:
            BadRequest: the query is not a callback's.
            AnotherBrowser, CookiesBlocked: this browser did not begin this login.
            WrongProvider: it began with another provider.
            StoreError: nothing was issued, and the same callback may be delivered again.
        """
        provider = self.provider(provider_name)
        arrival = provider.protocol.arrival(query)
        held = self.held_for(arrival.token, browser)
        if held is None:
            return await self._without_cookie(provider_name, arrival.token, browser)
        require_same_provider(held, provider_name)
        if links is not None and isinstance(held, LoginAttempt) and links != (held.link_to is not None):
            raise BadRequest("This login began at another address: to link, or to sign in.")
        if isinstance(held, PendingLink):
            return Waiting(verified=held, sealed=self._jar.seal(held))
        if isinstance(held, LoginFailure):
            return Ended(outcome=held, sealed=None, error=error_of(held))
        too_late = self._clock() - held.began_at > PENDING_SECONDS
        signed_out = await self._outcomes.outlives_its_session(held, browser)
        if arrival.denied or too_late or signed_out:
            # What is claimed already goes its way, and stays to be collected.
            claim = await self._store.find_claim(claim_key(held.provider, held.token))
            if claim is not None and not (signed_out and claim.state == "burnt"):  # the sign-out burnt it
                return await self._as_claimed(claim, held, browser)
            error = Expired() if too_late else Denied() if arrival.denied else SessionChanged()
            return self._outcomes.ended(held, error)
        try:
            await self._require_linking_session(held, browser)
        except UserError as error:
            return self._outcomes.ended(held, error)
        return await self._runner.shield(self._land(provider, held, query, browser, may_restart))

    def held_for(self, token: str, browser: Client) -> SealedLogin | None:
        """The second and third binding: the login that this browser began and that was issued this token."""
        for login_id, sealed in browser.logins.items():
            held = self._jar.open(login_id, sealed)
            if held is not None and constant_time_equals(held.token, token):
                return held
        return None

    async def _require_linking_session(self, held: LoginAttempt, browser: Client) -> None:
        """A link comes back to the very session that asked for it: else a stranger's identity could be tied to whoever
        is signed in by now, or one's own to a stranger."""
        if held.link_to in (None, WHOEVER_COLLECTS):
            return
        session = browser.session
        if (
            session is None
            or not constant_time_equals(session.id, held.link_by)
            or not constant_time_equals(session.account.id, held.link_to)
        ):
            raise SessionChanged
        await self._sessions.require_recent(session)

    async def _without_cookie(self, provider_name: str, token: str, browser: Client) -> Landing:
        """Never a login, whatever the query proves: at most the last page again, for the session it opened."""
        if browser.session is not None:
            claim = await self._store.find_claim(claim_key(provider_name, token))
            if claim is not None and constant_time_equals(claim.session_id, browser.session.id):
                return SignedIn(login=browser.session.login, session=browser.session, session_token=None)
        raise AnotherBrowser if browser.has_cookies else CookiesBlocked

    async def _land(
        self,
        provider: Provider,
        held: LoginAttempt,
        query: Mapping[str, str],
        browser: Client,
        may_restart: bool,
    ) -> Landing:
        lease = Lease(claim_key(held.provider, held.token), secrets.token_urlsafe(16))
        deadline = time.monotonic() + FINISH_SECONDS
        opener = self._handoffs.opener(held)
        claim = await self._store.claim(lease, opener)
        if not claim.mine:
            return await self._as_claimed(await self._wait(lease.key, claim), held, browser)
        try:
            if claim.resolved is not None:
                landed = await self._welcome.go_on(lease, held, claim.resolved, browser)
            else:
                profile = await self._exchanged(provider, held, query, lease, is_repeat=claim.taken_over)
                if await self._outcomes.outlives_its_session(held, browser):  # signed out during the exchange
                    await self._store.fail_claim(lease, SessionChanged.code)
                    return self._outcomes.ended(held, SessionChanged())
                if held.link_to == WHOEVER_COLLECTS:
                    verified = self._welcome.verified(lease.owner, held, profile)
                    return Waiting(verified=verified, sealed=self._jar.seal(verified))
                landed = await self._welcome.enter(lease, held, profile, browser)
        except LostReply as lost:
            return await self._restart(lease, held, browser, deadline if may_restart else None, lost)
        except (ProviderError, SuspendedAtProvider) as error:
            await self._store.fail_claim(lease, error.code)
            return self._outcomes.ended(held, error)
        except (UserError, AppFailed) as error:
            return self._outcomes.ended(held, error)
        if landed is not None:
            return landed
        # The claim is another's by now; or else the account has gone, and nobody shall wait for it.
        await self._store.fail_claim(lease, Interrupted.code)
        return await self._as_claimed(await self._store.find_claim(lease.key), held, browser)

    async def _exchanged(
        self, provider: Provider, held: LoginAttempt, query: Mapping[str, str], lease: Lease, *, is_repeat: bool
    ) -> Profile:
        memo = TemporaryCredentials(identifier=held.token, secret=held.token_secret)
        return await self._provider_client.exchange(
            provider,
            lambda draw: provider.protocol.finish(memo, query, draw),
            is_repeat=is_repeat,
            may_repeat=lambda: self._store.record_second_exchange(lease),
        )

    async def _wait(self, key: str, claim: Claim) -> Claim | None:
        """Wait for whoever holds the claim, for as long as this worker can."""
        waited, step = 0.0, 0.05
        found: Claim | None = claim
        while found is not None and found.state == "claimed" and waited < self._runner.max_wait_seconds:
            await self._runner.sleep(step)
            waited, step = waited + step, min(step * 1.5, 0.4)
            found = await self._store.find_claim(key)
        return found

    async def _as_claimed(self, claim: Claim | None, held: LoginAttempt, browser: Client) -> Landing:
        """Delivered twice: the same outcome for the browser that began it, and never a second exchange. Its cookie is
        left as it is: another delivery may have begun again in it, and the page learns the end from the claim."""
        if claim is None or claim.state == "burnt":
            return self._outcomes.told(held, Interrupted())
        if claim.state == "claimed":
            return StillFinishing()
        if claim.state == "failed":
            return self._outcomes.told(held, error_by_code(claim.error_code or Interrupted.code))
        if self._handoffs.opener(held) is not None:
            lapsed = claim.one_time_code_lapsed
            return self._outcomes.told(held, Interrupted()) if lapsed else self._handoffs.handed(held)
        handed = await self._outcomes.hand_over(claim, held, browser)
        return handed if handed is not None else self._outcomes.told(held, Expired())

    async def _restart(
        self, lease: Lease, held: LoginAttempt, browser: Client, deadline: float | None, lost: LostReply
    ) -> Landing:
        """The reply is lost: begin again in the same window, and burn the claim. X sends people who have approved
        back without a click, so that they see a delay and nothing else. Where ``deadline`` is None, do not begin again.

        The claim stays this owner's until the new start is there, so that a failure of the start is its outcome too.
        """
        why = lost.cause.hint if lost.cause is not None else "the server that sent the first exchange died"
        if held.restarts >= MOST_RESTARTS or deadline is None:
            log.warning("%s: the login ends, for its exchange was lost: %s", held.provider, why)
            return await self._lost(lease, held, browser, lost.cause)
        log.warning("%s: the login begins again (%d of %d): %s", held.provider, held.restarts + 1, MOST_RESTARTS, why)
        budget = min(RESTART_SECONDS, deadline - time.monotonic())
        try:
            first_began_at = held.first_began_at or held.began_at
            again = replace(held, restarts=held.restarts + 1, first_began_at=first_began_at)
            started = await self.begin(again, budget)
        except ProviderError as error:
            return await self._lost(lease, held, browser, error)
        claim = await self._store.void(lease)
        return started if claim.mine else await self._as_claimed(claim, held, browser)

    async def _lost(self, lease: Lease, held: LoginAttempt, browser: Client, cause: ProviderError | None) -> Landing:
        """The end of a login whose exchange was lost: the provider's error, or an interruption where a node died."""
        error = cause or Interrupted()
        if await self._store.fail_claim(lease, error.code):
            return self._outcomes.ended(held, error)
        return await self._as_claimed(await self._store.find_claim(lease.key), held, browser)

    # Signing out

    async def sign_out(self, session_token: str | None, browser: Client) -> None:
        """End the session, burn what is unfinished, revoke what is uncollected: nothing shall undo a sign-out.

        Raises:
            StoreError: try again; what was ended stays ended.
        """
        stated = self._sessions.stated_by(session_token)
        if stated is not None:
            await self._sessions.end(stated.session_id)
        for login_id in browser.logins:
            held = self._outcomes.held(login_id, browser)
            if isinstance(held, (LoginAttempt, PendingLink)):
                await self._outcomes.void(held)


def require_same_provider(held: SealedLogin, provider_name: str) -> None:
    """The fourth binding: a login goes back to the provider it began with (RFC 9207 has the attack)."""
    if not constant_time_equals(held.provider, provider_name):
        raise WrongProvider
