"""A WSGI app of the tests, without a framework: as thin as an adapter can be."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any, TypeVar
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import WSGIApplication

from valetkey import Secret
from valetkey.frameworks.wsgi import SyncSignIn, body_of, incoming_from
from valetkey.providers.twitter import twitter
from valetkey.settings import Settings
from valetkey.web.replies import account_body

from .servers import SECRET, Provider, free_port


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None: ...


class App:
    def __init__(self, settings: Settings) -> None:
        self.blocking = SyncSignIn(settings)
        self.prefix = settings.prefix

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/api/me":
            session = self.blocking.session_of(environ)
            body = json.dumps(account_body(session.account) if session else None).encode()
            start_response("200 OK" if session else "401 Unauthorized", [("Content-Type", "application/json")])
            return [body]
        incoming = incoming_from(environ, path.removeprefix(f"{self.prefix}/"), body_of(environ))
        reply = self.blocking.answer_in(self, environ, incoming)
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", list(reply.headers))
        return [reply.body]


AnApp = TypeVar("AnApp", bound=App)


@contextmanager
def app_and_x(kind: type[AnApp], directory: Path) -> Iterator[tuple[AnApp, str, Provider]]:
    """An app of this kind with X alone, where it is, and the provider that plays X."""
    port = free_port()
    callback = f"http://127.0.0.1:{port}/auth/twitter"
    provider = Provider(callback)
    app = kind(
        Settings(
            callbacks={"twitter": (callback,)},
            secrets=(Secret(SECRET),),
            providers=(twitter(key=provider.key, secret=Secret(provider.secret), base=provider.origin),),
            database=f"sqlite:///{directory}/app.db",
        )
    )
    with serving(app, port) as base:
        yield app, base, provider
    app.blocking.close()
    provider.stop()


@contextmanager
def serving(app: WSGIApplication, port: int) -> Iterator[str]:
    """In threads of this process; the address."""
    with make_server("127.0.0.1", port, app, server_class=Server, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.shutdown()
            thread.join()
