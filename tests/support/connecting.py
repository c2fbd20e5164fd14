"""Apps whose ``resolve_account`` takes ``current_user``, one for each framework, in this process.

Each has users of its own, who are signed in otherwise: by Flask-Login, by Django's ``login()``, or by a cookie.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from fastapi import FastAPI
from flask import Flask
from flask_login import LoginManager, UserMixin, login_user  # type: ignore[import-untyped]
from litestar import Litestar
from werkzeug.test import Client as WsgiClient

from valetkey import Identity, Settings
from valetkey.frameworks import fastapi, flask, litestar

from .browser import Answer, Browser
from .in_process import InProcess
from .servers import SECRET

COOKIE = "app-user"
Asked = list[tuple[str | None, str | None]]


class App(Protocol):
    """An app. ``asked`` has the handle and the name of ``current_user`` of each call of ``resolve_account``."""

    asked: Asked

    def browser(self) -> Browser: ...
    def log_in(self, browser: Browser, name: str) -> None: ...
    def log_out(self, browser: Browser) -> None: ...
    def stop(self) -> None: ...


class ByCookie(InProcess):
    """An ASGI app with users of its own, whom a cookie names."""

    def __init__(self, database: Path, env: dict[str, str]) -> None:
        self.asked: Asked = []
        self.base = env["VALETKEY_URL"]
        super().__init__(database, **env)

    async def resolve(self, identity: Identity, account_id: str, current_user: str | None) -> None:
        self.asked.append((identity.handle, current_user))

    def log_in(self, browser: Browser, name: str) -> None:
        browser.cookies[COOKIE] = name

    def log_out(self, browser: Browser) -> None:
        del browser.cookies[COOKIE]


class OfFastAPI(ByCookie):
    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[Any]:
        async def current_user(request: Any) -> str | None:
            found: str | None = request.cookies.get(COOKIE)
            return found

        app = FastAPI()
        sign_in = fastapi.SignIn(self.settings, resolve_account=self.resolve, current_user=current_user)
        app.include_router(sign_in.router)
        async with app.router.lifespan_context(app):
            yield app


class OfLitestar(ByCookie):
    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[Any]:
        """A plain function, which runs in a thread."""
        sign_in = litestar.SignIn(
            self.settings, resolve_account=self.resolve, current_user=lambda request: request.cookies.get(COOKIE)
        )
        app = Litestar([], plugins=[sign_in])
        yield app
        await sign_in.endpoints.assembly.close()


class ByWsgi(Browser):
    """A browser at a WSGI app in this process."""

    def __init__(self, app: Any, base: str) -> None:
        super().__init__(base)
        self.app = app

    def send(self, method: str, url: str, body: bytes | str | None, headers: dict[str, str], timeout: float) -> Answer:
        parts = urlsplit(url)
        answer = WsgiClient(self.app, use_cookies=False).open(
            parts.path, self.base, query_string=parts.query, method=method, data=body, headers=headers
        )
        return Answer(answer.status_code, list(answer.headers.items()), answer.get_data(), url)


class OfFlask:
    """With Flask-Login, whose ``request_loader`` knows the connected users."""

    def __init__(self, database: Path, env: dict[str, str]) -> None:
        self.asked: Asked = []
        self.base = env["VALETKEY_URL"]
        self.app = Flask(__name__)
        self.app.secret_key = SECRET
        manager = LoginManager(self.app)

        class User(UserMixin):  # type: ignore[misc]
            def __init__(self, name: str) -> None:
                self.id = name

        manager.user_loader(User)

        @self.app.get("/log-in/<name>")
        def log_in(name: str) -> str:
            login_user(User(name))
            return name

        def resolve(identity: Identity, account_id: str, current_user: Any) -> None:
            self.asked.append((identity.handle, current_user.id if current_user is not None else None))

        settings = Settings.from_environment(variables(database, env))
        flask.SignIn(self.app, settings, resolve_account=resolve)

    def browser(self) -> Browser:
        return ByWsgi(self.app, self.base)

    def log_in(self, browser: Browser, name: str) -> None:
        assert browser.request("GET", f"/log-in/{name}").status == 200

    def log_out(self, browser: Browser) -> None:
        """Without ``logout_user()``, which would end what has begun as well."""
        del browser.cookies["session"]

    def stop(self) -> None:
        self.app.extensions["valetkey"].close()


def variables(database: Path, env: dict[str, str]) -> dict[str, str]:
    return {
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{database}",
        "VALETKEY_START_LIMIT": "off",
        **env,
    }
