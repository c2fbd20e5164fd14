"""The HTTP of ``hostile``: a real server on loopback, in threads of the test's process."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Request:
    """One request as it came, and the status that it was answered with. Names of headers are in lower case.

    Attributes:
        endpoint: which one it is, such as ``token``; ``other`` if there is none at its path.
        issuer: the address up to the endpoint's own path.
    """

    endpoint: str
    issuer: str
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    status: int | None = None

    @property
    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode("latin-1"), keep_blank_values=True)

    def field(self, name: str) -> str | None:
        """A parameter of the query or the form. None if it is not there once."""
        found = [value for key, value in (*self.query, *self.form) if key == name]
        return found[0] if len(found) == 1 else None


@dataclass
class Reply:
    """What is sent.

    Attributes:
        body: bytes as they are; anything else as JSON.
        headers: a value of None leaves a header of the server's own out.
        delay: seconds before the first byte.
        drop: the connection is closed and nothing is sent.
        raw: these bytes instead of a response, and then the connection is closed.
    """

    status: int = 200
    body: object = b""
    headers: Mapping[str, str | None] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False
    raw: bytes | None = None

    def octets(self) -> bytes:
        if self.raw is not None:
            return self.raw
        is_text = isinstance(self.body, bytes)
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers: dict[str, str | None] = {
            "Content-Type": "text/html" if is_text else "application/json",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Date": formatdate(usegmt=True),
            **self.headers,
        }
        lines = [
            f"HTTP/1.1 {self.status} -",
            *(f"{name}: {value}" for name, value in headers.items() if value is not None),
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Server(ThreadingHTTPServer):
    """Hands every request to ``answer``. Ending it ends what it delays and hangs up on who is still connected."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, read: Callable[[str, str], Request], answer: Callable[[Request], Reply]) -> None:
        self.read, self.answer = read, answer
        self.over = threading.Event()
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))
        self._thread.start()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no error of the server's."""

    def stop(self) -> None:
        self.over.set()
        self.shutdown()
        self._thread.join()
        for connection in list(self._connections):
            self.shutdown_request(connection)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def _serve(self) -> None:
        request = self.server.read(self.command, self.path)
        request.headers = {name.lower(): value for name, value in self.headers.items()}
        request.body = self.rfile.read(int(request.headers.get("content-length", "0")))
        reply = self.server.answer(request)
        if reply.delay:
            self.server.over.wait(reply.delay)
        if reply.drop or reply.raw is not None:
            self.close_connection = True
        if not reply.drop:
            self.wfile.write(reply.octets())

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = _serve

    def log_message(self, format: str, *args: object) -> None: ...


def split_target(target: str) -> tuple[str, list[tuple[str, str]]]:
    parts = urlsplit(target)
    return parts.path, parse_qsl(parts.query, keep_blank_values=True)
