"""``sign_out()`` in an app's own route, in each framework's idiom. What it does to sessions, rows and cookies is in the
contract that all of them keep (tests/frameworks); here is what differs: which answers carry the cookies, what is known
of the user afterwards, and how an outage is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.responses import RedirectResponse
from flask import Flask, abort, render_template_string
from flask import Response as FlaskResponse
from litestar import Litestar, Request, get, post
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Stream
from litestar.testing import TestClient as LitestarClient
from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import Request as StarletteRequest
from starlette.responses import JSONResponse
from starlette.responses import Response as StarletteResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from valetkey import Settings, ValetkeyError
from valetkey.errors import StoreError
from valetkey.frameworks import fastapi, flask, litestar, starlette
from valetkey.login.service import LoginService
from valetkey.testing import Sandbox, signed_in

CLEARED = "valetkey-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
BASE = "http://127.0.0.1:8000"


@pytest.fixture
def settings(valetkey_sandbox: Sandbox, tmp_path: Any) -> Settings:
    environment = valetkey_sandbox.environment | {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db"}
    return Settings.from_environment(environment)


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """A database that does not answer a sign-out."""

    @contextmanager
    def context() -> Iterator[None]:
        async def fails(self: LoginService, *_: object) -> None:
            raise StoreError("it is away", retry_after_seconds=7)

        with monkeypatch.context() as patch:
            patch.setattr(LoginService, "sign_out", fails)
            yield

    return context


def set_by(answer: Any) -> list[str]:
    headers = answer.headers
    found = headers.getlist("set-cookie") if hasattr(headers, "getlist") else headers.get_list("set-cookie")
    return [str(one) for one in found]


# Flask


@pytest.fixture
def flask_app(settings: Settings) -> Flask:
    app = Flask(__name__)
    flask.SignIn(app, settings)

    @app.get("/who")
    def who() -> str:
        return flask.current_account.handle or "" if flask.current_account else "nobody"

    @app.post("/text")
    def text() -> str:
        before = who()
        flask.sign_out()
        flask.sign_out()  # twice is once
        return f"{before} {who()} {bool(flask.current_session)} {render_template_string('{{ current_account }}')}"

    @app.post("/fails")
    def fails() -> str:
        flask.sign_out()
        abort(418)

    @app.post("/breaks")
    def breaks() -> str:
        flask.sign_out()
        raise RuntimeError("a fault of the app's")

    @app.post("/hook")
    def hook() -> str:
        return "signed out by a hook"

    @app.after_request
    def leave(response: FlaskResponse) -> FlaskResponse:
        if response.get_data() == b"signed out by a hook":
            flask.sign_out()
        return response

    return app


@pytest.mark.parametrize(
    ("path", "status"), [("/text", 200), ("/fails", 418), ("/breaks", 500), ("/hook", 200)], ids=lambda one: str(one)
)
def test_flask_clears_the_cookies_of_any_answer(flask_app: Flask, path: str, status: int) -> None:
    flask_app.testing = False
    client = flask_app.test_client()
    signed_in(client, "ada")
    answer = client.post(path)
    assert (answer.status_code, set_by(answer)) == (status, [CLEARED])
    assert "Authorization" in answer.headers["Vary"]
    if path == "/text":
        assert answer.text == "ada nobody False None"
    assert client.get("/who").text == "nobody"


def test_flask_requests_that_share_an_app_context_do_not_cross(flask_app: Flask) -> None:
    ada, grace = flask_app.test_client(), flask_app.test_client()
    signed_in(ada, "ada")
    signed_in(grace, user_id="77", handle="grace")
    with flask_app.app_context():
        assert set_by(ada.post("/text")) == [CLEARED]
        answer = grace.get("/who")
        assert (answer.text, set_by(answer)) == ("grace", [])


def test_flask_says_that_the_database_is_away(flask_app: Flask, away: Callable[[], Any]) -> None:
    client = flask_app.test_client()
    signed_in(client, "ada")
    with away():
        answer = client.post("/text")
        assert (answer.status_code, answer.headers["Retry-After"], set_by(answer)) == (503, "7", [])
        assert (answer.json or {})["error"]["code"] == "store_unavailable"
    assert client.get("/who").text == "ada"


# Starlette and FastAPI


def starlette_app(settings: Settings) -> Starlette:
    sign_in = starlette.SignIn(settings)

    @requires("authenticated", status_code=401)
    async def leave(request: StarletteRequest) -> StarletteResponse:
        before = request.user.display_name
        response = JSONResponse({"before": before})
        await sign_in.sign_out(request, response)
        return response if not request.user.is_authenticated and not request.auth.scopes else JSONResponse({}, 500)

    async def who(request: StarletteRequest) -> StarletteResponse:
        return JSONResponse(request.user.display_name)

    return Starlette(
        routes=[Route("/leave", leave, methods=["POST"]), Route("/who", who), *sign_in.routes],
        middleware=[Middleware(AuthenticationMiddleware, backend=sign_in.backend, on_error=sign_in.on_error)],
        exception_handlers={ValetkeyError: sign_in.on_error},
        lifespan=sign_in.lifespan,
    )


def test_starlette(settings: Settings, away: Callable[[], Any]) -> None:
    with TestClient(starlette_app(settings), base_url=BASE) as client:
        signed_in(client, "ada")
        with away():
            refused = client.post("/leave")
            assert (refused.status_code, refused.headers["retry-after"], set_by(refused)) == (503, "7", [])
        assert client.get("/who").json() == "ada"
        assert client.post("/leave", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        answer = client.post("/leave")
        assert (answer.json(), set_by(answer)) == ({"before": "ada"}, [CLEARED])
        assert client.get("/who").json() == ""
        assert client.post("/leave").status_code == 401


def fastapi_app(settings: Settings) -> FastAPI:
    app, sign_in = FastAPI(), fastapi.SignIn(settings)
    app.include_router(sign_in.router)

    @app.post("/data", dependencies=[Depends(sign_in.account)])
    async def data(request: StarletteRequest, response: StarletteResponse) -> dict[str, bool]:
        await sign_in.sign_out(request, response)
        return {"is_signed_in": await sign_in.session_of(request) is not None}

    @app.post("/response", dependencies=[Depends(sign_in.account)])
    async def redirects(request: StarletteRequest) -> StarletteResponse:
        response = RedirectResponse("/", 303)
        await sign_in.sign_out(request, response)
        return response

    return app


@pytest.mark.parametrize("path", ["/data", "/response"])
def test_fastapi(settings: Settings, away: Callable[[], Any], path: str) -> None:
    with TestClient(fastapi_app(settings), base_url=BASE, follow_redirects=False) as client:
        signed_in(client, "ada")
        with away():
            refused = client.post(path)
            assert (refused.status_code, refused.headers["retry-after"], set_by(refused)) == (503, "7", [])
            assert refused.json()["detail"]["code"] == "store_unavailable"
        assert client.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        answer = client.post(path)
        assert (answer.status_code < 400, set_by(answer)) == (True, [CLEARED])
        if path == "/data":
            assert answer.json() == {"is_signed_in": False}
        assert client.post(path).status_code == 401


# Litestar


def litestar_app(settings: Settings) -> Litestar:
    sign_in = litestar.SignIn(settings)
    guarded: Any = {"guards": [sign_in.requires_account]}

    @post("/data", status_code=200, **guarded)
    async def data(request: Request[Any, Any, Any]) -> list[bool]:
        before = request.user is not None
        await sign_in.sign_out(request)
        return [before, request.scope["user"] is not None, await sign_in.optional_session(request.scope) is not None]

    @post("/redirect", status_code=303, **guarded)
    async def redirects(request: Request[Any, Any, Any]) -> Redirect:
        await sign_in.sign_out(request)
        return Redirect("/who", status_code=303)

    @post("/stream", status_code=200, **guarded)
    async def streams(request: Request[Any, Any, Any]) -> Stream:
        await sign_in.sign_out(request)
        return Stream(iter(["a", "b"]))

    @post("/fails", **guarded)
    async def fails(request: Request[Any, Any, Any]) -> None:
        await sign_in.sign_out(request)
        raise HTTPException(status_code=418)

    @get("/who")
    async def who(request: Request[Any, Any, Any]) -> bool:
        return await sign_in.optional_session(request.scope) is not None

    return Litestar([data, redirects, streams, fails, who], plugins=[sign_in])


@pytest.mark.parametrize(("path", "status"), [("/data", 200), ("/redirect", 303), ("/stream", 200), ("/fails", 418)])
def test_litestar_clears_the_cookies_of_any_answer(
    settings: Settings, away: Callable[[], Any], path: str, status: int
) -> None:
    with LitestarClient(litestar_app(settings), base_url=BASE) as client:
        client.follow_redirects = False
        signed_in(client, "ada")
        with away():
            refused = client.post(path)
            assert (refused.status_code, refused.headers["retry-after"], set_by(refused)) == (503, "7", [])
        assert client.get("/who").json() is True
        assert client.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        answer = client.post(path)
        assert (answer.status_code, set_by(answer)) == (status, [CLEARED])
        if path == "/data":
            assert answer.json() == [True, False, False]
        assert client.get("/who").json() is False
