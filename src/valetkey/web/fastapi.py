"""FastAPI: a router, and dependencies that say who is signed in, on a request or on a WebSocket.

sign_in = SignIn.from_env()
app.include_router(sign_in.router)
CurrentAccount = Annotated[Account, Depends(sign_in.account)]

@app.get("/api/me")
async def me(account: CurrentAccount) -> Account: ...
"""

# No deferred annotations here: FastAPI reads them, and the schemes below are local names.

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, WebSocketException
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.requests import HTTPConnection
from starlette.status import WS_1008_POLICY_VIOLATION

from ..errors import ValetkeyError
from ..model import Account, Session
from ..settings import Settings
from ..welcome import Resolve
from . import starlette
from .replies import error_body, error_headers, note


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
        cookie = _Cookie(
            name=self.endpoints.names.session,
            scheme_name="SessionCookie",
            description="Set by signing in on a page of this origin; what is typed here cannot set it.",
            auto_error=False,
        )
        pass_ = _Bearer(scheme_name="SessionBearer", description="The same pass.", auto_error=False)

        async def optional_session(
            connection: HTTPConnection,
            _cookie: Annotated[None, Depends(cookie)],
            _pass: Annotated[None, Depends(pass_)],
        ) -> Session | None:
            try:
                return await self.session_of(connection)
            except ValetkeyError as error:
                note(error)
                raise refusal(connection, error) from error

        async def session(
            connection: HTTPConnection, found: Annotated[Session | None, Depends(optional_session)]
        ) -> Session:
            try:
                return self.endpoints.guard.require(found)
            except ValetkeyError as error:
                raise refusal(connection, error) from error

        async def optional_account(found: Annotated[Session | None, Depends(optional_session)]) -> Account | None:
            return found.account if found else None

        async def account(found: Annotated[Session, Depends(session)]) -> Account:
            return found.account

        self.optional_session = optional_session
        self.session = session
        self.optional_account = optional_account
        self.account = account


class _Cookie(APIKeyCookie):
    """For the schema alone: ``session_of`` reads the headers itself, of a WebSocket too."""

    async def __call__(self, request: HTTPConnection) -> None:
        return None


class _Bearer(HTTPBearer):
    """The same for the other way."""

    async def __call__(self, request: HTTPConnection) -> None:
        return None


def refusal(connection: HTTPConnection, error: ValetkeyError) -> HTTPException | WebSocketException:
    """The error as FastAPI's people expect one: under ``detail``; on a WebSocket, a handshake that is refused."""
    if connection.scope["type"] == "websocket":
        return WebSocketException(WS_1008_POLICY_VIOLATION, error.code)
    return HTTPException(error.status, error_body(error), dict(error_headers(error)))
