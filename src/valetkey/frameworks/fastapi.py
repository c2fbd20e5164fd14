"""FastAPI: a router, and dependencies that say who is signed in, on a request or on a WebSocket.

sign_in = SignIn.from_env()
app.include_router(sign_in.router)
CurrentAccount = Annotated[Account, Depends(sign_in.account)]

@app.get("/api/me")
async def me(account: CurrentAccount) -> Account: ...
"""

# No deferred annotations here: FastAPI reads them.

from collections.abc import Callable
from typing import Annotated, Generic, TypeVar

from fastapi import APIRouter, Depends, HTTPException, WebSocketException
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.status import WS_1008_POLICY_VIOLATION

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

    ``router`` is to be included, without another prefix; it brings its lifespan along, beside one of the app's own.
    ``account`` and ``session`` are dependencies that answer 401 where nobody is signed in, ``optional_account`` and
    ``optional_session`` give None. All of them stand in OpenAPI as cookie or bearer, and a WebSocket's handshake is
    refused by them as a request is. An ``Account`` can be returned as it is: it has a schema.
    """

    def __init__(self, settings: Settings, *, resolve_account: Resolve | None = None) -> None:
        super().__init__(settings, resolve_account=resolve_account)
        self.router = APIRouter(routes=self.routes, lifespan=self.lifespan)
        require = self.endpoints.guard.require
        self.account = SessionDependency(self.endpoints, lambda session: require(session).account)
        self.session = SessionDependency(self.endpoints, require)
        self.optional_account = SessionDependency(self.endpoints, lambda session: session.account if session else None)
        self.optional_session = SessionDependency(self.endpoints, lambda session: session)

    async def sign_out(self, request: Request, response: Response) -> None:
        """As Starlette's ``sign_out``.

        Args:
            response: the one that the route returns; or, where it returns data, its parameter ``response: Response``.

        Raises:
            HTTPException: 503, the database does not answer, and the user may still be signed in.
        """
        try:
            await super().sign_out(request, response)
        except ValetkeyError as error:
            log_error(error)
            raise refusal(request, error) from error


class _Bearer(HTTPBearer):
    """For the schema alone: a door reads the headers itself, of a WebSocket too."""

    async def __call__(self, request: HTTPConnection) -> None:
        return None


_BEARER = _Bearer(scheme_name="SessionBearer", description="The same pass.", auto_error=False)


class SessionDependency(APIKeyCookie, Generic[Found]):
    """A dependency, and in OpenAPI a scheme at once: each dependency that depends on another would cost a request as
    much as everything that we do."""

    def __init__(self, endpoints: Endpoints, let_in: Callable[[Session | None], Found]) -> None:
        super().__init__(
            name=endpoints.names.session,
            scheme_name="SessionCookie",
            description="Set by signing in on a page of this origin; what is typed here cannot set it.",
            auto_error=False,
        )
        self._endpoints = endpoints
        self._let_in = let_in

    async def __call__(  # type: ignore[override]  # FastAPI gives what is asked for
        self, connection: HTTPConnection, _pass: Annotated[None, Depends(_BEARER)] = None
    ) -> Found:
        try:
            return self._let_in(await asgi.session_of(self._endpoints, connection.scope))
        except ValetkeyError as error:
            log_error(error)
            raise refusal(connection, error) from error


def refusal(connection: HTTPConnection, error: ValetkeyError) -> HTTPException | WebSocketException:
    """The error as FastAPI's people expect one: under ``detail``; on a WebSocket, a handshake that is refused."""
    if connection.scope["type"] == "websocket":
        return WebSocketException(WS_1008_POLICY_VIOLATION, error.code)
    return HTTPException(error.status, error_body(error), dict(error_headers(error)))
