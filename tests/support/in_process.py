"""An app in the process of the test, and a browser that reaches it without a socket: as fast to start as to ask.

The app is FastAPI's with ``SignIn`` and no option, as the README has it, in a loop and a thread of its own. Only the
server is missing; what the app sends to providers goes through real sockets.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from fastapi import FastAPI

from valetkey import Settings
from valetkey.frameworks.fastapi import SignIn

from .browser import HTML, Answer, Begun, Browser
from .hostile import Hostile
from .servers import SECRET

TABLES = ("accounts", "identities", "sessions", "login_claims")
BASE = "http://127.0.0.1:8000"


class InProcess:
    """An app, its database, and what stands in its rows.

    Args:
        database: a file that need not exist.
        providers: providers made in Python.
        env: the app's variables, beside its address, its secret and its database.
    """

    base = BASE

    def __init__(self, database: Path, providers: tuple[Any, ...] = (), **env: str) -> None:
        self.database = database
        variables = {
            "VALETKEY_URL": self.base,
            "VALETKEY_SECRET": SECRET,
            "VALETKEY_DATABASE": f"sqlite:///{database}",
            "VALETKEY_START_LIMIT": "off",
            **env,
        }
        self.settings = Settings.from_environment(variables, providers=providers)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._lifespan = self.lifespan()
        self.app: Any = self.run(self._lifespan.__aenter__())

    def lifespan(self) -> AbstractAsyncContextManager[Any]:
        """Makes the app, and keeps it while the test runs."""
        return _lifespan(self.settings)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """In the app's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def stop(self) -> None:
        try:
            self.run(self._lifespan.__aexit__(None, None, None))
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def browser(self) -> Visitor:
        """A new profile."""
        return Visitor(self)

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database, timeout=10)) as connection, connection:
            return connection.execute(sql, values).fetchall()

    def all_rows(self) -> dict[str, int]:
        return {table: int(self.query(f"SELECT count(*) FROM {table}")[0][0]) for table in TABLES}

    def identities(self) -> dict[tuple[str, str], str]:
        """(provider, subject) -> account."""
        rows = self.query("SELECT provider, subject, account_id FROM identities")
        return {
            (name, subject.decode() if isinstance(subject, bytes) else subject): account
            for name, subject, account in rows
        }


@asynccontextmanager
async def _lifespan(settings: Settings) -> AsyncIterator[FastAPI]:
    app, sign_in = FastAPI(), SignIn(settings)
    app.include_router(sign_in.router)
    async with app.router.lifespan_context(app):
        yield app


class Visitor(Browser):
    """A browser at an app in this process."""

    def __init__(self, app: InProcess) -> None:
        super().__init__(app.base)
        self.app = app

    def send(self, method: str, url: str, body: bytes | str | None, headers: dict[str, str], timeout: float) -> Answer:
        parts = urlsplit(url)
        octets = body.encode() if isinstance(body, str) else body or b""
        length = {"Content-Length": str(len(octets))} if body is not None else {}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": parts.scheme,
            "path": parts.path or "/",
            "raw_path": (parts.path or "/").encode(),
            "root_path": "",
            "query_string": parts.query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in {**headers, **length}.items()],
            "client": ("127.0.0.1", 50_000),
            "server": (parts.hostname, parts.port),
            "state": {},
        }
        started, received = self.app.run(asyncio.wait_for(_conversation(self.app.app, scope, octets), timeout))
        answered = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in started["headers"]]
        return Answer(started["status"], answered, received, url)

    def begin_at(self, provider: str, **fields: str) -> Begun:
        """The popup's form. ``token`` is the ``state`` that the provider is sent."""
        login = fields.pop("login", None) or secrets.token_urlsafe(16)
        answer = self.submit(f"/auth/{provider}", {"login": login, "mode": "popup", **fields})
        send_to = (answer.header("refresh") or "").partition("url=")[2]
        (state,) = parse_qs(urlsplit(send_to).query).get("state", [""])
        return Begun(login=login, token=state, send_to=send_to, answer=answer)

    def post_back(self, address: str, fields: list[tuple[str, str]], **headers: str) -> Answer:
        """The form that a provider's page submits by script (``response_mode=form_post``). It comes from another site,
        so no cookie of ours is sent with it; one that the answer sets is kept."""
        sent = {
            "Accept": HTML,
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": "https://provider.test",
            "Sec-Fetch-Site": "cross-site",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        answer = self.request("POST", urlsplit(address).path, body=urlencode(fields), headers=sent, cookies=False)
        self._keep(answer)
        return answer

    def return_from(
        self, p: Hostile, begun: Begun, person: Mapping[str, object] | None = None, **posted: str
    ) -> Answer:
        """The user approves at P and comes back, as the app has asked P to send them: in the address, or by a form
        whose answer leads to the callback.

        Args:
            posted: further fields of the form.
        """
        if "response_mode=form_post" not in begun.send_to:
            return self.come_back(p.approve(begun.send_to, person))
        address, fields = p.approved(begun.send_to, person)
        answer = self.post_back(address, [*fields, *posted.items()])
        return self.visit(answer.header("location") or "") if answer.status == 303 else answer


async def _conversation(app: Callable[..., Any], scope: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """One request. Its client stays until it is answered."""
    messages, sent, over = [{"type": "http.request", "body": body, "more_body": False}], [], asyncio.Event()

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            over.set()

    await app(scope, receive, send)
    return sent[0], b"".join(one.get("body", b"") for one in sent[1:])


@contextmanager
def in_process(database: Path, providers: tuple[Any, ...] = (), **env: str) -> Iterator[InProcess]:
    app = InProcess(database, providers, **env)
    try:
        yield app
    finally:
        app.stop()
