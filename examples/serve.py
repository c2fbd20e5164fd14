"""Runs an example: its ``app.py``, and the second site if it has one (``site/``), or the page's own server.

If the environment has no keys, the sandbox stands in for X, and a line on standard error says so.
"""

from __future__ import annotations

import argparse
import os
import runpy
import secrets
import signal
import socket
import sys
import tempfile
import threading
from contextlib import ExitStack, suppress
from inspect import iscoroutinefunction
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import WSGIApplication

import serve_page
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from valetkey.testing.sandbox import SandboxSettings, environment, running

HERE = Path(__file__).parent
DEFAULT_BACKEND = "http://127.0.0.1:8000"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
NAMES = sorted(file.parent.name for file in HERE.glob("*/app.py"))
PAGES = (serve_page.BACKEND, *serve_page.NAMES)


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run example")
    parser.add_argument("name", choices=[*NAMES, *PAGES])
    parser.add_argument("--port", type=int, default=8000, help="0 for any; a second site takes the next one")
    parser.add_argument("--page-port", type=int, default=5173, help="of the page's own server, if it has one")
    options = parser.parse_args()
    directory = HERE / options.name
    with ExitStack() as stack:
        listening = [listen(options.port)]
        port = listening[0].getsockname()[1]
        sites = [f"http://127.0.0.1:{port}"]
        backend = sites[0]
        if options.name in PAGES:
            sites = [f"http://127.0.0.1:{options.page_port}"]
        if (directory / "site").is_dir():
            # For a browser, localhost and 127.0.0.1 are two sites: cookies do not pass between them.
            listening.append(listen(options.port and options.port + 1))
            sites.append(f"http://localhost:{listening[1].getsockname()[1]}")
        if not os.environ.get("TWITTER_CONSUMER_KEY"):
            callback = f"{sites[0]}/auth/twitter"
            registered = serve_page.callbacks(sites[0]) if options.name in PAGES else [callback]
            sandbox = stack.enter_context(running(SandboxSettings(callbacks=registered)))
            kept = stack.enter_context(tempfile.TemporaryDirectory())
            os.environ |= {
                **environment(sandbox, callback),
                **(serve_page.environment(sandbox, sites[0]) if options.name in PAGES else {}),
                "VALETKEY_SECRET": secrets.token_urlsafe(32),
                "VALETKEY_DATABASE": f"sqlite:///{kept}/example.db",
                "EXAMPLE_DATABASE": f"sqlite:///{kept}/of-the-example.db",  # for the example's own tables
            }
            say(f"No keys in the environment: the sandbox stands in for X, at {sandbox.origin}")
        os.environ |= {"EXAMPLE_SITES": " ".join(sites)}
        sys.path[:0] = [str(directory), str(HERE)]
        file = HERE / serve_page.BACKEND / "backend.py" if options.name in PAGES else directory / "app.py"
        app = runpy.run_path(str(file))["app"]
        if options.name in serve_page.NAMES:
            stack.enter_context(serve_page.dev_server(directory, options.page_port, backend))
        if len(sites) > 1:
            pages = Starlette(routes=[Route("/{name:path}", Site(directory / "site", sites[0]))])
            second = uvicorn.Server(uvicorn.Config(pages, log_level="warning"))
            second.install_signal_handlers = lambda: None  # type: ignore[method-assign]
            threading.Thread(target=second.run, kwargs={"sockets": listening[1:]}, daemon=True).start()
        if is_asgi(app):
            Announcing(uvicorn.Config(app, log_level="warning"), sites[-1]).run(sockets=listening[:1])
        else:
            serve_wsgi(app, listening[0], sites[0])


class Site:
    """Static files. They name the backend at the default port; for another port the address is replaced."""

    def __init__(self, directory: Path, backend: str) -> None:
        self.directory, self.backend = directory, backend

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        file = self.directory / (scope["path_params"]["name"] or "index.html")
        if file.parent != self.directory or not file.is_file():
            return await Response(status_code=404)(scope, receive, send)
        text = file.read_text().replace(DEFAULT_BACKEND, self.backend)
        await Response(text, media_type=TYPES[file.suffix])(scope, receive, send)
        return None


class Announcing(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self.address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(f"Ready {self.address}", flush=True)


def is_asgi(app: Any) -> bool:
    return iscoroutinefunction(app) or iscoroutinefunction(type(app).__call__)


class ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Logs nothing: the request line of a callback holds the verifier."""

    def log_message(self, format: str, *args: object) -> None: ...


def serve_wsgi(app: WSGIApplication, listening: socket.socket, address: str) -> None:
    """In threads of this process, as a framework's own development server does."""
    port = listening.getsockname()[1]
    with ThreadingServer(("127.0.0.1", port), Quiet, bind_and_activate=False) as server:
        server.socket.close()
        server.socket = listening
        server.server_name, server.server_port = "127.0.0.1", port
        server.setup_environ()
        server.set_app(app)
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
        print(f"Ready {address}", flush=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()


def listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as fault:
        sys.exit(f"port {port}: {os.strerror(fault.errno or 0)}. Give another with --port")


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
