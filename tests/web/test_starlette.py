"""Starlette as its people write it: ``request.user``, ``request.auth``, ``@requires``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.authentication import AuthenticationError, requires
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, Router
from support.browser import HTML, Browser
from support.servers import SECRET, Provider
from support.uvicorns import serving

from valetkey import Secret, Settings, ValetkeyError
from valetkey.errors import NotSignedIn, StoreError
from valetkey.frameworks.authentication import User
from valetkey.frameworks.starlette import SignIn
from valetkey.providers.twitter import twitter
from valetkey.sessions.service import SessionService
from valetkey.web.guard import Guard


@pytest.fixture(scope="module")
def sign_in(port: int, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> SignIn:
    directory: Path = tmp_path_factory.mktemp("starlette")
    return SignIn(
        Settings(
            callbacks={"twitter": (f"http://127.0.0.1:{port}/auth/twitter",)},
            secrets=(Secret(SECRET),),
            providers=(twitter(key=provider.key, secret=Secret(provider.secret), base=provider.origin),),
            database=f"sqlite:///{directory}/app.db",
        )
    )


@pytest.fixture(scope="module")
def base(sign_in: SignIn, port: int) -> Iterator[str]:
    async def who(request: Request) -> Response:
        user = request.user
        body = {
            "is_authenticated": user.is_authenticated,
            "identity": user.is_authenticated and user.identity,
            "display_name": user.display_name,
            "account": user.is_authenticated and user.account.id,
            "session": user.is_authenticated and user.session.id,
            "scopes": request.auth.scopes,
        }
        return JSONResponse(body)

    @requires("authenticated")
    async def members(request: Request) -> Response:
        return PlainTextResponse(request.user.display_name)

    @requires("authenticated", redirect="who")
    def members_or_there(request: Request) -> Response:
        return PlainTextResponse(request.user.display_name)

    async def says_so_itself(request: Request) -> Response:
        if not request.user.is_authenticated:
            raise NotSignedIn
        return PlainTextResponse(request.user.identity)

    app = Starlette(
        routes=[
            Route("/who", who, methods=["GET", "POST"]),
            Route("/members", members),
            Route("/members-or-there", members_or_there),
            Route("/says-so-itself", says_so_itself),
            *sign_in.routes,
        ],
        middleware=[Middleware(AuthenticationMiddleware, backend=sign_in.backend, on_error=sign_in.on_error)],
        exception_handlers={ValetkeyError: sign_in.on_error},
        lifespan=sign_in.lifespan,
    )
    with serving(app, port) as address:
        yield address


@pytest.fixture
def ada(base: str, provider: Provider) -> Browser:
    browser = Browser(base)
    assert browser.come_back(provider.approve(browser.begin().token, "ada")).status == 303
    return browser


def test_the_user(base: str, ada: Browser) -> None:
    told = ada.request("GET", "/who").json()
    assert told.pop("session")
    account = ada.account()["id"]
    assert told == {
        "is_authenticated": True,
        "identity": account,
        "display_name": "ada",
        "account": account,
        "scopes": ["authenticated"],
    }
    by_bearer = Browser(base).request("GET", "/who", headers={"Authorization": f"Bearer {ada.session_cookie}"})
    assert by_bearer.json()["identity"] == account
    nobody = Browser(base).request("GET", "/who").json()
    assert (nobody["is_authenticated"], nobody["display_name"], nobody["scopes"]) == (False, "", [])
    ada.sign_out()
    assert ada.request("GET", "/who").json()["scopes"] == []


def test_requires(base: str, ada: Browser) -> None:
    for path in ("/members", "/members-or-there"):
        assert ada.request("GET", path).text == "ada"
    nobody = Browser(base)
    assert nobody.request("GET", "/members").status == 403
    away = nobody.request("GET", "/members-or-there")
    assert (away.status, (away.header("location") or "").startswith(f"{base}/who?next=")) == (303, True)


def test_an_error_that_a_route_raises(base: str, ada: Browser) -> None:
    assert ada.request("GET", "/says-so-itself").status == 200
    refused = Browser(base).request("GET", "/says-so-itself")
    assert (refused.status, refused.code) == (401, "not_signed_in")
    assert refused.header("www-authenticate") == "Bearer"


def test_an_unsafe_method_by_cookie_comes_from_a_page_of_the_app(base: str, ada: Browser) -> None:
    """Whatever the route asks for: the middleware stands before all of them."""
    assert ada.request("POST", "/who", headers={"Origin": base}).json()["is_authenticated"]
    for headers in ({}, {"Origin": "http://other.example"}, {"Sec-Fetch-Site": "same-site"}):
        refused = ada.request("POST", "/who", headers=headers)
        assert (refused.status, refused.code) == (403, "foreign_origin")
    # Without the cookie, and with a bearer, it is nobody's business where it comes from.
    assert Browser(base).request("POST", "/who", headers={"Origin": "http://other.example"}).status == 200
    bearer = {"Authorization": f"Bearer {ada.session_cookie}", "Origin": "http://other.example"}
    assert Browser(base).request("POST", "/who", headers=bearer).json()["is_authenticated"]


def test_our_own_routes_answer_for_themselves(base: str, ada: Browser) -> None:
    """The middleware's answer is JSON; theirs is the page that the popup shows."""
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": HTML, "Origin": "http://other.example"}
    answer = ada.request("POST", "/auth/twitter", body=f"login={'a' * 22}&mode=popup", headers=form)
    assert answer.status == 403
    assert answer.header("content-type") == "text/html; charset=utf-8"


def test_a_database_that_does_not_answer(
    ada: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(self: SessionService, text: str | None) -> None:
        raise StoreError("it is away", retry_after_seconds=7)

    with monkeypatch.context() as patch:
        patch.setattr(SessionService, "recognise", fails)
        patch.setattr(Guard, "recall", lambda *_: None)  # and it was not seen lately
        answer = ada.request("GET", "/who")
        assert (answer.status, answer.code, answer.header("retry-after")) == (503, StoreError.code, "7")
        assert ada.request("GET", "/auth/client.js").status == 200
    assert "it is away" in caplog.text
    assert ada.request("GET", "/who").status == 200


def test_below_a_path_of_a_proxys(sign_in: SignIn, ada: Browser) -> None:
    """Our own routes are known by the path after it, and nothing else is taken for them."""
    headers = [(b"cookie", f"valetkey-session={ada.session_cookie}".encode())]

    def user(path: str, root_path: str = "") -> User | None:
        scope = {"type": "http", "method": "GET", "path": path, "root_path": root_path, "query_string": b""}
        found = asyncio.run(sign_in.backend.authenticate(HTTPConnection({**scope, "headers": headers})))
        return found[1] if found else None

    for path, root_path in (("/auth/session", ""), ("/below/auth/session", "/below")):
        assert user(path, root_path) is None
    for path, root_path in (("/who", ""), ("/below/who", "/below"), ("/authors", ""), ("/who/auth/x", "")):
        assert user(path, root_path) is not None


def test_below_a_mount_of_the_apps(sign_in: SignIn, ada: Browser) -> None:
    """Our own routes are known wherever the app has them, and the app's own at the same path elsewhere are its own."""
    app = Starlette(routes=[Mount("/in", routes=sign_in.routes), Mount("/out", app=Router(routes=sign_in.routes))])
    headers = [(b"cookie", f"valetkey-session={ada.session_cookie}".encode())]

    def user(path: str, root_path: str = "") -> User | None:
        scope = {"type": "http", "method": "GET", "path": path, "root_path": root_path, "query_string": b"", "app": app}
        found = asyncio.run(sign_in.backend.authenticate(HTTPConnection({**scope, "headers": headers})))
        return found[1] if found else None

    for path, root_path in (
        ("/in/auth/x", ""),
        ("/out/auth/x", ""),
        ("/app/in/auth/x", "/app"),
        ("/in/auth/x", "/app"),
    ):
        assert user(path, root_path) is None
    sign_in.endpoints.startup.app_passed = True
    for path, root_path in (("/auth/x", ""), ("/who", ""), ("/app/auth/x", "/app"), ("/in/authors", "")):
        assert user(path, root_path) is not None


def test_what_another_backend_refuses_is_said_as_starlette_says_it(sign_in: SignIn) -> None:
    """An app may put a backend of its own before ours."""
    connection = HTTPConnection({"type": "http", "path": "/", "headers": []})
    answer = sign_in.on_error(connection, AuthenticationError("no such key"))
    assert (answer.status_code, answer.body) == (400, b"no such key")
