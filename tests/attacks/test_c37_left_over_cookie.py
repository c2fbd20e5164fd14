"""C37: in token delivery the session is the token that the page holds. A cookie that is left over from cookie delivery
signs nobody in: neither at valetkey's routes nor at the app's own. Else a page whose user is nobody, or somebody else,
would be answered as the user of the cookie, whom no page shows, and whose session no page ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from flask import Flask
from litestar import Litestar, Request, route
from litestar.testing import TestClient as LitestarClient
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from support.rows import SQLiteRows

from valetkey import Account, Settings
from valetkey.frameworks import fastapi, flask, litestar, starlette
from valetkey.testing import Sandbox, signed_in

BASE = "http://127.0.0.1:8000"
PAGE = {"Origin": BASE, "Sec-Fetch-Site": "same-origin"}
METHODS = ["GET", "POST"]


def of_starlette(settings: Settings, stack: ExitStack) -> Any:
    sign_in = starlette.SignIn(settings)

    async def me(request: Any) -> JSONResponse:
        session = await sign_in.session_of(request)
        return JSONResponse(session.account.handle if session else None)

    app = Starlette(routes=[*sign_in.routes, Route("/me", me, methods=METHODS)], lifespan=sign_in.lifespan)
    return stack.enter_context(TestClient(app, base_url=BASE))


def of_fastapi(settings: Settings, stack: ExitStack) -> Any:
    sign_in, app = fastapi.SignIn(settings), FastAPI()
    app.include_router(sign_in.router)

    async def me(account: Any = None) -> Any:
        return account.handle if account else None

    me.__defaults__ = (Depends(sign_in.optional_account),)
    app.add_api_route("/me", me, methods=METHODS)
    return stack.enter_context(TestClient(app, base_url=BASE))


def of_litestar(settings: Settings, stack: ExitStack) -> Any:
    sign_in = litestar.SignIn(settings)

    @route("/me", http_method=METHODS, status_code=200)  # type: ignore[arg-type]
    async def me(request: Request[Account | None, Any, Any]) -> dict[str, Any]:
        return {"handle": request.user.handle if request.user else None}

    app = Litestar([me], plugins=[sign_in], middleware=[sign_in.middleware])
    return stack.enter_context(LitestarClient(app, base_url=BASE))


def of_flask(settings: Settings, stack: ExitStack) -> Any:
    app = Flask(__name__)
    flask.SignIn(app, settings)

    @app.route("/me", methods=METHODS)
    def me() -> Any:
        account = flask.current_account
        return {"handle": account.handle if account else None}

    return app.test_client()


APPS: dict[str, Callable[[Settings, ExitStack], Any]] = {
    "starlette": of_starlette,
    "fastapi": of_fastapi,
    "litestar": of_litestar,
    "flask": of_flask,
}


@pytest.fixture(params=APPS)
def new_client(
    request: pytest.FixtureRequest, valetkey_sandbox: Sandbox, tmp_path: Path
) -> Iterator[Callable[[str], Any]]:
    """A client of the app, whose database and secrets stay, by its delivery."""
    with ExitStack() as stack:

        def make(delivery: str) -> Any:
            more = {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/valetkey.db", "VALETKEY_DELIVERY": delivery}
            settings = Settings.from_environment({**valetkey_sandbox.environment, **more})
            return APPS[request.param](settings, stack)

        yield make


def handle_in(answer: Any) -> str | None:
    found = answer.json if not callable(answer.json) else answer.json()
    handle: str | None = found["handle"] if isinstance(found, dict) else found
    return handle


def cookie_of(client: Any) -> str:
    kept = client.get_cookie("valetkey-session") if hasattr(client, "get_cookie") else None
    return kept.value if kept is not None else str(client.cookies["valetkey-session"])


def test_a_cookie_of_before(new_client: Callable[[str], Any], tmp_path: Path) -> None:
    """Whatever the request, and whether or not this process has seen the session. The token's user stays who it is."""
    before, page = new_client("cookie"), new_client("token")
    signed_in(before, "bare")
    left_over = {"Cookie": f"x=1; valetkey-session={cookie_of(before)}"}
    signed_in(page, "ada")
    bearer = page.headers["authorization"] if hasattr(page, "headers") else page.environ_base["HTTP_AUTHORIZATION"]
    anybody = new_client("token")
    if hasattr(anybody, "application"):  # Flask's client sends its own cookies only
        anybody = anybody.application.test_client(use_cookies=False)
    for _ in range(3):
        for method in METHODS:
            ask = getattr(anybody, method.lower())
            assert handle_in(getattr(before, method.lower())("/me", headers=PAGE)) == "bare"  # the control
            assert handle_in(ask("/me", headers={**PAGE, **left_over})) is None
            assert handle_in(ask("/me", headers={**PAGE, **left_over, "Authorization": "Basic eDp5"})) is None
            assert handle_in(ask("/me", headers={**PAGE, **left_over, "Authorization": "Bearer null"})) is None
            assert handle_in(ask("/me", headers={**PAGE, **left_over, "Authorization": bearer})) == "ada"
    rows = SQLiteRows(tmp_path / "valetkey.db")
    assert rows.query("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == [(2,)]
    # It can still be ended, and is taken out of the browser then.
    ended = anybody.delete("/auth/session", headers={**PAGE, **left_over})
    assert ended.status_code == 204
    assert "valetkey-session=;" in ended.headers["set-cookie"]
    assert rows.query("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == [(1,)]
