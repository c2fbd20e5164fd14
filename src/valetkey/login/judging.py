"""Judges whether a callback may finish its login: not refused, not too late, and its session is still the same.

A login does not outlive the session that its page held when it began: a user who signs out must not be signed in again
by a popup that was open. A link is stricter. It comes back to the very session that asked for it, or a stranger's
identity could be linked to the account that is signed in by then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..crypto import constant_time_equals
from ..errors import Denied, Expired, SessionChanged, UserError, ValetkeyError
from ..sessions.service import SessionService
from .attempt import ATTEMPT_SECONDS, LinkToAccount, LoginAttempt
from .results import Client
from .states import Event, State


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a callback may not finish its login, and what that means for the login's state.

    Attributes:
        error: the error to answer with.
        state: the login's state.
        event: what has happened to the login.
        signed_out: the session that the page held was signed out since.
        claim_decides: if the login is claimed already, its claim is the answer instead: its session may be collected.
    """

    error: ValetkeyError
    state: State
    event: Event
    signed_out: bool = False
    claim_decides: bool = True


class CallbackJudge:
    """Compares an attempt with the time, with the callback, and with the session that the client presents now.

    Args:
        clock: seconds since 1970.
    """

    def __init__(self, *, sessions: SessionService, clock: Callable[[], float]) -> None:
        self._sessions = sessions
        self._clock = clock

    async def judge(self, attempt: LoginAttempt, client: Client, *, refused: ValetkeyError | None) -> Refusal | None:
        """Judge a callback.

        Args:
            attempt: the login.
            client: who presents the callback.
            refused: why the provider sent the user back without anything to exchange. None if there is something.

        Returns:
            Why the callback may not finish the login. None if it may.

        Raises:
            StoreError: the database does not answer.
        """
        signed_out = await self.was_signed_out(attempt, client)
        if self._clock() - attempt.began_at > ATTEMPT_SECONDS:
            return Refusal(Expired(), State.EXPIRED, Event.CALLBACK_TOO_LATE, signed_out)
        if refused is not None:
            event = Event.USER_DENIES if isinstance(refused, Denied) else Event.PROVIDER_REFUSES
            return Refusal(refused, State.AT_PROVIDER, event, signed_out)
        if signed_out:
            return Refusal(SessionChanged(), State.AT_PROVIDER, Event.SESSION_CHANGED, signed_out)
        if isinstance(attempt.link, LinkToAccount):
            try:
                await self._require_linking_session(attempt.link, client)
            except UserError as error:
                return Refusal(error, State.AT_PROVIDER, Event.SESSION_CHANGED, claim_decides=False)
        return None

    async def was_signed_out(self, attempt: LoginAttempt, client: Client) -> bool:
        """Whether the session that the page held when this login began was signed out since.

        If sessions are in cookies, a session that the same user has opened since counts in its place: the user signed
        in again in another tab. A link that names its account is judged by its own rule instead.

        Raises:
            StoreError: the database does not answer.
        """
        if attempt.signed_in_as is None or attempt.was_over or isinstance(attempt.link, LinkToAccount):
            return False
        ended = await self._sessions.find_revoked(attempt.signed_in_as)
        if ended is None:
            return False
        present = client.session
        if attempt.challenge is not None or present is None or present.id == ended.id:
            return True
        return not constant_time_equals(present.account.id, ended.account.id)

    async def page_signed_out(self, attempt: LoginAttempt, client: Client) -> bool:
        """As ``was_signed_out``, when a page collects. It applies to pages whose session is a token: in cookie
        delivery, the sign-out itself voids the login, which it finds by its cookie.

        A page that still presents the token has not signed out: collecting ended that session, and the answer was lost.

        Raises:
            StoreError: the database does not answer.
        """
        if attempt.challenge is None or constant_time_equals(client.stated_session_id, attempt.signed_in_as):
            return False
        return await self.was_signed_out(attempt, client)

    async def _require_linking_session(self, link: LinkToAccount, client: Client) -> None:
        """Check that the session that asked for the link is the client's, live and recent.

        Raises:
            SessionChanged: it is over, or the client has another one.
            ReauthRequired: it was opened more than ten minutes ago.
            StoreError: the database does not answer.
        """
        session = client.session
        if (
            session is None
            or not constant_time_equals(session.id, link.session_id)
            or not constant_time_equals(session.account.id, link.account_id)
        ):
            raise SessionChanged
        await self._sessions.require_recent(session)
