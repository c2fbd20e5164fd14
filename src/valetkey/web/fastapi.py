"""FastAPI: a router, and dependencies that say who is signed in.

sign_in = SignIn.from_env()
app.include_router(sign_in.router)

@app.get("/api/me")
async def me(account: Annotated[Account, Depends(sign_in.account)]): ...
"""

# No deferred annotations here: FastAPI reads them, and the schemes below are local names.

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.security import APIKeyCookie, HTTPBearer

from ..errors import ValetkeyError
from ..model import Account, Session
from ..settings import Settings
from ..welcome import Resolve
from . import starlette
from .replies import error_body, error_headers


class SignIn(starlette.SignIn):
    """Sign-in for a FastAPI app.

    ``router`` is to be included; ``account`` and ``session`` are dependencies that answer 401 where nobody is signed
    in, ``optional_account`` and ``optional_session`` give None. All of them stand in OpenAPI as cookie or bearer.
    """

    def __init__(self, settings: Settings, *, resolve_account: Resolve | None = None) -> None:
        super().__init__(settings, resolve_account=resolve_account)
        self.router = APIRouter(routes=self.routes, lifespan=self._closing)
        cookie = APIKeyCookie(
            name=self.endpoints.names.session,
            scheme_name="SessionCookie",
            description="Set by signing in on this origin.",
            auto_error=False,
        )
        pass_ = HTTPBearer(scheme_name="SessionBearer", description="The same pass.", auto_error=False)

        async def optional_session(
            request: Request, _cookie: Annotated[object, Depends(cookie)], _pass: Annotated[object, Depends(pass_)]
        ) -> Session | None:
            try:
                return await self.session_of(request)
            except ValetkeyError as error:
                raise as_http(error) from error

        async def session(
            found: Annotated[Session | None, Depends(optional_session)],
        ) -> Session:
            try:
                return self.endpoints.guard.require(found)
            except ValetkeyError as error:
                raise as_http(error) from error

        async def optional_account(
            found: Annotated[Session | None, Depends(optional_session)],
        ) -> Account | None:
            return found.account if found else None

        async def account(found: Annotated[Session, Depends(session)]) -> Account:
            return found.account

        self.optional_session = optional_session
        self.session = session
        self.optional_account = optional_account
        self.account = account

    @asynccontextmanager
    async def _closing(self, app: object) -> AsyncIterator[None]:
        yield
        await self.close()


def as_http(error: ValetkeyError) -> HTTPException:
    """The error as FastAPI's people expect one: under ``detail``."""
    return HTTPException(error.status, error_body(error), dict(error_headers(error)))
