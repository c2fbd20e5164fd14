"""Requests as bytes over a socket, for what an HTTP client refuses to send."""

from __future__ import annotations

import json
import re
import socket

from .servers import App


def exchange(app: App, target: str, cookie: bytes | None = None, *, authorization: bytes | None = None) -> bytes:
    """Send a GET and return everything that comes back; nothing where the server only hangs up."""
    head = [f"GET {target} HTTP/1.1".encode(), f"Host: 127.0.0.1:{app.port}".encode(), b"Connection: close"]
    head += [b"Accept: text/html" if target != "/api/me" else b"Accept: application/json"]
    head += [b"Sec-Fetch-Mode: navigate", b"Sec-Fetch-Dest: document"] if target != "/api/me" else []
    head += [b"Cookie: " + cookie] if cookie is not None else []
    head += [b"Authorization: " + authorization] if authorization is not None else []
    received = b""
    with socket.create_connection(("127.0.0.1", app.port), 15) as connection:
        connection.sendall(b"\r\n".join(head) + b"\r\n\r\n")
        try:
            while data := connection.recv(65536):
                received += data
        except ConnectionResetError:
            pass
    return received


def whose(app: App, cookie: bytes | None = None, *, authorization: bytes | None = None) -> str | None:
    """Whose session the app sees: a handle, None for nobody, ``refused`` where the server refuses the request."""
    answer = exchange(app, "/api/me", cookie, authorization=authorization)
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    if status == [b"200"]:
        text = body[body.find(b"{") : body.rfind(b"}") + 1]  # a chunked body has lengths around it
        return str(json.loads(text)["identities"][0]["handle"])
    if status == [b"401"]:
        return None
    assert status in ([], [b"400"]), answer[:300]
    return "refused"


def mentions(text: object, word: str) -> bool:
    """Whether a text has a word in it. Four letters in the middle of a random base64url text are no word."""
    return re.search(rf"{word}(?![A-Za-z0-9_-])", str(text)) is not None
