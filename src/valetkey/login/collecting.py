"""Reports the status of a login, and gives its session to the client that began it.

Only the client that began a login gets its session, and only until a minute after a request first presented that
session. A session never replaces one that was opened later.
"""

from __future__ import annotations

from collections.abc import Callable

from ..crypto import constant_time_equals
from ..errors import CodeRefused, Expired, SessionChanged, ValetkeyError
from ..models import Session
from ..sessions.service import SessionService, as_session
from ..storage.base import GRACE_SECONDS, Claim, SessionRow, Store
from .attempt import LoginAttempt, LoginFailure, PendingLink, SealedLogin, claim_key
from .cookie_codec import LoginCookieCodec
from .failures import error_of_failure
from .judging import CallbackJudge
from .results import Client, Collected, SignedIn
from .states import HANDED_OFF, Cookie, Event, State, Status, after, error_of, state_of, status_of, status_of_error


class LoginCollector:
    """Answers a page that asks for the result of its login.

    Args:
        clock: seconds since 1970.
    """

    def __init__(
        self,
        *,
        codec: LoginCookieCodec,
        store: Store,
        sessions: SessionService,
        judge: CallbackJudge,
        clock: Callable[[], float],
    ) -> None:
        self._codec = codec
        self._store = store
        self._sessions = sessions
        self._judge = judge
        self._clock = clock

    def find(self, login_id: str, client: Client) -> SealedLogin | None:
        """The client's login of this id. None if it has none, or one that does not open."""
        return self._codec.open(login_id, client.logins.get(login_id))

    async def read_status(self, login_id: str, client: Client) -> tuple[Status, ValetkeyError | None]:
        """Read the status of a login of this client. It changes nothing.

        Returns:
            The public status, and the error if the login has failed.

        Raises:
            StoreError: the database does not answer.
        """
        login = self.find(login_id, client)
        if login is None:
            opened_it = client.session is not None and constant_time_equals(client.session.login_id, login_id)
            return ("done" if opened_it else "unknown"), None
        state, claim = await self._state_of(login)
        return status_of(state), _error(login, state, claim)

    async def collect(self, login_id: str | None, client: Client, challenge: str | None = None) -> Collected:
        """Give this client the result of its login.

        Args:
            login_id: None for the newest login that has finished.
            challenge: of the verifier that the page presents. A login that began with one is collected only with it.

        Raises:
            CodeRefused: the verifier is another.
            StoreError: nothing was changed; ask again.
        """
        if login_id is None:
            return await self._collect_newest(client)
        login = self.find(login_id, client)
        if login is None:
            status, error = await self.read_status(login_id, client)
            return Collected(status=status, login_id=login_id, error=error, session=client.session)
        if login.challenge is not None and not constant_time_equals(login.challenge, challenge):
            raise CodeRefused
        return await self._collect(login, client)

    async def _collect_newest(self, client: Client) -> Collected:
        """Collect for a page that knows no login id: the newest login that it began with a JSON request. If none has
        finished, report one that is under way."""
        opened = [self._codec.open(login_id, sealed) for login_id, sealed in client.logins.items()]
        asked_for = [one for one in opened if one is not None and one.challenge is None]
        under_way: Collected | None = None
        for login in sorted(asked_for, key=lambda one: -one.began_at):
            status = status_of((await self._state_of(login))[0])
            if status == "done":
                return await self._collect(login, client)
            if status in ("waiting", "finishing") and under_way is None:
                under_way = Collected(status=status, login_id=login.id, session=client.session)
        return under_way or Collected(status="unknown", login_id=None, session=client.session)

    async def _collect(self, login: SealedLogin, client: Client) -> Collected:
        state, claim = await self._state_of(login)
        signed_in, error = None, _error(login, state, claim)
        status, cookie = status_of(state), after(state, Event.COLLECT).cookie
        if state is State.SIGNED_IN and claim is not None and isinstance(login, LoginAttempt):
            if await self._judge.page_signed_out(login, client):
                await self.void(login)
                status, error = status_of_error(SessionChanged.code), SessionChanged()
            else:
                signed_in = await self.resume_session(claim, login, client)
                if signed_in is None:
                    status, error = status_of(State.SESSION_OVER), Expired()
        return Collected(
            status=status,
            login_id=login.id,
            error=error,
            signed_in=signed_in,
            session=signed_in.session if signed_in else client.session,
            clear=(login.id,) if cookie is Cookie.CLEAR else (),
            handed_off=state in HANDED_OFF,
        )

    async def resume_session(self, claim: Claim, attempt: LoginAttempt, client: Client) -> SignedIn | None:
        """Give the session of a finished login to the client that began it.

        Returns:
            The session that the client has then. None if the login's session is over, or was first presented more than
            a minute ago.

        Raises:
            StoreError: the database does not answer.
        """
        row = await self._live_row(claim)
        if row is None:
            return None
        present = client.session
        if present is not None and present.id == row.id:
            return _signed_in(attempt, as_session(row), None)  # with the identities that it has now
        if attempt.link is not None:
            return None  # a link opens no session
        if present is not None and present.opened_at > row.opened_at:
            await self._sessions.revoke(row.id)
            return _signed_in(attempt, present, None)
        if _grace_is_over(row):
            return None
        if present is not None:
            await self._sessions.revoke(present.id)
        return _signed_in(attempt, as_session(row), self._sessions.token_for(row))

    async def find_session(self, login_id: str, client: Client) -> SignedIn | None:
        """The session of this client's finished login, with its token. It changes nothing.

        Returns:
            None if there is no such login, if it has not finished, or if its session is over or was first presented
            more than a minute ago.

        Raises:
            StoreError: the database does not answer.
        """
        login = self.find(login_id, client)
        if not isinstance(login, LoginAttempt) or login.challenge is not None:
            return None
        claim = await self._store.find_claim(claim_key(login.provider, login.request_id))
        row = await self._live_row(claim) if claim is not None else None
        if row is None or _grace_is_over(row):
            return None
        return _signed_in(login, as_session(row), self._sessions.token_for(row))

    async def void(self, login: LoginAttempt | PendingLink) -> None:
        """End a login in any state. It can no longer finish, and a session that it opened is revoked.

        Raises:
            StoreError: the database does not answer.
        """
        claim = await self._store.void(claim_key(login.provider, login.request_id))
        if claim.session_id is not None:
            await self._sessions.revoke(claim.session_id)

    async def _live_row(self, claim: Claim) -> SessionRow | None:
        row = await self._store.read_session(claim.session_id) if claim.session_id else None
        return row if row is not None and row.live else None

    async def _state_of(self, login: SealedLogin) -> tuple[State, Claim | None]:
        claim = None
        if isinstance(login, LoginAttempt):
            claim = await self._store.find_claim(claim_key(login.provider, login.request_id))
        return state_of(login, claim, self._clock()), claim


def _signed_in(attempt: LoginAttempt, session: Session, session_token: str | None) -> SignedIn:
    return SignedIn(
        login_id=attempt.id,
        session=session,
        session_token=session_token,
        mode=attempt.mode,
        return_to=attempt.return_to,
        linked=attempt.link is not None,
    )


def _error(login: SealedLogin, state: State, claim: Claim | None) -> ValetkeyError | None:
    if isinstance(login, LoginFailure):
        return error_of_failure(login)
    return error_of(status_of(state), claim)


def _grace_is_over(row: SessionRow) -> bool:
    return row.presented_at is not None and row.read_at > row.presented_at + GRACE_SECONDS
