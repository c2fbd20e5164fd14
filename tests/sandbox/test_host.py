"""A page of another site reaches nothing of the sandbox: not by a name that it lets point here (DNS rebinding), and not
by a request that its browser marks."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from valetkey.testing.sandbox import SandboxSettings, running

CALLBACK = "http://127.0.0.1:8000/auth/twitter"
PATHS = {
    "/__sandbox__/secrets": "GET",
    "/__sandbox__/journal": "GET",
    "/__sandbox__/settings": "PATCH",
    "/__sandbox__/faults": "POST",
    "/__sandbox__/approve": "POST",
    "/__sandbox__/personas": "PUT",
    "/__sandbox__/reset": "POST",
    "/__sandbox__/providers": "PATCH",
    "/__sandbox__/rotate": "POST",
    "/__sandbox__/subject": "POST",
    "/google/o/oauth2/v2/auth": "GET",
    "/google/token": "POST",
    "/google/sandbox/decide": "POST",
    "/google/oauth2/v3/certs": "GET",
    "/google/.well-known/openid-configuration": "GET",
    "/github/user": "GET",
    "/oauth/request_token": "POST",
    "/oauth/access_token": "POST",
    "/oauth/authorize": "GET",
    "/oauth/authenticate": "GET",
    "/1.1/account/verify_credentials.json": "GET",
    "/2/users/me": "GET",
    "/pictures/ada.svg": "GET",
    "/nothing": "GET",
}
FOREIGN = [
    *("evil.example", "evil.example:PORT", "localhost.evil.example:PORT", "127.0.0.1.evil.example", "x.localhost:PORT"),
    *("localhost.:PORT", "127.0.0.2:PORT", "127.1:PORT", "0.0.0.0:PORT", "2130706433:PORT", "[::]:PORT", "[::1]evil"),
    *("localhost:PORT@evil.example", "evil.example@localhost:PORT", "localhost:PORT, evil.example", "localhost:x"),
    *("", " ", "localhost\xa0", "\xa0localhost", "localhost\x85", "localhost:\xb2", "::1", "localhost evil.example"),
]
OURS = ["localhost:PORT", "127.0.0.1:PORT", "[::1]:PORT", "LocalHost:PORT", "localhost", "127.0.0.1", "localhost:1"]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(SandboxSettings(callbacks=(CALLBACK,))) as live:
        yield urlsplit(live.origin).port or 0


def ask(port: int, method: str, path: str, *lines: str) -> tuple[int, bytes]:
    """Over a raw socket, with these very lines: status (0 if the server hung up) and body."""
    head = "\r\n".join((f"{method} {path} HTTP/1.1", *lines, "Connection: close", "Content-Length: 2"))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(f"{head}\r\n\r\n{{}}".encode("latin-1"))
        answer = b""
        while more := line.recv(65536):
            answer += more
    status, _, body = answer.partition(b"\r\n\r\n")
    return (int(status.split()[1]) if status else 0), body


CONTROL = "X-Sandbox-Control: 1"


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_host_reaches_nothing(port: int, host: str) -> None:
    for path, method in PATHS.items():
        status, body = ask(port, method, path, f"Host: {host.replace('PORT', str(port))}", CONTROL)
        assert status in (400, 421), path
        assert b"sandbox-secret" not in body


def test_no_host_or_two_reach_nothing(port: int) -> None:
    ours = f"Host: localhost:{port}"
    for lines in ([], [ours, "Host: evil.example"], ["Host: evil.example", ours], [ours, ours]):
        for path, method in PATHS.items():
            assert ask(port, method, path, *lines, CONTROL)[0] in (400, 421), (path, lines)


@pytest.mark.parametrize("host", OURS)
def test_the_control_by_its_own_names(port: int, host: str) -> None:
    line = f"Host: {host.replace('PORT', str(port))}"
    status, body = ask(port, "GET", "/__sandbox__/secrets", line, CONTROL)
    assert status == 200
    assert b"sandbox-secret" in body
    assert ask(port, "GET", "/pictures/ada.svg", line)[0] == 200
    assert ask(port, "GET", "/nothing", line)[0] == 404


@pytest.mark.parametrize(
    "mark",
    [
        *("Origin: https://evil.example", "Origin: null", "Origin: http://localhost:PORT", "Origin:"),
        *(f"Sec-Fetch-Site: {site}" for site in ("cross-site", "same-site", "same-origin", "none")),
    ],
)
def test_control_is_not_for_pages(port: int, mark: str) -> None:
    """Not for our own either: they have no use for it."""
    host = f"Host: localhost:{port}"
    for path, method in PATHS.items():
        if path.startswith("/__sandbox__/"):
            status, body = ask(port, method, path, host, CONTROL, mark.replace("PORT", str(port)))
            assert (status, b"sandbox-secret" in body) == (403, False), path
    assert ask(port, "GET", "/__sandbox__/secrets", host)[0] == 403  # without the header of its own
    assert ask(port, "GET", "/__sandbox__/secrets", host, CONTROL)[0] == 200
