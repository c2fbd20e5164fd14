"""The backend for Starlette's ``AuthenticationMiddleware``: ``request.user`` and ``request.auth`` from the session.

The middleware runs before every route, so every request is checked: one with an unsafe method, or a WebSocket, that has
the session cookie and comes from another origin is refused. Requests below our own prefix are left to our routes.
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
from ..web.startup.places import whole_path
from . import asgi


class User(BaseUser):
    """``request.user`` of a signed-in user.

    Args:
        session: the user's session. It is an attribute, too.
    """

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def account(self) -> Account:
        """The account of the session."""
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
    """Carries a ``ValetkeyError`` in an exception that Starlette lets ``authenticate`` raise."""

    def __init__(self, error: ValetkeyError) -> None:
        self.error = error
        super().__init__(str(error))


class Backend(AuthenticationBackend):
    """Gives a signed-in user the scope ``authenticated``, for ``@requires("authenticated")``."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        self._recall = asgi.recaller(endpoints)
        self._prefix = endpoints.assembly.settings.prefix

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, User] | None:
        """Return the user of a request or a WebSocket, or None if nobody is signed in.

        Raises:
            Refused: with ``ForeignOrigin`` or ``WrongHost``, as ``SignIn.session_of`` raises them, or with
                ``StoreError``.
        """
        root_path = conn.scope.get("root_path", "").rstrip("/")
        path = whole_path(root_path, conn.scope["path"]).removeprefix(root_path)
        # The routes may be mounted anywhere below this middleware, so that the app is asked where they are.
        app = conn.scope.get("app")
        paths = (self._prefix,) if app is None else self._endpoints.startup.paths_in(app)
        if any(path.startswith(f"{one}/") for one in paths):
            return None
        try:
            session = self._recall(conn.scope) or await asgi.session_of(self._endpoints, conn.scope)
        except ValetkeyError as error:
            log_error(error)
            raise Refused(error) from error
        return (AuthCredentials(["authenticated"]), User(session)) if session else None


def forget(request: HTTPConnection) -> None:
    """After a sign-out, make ``request.user`` and ``request.auth`` anonymous, if they came from this backend."""
    if isinstance(request.scope.get("user"), User):
        request.scope["user"], request.scope["auth"] = UnauthenticatedUser(), AuthCredentials()


def on_error(request: HTTPConnection, refused: Exception) -> Response:
    """Answer an error as JSON, with its own status.

    It also serves as an exception handler of the app: ``Starlette(exception_handlers={ValetkeyError: on_error})``.
    """
    error = refused.error if isinstance(refused, Refused) else refused
    if isinstance(error, ValetkeyError):
        return JSONResponse({"error": error_body(error)}, error.status, headers=dict(error_headers(error)))
    return AuthenticationMiddleware.default_on_error(request, refused)
