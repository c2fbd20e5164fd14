"""Sends a request through a whole ASGI or WSGI app in this process, and returns what comes out at its far end."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

AsgiApp = Callable[..., Awaitable[Any]]
WsgiApp = Callable[..., Iterable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRequest:
    """A request without a body.

    Args:
        method: in upper case.
        origin: scheme, host and port of the address that the request is sent to.
        before: what the app is below: ``root_path`` or ``SCRIPT_NAME``.
        path: as the server passes it on.
        query: without the question mark.
        headers: names in lower case.
    """

    method: str
    origin: str
    before: str = ""
    path: str
    query: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppReply:
    """A reply without its body.

    Args:
        status: of HTTP.
        headers: names are in lower case.
        error: what the app raised in place of an answer, or what its framework answered with a status of 500.
    """

    status: int
    headers: Sequence[tuple[str, str]]
    error: Exception | None = None

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for key, value in self.headers if key == name]


async def send_to_asgi(app: AsgiApp, request: AppRequest) -> AppReply:
    """Send a request through an ASGI app.

    Raises:
        Exception: what the app raises.
    """
    public = urlsplit(request.origin)
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": public.scheme,
        "path": request.path,
        "raw_path": request.path.encode(),
        "root_path": request.before,
        "query_string": request.query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in request.headers.items()],
        "client": ("127.0.0.1", 0),
        "server": (public.hostname, public.port),
        "state": {},
    }
    started: list[MutableMapping[str, Any]] = []
    body = [b""]
    answered = asyncio.Event()

    async def receive() -> MutableMapping[str, Any]:
        if body:
            return {"type": "http.request", "body": body.pop(), "more_body": False}
        # Like a browser that waits. An app that streams its answer asks again and again whether the client has gone.
        await answered.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            answered.set()

    await app(scope, receive, send)
    (start,) = started
    headers = [
        (bytes(name).decode("latin-1").lower(), bytes(value).decode("latin-1")) for name, value in start["headers"]
    ]
    return AppReply(status=start["status"], headers=headers)


def send_to_wsgi(app: WsgiApp, request: AppRequest) -> AppReply:
    """Send a request through a WSGI app.

    Raises:
        Exception: what the app raises.
    """
    public = urlsplit(request.origin)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": request.before,
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query,
        "SERVER_NAME": public.hostname,
        "SERVER_PORT": str(public.port or {"http": 80, "https": 443}[public.scheme]),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": public.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()},
    }
    started: list[AppReply] = []

    def start_response(status: str, headers: list[tuple[str, str]], error: object = None) -> Callable[[bytes], None]:
        lower = [(name.lower(), value) for name, value in headers]
        started.append(AppReply(status=int(status.split()[0]), headers=lower))
        return lambda data: None

    body = app(environ, start_response)
    try:
        for _ in body:
            pass
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()
    return started[-1]
