"""Clients of many networks on one machine, and a client that starts logins as fast as the server answers.

The server under test names 127.0.0.1 as its proxy, so ``X-Forwarded-For`` says which network a request is from.
"""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .browser import HTML, Answer, Browser
from .servers import App, Provider, app_and_provider

PROXIES = "127.0.0.1"
_AT_ONCE = 40  # requests on the wire at a time, on each connection


@contextmanager
def limited(limit: str = "") -> Iterator[tuple[App, Provider]]:
    """An app that limits starts, as by default, and a lenient provider."""
    with app_and_provider(VALETKEY_PROXIES=PROXIES, VALETKEY_START_LIMIT=limit) as (app, provider):
        provider.set(lenient=True)
        yield app, provider


class From(Browser):
    """A browser in a network: every request names its address as a proxy does."""

    address = ""

    def request(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        return super().request(method, path, headers={"X-Forwarded-For": self.address, **(headers or {})}, **more)


def browser_from(app: App, address: str) -> From:
    browser = From(app.base)
    browser.address = address
    return browser


def raw(app: App, target: str, body: str = "mode=popup", **headers: str) -> int:
    """One start with the request target as it is written here; the answer's status."""
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=15)
    try:
        connection.putrequest("POST", target, skip_host="Host" in headers)
        for name, value in {**_headers(app), **headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body.encode())
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def _headers(app: App) -> dict[str, str]:
    return {
        "Accept": HTML,
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": app.base,
        "Sec-Fetch-Site": "same-origin",
    }


class Flood:
    """Starts that come as fast as they are answered, over a few connections that stay open.

    Args:
        starts: how many.
        address: the client address of each, by its number.
        a_second: send no more than that.
    """

    def __init__(self, app: App, starts: int, address: Callable[[int], str], a_second: float = float("inf")) -> None:
        self.statuses: Counter[int] = Counter()
        self.seconds = 0.0
        self._app, self._starts, self._address, self._a_second = app, starts, address, a_second
        self._lock = threading.Lock()
        self._sent = 0
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(2)]
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    @property
    def answered(self) -> int:
        return self.statuses.total()

    @property
    def runs(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def wait(self) -> None:
        for thread in self._threads:
            thread.join()
        assert self.answered == self._starts

    def _run(self) -> None:
        with socket.create_connection(("127.0.0.1", self._app.port), timeout=30) as line:
            while numbers := self._next():
                line.sendall(b"".join(self._request(number) for number in numbers))
                found = _statuses(line, len(numbers))
                with self._lock:
                    self.statuses.update(found)
                    self.seconds = time.monotonic() - self._began

    def _next(self) -> range:
        with self._lock:
            first = self._sent
            self._sent = min(first + _AT_ONCE, self._starts)
        time.sleep(max(first / self._a_second - (time.monotonic() - self._began), 0))
        return range(first, min(first + _AT_ONCE, self._starts))

    def _request(self, number: int) -> bytes:
        fields = {
            **_headers(self._app),
            "X-Forwarded-For": self._address(number),
            "Host": f"127.0.0.1:{self._app.port}",
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"POST /auth/twitter HTTP/1.1\r\n{lines}Content-Length: 10\r\n\r\nmode=popup".encode()


def _statuses(line: socket.socket, wanted: int) -> list[int]:
    """Of so many answers on one connection, one after the other."""
    found: list[int] = []
    buffer = b""
    while len(found) < wanted:
        head, end, rest = buffer.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: ([0-9]+)", head)
        if end and length is not None and len(rest) >= int(length[1]):
            found.append(int(head[9:12]))
            buffer = rest[int(length[1]) :]
            continue
        more = line.recv(1 << 18)
        assert more, "the server hung up"
        buffer += more
    return found


def resident_bytes(app: App) -> int:
    """What the server's process has in memory."""
    pages = int(Path(f"/proc/{app.server.process.pid}/statm").read_text().split()[1])
    return pages * 4096
