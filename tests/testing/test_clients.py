"""Every test client is signed in through the real flow, and stays so by its own jar: whatever the callback URL is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from typing import Any

import flask.testing
import httpx
import httpx2
import litestar.testing
import pytest
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.testclient import TestClient

from testing import apps
from valetkey import Settings
from valetkey.testing import Sandbox, signed_in, signed_out

CALLBACKS = {
    "http": "http://127.0.0.1:8000/auth/twitter",
    "https": "https://app.example.com/auth/twitter",
}
Opened = Callable[[Settings], AbstractContextManager[Any]]
OpenedAsync = Callable[[Settings], AbstractAsyncContextManager[Any]]

CLIENTS: dict[str, Opened] = {
    "Starlette's": lambda settings: nullcontext(TestClient(apps.starlette_app(settings))),
    "Starlette's, in its lifespan": lambda settings: TestClient(apps.starlette_app(settings), settings.public_origin),
    "FastAPI's": lambda settings: nullcontext(TestClient(apps.fastapi_app(settings))),
    "Flask's": lambda settings: apps.flask_app(settings).test_client(),
    "Litestar's": lambda settings: litestar.testing.TestClient(apps.litestar_app(settings)),
    "httpx2's": lambda settings: httpx2.Client(
        transport=httpx2.WSGITransport(apps.flask_app(settings)), base_url="http://test"
    ),
    "httpx's": lambda settings: httpx.Client(
        transport=httpx.WSGITransport(apps.flask_app(settings)), base_url="http://test"
    ),
}
ASYNC_CLIENTS: dict[str, OpenedAsync] = {
    "httpx2's": lambda settings: httpx2.AsyncClient(
        transport=httpx2.ASGITransport(apps.starlette_app(settings)), base_url="http://test"
    ),
    "httpx's": lambda settings: httpx.AsyncClient(
        transport=httpx.ASGITransport(apps.fastapi_app(settings)), base_url="http://test"
    ),
    "Litestar's": lambda settings: litestar.testing.AsyncTestClient(apps.litestar_app(settings)),
}


@pytest.fixture(params=CALLBACKS)
def settings(request: pytest.FixtureRequest, valetkey_sandbox: Sandbox) -> Settings:
    return Settings.from_environment(valetkey_sandbox.environment | {"TWITTER_CALLBACK_URL": CALLBACKS[request.param]})


def body(response: Any) -> Any:
    return json.loads(response.get_data() if isinstance(response, flask.wrappers.Response) else response.content)


def me(answer: Any, settings: Settings) -> dict[str, Any]:
    """Who the app says it is, known by the cookie that goes with the callback URL."""
    assert answer.status_code == 200, body(answer)
    cookie = "__Host-valetkey-session" if settings.secure else "valetkey-session"
    assert body(answer)["cookies"] == [cookie]
    account: dict[str, Any] = body(answer)["account"]
    return account


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client(client: str, settings: Settings, valetkey_sandbox: Sandbox) -> None:
    with CLIENTS[client](settings) as opened:
        assert opened.get("/api/me").status_code == 401

        ada = signed_in(opened, "ada")
        assert ada.handle == "ada"
        assert ada.identities[0].subject == "9000000000000000001"
        assert me(opened.get("/api/me"), settings)["id"] == ada.id
        assert me(opened.post("/api/me"), settings)["id"] == ada.id
        elsewhere = opened.post("/api/me", headers={"Sec-Fetch-Site": "cross-site"})
        assert elsewhere.status_code == 403

        grace = signed_in(opened, user_id="77", handle="grace")
        assert grace.handle == "grace"
        assert me(opened.get("/api/me"), settings)["id"] == grace.id != ada.id

        signed_out(opened)
        assert opened.get("/api/me").status_code == 401
        assert signed_in(opened, "ada").id == ada.id
    exchanged = [entry["user_id"] for entry in valetkey_sandbox.calls("access_token")]
    assert exchanged == ["9000000000000000001", "77", "9000000000000000001"]


@pytest.mark.parametrize("client", ASYNC_CLIENTS)
def test_an_async_client(client: str, settings: Settings, valetkey_sandbox: Sandbox) -> None:
    async def live() -> None:
        async with ASYNC_CLIENTS[client](settings) as opened:
            assert (await opened.get("/api/me")).status_code == 401

            ada = await signed_in(opened, "ada")
            assert ada.handle == "ada"
            assert me(await opened.get("/api/me"), settings)["id"] == ada.id
            assert me(await opened.post("/api/me"), settings)["id"] == ada.id
            elsewhere = await opened.post("/api/me", headers={"Sec-Fetch-Site": "cross-site"})
            assert elsewhere.status_code == 403

            grace = await signed_in(opened, user_id="77", handle="grace")
            assert me(await opened.get("/api/me"), settings)["id"] == grace.id != ada.id

            await signed_out(opened)
            assert (await opened.get("/api/me")).status_code == 401

    asyncio.run(live())
    assert [entry["user_id"] for entry in valetkey_sandbox.calls("access_token")] == ["9000000000000000001", "77"]


def test_two_clients_are_two_people(settings: Settings) -> None:
    app = apps.starlette_app(settings)
    one, other = TestClient(app), TestClient(app)
    ada, bare = signed_in(one, "ada"), signed_in(other, "bare")
    assert me(one.get("/api/me"), settings)["id"] == ada.id
    assert me(other.get("/api/me"), settings)["id"] == bare.id
    signed_out(one)
    assert me(other.get("/api/me"), settings)["id"] == bare.id


def test_a_client_that_begins_below_the_root(settings: Settings) -> None:
    transport = httpx2.WSGITransport(apps.flask_app(settings))
    with httpx2.Client(transport=transport, base_url="http://test/api") as client:
        ada = signed_in(client)
        assert me(client.get("/me"), settings)["id"] == ada.id


def test_cookies_of_the_apps_own_are_left_alone(valetkey_sandbox: Sandbox) -> None:
    """A Secure cookie of the app's stays out of plain http, as the jar has it; ours are let through."""
    settings = Settings.from_environment(valetkey_sandbox.environment | {"TWITTER_CALLBACK_URL": CALLBACKS["https"]})
    client = TestClient(apps.starlette_app(settings))
    client.cookies.jar.set_cookie(next(iter(httpx2.Cookies({"theirs": "1"}).jar)))
    for cookie in client.cookies.jar:
        cookie.secure = True
    signed_in(client)
    assert {cookie.name: cookie.secure for cookie in client.cookies.jar} == {
        "theirs": True,
        "__Host-valetkey-session": False,
    }


def test_an_app_that_insists_on_https(valetkey_sandbox: Sandbox) -> None:
    settings = Settings.from_environment(valetkey_sandbox.environment | {"TWITTER_CALLBACK_URL": CALLBACKS["https"]})
    app = apps.starlette_app(settings)
    app.add_middleware(HTTPSRedirectMiddleware)
    client = TestClient(app)
    ada = signed_in(client)
    assert me(client.get("/api/me"), settings)["id"] == ada.id


TOKENS = {"VALETKEY_DELIVERY": "token"}
RELAYED = TOKENS | {
    "VALETKEY_ORIGINS": "https://pages.example.org",
    "VALETKEY_RELAY": "https://pages.example.org/relay.html",
}


@pytest.mark.parametrize("variables", [TOKENS, RELAYED], ids=["token", "relay"])
def test_an_app_that_hands_out_tokens(valetkey_sandbox: Sandbox, variables: dict[str, str]) -> None:
    """The client has no cookie then, and shows the token."""
    app = apps.starlette_app(Settings.from_environment(valetkey_sandbox.environment | variables))
    client = TestClient(app)
    for persona in ("ada", "bare"):
        account = signed_in(client, persona)
        assert account.handle == persona
        answer = client.get("/api/me")
        assert body(answer)["account"]["id"] == account.id
        assert body(answer)["cookies"] == []
        assert client.headers["authorization"].startswith("Bearer ")
    signed_out(client)
    assert "authorization" not in client.headers
    assert client.get("/api/me").status_code == 401
