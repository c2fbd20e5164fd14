"""``accounts`` and ``sessions`` of every framework's ``SignIn``, from a route of the app's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from flask import Flask, jsonify
from litestar import Litestar
from litestar import Request as LitestarRequest
from litestar import post as litestar_post
from litestar.testing import TestClient as LitestarClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from support.written import blocks_of

from valetkey import Settings, ValetkeyError
from valetkey.frameworks import fastapi, flask, litestar, starlette
from valetkey.testing import Sandbox, signed_in


@pytest.fixture
def settings(valetkey_sandbox: Sandbox, tmp_path: Any) -> Settings:
    return Settings.from_environment(
        valetkey_sandbox.environment | {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/valetkey.db"}
    )


def starlette_client(settings: Settings) -> TestClient:
    sign_in = starlette.SignIn(settings)

    async def manage(request: Request) -> JSONResponse:
        owner = getattr(sign_in, request.path_params["owner"])
        await getattr(owner, request.path_params["verb"])(request.path_params["id"])
        return JSONResponse([one.id async for one in sign_in.accounts])

    return TestClient(
        Starlette(
            routes=[*sign_in.routes, Route("/{owner}/{verb}/{id}", manage, methods=["POST"])],
            exception_handlers={ValetkeyError: sign_in.on_error},
        )
    )


def fastapi_client(settings: Settings) -> TestClient:
    sign_in = fastapi.SignIn(settings)
    app = FastAPI(exception_handlers={ValetkeyError: sign_in.on_error})
    app.include_router(sign_in.router)

    @app.post("/{owner}/{verb}/{account_id}")
    async def manage(owner: str, verb: str, account_id: str) -> list[str]:
        await getattr(getattr(sign_in, owner), verb)(account_id)
        return [one.id async for one in sign_in.accounts]

    return TestClient(app)


def flask_client(settings: Settings) -> Any:
    app = Flask(__name__)
    sign_in = flask.SignIn(app, settings)

    @app.post("/<owner>/<verb>/<account_id>")
    def manage(owner: str, verb: str, account_id: str) -> Any:
        getattr(getattr(sign_in, owner), verb)(account_id)
        return jsonify([one.id for one in sign_in.accounts])

    @app.errorhandler(ValetkeyError)
    def failed(error: ValetkeyError) -> Any:
        return {"error": {"code": error.code}}, error.status

    return app.test_client()


def litestar_client(settings: Settings) -> Any:
    sign_in = litestar.SignIn(settings)

    @litestar_post("/{owner:str}/{verb:str}/{account_id:str}", status_code=200)
    async def manage(request: LitestarRequest[Any, Any, Any]) -> list[str]:
        named = request.path_params
        await getattr(getattr(sign_in, named["owner"]), named["verb"])(named["account_id"])
        return [one.id async for one in sign_in.accounts]

    return LitestarClient(Litestar([manage], plugins=[sign_in]))


CLIENTS = {
    "fastapi": fastapi_client,
    "flask": flask_client,
    "litestar": litestar_client,
    "starlette": starlette_client,
}


def body(answer: Any) -> Any:
    return answer.json if isinstance(answer.json, (dict, list)) else answer.json()


@pytest.mark.parametrize("framework", CLIENTS)
@pytest.mark.parametrize(
    ("verb", "stays"), [("accounts/disable", True), ("accounts/delete", False), ("sessions/revoke_all", True)]
)
def test_a_route_ends_what_its_user_has(framework: str, verb: str, stays: bool, settings: Settings) -> None:
    """At once: the next request of the same process is refused."""
    client: Any = CLIENTS[framework](settings)
    account = signed_in(client, "ada")
    assert body(client.get("/auth/session"))["account"]["id"] == account.id
    answer = client.post(f"/{verb}/{account.id}")
    assert answer.status_code == 200
    assert body(answer) == ([account.id] if stays else [])
    assert body(client.get("/auth/session"))["account"] is None


@pytest.mark.parametrize("framework", ["fastapi", "flask", "starlette"])
def test_nobody_is_404(framework: str, settings: Settings) -> None:
    """Where the app answers a ``ValetkeyError`` by its code and status."""
    make: Callable[[Settings], Any] = CLIENTS[framework]
    answer = make(settings).post("/accounts/disable/nobody")
    assert (answer.status_code, body(answer)["error"]["code"]) == (404, "account_not_found")


PAGE = blocks_of("docs/accounts.md")


def test_the_page_in_fastapi(settings: Settings) -> None:
    sign_in = fastapi.SignIn(settings)
    app = FastAPI()
    app.include_router(sign_in.router)
    exec(PAGE["fastapi"], {"app": app, "sign_in": sign_in})
    client = TestClient(app)
    account = signed_in(client, "ada")
    assert client.post(f"/admin/disable/{account.id}").status_code == 200
    assert client.get("/auth/session").json()["account"] is None


def test_the_page_in_a_script(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account = signed_in(flask_client(settings), "ada")
    monkeypatch.setenv("VALETKEY_DATABASE", settings.database)
    exec(PAGE["script"], {})
    assert capsys.readouterr().out == f"{account.id} ada 1\n"
