"""Who is signed in, for an app's own routes.

Safe methods ask for the session only. An unsafe one that came with the cookie, or a WebSocket, must come from a page of
the app too: the cookie is SameSite=Lax, and that lets a sibling subdomain and another port of this machine send it
along.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..errors import NotSignedIn
from ..models import Session
from ..protocols.grammar import credentials_of
from ..sessions.service import SessionService
from .cookies import CookieNames
from .http import Incoming
from .origins import SAFE_METHODS, Origins


class Guard:
    """Asks the least it can: the usual request costs a look into a dictionary."""

    __slots__ = ("_names", "_origins", "_sessions")

    def __init__(self, *, sessions: SessionService, names: CookieNames, origins: Origins) -> None:
        self._sessions = sessions
        self._names = names
        self._origins = origins

    async def session(
        self,
        method: str,
        authorization: str | None,
        cookies: Sequence[str],
        incoming: Callable[[], Incoming],
    ) -> Session | None:
        """The session of a request, or None. ``incoming`` gives the whole request where an origin must be judged.

        Raises:
            ForeignOrigin, WrongHost: an unsafe method, by cookie, from somewhere else.
            StoreError: it takes the database to say, and it does not answer.
        """
        credentials = bearer(authorization)
        if credentials is not None:
            # With a bearer, cookies do not count: not even when the bearer is wrong.
            return await self._sessions.recognise(credentials)
        session = await self._sessions.recognise(self._names.session_in(cookies))
        if session is not None and method not in SAFE_METHODS:
            self._origins.require_ours(incoming())
        return session

    def presented(self, incoming: Incoming) -> str | None:
        """The pass that a request presents, live or over: its bearer, or else its session cookie."""
        credentials = bearer(incoming.header("authorization"))
        return self._names.read(incoming).session if credentials is None else credentials

    @staticmethod
    def require(session: Session | None) -> Session:
        """Raises: NotSignedIn."""
        if session is None:
            raise NotSignedIn
        return session


def bearer(authorization: str | None) -> str | None:
    """The credentials of ``Authorization: Bearer``; None where there are none, or another scheme's (a proxy may ask
    for a password of its own). Malformed ones are empty text: nobody is signed in by them. RFC 6750 §2.1."""
    return credentials_of(authorization or "", "bearer")
