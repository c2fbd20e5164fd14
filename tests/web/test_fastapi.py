"""FastAPI: three lines, a dependency that says who it is, and a schema that says how to ask."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from support.browser import Browser
from support.servers import SECRET, Provider
from support.uvicorns import serving

from valetkey import Account, Settings
from valetkey.errors import ForeignOrigin, StoreError, WrongHost
from valetkey.frameworks.fastapi import SignIn
from valetkey.sessions.service import SessionService
from valetkey.web.guard import Guard
from valetkey.web.startup import check as startup_check


@pytest.fixture(scope="module")
def app(port: int, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    environment = {
        "TWITTER_CONSUMER_KEY": provider.key,
        "TWITTER_CONSUMER_SECRET": provider.secret,
        "TWITTER_CALLBACK_URL": f"http://127.0.0.1:{port}/auth/twitter",
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path_factory.mktemp('fastapi') / 'app.db'}",
        "VALETKEY_TWITTER_API": provider.origin,
        "VALETKEY_TWITTER_BROWSER": provider.origin,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        sign_in = SignIn.from_env()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        """The app's own, beside which the router brings one along."""
        yield {"of_the_app": "its own"}

    app = FastAPI(lifespan=lifespan)
    app.include_router(sign_in.router)
    behind = APIRouter(prefix="/behind", dependencies=[Depends(sign_in.account)])

    @behind.get("/one")
    async def one(request: Request) -> str:
        return str(request.state.of_the_app)

    @app.get("/as-it-is")
    async def as_it_is(account: Annotated[Account, Depends(sign_in.account)]) -> Account:
        return account

    @app.websocket("/talk")
    async def talk(websocket: WebSocket, account: Annotated[Account, Depends(sign_in.account)]) -> None:
        await websocket.accept()
        await websocket.send_text(account.id)

    app.include_router(behind)

    def me(account: Annotated[Account, Depends(sign_in.account)]) -> dict[str, Any]:
        return {"id": account.id, "handle": account.handle}

    def maybe(account: Annotated[Account | None, Depends(sign_in.optional_account)]) -> dict[str, Any]:
        return {"handle": account.handle if account else None}

    app.get("/me")(me)
    app.post("/me")(me)
    app.get("/maybe")(maybe)
    app.state.sign_in = sign_in
    return app


@pytest.fixture(scope="module")
def base(app: FastAPI, port: int) -> Iterator[str]:
    with serving(app, port) as address:
        yield address


@pytest.fixture
def signed_in(base: str, provider: Provider) -> Browser:
    browser = Browser(base)
    browser.come_back(provider.approve(browser.begin().token, "ada"))
    return browser


def test_required_and_optional(base: str, signed_in: Browser) -> None:
    assert signed_in.request("GET", "/me").json()["handle"] == "ada"
    assert signed_in.request("GET", "/maybe").json() == {"handle": "ada"}
    nobody = Browser(base)
    assert nobody.request("GET", "/maybe").json() == {"handle": None}
    refused = nobody.request("GET", "/me")
    assert refused.status == 401
    assert refused.header("www-authenticate") == "Bearer"
    assert refused.json()["detail"]["code"] == "not_signed_in"


def test_the_same_pass_as_bearer(base: str, signed_in: Browser) -> None:
    """And a wrong bearer is nobody, whatever the cookie says."""
    text = signed_in.session_cookie or ""
    anywhere = Browser(base)
    assert anywhere.request("GET", "/me", headers={"Authorization": f"Bearer {text}"}).json()["handle"] == "ada"
    assert anywhere.request("POST", "/me", headers={"Authorization": f"Bearer {text}"}).status == 200
    assert signed_in.request("GET", "/me", headers={"Authorization": "Bearer nonsense"}).status == 401
    # Another scheme is somebody else's, such as a proxy's before a staging site: the cookie counts.
    assert signed_in.request("GET", "/me", headers={"Authorization": "Basic YTpi"}).status == 200
    assert anywhere.request("GET", "/me", headers={"Authorization": "Basic YTpi"}).status == 401
    assert signed_in.request("GET", "/me", headers={"Authorization": "Bearer x"}).status == 401


def test_an_apps_own_unsafe_route_asks_where_it_comes_from(base: str, signed_in: Browser) -> None:
    """A sibling subdomain's form carries the Lax cookie along: the dependency refuses it."""
    assert signed_in.request("POST", "/me", headers={"Sec-Fetch-Site": "same-origin"}).status == 200
    assert signed_in.request("POST", "/me", headers={"Origin": base}).status == 200
    for headers in ({}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://other.example"}):
        refused = signed_in.request("POST", "/me", headers=headers)
        assert (refused.status, refused.json()["detail"]["code"]) == (403, "foreign_origin")


def test_a_websocket_asks_too(app: FastAPI, base: str, signed_in: Browser) -> None:
    """Its handshake is a GET, and what follows is not safe: CORS does not hold it back, and the Lax cookie comes along
    from a sibling subdomain and another port."""
    cookie = f"{app.state.sign_in.endpoints.names.session}={signed_in.session_cookie}"

    def talks(**headers: str) -> str | None:
        sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "websocket", "path": "/talk", "query_string": b"", "headers": sent, "client": None}
        session = asyncio.run(app.state.sign_in.session_of(HTTPConnection(scope)))
        return session.account.handle if session else None

    assert talks(cookie=cookie, origin=base) == "ada"
    assert talks(origin="http://127.0.0.1:1") is None
    for origin in ("http://127.0.0.1:1", "http://other.example", "null"):
        with pytest.raises((ForeignOrigin, WrongHost)):
            talks(cookie=cookie, origin=origin, sec_fetch_site="same-site")
    with pytest.raises(ForeignOrigin):
        talks(cookie=cookie)
    assert talks(authorization=f"Bearer {signed_in.session_cookie}") == "ada"


def test_openapi_says_cookie_or_bearer(app: FastAPI) -> None:
    schema = app.openapi()
    schemes = schema["components"]["securitySchemes"]
    assert schemes["SessionCookie"] | {"description": ""} == {
        "type": "apiKey", "in": "cookie", "name": "valetkey-session", "description": "",
    }  # fmt: skip
    assert schemes["SessionBearer"]["scheme"] == "bearer"
    assert schema["paths"]["/me"]["get"]["security"] == [{"SessionCookie": []}, {"SessionBearer": []}]
    assert not any(path.startswith("/auth") for path in schema["paths"])


def test_a_dependency_can_be_overridden(app: FastAPI, base: str) -> None:
    """As FastAPI's people do in their tests."""
    sign_in = app.state.sign_in
    app.dependency_overrides[sign_in.account] = lambda: Account(id="x", name="Test", picture=None)
    try:
        assert Browser(base).request("GET", "/me").json()["id"] == "x"
    finally:
        app.dependency_overrides.clear()


def test_and_on_a_websocket(app: FastAPI) -> None:
    client = TestClient(app)
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/talk"):
        pass
    assert (refused.value.code, refused.value.reason) == (1008, "not_signed_in")
    app.dependency_overrides[app.state.sign_in.account] = lambda: Account(id="x", name="Test", picture=None)
    try:
        with client.websocket_connect("/talk") as socket:
            assert socket.receive_text() == "x"
    finally:
        app.dependency_overrides.clear()


def test_an_account_is_a_response_model(app: FastAPI, signed_in: Browser) -> None:
    """The same body that the module's own routes give, and its schema."""
    assert signed_in.request("GET", "/as-it-is").json() == signed_in.account()
    schema = app.openapi()
    answer = schema["paths"]["/as-it-is"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/Account"}
    account, identity = (schema["components"]["schemas"][name] for name in ("Account", "Identity"))
    assert set(account["properties"]) == set(signed_in.account())
    assert set(identity["properties"]) == set(signed_in.account()["identities"][0])


def test_a_whole_router_may_depend_on_it(app: FastAPI, base: str, signed_in: Browser) -> None:
    """And the app's own lifespan state is there: the router's lifespan is merged with it."""
    refused = Browser(base).request("GET", "/behind/one")
    assert (refused.status, refused.json()["detail"]["code"]) == (401, "not_signed_in")
    assert signed_in.request("GET", "/behind/one").json() == "its own"
    assert app.openapi()["paths"]["/behind/one"]["get"]["security"] == [{"SessionCookie": []}, {"SessionBearer": []}]


def test_a_database_that_does_not_answer(
    signed_in: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(self: SessionService, text: str | None) -> None:
        raise StoreError("it is away")

    with monkeypatch.context() as patch:
        patch.setattr(SessionService, "recognise", fails)
        patch.setattr(Guard, "recall", lambda *_: None)  # and it was not seen lately
        for path in ("/me", "/maybe"):
            answer = signed_in.request("GET", path)
            assert (answer.status, answer.json()["detail"]["code"]) == (503, StoreError.code)
    assert "it is away" in caplog.text
    assert signed_in.request("GET", "/me").status == 200


def test_both_lifespans_are_lived(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app's around the router's: what the app has opened is there as long as a sign-in may need it."""
    lived = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        lived.append("the app begins")
        yield
        lived.append("the app ends")

    async def looks(app: object, settings: Settings, **options: object) -> bool:
        lived.append("we look in the mirror")
        return True

    async def closes(self: SignIn) -> None:
        lived.append("we close")
        await close(self)

    close = SignIn.close
    monkeypatch.setattr(startup_check, "check_asgi_app", looks)
    monkeypatch.setattr(SignIn, "close", closes)
    other = FastAPI(lifespan=lifespan)
    other.include_router(SignIn(app.state.sign_in.settings).router)
    with TestClient(other) as client:
        assert client.get("/auth/client.js").status_code == 200
        assert lived == ["the app begins", "we look in the mirror"]
    assert lived[2:] == ["we close", "the app ends"]
