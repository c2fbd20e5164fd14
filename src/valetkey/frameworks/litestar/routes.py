"""The routes in a Litestar app, and what keeps the app's own layers away from them.

The routes are one HTTP handler with a path parameter, not a mounted ASGI app: in every Litestar 2 up to 2.25, a mount
at ``/auth`` also receives the requests for ``/authors/{id}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, cast
from urllib.parse import unquote

from litestar import Litestar, Request, route
from litestar.config.app import AppConfig
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.middleware.base import DefineMiddleware
from litestar.middleware.logging import LoggingMiddlewareConfig
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Message, Method, Scope
from litestar.utils.path import normalize_path

from ...login.current_user import finder
from ...settings import Settings
from ...web.endpoints import Endpoints
from ...web.http import BODY_LIMIT_BYTES
from .. import asgi

CurrentUser = Callable[[Request[Any, Any, Any]], object]
"""Returns the id of the user whom the app has signed in by other means, or None. It may be ``async``."""

OPEN = "exclude_from_auth"  # the option that Litestar's own authentication reads
_COOKIES = "valetkey_cookies"  # in the scope's state
_NAME = "valetkey"
_BELOW = "/{below:path}"
_UNLOGGED = "exclude_from_logging"
_METHODS: list[Method] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def handler(
    endpoints: Endpoints, settings: Settings, app_config: AppConfig, current_user: CurrentUser | None
) -> HTTPRouteHandler:
    """The handler for everything below the prefix. It is excluded from the app's CSRF protection: ours is stricter."""
    csrf = app_config.csrf_config
    above = f"/{app_config.path.strip('/')}" if app_config.path else ""

    @route(
        f"{settings.prefix.removeprefix(above)}{_BELOW}",
        http_method=_METHODS,
        status_code=200,
        include_in_schema=False,
        request_max_body_size=BODY_LIMIT_BYTES,
        after_request=_unchanged,
        opt={
            _NAME: True,
            OPEN: True,
            _UNLOGGED: True,
            (csrf.exclude_from_csrf_key if csrf else "exclude_from_csrf"): True,
        },
    )
    async def valetkey(request: Request[Any, Any, Any]) -> ASGIApp:
        whole = _sent_path(request.scope)
        path, body = _below(request.scope, whole), await _body(request)
        find_user = None if current_user is None else finder(current_user, endpoints.assembly.runner, request)

        async def answer(scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
            await asgi.answer_read(endpoints, path, scope, body, send, find_user, whole=whole)

        return cast(ASGIApp, answer)

    return valetkey


def send_with_answer(scope: Scope, cookies: Sequence[tuple[str, str]]) -> None:
    """Set cookies with the answer to this request, also where an exception handler makes the answer."""
    scope["state"][_COOKIES] = cookies


async def add_cookies(message: Message, scope: Scope) -> None:
    """A ``before_send`` hook, which Litestar calls for every message of an answer."""
    if message["type"] == "http.response.start" and _COOKIES in scope.get("state", ()):
        cookies = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in scope["state"].pop(_COOKIES)]
        message["headers"] = [*message["headers"], *cookies]


def redact_logs(handler: BaseRouteHandler, cookie: str) -> None:
    """Keep session tokens and verifiers out of the app's LoggingMiddleware, which logs requests and answers."""
    for middleware in handler.resolve_middleware():
        config = middleware.kwargs.get("config") if isinstance(middleware, DefineMiddleware) else None
        if isinstance(config, LoggingMiddlewareConfig):
            config.exclude_opt_key = config.exclude_opt_key or _UNLOGGED
            if _UNLOGGED in handler.opt:
                handler.opt[config.exclude_opt_key] = True
            config.request_headers_to_obfuscate = {*config.request_headers_to_obfuscate, "Cookie"}
            config.request_cookies_to_obfuscate = {*config.request_cookies_to_obfuscate, cookie}


def mounts_of(app: Litestar) -> list[str]:
    """Return the path of the routes at each place where the app has them."""
    return [
        route.path.removesuffix(_BELOW)
        for route in app.routes
        if isinstance(route, HTTPRoute) and any(_NAME in one.opt for one in route.route_handlers)
    ]


def _sent_path(scope: Scope) -> str:
    """The path as it was sent. Litestar's own has lost slashes, and what a mount is below."""
    raw = scope.get("raw_path") or scope["path"].encode()
    return unquote(raw.partition(b"?")[0].decode("latin-1"))  # Litestar's test client leaves the query there


def _below(scope: Scope, sent: str) -> str:
    """What follows the prefix, as it was sent: a callback's address with one slash more is another address.

    Args:
        scope: of the request. Litestar says in it which route was found.
        sent: the path of the request as it was sent.
    """
    routes = scope["path_template"].rpartition("/")[0]
    for hit in re.finditer(re.escape(f"{routes}/"), sent):
        if normalize_path(sent[hit.start() :]) == normalize_path(scope["path"]):
            return sent[hit.end() :]
    return str(scope["path_params"]["below"]).removeprefix("/")


async def _body(request: Request[Any, Any, Any]) -> bytes | None:
    """Read the body through the request, as a hook of the app may have read it. None if too long, or cut short."""
    try:
        return await request.body()
    except HTTPException:
        return None


async def _unchanged(response: ASGIApp) -> ASGIApp:
    """Replaces the app's ``after_request``, which expects a ``Response`` of Litestar."""
    return response
