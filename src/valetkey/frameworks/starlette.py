"""Starlette: the routes, the session of a request, and who ``request.user`` is."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from ..login.assembly import assemble
from ..login.completion import Resolve
from ..models import Session
from ..settings import Settings
from ..web import startup_check
from ..web.endpoints import Endpoints
from . import asgi, authentication

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class SignIn:
    """Sign-in for a Starlette app: ``Starlette(routes=[*sign_in.routes, …], lifespan=sign_in.lifespan)``.

    An app with a lifespan of its own says ``async with sign_in.lifespan(app):`` in it.

    For ``request.user`` and ``@requires("authenticated")`` add its ``middleware=[Middleware(AuthenticationMiddleware,
    backend=sign_in.backend, on_error=sign_in.on_error)]``.

    Args:
        resolve_account: ``(identity, account_id)``, for an app with users of its own: gets or creates one by
            ``account_id``, or raises ``SignInRefused``. It may be called again for the same account; sync or async.

    Raises:
        SettingsError: at construction, with everything that is wrong.
    """

    def __init__(self, settings: Settings, *, resolve_account: Resolve | None = None) -> None:
        self.settings = settings
        self.endpoints = Endpoints(assemble(settings, blocking=False, resolve_account=resolve_account))
        self.routes: list[BaseRoute] = [
            Route(f"{settings.prefix}/{{path:path}}", _Asgi(self.endpoints), methods=_METHODS)
        ]
        self.backend = authentication.Backend(self.endpoints, prefix=settings.prefix)
        self.on_error = authentication.on_error

    @classmethod
    def from_env(cls, *, resolve_account: Resolve | None = None) -> Self:
        """Build from the environment (README, *Settings*). Raises: SettingsError."""
        return cls(Settings.from_environment(os.environ), resolve_account=resolve_account)

    async def session_of(self, request: HTTPConnection) -> Session | None:
        """Who is signed in on this request or WebSocket, or None.

        Raises:
            ForeignOrigin, WrongHost: an unsafe method or a WebSocket, by cookie, that no page of this app sent.
            StoreError: the database does not answer, and this process has not seen the pass lately.
        """
        return await asgi.session_of(self.endpoints, request.scope)

    async def sign_out(self, request: Request, response: Response) -> None:
        """Sign out the user of this request in a route of your own, as ``DELETE /auth/session`` does.

        The session ends, whether a cookie or a bearer presents it, and so do sign-ins under way in this browser. For
        the rest of the request nobody is signed in. The request's origin is not checked here: ask for the session
        first, which checks it for POST, or rely on your CSRF protection.

        Args:
            response: the one that the route returns; its ``Set-Cookie`` headers clear the cookies.

        Raises:
            StoreError: the database does not answer, and the user may still be signed in.
        """
        for name, value in await asgi.sign_out(self.endpoints, request.scope):
            response.headers.append(name, value)
        authentication.forget(request)

    @asynccontextmanager
    async def lifespan(self, app: object) -> AsyncIterator[None]:
        """At start, looks at what the app makes of our answers; at shutdown, lets what is being finished finish.

        Raises:
            SettingsError: the routes are not where the callback URL says, or something in the app changes our headers.
        """
        if callable(app):
            await startup_check.check_asgi_app(app, self.settings)
        yield
        await self.close()

    async def close(self) -> None:
        await self.endpoints.assembly.close()


class _Asgi:
    """The endpoints as an ASGI app."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asgi.answer(self._endpoints, scope["path_params"]["path"], scope, receive, send)
