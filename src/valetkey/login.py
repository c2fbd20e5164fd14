"""The story of a login: it begins, it comes back, it is finished once, and its outcome is collected.

Five bindings hold it together, each a line you can point to: the provider confirmed our callback (``oauth1``), the
token that came back is the one issued, to the browser that began, by the provider it began with, and it is used once.
What must be remembered lies sealed in the browser until the claim; from the claim on the work is shielded and happens
once, whoever asks how often, on however many nodes.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from .errors import (
    AccountDisabled,
    AnotherBrowser,
    CookiesBlocked,
    Denied,
    Expired,
    Interrupted,
    ProviderError,
    UnknownProvider,
    ValetkeyError,
    WrongProvider,
    error_by_code,
)
from .exchange import BEGIN_SECONDS, RESTART_SECONDS, Counter, LostReply
from .jar import Held, Jar
from .model import Intent, Outcome, PendingLogin, Session, same
from .protocol.oauth1 import TemporaryCredentials
from .provider import Provider
from .runner import Runner
from .sessions import Sessions, as_session
from .store import GRACE_SECONDS, Claim, NewSession, SessionRow, Store

PENDING_SECONDS = 600.0  # the callback must come by then
FINISH_SECONDS = 9.0  # of the ten that a callback may take; the rest is the store's and the answer's

State = Literal["waiting", "finishing", "done", "denied", "failed", "interrupted", "expired", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """What a browser presents: its sealed logins by id, its session, and whether it sent any cookie at all."""

    logins: Mapping[str, str] = field(default_factory=dict, repr=False)
    session: Session | None = None
    has_cookies: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A login under way: what to leave in the browser, and where to send it."""

    pending: PendingLogin
    sealed: str = field(repr=False)
    send_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A login that landed. ``pass_text`` is None where this browser has the session already."""

    login: str
    session: Session
    pass_text: str | None = field(repr=False)
    mode: str = "popup"
    return_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A login that ended without a session. ``sealed`` is left in the browser until the page has read it; None
    leaves the cookie as it is."""

    outcome: Outcome
    sealed: str | None = field(repr=False)
    error: ValetkeyError


@dataclass(frozen=True, slots=True)
class StillFinishing:
    """Another worker is at it, and this one cannot wait any longer."""


Landing = SignedIn | Started | Ended | StillFinishing


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What the page is told. ``clear`` names login cookies that have served."""

    state: State
    login: str | None
    error: ValetkeyError | None = None
    signed_in: SignedIn | None = None
    session: Session | None = None
    clear: tuple[str, ...] = ()


class Login:
    """The verbs, over what they need."""

    def __init__(
        self,
        *,
        providers: Mapping[str, Provider],
        jar: Jar,
        store: Store,
        sessions: Sessions,
        counter: Counter,
        runner: Runner,
        session_days: float = 30.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._providers = providers
        self._jar = jar
        self._store = store
        self._sessions = sessions
        self._counter = counter
        self._runner = runner
        self._lifetime_seconds = session_days * 86400
        self._clock = clock

    # Beginning

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
        begun = await self._counter.begin(provider, intent.callback_url, budget_seconds)
        pending = PendingLogin(
            id=intent.id,
            provider=intent.provider,
            callback_url=intent.callback_url,
            mode=intent.mode,
            return_to=intent.return_to,
            challenge=intent.challenge,
            restarts=intent.restarts,
            token=begun.memo.identifier,
            token_secret=begun.memo.secret,
            began_at=self._clock(),
        )
        return Started(pending=pending, sealed=self._jar.seal(pending), send_to=begun.send_to)

    def not_begun(self, intent: Intent, error: ValetkeyError) -> Ended:
        """A start that failed: the page that waits for it shall know."""
        return self._ended(intent, error)

    # Finishing

    async def finish(
        self, provider_name: str, query: Mapping[str, str], browser: Browser, *, may_restart: bool = True
    ) -> Landing:
        """The callback. Called as often as it is delivered; one exchange, one session.

        Args:
            may_restart: whether the answer can be a new start; it needs a window that goes where it is sent.

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
        if isinstance(held, Outcome):
            return Ended(outcome=held, sealed=None, error=error_by_code(held.code))
        if self._clock() - held.began_at > PENDING_SECONDS:
            return self._ended(held, Expired())
        if arrival.denied:
            return self._ended(held, Denied())
        return await self._runner.shield(self._land(provider, held, query, browser, may_restart))

    def held_for(self, token: str, browser: Browser) -> Held | None:
        """The second and third binding: the login that this browser began and that was issued this token."""
        for login_id, sealed in browser.logins.items():
            held = self._jar.open(login_id, sealed)
            if held is not None and same(held.token, token):
                return held
        return None

    async def _without_cookie(self, provider_name: str, token: str, browser: Browser) -> Landing:
        """Never a login, whatever the query proves: at most the last page again, for the session it opened."""
        if browser.session is not None:
            claim = await self._store.find_claim(claim_key(provider_name, token))
            if claim is not None and same(claim.session_id, browser.session.id):
                return SignedIn(login=browser.session.login, session=browser.session, pass_text=None)
        raise AnotherBrowser if browser.has_cookies else CookiesBlocked

    async def _land(
        self,
        provider: Provider,
        held: PendingLogin,
        query: Mapping[str, str],
        browser: Browser,
        may_restart: bool,
    ) -> Landing:
        key, owner = claim_key(held.provider, held.token), secrets.token_urlsafe(16)
        deadline = time.monotonic() + FINISH_SECONDS
        claim = await self._store.claim(key, owner)
        if not claim.mine:
            return await self._as_claimed(await self._wait(key, claim), held, browser)
        memo = TemporaryCredentials(identifier=held.token, secret=held.token_secret)
        try:
            profile = await self._counter.exchange(
                provider,
                lambda draw: provider.protocol.finish(memo, query, draw),
                is_repeat=claim.taken_over,
                may_repeat=lambda: self._store.record_second_exchange(key, owner),
            )
        except LostReply:
            return await self._restart(key, owner, held, browser, deadline if may_restart else None)
        except ProviderError as error:
            await self._store.fail_claim(key, owner, error.code)
            return self._ended(held, error)
        new = NewSession(
            id=secrets.token_urlsafe(16),
            login=held.id,
            lifetime_seconds=self._lifetime_seconds,
            replaces=browser.session.id if browser.session else None,
        )
        try:
            row = await self._store.finish(key, owner, held.provider, profile, new)
        except AccountDisabled as error:
            return self._ended(held, error)
        if row is None:
            return await self._as_claimed(await self._store.find_claim(key), held, browser)
        if new.replaces:
            self._sessions.ended(new.replaces)
        return self._signed_in(held, row)

    async def _wait(self, key: str, claim: Claim) -> Claim | None:
        """Wait for whoever holds the claim, for as long as this worker can."""
        waited, step = 0.0, 0.05
        found: Claim | None = claim
        while found is not None and found.state == "claimed" and waited < self._runner.patience_seconds:
            await self._runner.pause(step)
            waited, step = waited + step, min(step * 1.5, 0.4)
            found = await self._store.find_claim(key)
        return found

    async def _as_claimed(self, claim: Claim | None, held: PendingLogin, browser: Browser) -> Landing:
        """Delivered twice: the same outcome for the browser that began it, and never a second exchange."""
        if claim is None or claim.state == "burnt":
            return self._ended(held, Interrupted())
        if claim.state == "claimed":
            return StillFinishing()
        if claim.state == "failed":
            return self._ended(held, error_by_code(claim.code or Interrupted.code))
        handed = await self._hand_over(claim, held, browser)
        return handed if handed is not None else self._ended(held, Expired())

    async def _hand_over(self, claim: Claim, held: PendingLogin, browser: Browser) -> SignedIn | None:
        """The session of a finished login, to the browser that began it: while it lives, until a minute after a
        request has presented it. Never in place of a live session that was opened later."""
        row = await self._store.read_session(claim.session_id) if claim.session_id else None
        if row is None or not row.live:
            return None
        present = browser.session
        if present is not None and present.id == row.id:
            return SignedIn(login=held.id, session=present, pass_text=None, mode=held.mode, return_to=held.return_to)
        if present is not None and present.opened_at > row.opened_at:
            await self._sessions.end(row.id)
            return SignedIn(login=held.id, session=present, pass_text=None, mode=held.mode, return_to=held.return_to)
        if row.presented_at is not None and row.read_at > row.presented_at + GRACE_SECONDS:
            return None
        if present is not None:
            await self._sessions.end(present.id)
        return self._signed_in(held, row)

    async def _restart(
        self, key: str, owner: str, held: PendingLogin, browser: Browser, deadline: float | None
    ) -> Landing:
        """The reply is lost: burn the claim, and begin again in the same window. X sends people who have approved
        back without a click, so that they see a delay and nothing else. Once; ``deadline`` None: not at all."""
        claim = await self._store.burn(key, owner)
        if not claim.mine:
            return await self._as_claimed(claim, held, browser)
        if held.restarts or deadline is None:
            return self._ended(held, Interrupted())
        try:
            return await self.begin(replace(held, restarts=1), min(RESTART_SECONDS, deadline - time.monotonic()))
        except ProviderError as error:
            return self._ended(held, error)

    def _signed_in(self, held: PendingLogin, row: SessionRow) -> SignedIn:
        return SignedIn(
            login=held.id,
            session=as_session(row),
            pass_text=self._sessions.pass_for(row),
            mode=held.mode,
            return_to=held.return_to,
        )

    def _ended(self, held: Intent, error: ValetkeyError) -> Ended:
        pending = held if isinstance(held, PendingLogin) else None
        outcome = Outcome(
            id=held.id,
            provider=held.provider,
            token=pending.token if pending else None,
            code=error.code,
            began_at=pending.began_at if pending else self._clock(),
            mode=held.mode,
            return_to=held.return_to,
        )
        return Ended(outcome=outcome, sealed=self._jar.seal(outcome), error=error)

    # Collecting

    async def look(self, login_id: str, browser: Browser) -> tuple[State, ValetkeyError | None]:
        """How a login of this browser stands. Changes nothing."""
        held = self._held_by_id(login_id, browser)
        if held is None:
            opened_it = browser.session is not None and same(browser.session.login, login_id)
            return ("done" if opened_it else "unknown"), None
        return (await self._stand(held))[:2]

    async def collect(self, login_id: str | None, browser: Browser) -> Collected:
        """Hand this browser the outcome of its finished login: one by its id, else the newest.

        Raises:
            StoreError: nothing was changed; ask again.
        """
        if login_id is None:
            return await self._collect_newest(browser)
        held = self._held_by_id(login_id, browser)
        if held is None:
            state, error = await self.look(login_id, browser)
            return Collected(state=state, login=login_id, error=error, session=browser.session)
        return await self._collect(held, browser)

    async def _collect_newest(self, browser: Browser) -> Collected:
        opened = [self._jar.open(login_id, sealed) for login_id, sealed in browser.logins.items()]
        newest_first = sorted((one for one in opened if one is not None), key=lambda one: -one.began_at)
        for held in newest_first:
            state, _, _ = await self._stand(held)
            if state == "done":
                return await self._collect(held, browser)
        return Collected(state="unknown", login=None, session=browser.session)

    async def _collect(self, held: Held, browser: Browser) -> Collected:
        state, error, claim = await self._stand(held)
        signed_in = None
        if state == "done" and claim is not None and isinstance(held, PendingLogin):
            signed_in = await self._hand_over(claim, held, browser)
            if signed_in is None:  # signed out meanwhile, or collected long ago
                state, error = "expired", Expired()
        # An interrupted login whose claim is not burnt can still be taken over by its callback: keep its cookie.
        keep = state in ("waiting", "finishing") or (claim is not None and claim.state == "claimed")
        return Collected(
            state=state,
            login=held.id,
            error=error,
            signed_in=signed_in,
            session=signed_in.session if signed_in else browser.session,
            clear=() if keep else (held.id,),
        )

    async def _stand(self, held: Held) -> tuple[State, ValetkeyError | None, Claim | None]:
        """State, its error, and the claim if there is one."""
        if isinstance(held, Outcome):
            return state_of(held.code), error_by_code(held.code), None
        claim = await self._store.find_claim(claim_key(held.provider, held.token))
        if claim is None:
            late = self._clock() - held.began_at > PENDING_SECONDS
            return ("expired", Expired(), None) if late else ("waiting", None, None)
        if claim.state == "done":
            return "done", None, claim
        if claim.state == "failed":
            code = claim.code or Interrupted.code
            return state_of(code), error_by_code(code), claim
        if claim.state == "claimed" and not claim.lapsed:
            return "finishing", None, claim
        return "interrupted", Interrupted(), claim

    def _held_by_id(self, login_id: str, browser: Browser) -> Held | None:
        sealed = browser.logins.get(login_id)
        return self._jar.open(login_id, sealed) if sealed is not None else None

    def oldest_first(self, browser: Browser) -> list[str]:
        """The browser's logins by age; what does not open is oldest of all."""
        ages = {one: self._jar.open(one, sealed) for one, sealed in browser.logins.items()}
        return sorted(ages, key=lambda one: held.began_at if (held := ages[one]) is not None else 0.0)

    def way_back(self, code: str, browser: Browser) -> str | None:
        """Where a login of this tab that ended so wanted to return to; None if none ended so, or in a popup."""
        for login_id in reversed(self.oldest_first(browser)):
            held = self._held_by_id(login_id, browser)
            if isinstance(held, Outcome) and held.code == code and held.mode == "page":
                return held.return_to or "/"
        return None

    # Signing out

    async def sign_out(self, pass_text: str | None, browser: Browser) -> None:
        """End the session, burn what is unfinished, revoke what is uncollected: nothing shall undo a sign-out.

        Raises:
            StoreError: try again; what was ended stays ended.
        """
        stated = self._sessions.stated_by(pass_text)
        if stated is not None:
            await self._sessions.end(stated.session_id)
        for login_id in browser.logins:
            held = self._held_by_id(login_id, browser)
            if isinstance(held, PendingLogin):
                claim = await self._store.burn(claim_key(held.provider, held.token))
                if claim.session_id is not None:
                    await self._sessions.end(claim.session_id)


def require_same_provider(held: Held, provider_name: str) -> None:
    """The fourth binding: a login goes back to the provider it began with (RFC 9207 has the attack)."""
    if not same(held.provider, provider_name):
        raise WrongProvider


def claim_key(provider_name: str, token: str) -> str:
    """What the fifth binding is keyed by: the first to insert it finishes the login. The token itself is not kept."""
    return hashlib.sha256(f"{provider_name}\0{token}".encode()).hexdigest()


def state_of(code: str) -> State:
    """The state that an error's code is reported as."""
    named: dict[str, State] = {"denied": "denied", "expired": "expired", "interrupted": "interrupted"}
    return named.get(code, "failed")
