"""Litestar: a plugin that adds the routes, and dependencies that return the account or the session of a request.

For example::

    @get("/api/me")
    async def me(account: NamedDependency[Account]) -> Account: ...  # before Litestar 2.23: account: Account

    app = Litestar([me], plugins=[SignIn.from_env()])
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import copy
from typing import Any, Self, cast

from click import Group
from litestar import Litestar
from litestar.config.app import AppConfig
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.middleware.base import DefineMiddleware
from litestar.openapi.spec import SecurityRequirement
from litestar.plugins.base import CLIPlugin, InitPlugin, ReceiveRoutePlugin  # 2.15 has them there only
from litestar.routes import BaseRoute, HTTPRoute
from litestar.types import Scope

from ...errors import ValetkeyError
from ...login.assembly import assemble
from ...login.completion import Resolve
from ...models import Account, Session
from ...settings import Settings
from ...web.endpoints import Endpoints
from ...web.replies import log_error
from ...web.startup.once import Once
from ...web.startup.run import note_exception
from .. import asgi
from ..commands import accounts, migrate, secret
from . import routes, schema
from .authentication import Authentication
from .refusals import refusal
from .routes import CurrentUser


class SignIn(InitPlugin, ReceiveRoutePlugin, CLIPlugin):
    """Sign-in for a Litestar app: ``Litestar([...], plugins=[sign_in])``.

    Handlers and dependencies receive four dependencies by name. ``account`` and ``session`` answer 401 if nobody is
    signed in; ``optional_account`` and ``optional_session`` are None instead. All four appear in OpenAPI as cookie or
    bearer, and they work on a WebSocket, whose handshake they refuse.

    A dependency of the app with the same name takes precedence. Where a handler needs one of the names for a path
    parameter, rename ours in ``dependencies``, or remove it there.

    Args:
        settings: the configuration. ``SignIn.from_env()`` reads it from the environment.
        resolve_account: a function ``(identity, account_id)``, sync or async, for an app with its own table of users.
            It gets or creates the user of ``account_id``, or raises ``SignInRefused``. It runs at each sign-in, and may
            run twice at once for the same account.
        current_user: for a ``resolve_account`` that also takes ``current_user``: a function of the request, sync or
            async, that returns the id of the user whom the app has signed in by other means, such as a password. None
            if there is none. See docs/accounts.md.

    Attributes:
        accounts: look up, list, disable, enable, delete and export accounts (see ``AsyncAccounts``).
        sessions: list and end the sessions of an account (see ``AsyncSessions``).
        dependencies: the four dependencies by name. Change it before you pass the plugin to ``Litestar``.
        middleware: authentication for all routes: ``Litestar(middleware=[sign_in.middleware])``. ``request.user`` is
            then the account or None, and ``request.auth`` the session or None.
        security: what a handler that needs the session says in OpenAPI.

    Raises:
        SettingsError: something in the settings is wrong; the message lists all of it.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        resolve_account: Resolve | None = None,
        current_user: CurrentUser | None = None,
    ) -> None:
        finds_user = current_user is not None
        assembly = assemble(settings, blocking=False, resolve_account=resolve_account, finds_user=finds_user)
        self._current_user = current_user
        self.settings = settings
        startup = Once(settings, find=routes.mounts_of, add_them="Litestar(plugins=[sign_in])")
        self.endpoints = Endpoints(assembly, startup)
        # Litestar's scope is a TypedDict, which is no MutableMapping.
        self._recall = cast(Callable[[Scope], Session | None], asgi.recaller(self.endpoints))
        self.accounts = assembly.accounts
        self.sessions = assembly.account_sessions
        self.dependencies = {
            "account": Provide(self.account),
            "optional_account": Provide(self.optional_account),
            "session": Provide(self.session),
            "optional_session": Provide(self.optional_session),
        }
        self.middleware = DefineMiddleware(Authentication, self._recall, self.session_of)
        self.security: list[SecurityRequirement] = [*schema.COOKIE_OR_BEARER]

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

    def __deepcopy__(self, memo: object) -> Self:
        """Litestar copies a handler together with its guards, and a guard may be a method of this object."""
        return self

    async def optional_session(self, scope: Scope) -> Session | None:
        """Return the session of a request or a WebSocket, or None if nobody is signed in.

        It costs no query, except about once a second.

        Raises:
            PermissionDeniedException: the request has an unsafe method, with the session cookie, and no page of this
                app sent it.
            ServiceUnavailableException: the database does not answer, and this process has not seen the session lately.
            WebSocketException: the same for a WebSocket, whose handshake is refused with 4403 or 4503.
        """
        return self._recall(scope) or await self._look_up(scope)

    async def session_of(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Session | None:
        """Return the session of a request or a WebSocket, or None, for a handler that asks by itself.

        It costs a request less than a dependency does. Raises as ``optional_session``.
        """
        return self._recall(connection.scope) or await self._look_up(connection.scope)

    async def _look_up(self, scope: Scope) -> Session | None:
        try:
            return await asgi.session_of(self.endpoints, cast(asgi.Scope, scope))
        except ValetkeyError as error:
            log_error(error)
            raise refusal(scope, error) from error

    def _required(self, scope: Scope, found: Session | None) -> Session:
        try:
            return self.endpoints.guard.require(found)
        except ValetkeyError as error:
            raise refusal(scope, error) from error

    @staticmethod
    def subprotocol_of(websocket: ASGIConnection[Any, Any, Any, Any]) -> str | None:
        """Return the subprotocol with which to accept a page that opens a WebSocket with a ticket.

        Args:
            websocket: the WebSocket.

        Returns:
            For ``websocket.accept(subprotocols=…)``. None for any other client, which must get none.
        """
        return asgi.subprotocol_of(cast(asgi.Scope, websocket.scope))

    async def session(self, scope: Scope) -> Session:
        """Return the session of a request or a WebSocket. Raises as ``optional_session``, and:

        Raises:
            NotAuthorizedException: nobody is signed in.
        """
        return self._recall(scope) or self._required(scope, await self._look_up(scope))

    async def optional_account(self, scope: Scope) -> Account | None:
        """Return the account that is signed in, or None. Raises as ``optional_session``."""
        found = self._recall(scope) or await self._look_up(scope)
        return found.account if found else None

    async def account(self, scope: Scope) -> Account:
        """Return the account that is signed in. Raises as ``session``."""
        found = self._recall(scope) or self._required(scope, await self._look_up(scope))
        return found.account

    async def requires_account(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """Guard a handler or a layer: ``guards=[sign_in.requires_account]``. Raises as ``session``.

        ``request.user`` is then the account, and ``request.auth`` its session. A handler with
        ``exclude_from_auth=True`` is not guarded, as in Litestar's own authentication.
        """
        if not handler.opt.get(routes.OPEN):
            session = await self.session(connection.scope)
            connection.scope["user"], connection.scope["auth"] = session.account, session

    async def sign_out(self, request: ASGIConnection[Any, Any, Any, Any]) -> None:
        """Sign out the user of a request, in a handler of your own. ``DELETE /auth/session`` does the same.

        The session of the cookie or the bearer token ends, and so do the sign-ins that are under way in this browser.
        The answer clears the cookies, whatever the handler returns. For the rest of the request, nobody is signed in.
        The origin of the request is not checked here: depend on ``account``, which checks it for POST, or rely on your
        CSRF protection.

        Args:
            request: the request that presents the session.

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

    # The plugin protocols of Litestar

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        app_config.route_handlers.append(routes.handler(self.endpoints, self.settings, app_config, self._current_user))
        app_config.dependencies = {**self.dependencies, **app_config.dependencies}
        # Entered last, so that it is left first: a sign-in that is being finished may need what the app opened.
        app_config.lifespan.append(self._lifespan)
        app_config.on_startup.append(self._check)
        app_config.after_exception.append(_note)
        app_config.before_send.append(routes.add_cookies)
        if app_config.openapi_config is not None:
            app_config.openapi_config = config = copy(app_config.openapi_config)
            others = config.components if isinstance(config.components, list) else [config.components]
            config.components = [*others, schema.components(self.endpoints.names.session)]
        return app_config

    def receive_route(self, route: BaseRoute) -> None:
        """Add the security requirement to the schema of a handler that needs the session, unless it has its own."""
        if isinstance(route, HTTPRoute):
            for handler, model in route.route_handler_map.values():
                # At this point every layer and every plugin has added its dependencies and guards.
                routes.redact_logs(handler, self.endpoints.names.session)
                used = [one.provide for batch in model.dependency_batches for one in batch]
                needs_session = any(one in used for one in self.dependencies.values())
                if handler.security is None and (needs_session or self.requires_account in handler.resolve_guards()):
                    handler.security = [*self.security]

    def on_cli_init(self, cli: Group) -> None:
        """Add ``litestar valetkey``, which uses this app's database."""
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

    async def _check(self, app: Litestar) -> None:
        """Check that the app lets sign-in through. Raises SettingsError if it does not."""
        await self.endpoints.startup.at_start(app)


async def _note(error: Exception, scope: Scope) -> None:
    """Litestar answers what a middleware raises, and calls this hook."""
    note_exception(error)
