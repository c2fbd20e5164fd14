"""Starlette: the routes, the session of a request, and ``request.user``.

For example::

    sign_in = SignIn.from_env()
    app = Starlette(routes=[*sign_in.routes, Route("/api/me", me)], lifespan=sign_in.lifespan)
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from ..login.assembly import assemble
from ..login.completion import Resolve
from ..login.current_user import finder
from ..models import Session
from ..settings import Settings
from ..web.endpoints import Endpoints
from ..web.startup.once import Once
from . import asgi, authentication
from .starlette_routes import mounts_of

CurrentUser = Callable[[Request], object]
"""Returns the id of the user whom the app has signed in by other means, or None. It may be ``async``."""

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class SignIn:
    """Sign-in for a Starlette app.

    Add ``routes`` to the app's routes, and ``lifespan`` to the app. Where the app has a lifespan of its own, write
    ``async with sign_in.lifespan(app):`` in it.

    For ``request.user`` and ``@requires("authenticated")``, add Starlette's middleware:
    ``Middleware(AuthenticationMiddleware, backend=sign_in.backend, on_error=sign_in.on_error)``.

    Args:
        settings: the configuration. ``SignIn.from_env()`` reads it from the environment.
        resolve_account: a function ``(identity, account_id)``, sync or async, for an app with its own table of users.
            It gets or creates the user of ``account_id``, or raises ``SignInRefused``. It runs at each sign-in, and may
            run twice at once for the same account.
        current_user: for a ``resolve_account`` that also takes ``current_user``: a function of the request, sync or
            async, that returns the id of the user whom the app has signed in by other means, such as a password. None
            if there is none. See docs/accounts.md.

    Attributes:
        routes: the routes below ``/auth``, for ``Starlette(routes=[...])``.
        accounts: look up, list, disable, enable, delete and export accounts (see ``AsyncAccounts``).
        sessions: list and end the sessions of an account (see ``AsyncSessions``).
        backend: for Starlette's ``AuthenticationMiddleware``.
        on_error: answers a ``ValetkeyError`` as JSON. It also serves as an exception handler of the app:
            ``exception_handlers={ValetkeyError: sign_in.on_error}``.

    Raises:
        SettingsError: something in the settings is wrong; the message lists all of it.
    """

    _add_routes = "Starlette(routes=[*sign_in.routes, ...])"

    def __init__(
        self,
        settings: Settings,
        *,
        resolve_account: Resolve | None = None,
        current_user: CurrentUser | None = None,
    ) -> None:
        finds_user = current_user is not None
        assembly = assemble(settings, blocking=False, resolve_account=resolve_account, finds_user=finds_user)
        self.settings = settings
        startup = Once(settings, find=self._find, add_them=self._add_routes)
        self.endpoints = Endpoints(assembly, startup)
        self._recall = asgi.recaller(self.endpoints)
        self.accounts = assembly.accounts
        self.sessions = assembly.account_sessions
        self._answer = _Asgi(self.endpoints, current_user)
        self.routes: list[BaseRoute] = [Route(f"{settings.prefix}/{{path:path}}", self._answer, methods=_METHODS)]
        self.backend = authentication.Backend(self.endpoints)
        self.on_error = authentication.on_error

    @classmethod
    def from_env(cls, *, resolve_account: Resolve | None = None, current_user: CurrentUser | None = None) -> Self:
        """Read the settings from the environment variables. See docs/settings.md.

        Args:
            resolve_account, current_user: as for ``SignIn``.

        Raises:
            SettingsError: a variable is missing, wrong or misspelt; the message lists all of them.
        """
        settings = Settings.from_environment(os.environ)
        return cls(settings, resolve_account=resolve_account, current_user=current_user)

    async def session_of(self, request: HTTPConnection) -> Session | None:
        """Return the session of a request or a WebSocket, or None if nobody is signed in.

        It costs no query, except about once a second.

        Args:
            request: a ``Request`` or a ``WebSocket``.

        Raises:
            ForeignOrigin: the request has an unsafe method, or opens a WebSocket, with the session cookie, and no page
                of this app sent it.
            WrongHost: the same, at another host name than the app's.
            StoreError: the database does not answer, and this process has not seen the session lately.
            SettingsError: the app does not let sign-in through, and nothing has started it. The log says why.
        """
        scope = request.scope
        return self._recall(scope) or await asgi.session_of(self.endpoints, scope)

    @staticmethod
    def subprotocol_of(websocket: WebSocket) -> str | None:
        """Return the subprotocol with which to accept a page that opens a WebSocket with a ticket.

        Args:
            websocket: the WebSocket.

        Returns:
            For ``websocket.accept(subprotocol=…)``. None for any other client, which must get none.
        """
        return asgi.subprotocol_of(websocket.scope)

    async def sign_out(self, request: Request, response: Response) -> None:
        """Sign out the user of a request, in a route of your own. ``DELETE /auth/session`` does the same.

        The session of the cookie or the bearer token ends, and so do the sign-ins that are under way in this browser.
        For the rest of the request, nobody is signed in. The origin of the request is not checked here: call
        ``session_of`` first, which checks it for POST, or rely on your CSRF protection.

        Args:
            request: the request that presents the session.
            response: the response that your route returns. It gets ``Set-Cookie`` headers that clear the cookies.

        Raises:
            StoreError: the database does not answer, and the user may still be signed in.
        """
        for name, value in await asgi.sign_out(self.endpoints, request.scope):
            response.headers.append(name, value)
        authentication.forget(request)

    @asynccontextmanager
    async def lifespan(self, app: object) -> AsyncIterator[None]:
        """Check at start that the app lets sign-in through. At shutdown, finish what is under way and disconnect.

        The routes are exempted from the limits of slowapi, where the app has it.

        Raises:
            SettingsError: the routes are not where the callback URL says, or a middleware changes their answers.
        """
        if callable(app):
            await self.endpoints.startup.at_start(app)
        yield
        await self.close()

    def _find(self, app: object) -> list[str]:
        """Where the routes are in an app that is about to be checked. A limiter must not count what the check asks."""
        _exempt_from_slowapi(app, self._answer)
        return mounts_of(app, self._answer)

    async def close(self) -> None:
        """Finish the sign-ins that are under way, and disconnect. ``lifespan`` calls it."""
        await self.endpoints.assembly.close()


class _Asgi:
    """The endpoints, as an ASGI app for a ``Route``. It has a name, which middleware such as slowapi's asks for."""

    __name__ = "answer"

    def __init__(self, endpoints: Endpoints, current_user: CurrentUser | None) -> None:
        self._endpoints = endpoints
        self._current_user = current_user

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        find_user = None
        if self._current_user is not None:
            find_user = finder(self._current_user, self._endpoints.assembly.runner, Request(scope))
        await asgi.answer(self._endpoints, scope["path_params"]["path"], scope, receive, send, find_user)


def _exempt_from_slowapi(app: object, endpoint: object) -> None:
    """Exempt the routes. A page must be able to ask for the result of its sign-in as often as it takes, and our own
    limit is on starts. slowapi's middleware finds the app's limiter in ``app.state``."""
    limiter: Any = getattr(getattr(app, "state", None), "limiter", None)
    if type(limiter).__module__.partition(".")[0] == "slowapi":
        limiter.exempt(endpoint)
