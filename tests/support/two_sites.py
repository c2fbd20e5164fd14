"""An app and its backend on two hosts with TLS, as a browser sees them: names that its host rules lead to this machine,
certificates of the tests' own authority, third-party cookies blocked.

The app's pages are static, and come with the headers that a test asks for by ``?page=NAME``; its relay page can be held
back, as a slow network would.
"""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from valetkey.web.pages import relay_page

from .authority import Authority
from .forwarding import Listener
from .servers import App, Provider, free_port

Headers = dict[str, str]


class Front(Listener):
    """Ends TLS before a server that speaks plain HTTP, and forwards bytes."""

    def __init__(self, context: ssl.SSLContext, target: int) -> None:
        self.target, self._context = target, context
        super().__init__()

    def serve(self, client: socket.socket) -> None:
        with (
            self._context.wrap_socket(client, server_side=True) as plain,
            socket.create_connection(("127.0.0.1", self.target), 60) as server,
        ):
            self.both_ways(plain, server)


class Site(ThreadingHTTPServer):
    """The app's own static pages. ``hold`` keeps the relay page back until ``let_go``."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext, files: dict[str, str], headers: dict[str, Headers]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.files, self.headers = files, headers
        self.everywhere: Headers = {}
        self.asked_for_relay, self.let_go = threading.Event(), threading.Event()
        self.let_go.set()
        self.paths: list[str] = []
        self.cookies: list[bytes] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def hold(self) -> None:
        self.asked_for_relay.clear()
        self.let_go.clear()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no fault."""


class _Handler(BaseHTTPRequestHandler):
    server: Site
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.server.paths.append(self.path)
        self.server.cookies.append(self.headers.get("cookie", "").encode("latin-1"))
        if parts.path == "/relay.html":
            self.server.asked_for_relay.set()
            self.server.let_go.wait(20)
        name = parse_qs(parts.query).get("page", [""])[0]
        text = self.server.files.get(parts.path)
        body = (text or "").encode()
        self.send_response(200 if text is not None else 404)
        kind = "text/javascript" if parts.path.endswith(".js") else "text/html; charset=utf-8"
        for key, value in {"content-type": kind, **self.server.everywhere, **self.server.headers.get(name, {})}.items():
            self.send_header(key, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Sites:
    """The app's site, its backend and the provider, and how a browser finds them."""

    page: str
    backend: str
    app: App
    provider: Provider
    site: Site
    ports: dict[str, int]
    pins: list[str] = field(default_factory=list)

    @property
    def arguments(self) -> list[str]:
        """Chromium's, for these names and certificates, with third-party cookies blocked."""
        return [
            f"--host-resolver-rules={','.join(f'MAP {host} 127.0.0.1:{port}' for host, port in self.ports.items())}",
            f"--ignore-certificate-errors-spki-list={','.join(self.pins)}",
            "--test-third-party-cookie-phaseout",
        ]


@contextmanager
def two_hosts(
    page_host: str, backend_host: str, files: dict[str, str], headers: dict[str, Headers], **env: str
) -> Iterator[Sites]:
    """A page on one, the backend on the other. ``files`` may name ``BACKEND``, which is where its routes are."""
    page, backend = f"https://{page_host}", f"https://{backend_host}"
    callback = f"{backend}/auth/twitter"
    with tempfile.TemporaryDirectory() as directory:
        authority = Authority(Path(directory))
        contexts = [authority.server(host=host) for host in (page_host, backend_host)]
        pins = [_pin(file) for file in sorted(Path(directory).glob("server-*.pem"))]
        provider = Provider(callback)
        app = App(
            provider,
            free_port(),
            Path(directory),
            **{"TWITTER_CALLBACK_URL": callback, "VALETKEY_ORIGINS": page, **env},
        )
        front = Front(contexts[1], app.port)
        served = {name: text.replace("BACKEND", f"{backend}/auth") for name, text in files.items()}
        site = Site(contexts[0], {"/relay.html": relay_page(f"{backend}/auth"), **served}, headers)
        ports = {f"{page_host}:443": int(site.server_address[1]), f"{backend_host}:443": front.port}
        try:
            yield Sites(page, backend, app, provider, site, ports, pins)
        finally:
            site.let_go.set()
            site.shutdown()
            site.server_close()
            front.stop()
            app.stop()
            provider.stop()


def _pin(file: Path) -> str:
    key = x509.load_pem_x509_certificate(file.read_bytes()).public_key()
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()
