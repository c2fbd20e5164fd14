"""Tells an app's own routes who is signed in.

A safe method needs the session only. An unsafe method or a WebSocket that came with the session cookie must also come
from a page of the app. The cookie is SameSite=Lax, and browsers send such a cookie along from a sibling subdomain and
from another port of the same host.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..errors import NotSignedIn
from ..models import Session
from ..protocols.grammar import credentials_of, lower, trim
from ..sessions.service import SessionService
from .cookies import CookieNames
from .http import Incoming
from .origins import SAFE_METHODS, Origins

# What a missing value of JavaScript becomes in a text. Both have the form of a token, and no token of any app is one.
_MISSING = ("null", "undefined")


class Guard:
    """Recognises the session of a request. For most requests this is one dictionary lookup: ``recall``.

    Args:
        sessions: recognises session tokens.
        names: reads the session cookie.
        origins: decides which pages may use unsafe methods.
        hands_out_tokens: pages hold their session tokens, and no cookie counts (token delivery).
    """

    __slots__ = ("_by_cookie_alone", "_hands_out_tokens", "_names", "_origins", "_sessions")

    def __init__(
        self, *, sessions: SessionService, names: CookieNames, origins: Origins, hands_out_tokens: bool = False
    ) -> None:
        self._sessions = sessions
        self._names = names
        self._origins = origins
        self._hands_out_tokens = hands_out_tokens
        # The methods for which the session cookie is enough.
        self._by_cookie_alone = frozenset() if hands_out_tokens else SAFE_METHODS

    def recall(self, method: str, authorization: bytes | str | None, cookies: bytes | str | None) -> Session | None:
        """Return the session of a request without waiting, if this process has seen its session token lately.

        The headers are passed as the server passes them. Octets are decoded only if the whole Cookie header is new.

        Args:
            method: in upper case; for a WebSocket, one that is not safe.
            authorization: the value of the only Authorization header.
            cookies: the value of the only Cookie header.

        Returns:
            What ``session`` would return. None where that is not certain: ask ``session`` then.
        """
        cache = self._sessions.cache
        if authorization is not None:
            text = _text(authorization)
            # Another spelling of it, and another scheme, are for ``session`` to read.
            return cache.recall_fresh(text[7:]) if text.startswith("Bearer ") else None
        if cookies is None or method not in self._by_cookie_alone:
            return None
        found = cache.recall_cookies(cookies)
        if found is not None:
            return found
        token = self._names.session_at_sight(_text(cookies))
        if not token:
            return None
        found = cache.recall_fresh(token)
        if found is not None:
            cache.remember_cookies(cookies, token)
        return found

    async def session(
        self,
        method: str,
        authorization: str | None,
        cookies: Sequence[str],
        incoming: Callable[[], Incoming],
    ) -> Session | None:
        """Return the session of a request; None if no user is signed in.

        Args:
            method: in upper case; for a WebSocket, one that is not safe.
            authorization: the value of the Authorization header.
            cookies: the values of the Cookie headers.
            incoming: builds the whole request, which is needed only where the origin must be checked.

        Raises:
            ForeignOrigin, WrongHost: an unsafe request with the session cookie did not come from a page of the app.
            StoreError: the database is needed and does not answer.
        """
        bearer = bearer_token(authorization)
        if bearer is not None:
            # With a bearer token, cookies do not count, not even if the token is wrong.
            return await self._sessions.recognise(bearer)
        if self._hands_out_tokens:
            # A session cookie is left over from a former setting. It is not the session of the page.
            return None
        session = await self._sessions.recognise(self._names.session_in(cookies))
        if session is not None and method not in SAFE_METHODS:
            self._origins.require_app_page(incoming())
        return session

    def presented_token(self, incoming: Incoming) -> str | None:
        """Return the session token that a request presents, live or not: its bearer token, else its session cookie."""
        session_cookie = None if self._hands_out_tokens else self._names.read(incoming).session
        return presented_token(incoming.header("authorization"), session_cookie)

    @staticmethod
    def require(session: Session | None) -> Session:
        """Return the session.

        Raises:
            NotSignedIn: there is none.
        """
        if session is None:
            raise NotSignedIn
        return session


def _text(header: bytes | str) -> str:
    return header if isinstance(header, str) else header.decode("latin-1")


def presented_token(authorization: str | None, session_cookie: str | None) -> str | None:
    """Return the session token that a request presents, live or not.

    Args:
        authorization: the value of the Authorization header. A bearer token in it comes first, even if it is wrong.
        session_cookie: the value of the session cookie, if it counts.
    """
    bearer = bearer_token(authorization)
    return session_cookie if bearer is None else bearer


def bearer_token(authorization: str | None) -> str | None:
    """Return the token of ``Authorization: Bearer``.

    Returns:
        None if there is no such header, or one of another scheme, since a proxy may ask for a password of its own. None
        too, if the header has no token: a script that has none yet may write ``Bearer``, ``Bearer null`` or ``Bearer
        undefined``. An empty text if the token is malformed, so that it signs in no user. RFC 6750 §2.1.
    """
    if not authorization:
        return None
    found = credentials_of(authorization, "bearer")
    if found in _MISSING or (found == "" and lower(trim(authorization)) == "bearer"):
        return None
    return found
