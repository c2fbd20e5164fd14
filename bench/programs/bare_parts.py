"""What the bare programs have in common: sealing, a database, an HTTP client. Each is as little as will do.

They show how little a login can cost in Python. They have none of valetkey's checks, and a client that understands only
the replies of the bench's provider.
"""

from __future__ import annotations

import asyncio
import hmac
import sqlite3
import time
from base64 import urlsafe_b64encode
from collections import deque
from typing import Any
from urllib.parse import urlsplit

KEY = b"k" * 32
LOGIN_SECONDS, SESSION_SECONDS = 600, 1209600
Reply = tuple[bytes, list[tuple[bytes, bytes]]]
JSON, HTML = (b"content-type", b"application/json"), (b"content-type", b"text/html; charset=utf-8")


def text(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def seal(*values: str) -> str:
    """Values for the login's cookie, with a MAC."""
    value = "!".join(values)
    return f"{value}.{text(hmac.digest(KEY, value.encode(), 'sha256'))}"


def opened(sealed: str) -> list[str]:
    value, _, mac = sealed.rpartition(".")
    if not hmac.compare_digest(mac, text(hmac.digest(KEY, value.encode(), "sha256"))):
        raise ValueError("not ours")
    return value.split("!")


def login_cookie(headers: list[tuple[bytes, bytes]]) -> str:
    for name, value in headers:
        if name == b"cookie":
            for cookie in value.decode().split("; "):
                if cookie.startswith("login="):
                    return cookie.removeprefix("login=")
    raise ValueError("no login")


def begun(body: bytes, sealed: str) -> Reply:
    attributes = f"Path=/auth; HttpOnly; SameSite=Lax; Max-Age={LOGIN_SECONDS}"
    return body, [JSON, (b"set-cookie", f"login={sealed}; {attributes}".encode())]


def ended(name: str, session: str) -> Reply:
    """The popup's last page, which says who has signed in; and the session."""
    page = f"<script>opener&&opener.postMessage({{type:'signed-in',name:{name}}},location.origin);close()</script>"
    attributes = f"Path=/; HttpOnly; SameSite=Lax; Max-Age={SESSION_SECONDS}"
    return page.encode(), [
        HTML,
        (b"set-cookie", f"session={session}; {attributes}".encode()),
        (b"set-cookie", b"login=; Path=/auth; Max-Age=0"),
    ]


class Store:
    """Two flushed transactions a login: a claim before the exchange, then the user and the session."""

    def __init__(self, file: str) -> None:
        self.connection = sqlite3.connect(file, isolation_level=None)
        self.execute = self.connection.execute
        self.execute("PRAGMA journal_mode=WAL")
        self.execute("PRAGMA synchronous=FULL")
        self.execute(
            "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, provider_id TEXT NOT NULL UNIQUE,"
            " name TEXT NOT NULL, created INTEGER NOT NULL)"
        )
        self.execute(
            "CREATE TABLE IF NOT EXISTS claims (token TEXT PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID"
        )
        self.execute(
            "CREATE TABLE IF NOT EXISTS sessions (id BLOB PRIMARY KEY, user INTEGER NOT NULL, expires INTEGER NOT NULL)"
            " WITHOUT ROWID"
        )

    def claim(self, token: str) -> None:
        """It raises an exception if the login was claimed before."""
        self.execute("INSERT INTO claims VALUES (?, ?)", (token, int(time.time()) + LOGIN_SECONDS))

    def finish(self, provider_id: str, name: str, session: bytes) -> None:
        self.execute("BEGIN IMMEDIATE")
        user = self.user(provider_id, name)
        self.execute("INSERT INTO sessions VALUES (?, ?, ?)", (session, user, int(time.time()) + SESSION_SECONDS))
        self.execute("COMMIT")

    def user(self, provider_id: str, name: str) -> int:
        row = self.execute("SELECT id, name FROM users WHERE provider_id = ?", (provider_id,)).fetchone()
        if row is None:
            added = "INSERT INTO users (provider_id, name, created) VALUES (?, ?, ?) RETURNING id"
            return int(self.execute(added, (provider_id, name, int(time.time()))).fetchone()[0])
        if row[1] != name:
            self.execute("UPDATE users SET name = ? WHERE id = ?", (name, row[0]))
        return int(row[0])


class Connection(asyncio.Protocol):
    """A kept connection. It reads replies that say how long they are."""

    __slots__ = ("idle", "is_lost", "received", "transport", "waiting")

    def __init__(self, idle: deque[Connection]) -> None:
        self.idle = idle
        self.received = b""
        self.is_lost = False
        self.waiting: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.received[:end].lower()
        named = head.index(b"\r\ncontent-length:") + 17
        last = head.find(b"\r\n", named)
        length = int(head[named : last if last >= 0 else end])
        if len(self.received) < end + 4 + length:
            return
        body, status = self.received[end + 4 :], head[9:12]
        self.received = b""
        waiting, self.waiting = self.waiting, None
        self.idle.append(self)
        if waiting is not None:
            if status == b"200":
                waiting.set_result(body)
            else:
                waiting.set_exception(ValueError(status))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        if self.waiting is not None:
            self.waiting.set_exception(ConnectionResetError())


class Client:
    """Posts to the provider, over as many kept connections as there are requests at once."""

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        self.address = (parts.hostname, parts.port)
        self.host = parts.netloc
        self.idle: deque[Connection] = deque()
        self.loop = asyncio.get_running_loop()

    async def post(self, request: bytes) -> bytes:
        connection = None
        while self.idle and connection is None:
            kept = self.idle.pop()
            connection = None if kept.is_lost else kept
        if connection is None:
            _, connection = await self.loop.create_connection(lambda: Connection(self.idle), *self.address)
        connection.waiting = self.loop.create_future()
        connection.transport.write(request)
        return await connection.waiting


class App:
    """Raw ASGI. POST begins a login, GET ends it."""

    def prepare(self) -> None: ...
    async def start(self) -> Reply: ...
    async def finish(self, query: str, login: str) -> Reply: ...

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            self.prepare()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["method"] == "POST":
            body, headers = await self.start()
        else:
            body, headers = await self.finish(scope["query_string"].decode(), login_cookie(scope["headers"]))
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
