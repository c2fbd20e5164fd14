"""Litestar: a plugin that adds the routes, and says who is signed in.

@get("/api/me")
async def me(account: NamedDependency[Account]) -> Account: ...  # before Litestar 2.23: account: Account

app = Litestar([me], plugins=[SignIn.from_env()])
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy
from typing import Any, Self, cast

from click import Group
from litestar import Litestar
from litestar.config.app import AppConfig
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.exceptions import (
    HTTPException,
    NotAuthorizedException,
    PermissionDeniedException,
    ServiceUnavailableException,
    WebSocketException,
)
from litestar.handlers import BaseRouteHandler
from litestar.middleware.authentication import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.middleware.base import DefineMiddleware
from litestar.openapi.spec import Components, SecurityRequirement, SecurityScheme
from litestar.plugins.base import CLIPlugin, InitPlugin, ReceiveRoutePlugin  # 2.15 has them there only
from litestar.routes import BaseRoute, HTTPRoute
from litestar.types import ASGIApp, Scope

from ...errors import ValetkeyError
from ...login.assembly import assemble
from ...login.completion import Resolve
from ...models import Account, Session
from ...settings import Settings
from ...web import startup_check
from ...web.endpoints import Endpoints
from ...web.replies import error_body, error_headers, log_error
from .. import asgi
from ..commands import accounts, migrate, secret
from . import routes


class SignIn(InitPlugin, ReceiveRoutePlugin, CLIPlugin):
    """Sign-in for a Litestar app: ``Litestar([…], plugins=[sign_in])``.

    Handlers, and dependencies of yours, ask by name: ``account`` and ``session`` answer 401 where nobody is signed in,
    ``optional_account`` and ``optional_session`` are None. An app's own dependency of the same name goes before ours,
    and who needs the name for a path parameter takes it out of ``dependencies``, or renames it there. Whoever asks, or
    is guarded by ``requires_account``, stands in OpenAPI as cookie or bearer.

    Args:
        resolve_account: ``(identity, account_id)``, for an app with users of its own: gets or creates one by
            ``account_id``, or raises ``SignInRefused``. It may be called again for the same account; sync or async.

    Raises:
        SettingsError: at construction, with everything that is wrong.
    """

    def __init__(self, settings: Settings, *, resolve_account: Resolve | None = None) -> None:
        self.settings = settings
        self.endpoints = Endpoints(assemble(settings, blocking=False, resolve_account=resolve_account))
        self.dependencies = {
            "account": Provide(self.account),
            "optional_account": Provide(self.optional_account),
            "session": Provide(self.session),
            "optional_session": Provide(self.optional_session),
        }
        self.middleware = DefineMiddleware(_Authentication, self)
        self.security: list[SecurityRequirement] = [{"SessionCookie": []}, {"SessionBearer": []}]

    @classmethod
    def from_env(cls, *, resolve_account: Resolve | None = None) -> Self:
        """Build from the environment (README, *Settings*). Raises: SettingsError."""
        return cls(Settings.from_environment(os.environ), resolve_account=resolve_account)

    def __deepcopy__(self, memo: object) -> Self:
        """Litestar copies a handler together with its guards, which are methods of this one."""
        return self

    async def optional_session(self, scope: Scope) -> Session | None:
        """Who is signed in on this request or WebSocket, or None.

        Raises:
            PermissionDeniedException: an unsafe method, by cookie, that no page of this app sent.
            ServiceUnavailableException: the database does not answer, and this process has not seen the pass lately.
            WebSocketException: the same of a WebSocket, whose handshake is refused with 4403, or 4503.
        """
        try:
            return await asgi.session_of(self.endpoints, cast(asgi.Scope, scope))
        except ValetkeyError as error:
            log_error(error)
            raise refusal(scope, error) from error

    async def session(self, scope: Scope) -> Session:
        """As ``optional_session``. Raises: NotAuthorizedException, where nobody is signed in."""
        found = await self.optional_session(scope)
        try:
            return self.endpoints.guard.require(found)
        except ValetkeyError as error:
            raise refusal(scope, error) from error

    async def optional_account(self, scope: Scope) -> Account | None:
        found = await self.optional_session(scope)
        return found.account if found else None

    async def account(self, scope: Scope) -> Account:
        return (await self.session(scope)).account

    async def requires_account(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """A guard, for a handler or a layer; ``request.user`` is then the account, and ``request.auth`` its session.

        It lets handlers be that Litestar's own authentication would: ``exclude_from_auth=True``.
        """
        if not handler.opt.get(routes.OPEN):
            session = await self.session(connection.scope)
            connection.scope["user"], connection.scope["auth"] = session.account, session

    async def sign_out(self, request: ASGIConnection[Any, Any, Any, Any]) -> None:
        """Sign out the user of this request in a handler of your own, as ``DELETE /auth/session`` does.

        The session ends, whether a cookie or a bearer presents it, and so do sign-ins under way in this browser. For
        the rest of the request nobody is signed in, and the answer clears the cookies, whatever the handler returns.
        The request's origin is not checked here: ask for the account first, which checks it for POST, or rely on your
        CSRF protection.

        Raises:
            ServiceUnavailableException: the database does not answer, and the user may still be signed in.
        """
        try:
            cookies = await asgi.sign_out(self.endpoints, cast(asgi.Scope, request.scope))
        except ValetkeyError as error:
            log_error(error)
            raise refusal(request.scope, error) from error
        routes.send_with_answer(request.scope, cookies)
        if isinstance(request.scope.get("auth"), Session):  # ours, and not of the app's own authentication
            request.scope["user"] = request.scope["auth"] = None

    # What Litestar asks of a plugin

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        app_config.route_handlers.append(routes.handler(self.endpoints, self.settings, app_config))
        app_config.dependencies = {**self.dependencies, **app_config.dependencies}
        # Entered last, so that it is left first: what is being finished may need what the app opened.
        app_config.lifespan.append(self._lifespan)
        app_config.on_startup.append(self._look)
        app_config.before_send.append(routes.add_cookies)
        if app_config.openapi_config is not None:
            app_config.openapi_config = config = copy(app_config.openapi_config)
            others = config.components if isinstance(config.components, list) else [config.components]
            config.components = [*others, self._components()]
        return app_config

    def receive_route(self, route: BaseRoute) -> None:
        """In the schema of a handler that asks who is signed in, say how to answer; unless it says so itself."""
        if isinstance(route, HTTPRoute):
            for handler, model in route.route_handler_map.values():
                # Now every layer and every plugin has added its own.
                routes.redact_logs(handler, self.endpoints.names.session)
                asked = [one.provide for batch in model.dependency_batches for one in batch]
                asks = any(one in asked for one in self.dependencies.values())
                if handler.security is None and (asks or self.requires_account in handler.resolve_guards()):
                    handler.security = [*self.security]

    def on_cli_init(self, cli: Group) -> None:
        """``litestar valetkey``, for this app's database."""
        database = {"database": self.settings.database}
        defaults = {"accounts": dict.fromkeys(accounts.commands, database), "migrate": database}
        group = Group("valetkey", help="Sign-in: accounts, database.", context_settings={"default_map": defaults})
        for command in (accounts, migrate, secret):
            group.add_command(command)
        cli.add_command(group)

    @asynccontextmanager
    async def _lifespan(self, app: Litestar) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await self.endpoints.assembly.close()

    async def _look(self, app: Litestar) -> None:
        """Raises: SettingsError, where something in the app would break a sign-in."""
        await startup_check.check_asgi_app(app, self.settings)

    def _components(self) -> Components:
        cookie = SecurityScheme(
            type="apiKey",
            name=self.endpoints.names.session,
            security_scheme_in="cookie",
            description="Set by signing in on this origin.",
        )
        pass_ = SecurityScheme(type="http", scheme="bearer", description="The same pass.")
        return Components(security_schemes={"SessionCookie": cookie, "SessionBearer": pass_})


class _Authentication(AbstractAuthenticationMiddleware):
    """``request.user`` is the account or None, and ``request.auth`` the session or None, on every route below."""

    def __init__(self, sign_in: SignIn, app: ASGIApp) -> None:
        super().__init__(app)
        self._sign_in = sign_in

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        session = await self._sign_in.optional_session(connection.scope)
        return AuthenticationResult(user=session.account if session else None, auth=session)


_KINDS = {401: NotAuthorizedException, 403: PermissionDeniedException, 503: ServiceUnavailableException}


def refusal(scope: Scope, error: ValetkeyError) -> HTTPException | WebSocketException:
    """The error as Litestar's people expect one: its code under ``extra``; of a WebSocket, 4000 and the status."""
    if scope["type"] == ScopeType.WEBSOCKET:
        return WebSocketException(detail=error.message, code=4000 + error.status)
    return _KINDS.get(error.status, HTTPException)(
        detail=error.message,
        status_code=error.status,
        headers=dict(error_headers(error)),
        extra=dict(error_body(error)),
    )
