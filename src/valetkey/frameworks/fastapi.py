"""FastAPI: a router, and dependencies that return the account or the session of a request or a WebSocket.

For example::

    sign_in = SignIn.from_env()
    app.include_router(sign_in.router)
    CurrentAccount = Annotated[Account, Depends(sign_in.account)]

    @app.get("/api/me")
    async def me(account: CurrentAccount) -> Account: ...
"""

# No deferred annotations here: FastAPI reads them.

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from fastapi import APIRouter, Depends, HTTPException, WebSocketException
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.status import WS_1008_POLICY_VIOLATION
from starlette.types import Scope

from ..errors import ValetkeyError
from ..login.completion import Resolve
from ..models import Session
from ..settings import Settings
from ..web.endpoints import Endpoints
from ..web.replies import error_body, error_headers, log_error
from . import asgi, starlette

Found = TypeVar("Found")


class SignIn(starlette.SignIn):
    """Sign-in for a FastAPI app.

    Include ``router`` in the app. It brings its lifespan along, next to the app's own. With a prefix, ``VALETKEY_URL``
    must have it, too.

    ``account`` and ``session`` are dependencies that answer 401 if nobody is signed in. ``optional_account`` and
    ``optional_session`` return None instead. All four appear in OpenAPI as cookie or bearer, and they work on a
    WebSocket, whose handshake they refuse. An ``Account`` has a schema, so a route can return it.

    Args:
        settings: the configuration. ``SignIn.from_env()`` reads it from the environment.
        resolve_account: a function ``(identity, account_id)``, sync or async, for an app with its own table of users.
            It gets or creates the user of ``account_id``, or raises ``SignInRefused``. It runs at each sign-in, and may
            run twice at once for the same account.
        current_user: for a ``resolve_account`` that also takes ``current_user``: a function of the request, sync or
            async, that returns the id of the user whom the app has signed in by other means, such as a password. None
            if there is none. See docs/accounts.md.

    Attributes:
        router: for ``app.include_router(sign_in.router)``.
        account: a dependency: the ``Account`` that is signed in.
        session: a dependency: its ``Session``.
        optional_account: as ``account``, or None.
        optional_session: as ``session``, or None.
        accounts: look up, list, disable, enable, delete and export accounts (see ``AsyncAccounts``).
        sessions: list and end the sessions of an account (see ``AsyncSessions``).

    Raises:
        SettingsError: something in the settings is wrong; the message lists all of it.
    """

    _add_routes = "app.include_router(sign_in.router)"

    def __init__(
        self,
        settings: Settings,
        *,
        resolve_account: Resolve | None = None,
        current_user: starlette.CurrentUser | None = None,
    ) -> None:
        super().__init__(settings, resolve_account=resolve_account, current_user=current_user)
        self.router = _Router(f"{settings.prefix}/", routes=self.routes, lifespan=self.lifespan)
        require = self.endpoints.guard.require
        self.account = SessionDependency(self.endpoints, lambda session: require(session).account)
        self.session = SessionDependency(self.endpoints, require)
        self.optional_account = SessionDependency(self.endpoints, lambda session: session.account if session else None)
        self.optional_session = SessionDependency(self.endpoints, lambda session: session)

    async def sign_out(self, request: Request, response: Response) -> None:
        """Sign out the user of a request, in a route of your own. ``DELETE /auth/session`` does the same.

        The session of the cookie or the bearer token ends, and so do the sign-ins that are under way in this browser.
        The origin of the request is not checked here: depend on ``account``, which checks it for POST, or rely on your
        CSRF protection.

        Args:
            request: the request that presents the session.
            response: the response that your route returns; where it returns data, its parameter ``response: Response``.
                It gets ``Set-Cookie`` headers that clear the cookies.

        Raises:
            HTTPException: 503, the database does not answer, and the user may still be signed in.
        """
        try:
            await super().sign_out(request, response)
        except ValetkeyError as error:
            log_error(error)
            raise refusal(request, error) from error


class _Router(APIRouter):
    """The routes, which FastAPI asks about each request that no earlier route has taken.

    FastAPI includes a router as a whole (since 0.137), and looks through it at the cost of a whole session check. Most
    requests are for the app's own routes, which is seen at once.

    Args:
        below: what the path of each of these routes has in it, whatever prefix the router is included with.
    """

    def __init__(self, below: str, **options: Any) -> None:
        super().__init__(**options)
        self._below = below

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return super().matches(scope) if self._below in scope["path"] else (Match.NONE, {})


class _Bearer(HTTPBearer):
    """Adds the bearer to the schema, and reads nothing: ``SessionDependency`` reads the headers, also a WebSocket's."""

    async def __call__(self, request: HTTPConnection) -> None:
        return None


_BEARER = _Bearer(scheme_name="SessionBearer", description="The same session token.", auto_error=False)


class SessionDependency(APIKeyCookie, Generic[Found]):
    """A dependency that returns the result of ``judge`` for the request's session.

    It is also a security scheme of OpenAPI. FastAPI's usual way is a dependency that depends on the scheme, but each
    level of dependencies costs a request as much as valetkey's whole check.

    Args:
        endpoints: the routes of the app.
        judge: takes the session or None, and returns what the route gets. It may raise ``NotSignedIn``.
    """

    def __init__(self, endpoints: Endpoints, judge: Callable[[Session | None], Found]) -> None:
        super().__init__(
            name=endpoints.names.session,
            scheme_name="SessionCookie",
            description="Set by signing in on a page of this origin. You cannot set it here.",
            auto_error=False,
        )
        self._endpoints = endpoints
        self._recall = asgi.recaller(endpoints)
        self._judge = judge

    async def __call__(  # type: ignore[override]  # FastAPI passes what the signature asks for
        self, connection: HTTPConnection, _bearer: Annotated[None, Depends(_BEARER)] = None
    ) -> Found:
        try:
            scope = connection.scope
            return self._judge(self._recall(scope) or await asgi.session_of(self._endpoints, scope))
        except ValetkeyError as error:
            log_error(error)
            raise refusal(connection, error) from error


def refusal(connection: HTTPConnection, error: ValetkeyError) -> HTTPException | WebSocketException:
    """The error as an exception of FastAPI: its body is under ``detail``. On a WebSocket it refuses the handshake."""
    if connection.scope["type"] == "websocket":
        return WebSocketException(WS_1008_POLICY_VIOLATION, error.code)
    return HTTPException(error.status, error_body(error), dict(error_headers(error)))
