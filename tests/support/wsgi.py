"""A WSGI app of the tests: two translations over the same endpoints, run in the caller's own thread.

It is as thin as an adapter should be, and shows that a synchronous framework needs nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from valetkey.assembly import assemble
from valetkey.runner import ThreadRunner
from valetkey.settings import Settings
from valetkey.web.endpoints import Endpoints
from valetkey.web.messages import BODY_LIMIT_BYTES, Incoming
from valetkey.web.replies import account_body


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None: ...


class App:
    def __init__(self, settings: Settings) -> None:
        self.assembly = assemble(settings, blocking=True)
        self.endpoints = Endpoints(self.assembly)
        self.prefix = settings.prefix

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        runner = self.assembly.runner
        assert isinstance(runner, ThreadRunner)
        path = environ["PATH_INFO"]
        if path == "/api/me":
            incoming = self.incoming(environ, path)
            session = runner.run(
                self.endpoints.guard.session(
                    incoming.method,
                    incoming.header("authorization"),
                    [environ.get("HTTP_COOKIE", "")],
                    lambda: incoming,
                )
            )
            body = json.dumps(account_body(session.account) if session else None).encode()
            start_response("200 OK" if session else "401 Unauthorized", [("Content-Type", "application/json")])
            return [body]
        reply = runner.run(self.endpoints.answer(self.incoming(environ, path.removeprefix(f"{self.prefix}/"))))
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", list(reply.headers))
        return [reply.body]

    @staticmethod
    def incoming(environ: dict[str, Any], path: str) -> Incoming:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        headers = [
            (name.removeprefix("HTTP_").replace("_", "-").lower(), value)
            for name, value in environ.items()
            if name.startswith("HTTP_")
        ]
        if environ.get("CONTENT_TYPE"):
            headers.append(("content-type", environ["CONTENT_TYPE"]))
        return Incoming(
            method=environ["REQUEST_METHOD"],
            path=path,
            query=environ.get("QUERY_STRING", ""),
            headers=headers,
            body=environ["wsgi.input"].read(length) if length <= BODY_LIMIT_BYTES else None,
        )
