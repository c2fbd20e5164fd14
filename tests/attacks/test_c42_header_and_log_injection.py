"""C42: a line end in any input splits no header and makes no second line in the log."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from urllib.parse import quote

from support.browser import Browser
from support.servers import App, Provider
from support.wire import mentions

NASTY = "a\r\nSet-Cookie: evil=1\r\n\r\n<b>\x1b[31m\0forged: line"


def raw(app: App, request: bytes) -> bytes:
    """The request says that it is the last. (A half-closed line is a browser that has gone, to some servers.)"""
    with socket.create_connection(("127.0.0.1", app.port), timeout=5) as line:
        line.sendall(request)
        got = b""
        while data := line.recv(65536):
            got += data
    return got


def test_nothing_is_split(app: App, provider: Provider, browser: Callable[[], Browser]) -> None:
    encoded = quote(NASTY, safe="")
    wires = [
        f"GET /auth/twitter?oauth_token={encoded}&oauth_verifier={encoded} HTTP/1.1\r\n",
        f"GET /auth/twitter?denied={encoded} HTTP/1.1\r\n",
        f"GET /auth/acme?code={encoded}&state={encoded} HTTP/1.1\r\n",
        f"GET /auth/acme?error={encoded}&error_description={encoded}&state={encoded} HTTP/1.1\r\n",
        f"GET /auth/twitter/failed?code={encoded} HTTP/1.1\r\nAccept: text/html\r\n",
        f"GET /auth/twitter/done?login={encoded} HTTP/1.1\r\nAccept: text/html\r\n",
        f"GET /auth/session?login={encoded} HTTP/1.1\r\n",
        f"GET /auth/{encoded} HTTP/1.1\r\n",
        f"GET /{encoded} HTTP/1.1\r\n",
    ]
    for wire in wires:
        got = raw(app, f"{wire}Host: 127.0.0.1:{app.port}\r\nConnection: close\r\n\r\n".encode())
        head, _, _ = got.partition(b"\r\n\r\n")
        assert got.startswith(b"HTTP/1.1 "), wire
        assert not mentions(head, "evil")
        assert b"forged" not in head
    for field in ("return_to", "login", "mode", "challenge"):
        answer = browser().submit("/auth/twitter", {field: NASTY})
        assert answer.status == 400
        assert not mentions(str(answer.headers), "evil")
    assert provider.exchanges == []
    time.sleep(0.2)
    lines = app.server.log.splitlines()
    assert len([line for line in lines if "GET /auth/twitter" in line]) >= 4  # the control: it is a log of these
    assert [line for line in lines if line.startswith(("Set-Cookie", "forged", "<b>"))] == []
    assert [line for line in lines if re.search(r"[\x00\x1b]", line)] == []
