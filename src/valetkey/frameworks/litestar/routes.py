"""Our routes in a Litestar app, and what of the app's own leaves them alone.

They are an HTTP handler with a path parameter and not a mounted ASGI app: a mount at ``/auth`` would also be asked for
``/authors/{id}`` (in every Litestar 2 up to 2.25).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import unquote

from litestar import Request, route
from litestar.config.app import AppConfig
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.middleware.base import DefineMiddleware
from litestar.middleware.logging import LoggingMiddlewareConfig
from litestar.types import ASGIApp, Message, Method, Scope

from ...settings import Settings
from ...web.endpoints import Endpoints
from ...web.http import BODY_LIMIT_BYTES
from .. import asgi

OPEN = "exclude_from_auth"  # what Litestar's own authentication goes by
_COOKIES = "valetkey_cookies"  # in the scope's state
_UNLOGGED = "exclude_from_logging"
_METHODS: list[Method] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def handler(endpoints: Endpoints, settings: Settings, app_config: AppConfig) -> HTTPRouteHandler:
    """Everything below the prefix. The app's CSRF layer passes it by: ours is stricter."""
    csrf = app_config.csrf_config
    above = f"/{app_config.path.strip('/')}" if app_config.path else ""

    @route(
        f"{settings.prefix.removeprefix(above)}/{{below:path}}",
        http_method=_METHODS,
        status_code=200,
        include_in_schema=False,
        request_max_body_size=BODY_LIMIT_BYTES,
        after_request=_as_it_is,
        opt={OPEN: True, _UNLOGGED: True, (csrf.exclude_from_csrf_key if csrf else "exclude_from_csrf"): True},
    )
    async def valetkey(request: Request[Any, Any, Any]) -> ASGIApp:
        path, body = _below(request.scope, settings.prefix), await _body(request)

        async def answer(scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
            await asgi.answer_read(endpoints, path, scope, body, send)

        return cast(ASGIApp, answer)

    return valetkey


def send_with_answer(scope: Scope, cookies: Sequence[tuple[str, str]]) -> None:
    """Set cookies with the answer to this request, whoever makes it."""
    scope["state"][_COOKIES] = cookies


async def add_cookies(message: Message, scope: Scope) -> None:
    """Litestar's ``before_send``: for every message of an answer."""
    if message["type"] == "http.response.start" and _COOKIES in scope.get("state", ()):
        cookies = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in scope["state"].pop(_COOKIES)]
        message["headers"] = [*message["headers"], *cookies]


def redact_logs(handler: BaseRouteHandler, cookie: str) -> None:
    """Keep passes and verifiers out of the app's LoggingMiddleware, which writes down requests and answers."""
    for middleware in handler.resolve_middleware():
        config = middleware.kwargs.get("config") if isinstance(middleware, DefineMiddleware) else None
        if isinstance(config, LoggingMiddlewareConfig):
            config.exclude_opt_key = config.exclude_opt_key or _UNLOGGED
            if _UNLOGGED in handler.opt:
                handler.opt[config.exclude_opt_key] = True
            config.request_headers_to_obfuscate = {*config.request_headers_to_obfuscate, "Cookie"}
            config.request_cookies_to_obfuscate = {*config.request_cookies_to_obfuscate, cookie}


def _below(scope: Scope, prefix: str) -> str:
    """What follows the prefix, as it was asked for: Litestar's own has lost slashes, and a callback with one more is
    not the callback."""
    raw = scope.get("raw_path") or scope["path"].encode()
    path = unquote(raw.partition(b"?")[0].decode("latin-1"))  # its test client leaves the query there
    return path.removeprefix(scope.get("root_path", "")).removeprefix(f"{prefix}/")


async def _body(request: Request[Any, Any, Any]) -> bytes | None:
    """Not from ``receive``: a hook of the app's may have read it. None where it is too long, or was cut short."""
    try:
        return await request.body()
    except HTTPException:
        return None


async def _as_it_is(response: ASGIApp) -> ASGIApp:
    """In the place of an app's ``after_request``, which expects a Response of Litestar's."""
    return response
