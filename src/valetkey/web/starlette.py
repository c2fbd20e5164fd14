"""Starlette: two translations, the routes, and the session of a request."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from ..assembly import assemble
from ..model import Session
from ..settings import Settings
from ..welcome import Resolve
from .endpoints import Endpoints
from .messages import BODY_LIMIT_BYTES, Incoming, Reply

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class SignIn:
    """Sign-in for a Starlette app: ``Starlette(routes=[*sign_in.routes, …], lifespan=sign_in.lifespan)``.

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

    @classmethod
    def from_env(cls, *, resolve_account: Resolve | None = None) -> Self:
        """Build from the environment (README, *Settings*). Raises: SettingsError."""
        return cls(Settings.from_environment(os.environ), resolve_account=resolve_account)

    async def session_of(self, request: HTTPConnection) -> Session | None:
        """Who is signed in on this request, or None.

        Raises:
            ForeignOrigin, WrongHost: an unsafe method or a WebSocket, by cookie, that no page of this app sent.
            StoreError: the database does not answer, and this process has not seen the pass lately.
        """
        authorization, cookies = None, []
        for name, value in request.scope["headers"]:
            if name == b"cookie":
                cookies.append(value.decode("latin-1"))
            elif name == b"authorization":
                authorization = value.decode("latin-1")
        return await self.endpoints.guard.session(
            _method(request.scope), authorization, cookies, lambda: incoming_from(request.scope, "", b"")
        )

    @asynccontextmanager
    async def lifespan(self, app: object) -> AsyncIterator[None]:
        """Lets what is being finished finish at shutdown, and closes connections."""
        yield
        await self.close()

    async def close(self) -> None:
        await self.endpoints.assembly.close()


class _Asgi:
    """The endpoints as an ASGI app."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await _read_body(request)
        incoming = incoming_from(scope, request.path_params["path"], body)
        # The server's access log prints the query of this very scope, and the callback's holds the verifier.
        scope["query_string"] = b""
        await response_from(await self._endpoints.answer(incoming))(scope, receive, send)


async def _read_body(request: Request) -> bytes | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            return None
    return body


def _method(scope: Scope) -> str:
    """A WebSocket's handshake is a GET, and opens what is as unsafe as a POST."""
    return "WEBSOCKET" if scope["type"] == "websocket" else str(scope["method"])


def incoming_from(scope: Scope, path: str, body: bytes | None) -> Incoming:
    return Incoming(
        method=_method(scope),
        path=path,
        query=scope["query_string"].decode("latin-1"),
        headers=[(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]],
        body=body,
        peer=client[0] if (client := scope.get("client")) else None,
    )


def response_from(reply: Reply) -> Response:
    response = Response(reply.body, reply.status)
    response.raw_headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in (*reply.headers, ("content-length", str(len(reply.body))))
    ]
    return response
