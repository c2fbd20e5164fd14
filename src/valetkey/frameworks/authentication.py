"""For Starlette's ``AuthenticationMiddleware``: ``request.user`` and ``request.auth`` from our pass.

It stands before every route, and so judges every request: an unsafe method or a WebSocket that came with the cookie,
and from somewhere else, goes no further. What is below our own prefix judges for itself, and is left alone.
"""

from __future__ import annotations

from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
    UnauthenticatedUser,
)
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from ..errors import ValetkeyError
from ..models import Account, Session
from ..web.endpoints import Endpoints
from ..web.replies import error_body, error_headers, log_error
from . import asgi


class User(BaseUser):
    """``request.user`` where somebody is signed in; ``session`` and ``account`` say more."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def account(self) -> Account:
        return self.session.account

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def identity(self) -> str:
        """The account's id, which never changes."""
        return self.account.id

    @property
    def display_name(self) -> str:
        return self.account.name or self.account.handle or ""


class Refused(AuthenticationError):
    """What ``authenticate`` may raise in Starlette; ``error`` is what it was."""

    def __init__(self, error: ValetkeyError) -> None:
        self.error = error
        super().__init__(str(error))


class Backend(AuthenticationBackend):
    """Gives the one scope ``authenticated``, for ``@requires("authenticated")``."""

    def __init__(self, endpoints: Endpoints, *, prefix: str) -> None:
        self._endpoints = endpoints
        self._ours = f"{prefix}/"

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, User] | None:
        """None where nobody is signed in.

        Raises:
            Refused: an unsafe method or a WebSocket, by cookie, that no page of this app sent; or the database does not
                answer.
        """
        if conn.scope["path"].removeprefix(conn.scope.get("root_path", "")).startswith(self._ours):
            return None
        try:
            session = await asgi.session_of(self._endpoints, conn.scope)
        except ValetkeyError as error:
            log_error(error)
            raise Refused(error) from error
        return (AuthCredentials(["authenticated"]), User(session)) if session else None


def forget(request: HTTPConnection) -> None:
    """After a sign-out, make ``request.user`` and ``request.auth`` nobody, where they are ours."""
    if isinstance(request.scope.get("user"), User):
        request.scope["user"], request.scope["auth"] = UnauthenticatedUser(), AuthCredentials()


def on_error(request: HTTPConnection, refused: Exception) -> Response:
    """The error as JSON, with its own status. It serves ``Starlette(exception_handlers={ValetkeyError: …})`` too."""
    error = refused.error if isinstance(refused, Refused) else refused
    if isinstance(error, ValetkeyError):
        return JSONResponse({"error": error_body(error)}, error.status, headers=dict(error_headers(error)))
    return AuthenticationMiddleware.default_on_error(request, refused)
