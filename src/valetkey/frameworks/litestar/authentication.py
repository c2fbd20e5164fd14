"""The middleware: ``request.user`` is the account or None, and ``request.auth`` the session or None."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.middleware.authentication import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp, Receive, Scope, Send

from ...models import Session
from . import routes

_READING = ("GET", "HEAD")


class Authentication(AbstractAuthenticationMiddleware):
    """Sets ``request.user`` and ``request.auth``.

    Args:
        recall: returns the session of a scope without waiting. None where that is not certain.
        session_of: returns the session of a connection.
        app: what comes next.
    """

    def __init__(
        self,
        recall: Callable[[Scope], Session | None],
        session_of: Callable[[ASGIConnection[Any, Any, Any, Any]], Awaitable[Session | None]],
        app: ASGIApp,
    ) -> None:
        super().__init__(app)
        self._recall = recall
        self._session_of = session_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer most requests at once. The class above makes a connection first, and it knows what is left out."""
        handler = scope.get("route_handler")
        if scope.get("method") in _READING and handler is not None and not handler.opt.get(routes.OPEN):
            session = self._recall(scope)
            if session is not None:
                scope["user"], scope["auth"] = session.account, session
                await self.app(scope, receive, send)
                return
        await super().__call__(scope, receive, send)

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        session = await self._session_of(connection)
        return AuthenticationResult(user=session.account if session else None, auth=session)
