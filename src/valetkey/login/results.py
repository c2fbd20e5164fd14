"""What became of a login: how it stands, its outcome left for the page, its session handed over.

Only to the browser that began it, for as long as the session lives and until a minute after a request has presented
it, and never in place of a session that was opened later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from ..crypto import constant_time_equals
from ..errors import CodeRefused, Expired, Interrupted, SessionChanged, SignInRefused, ValetkeyError, error_by_code
from ..models import Session
from ..sessions.service import Sessions, as_session
from ..storage.base import GRACE_SECONDS, Claim, SessionRow, Store
from .attempt import WHOEVER_COLLECTS, Intent, LoginAttempt, LoginFailure, PendingLink
from .cookie_codec import LoginCookieCodec, SealedLogin

PENDING_SECONDS = 600.0  # the callback must come by then

State = Literal["waiting", "finishing", "done", "denied", "failed", "interrupted", "expired", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What a browser presents: its sealed logins by id, its session, and whether it sent any cookie at all. People know
    their devices by ``name`` and ``network``. ``stated_session`` is the id of the session whose pass it presents, live
    or not."""

    logins: Mapping[str, str] = field(default_factory=dict, repr=False)
    session: Session | None = None
    stated_session: str | None = None
    has_cookies: bool = True
    name: str | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A login that landed. ``session_token`` is None where this client has the session already. ``linked`` says that it
    opened none, so that the page learns of it by the login's cookie alone."""

    login: str
    session: Session
    session_token: str | None = field(repr=False)
    mode: str = "popup"
    return_to: str | None = None
    linked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A login that ended without a session. ``sealed`` is left in the browser until the page has read it; None
    leaves the cookie as it is."""

    outcome: LoginFailure
    sealed: str | None = field(repr=False)
    error: ValetkeyError


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What the page is told. ``clear`` names login cookies that have served; ``handed_off`` says that the popup has the
    code that opens the session."""

    state: State
    login: str | None
    error: ValetkeyError | None = None
    signed_in: SignedIn | None = None
    session: Session | None = None
    clear: tuple[str, ...] = ()
    handed_off: bool = False


class LoginResults:
    """How logins stand, over what is sealed in browsers and claimed in the store."""

    def __init__(self, *, jar: LoginCookieCodec, store: Store, sessions: Sessions, clock: Callable[[], float]) -> None:
        self._jar = jar
        self._store = store
        self._sessions = sessions
        self._clock = clock

    # Left in the browser

    def held(self, login_id: str, browser: Client) -> SealedLogin | None:
        """The browser's login of that id; None if it has none, or one that does not open."""
        sealed = browser.logins.get(login_id)
        return self._jar.open(login_id, sealed) if sealed is not None else None

    def ended(self, held: Intent, error: ValetkeyError) -> Ended:
        """A login that ended without a session, and what to leave in its browser."""
        pending = held if isinstance(held, LoginAttempt) else None
        outcome = LoginFailure(
            id=held.id,
            provider=held.provider,
            token=pending.token if pending else None,
            code=error.code,
            began_at=pending.began_at if pending else self._clock(),
            mode=held.mode,
            return_to=held.return_to,
            challenge=held.challenge,
            message=error.message if isinstance(error, SignInRefused) else None,
        )
        return Ended(outcome=outcome, sealed=self._jar.seal(outcome), error=error)

    def told(self, held: Intent, error: ValetkeyError) -> Ended:
        """The same, with the browser's cookie left as it is."""
        return replace(self.ended(held, error), sealed=None)

    def oldest_first(self, browser: Client) -> list[str]:
        """The browser's logins by age; what does not open is oldest of all."""
        ages = {one: held.began_at if (held := self.held(one, browser)) else 0.0 for one in browser.logins}
        return sorted(ages, key=ages.__getitem__)

    def told_as(self, code: str, browser: Client) -> ValetkeyError:
        """The error of a code, in the app's own words if this browser holds an outcome of that code which has them."""
        for login_id in reversed(self.oldest_first(browser)):
            held = self.held(login_id, browser)
            if isinstance(held, LoginFailure) and held.code == code and held.message is not None:
                return error_of(held)
        return error_by_code(code)

    def way_back(self, code: str, browser: Client) -> str | None:
        """Where a login of this tab that ended so wanted to return to; None if none ended so, or in a popup."""
        for login_id in reversed(self.oldest_first(browser)):
            held = self.held(login_id, browser)
            if isinstance(held, LoginFailure) and held.code == code and held.mode == "page":
                return held.return_to or "/"
        return None

    # Handed over

    def signed_in(self, held: LoginAttempt, row: SessionRow, *, is_new: bool = True) -> SignedIn:
        """A session of this login, with its pass; without, where the browser has it already."""
        return self._landed(held, as_session(row), self._sessions.pass_for(row) if is_new else None)

    @staticmethod
    def _landed(held: LoginAttempt, session: Session, session_token: str | None) -> SignedIn:
        return SignedIn(
            login=held.id,
            session=session,
            session_token=session_token,
            mode=held.mode,
            return_to=held.return_to,
            linked=held.link_to is not None,
        )

    async def hand_over(self, claim: Claim, held: LoginAttempt, browser: Client) -> SignedIn | None:
        """The session of a finished login, to the browser that began it: while it lives, until a minute after a
        request has presented it. Never in place of a live session that was opened later."""
        row = await self._live_row(claim)
        if row is None:
            return None
        present = browser.session
        if present is not None and present.id == row.id:
            return self._landed(held, as_session(row), None)  # with the identities that it has now
        if held.link_to is not None:
            return None  # a link opens no session, and hands none over
        if present is not None and present.opened_at > row.opened_at:
            await self._sessions.end(row.id)
            return self._landed(held, present, None)
        if _grace_is_over(row):
            return None
        if present is not None:
            await self._sessions.end(present.id)
        return self.signed_in(held, row)

    async def _live_row(self, claim: Claim) -> SessionRow | None:
        row = await self._store.read_session(claim.session_id) if claim.session_id else None
        return row if row is not None and row.live else None

    # Collected

    async def look(self, login_id: str, browser: Client) -> tuple[State, ValetkeyError | None]:
        """How a login of this browser stands. Changes nothing."""
        held = self.held(login_id, browser)
        if held is None:
            opened_it = browser.session is not None and constant_time_equals(browser.session.login, login_id)
            return ("done" if opened_it else "unknown"), None
        return (await self._stand(held))[:2]

    async def collect(self, login_id: str | None, browser: Client, challenge: str | None = None) -> Collected:
        """Hand this browser the outcome of its finished login: one by its id, else the newest.

        Args:
            challenge: of the verifier that the page presents. A login that began with one is collected with it, or not.

        Raises:
            CodeRefused: its verifier is another.
            StoreError: nothing was changed; ask again.
        """
        if login_id is None:
            return await self._collect_newest(browser)
        held = self.held(login_id, browser)
        if held is None:
            state, error = await self.look(login_id, browser)
            return Collected(state=state, login=login_id, error=error, session=browser.session)
        if held.challenge is not None and not constant_time_equals(held.challenge, challenge):
            raise CodeRefused
        return await self._collect(held, browser)

    async def _collect_newest(self, browser: Client) -> Collected:
        """For a page that knows no id: what it began by a request of its own. While one is under way, it says so."""
        opened = [self._jar.open(login_id, sealed) for login_id, sealed in browser.logins.items()]
        asked_for = [one for one in opened if one is not None and one.challenge is None]
        under_way: Collected | None = None
        for held in sorted(asked_for, key=lambda one: -one.began_at):
            state, _, _ = await self._stand(held)
            if state == "done":
                return await self._collect(held, browser)
            if state in ("waiting", "finishing") and under_way is None:
                under_way = Collected(state=state, login=held.id, session=browser.session)
        return under_way or Collected(state="unknown", login=None, session=browser.session)

    async def landed(self, login_id: str, browser: Client) -> SignedIn | None:
        """The session of this browser's finished login, once more and with its pass; changes nothing."""
        held = self.held(login_id, browser)
        if not isinstance(held, LoginAttempt) or held.challenge is not None:
            return None
        claim = await self._store.find_claim(claim_key(held.provider, held.token))
        row = await self._live_row(claim) if claim is not None else None
        return self.signed_in(held, row) if row is not None and not _grace_is_over(row) else None

    async def _collect(self, held: SealedLogin, browser: Client) -> Collected:
        state, error, claim = await self._stand(held)
        signed_in = None
        if state == "done" and claim is not None and isinstance(held, LoginAttempt):
            if await self._is_signed_out(held, browser):
                await self.void(held)
                state, error = state_of(SessionChanged.code), SessionChanged()
            else:
                signed_in = await self.hand_over(claim, held, browser)
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
            handed_off=claim is not None and claim.handed_off,
        )

    async def _is_signed_out(self, held: LoginAttempt, browser: Client) -> bool:
        """Whether a page whose session is a token has signed out since its login began. Elsewhere the sign-out itself
        voids the login, by its cookie.

        A page that still presents the token has not signed out: collecting ended that session, and the answer was lost.
        """
        if held.challenge is None or constant_time_equals(browser.stated_session, held.signed_in_as):
            return False
        return await self.outlives_its_session(held, browser)

    async def outlives_its_session(self, held: LoginAttempt, browser: Client) -> bool:
        """Whether the session that the page held when this login began was signed out since.

        Where sessions are in cookies, a session that the same user opened since stands for it: that was another tab.
        A link that names its account is asked for its very session, and more strictly, elsewhere.
        """
        if held.signed_in_as is None or held.was_over or held.link_to not in (None, WHOEVER_COLLECTS):
            return False
        ended = await self._sessions.find_revoked(held.signed_in_as)
        if ended is None:
            return False
        present = browser.session
        if held.challenge is not None or present is None or present.id == ended.id:
            return True
        return not constant_time_equals(present.account.id, ended.account.id)

    async def void(self, held: LoginAttempt | PendingLink) -> None:
        """End a login whatever its state: it can no longer finish, and a session that it opened is revoked."""
        claim = await self._store.void(claim_key(held.provider, held.token))
        if claim.session_id is not None:
            await self._sessions.end(claim.session_id)

    async def _stand(self, held: SealedLogin) -> tuple[State, ValetkeyError | None, Claim | None]:
        """State, its error, and the claim if there is one."""
        if isinstance(held, LoginFailure):
            return state_of(held.code), error_of(held), None
        if isinstance(held, PendingLink):
            return "finishing", None, None
        claim = await self._store.find_claim(claim_key(held.provider, held.token))
        if claim is None:
            late = self._clock() - held.began_at > PENDING_SECONDS
            return ("expired", Expired(), None) if late else ("waiting", None, None)
        if claim.state == "done" and not claim.handed_off:
            return "done", None, claim
        if claim.state == "failed":
            code = claim.error_code or Interrupted.code
            return state_of(code), error_by_code(code), claim
        if claim.is_under_way:
            return "finishing", None, claim
        return "interrupted", Interrupted(), claim


def _grace_is_over(row: SessionRow) -> bool:
    return row.presented_at is not None and row.read_at > row.presented_at + GRACE_SECONDS


def claim_key(provider_name: str, token: str) -> str:
    """What the fifth binding is keyed by: the first to insert it finishes the login. The token itself is not kept."""
    return hashlib.sha256(f"{provider_name}\0{token}".encode()).hexdigest()


def error_of(outcome: LoginFailure) -> ValetkeyError:
    """The error that an outcome tells of, in the app's own words where it was the app that refused."""
    if outcome.message is not None:
        return SignInRefused(outcome.code, outcome.message)
    return error_by_code(outcome.code)


def state_of(code: str) -> State:
    """The state that an error's code is reported as."""
    named: dict[str, State] = {"denied": "denied", "expired": "expired", "interrupted": "interrupted"}
    return named.get(code, "failed")
