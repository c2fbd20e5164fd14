"""Litestar: a plugin, accounts that handlers ask for by name, guards, and what an app has beside them."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, MediaType, Request, Response, Router, WebSocket, get, post, route, websocket
from litestar.config.app import AppConfig
from litestar.config.compression import CompressionConfig
from litestar.config.cors import CORSConfig
from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException, WebSocketDisconnect
from litestar.handlers import BaseRouteHandler, WebsocketListener
from litestar.middleware.authentication import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.middleware.logging import LoggingMiddlewareConfig
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import FromPath
from litestar.plugins import InitPlugin
from litestar.testing import TestClient, create_test_client
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from support.servers import SECRET, Provider

from valetkey import Account, Session, Settings, SettingsError
from valetkey.frameworks.litestar import SignIn

LISTED = "https://pages.example"
Build = Callable[..., SignIn]


@pytest.fixture
def base(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def environment(base: str, provider: Provider, tmp_path: Path) -> dict[str, str]:
    return {
        "TWITTER_CONSUMER_KEY": provider.key,
        "TWITTER_CONSUMER_SECRET": provider.secret,
        "TWITTER_CALLBACK_URL": f"{base}/auth/twitter",
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path / 'app.db'}",
        "VALETKEY_TWITTER_API": provider.origin,
        "VALETKEY_TWITTER_BROWSER": provider.origin,
        "VALETKEY_ORIGINS": LISTED,
    }


@pytest.fixture
def plugin(environment: dict[str, str]) -> Build:
    def build(prefix: str = "/auth", **more: str) -> SignIn:
        return SignIn(Settings.from_environment({**environment, **more}, prefix=prefix))

    return build


@contextmanager
def running(app: Litestar, base: str) -> Iterator[TestClient[Litestar]]:
    with TestClient(app, base_url=base, timeout=10) as client:
        yield client


def sign_in(client: TestClient[Any], provider: Provider, prefix: str = "/auth") -> str:
    """Through the real flow; its pass."""
    begun = client.post(
        f"{prefix}/twitter",
        data={"login": "a" * 22, "mode": "popup"},
        headers={"Origin": str(client.base_url).rstrip("/"), "Accept": "text/html"},
    )
    assert begun.status_code == 200, begun.text
    token = begun.headers["refresh"].partition("oauth_token=")[2]
    query = provider.approve(token).partition("?")[2]
    landed = client.get(f"{prefix}/twitter?{query}", headers={"Accept": "text/html"}, follow_redirects=False)
    assert landed.headers["location"] == f"{prefix}/twitter/done?login={'a' * 22}#"
    return str(client.cookies["valetkey-session"])


@get("/me")
async def me(account: NamedDependency[Account]) -> Account:
    return account


@post("/me", status_code=200)
async def change_me(account: NamedDependency[Account]) -> Account:
    return account


@get("/maybe")
async def maybe(
    optional_account: NamedDependency[Account | None], optional_session: NamedDependency[Session | None]
) -> list[bool]:
    return [optional_account is not None, optional_session is not None]


@get("/since")
async def since(session: NamedDependency[Session]) -> float:
    return session.opened_at


@get("/open")
async def open_to_all() -> str:
    return "open"


# Who is signed in


def test_required_and_optional(plugin: Build, base: str, provider: Provider) -> None:
    """By name, and by a dependency of the app's own that asks for ours."""

    async def handle(account: NamedDependency[Account]) -> str | None:
        return account.handle

    @get("/greet", dependencies={"handle": Provide(handle)}, media_type=MediaType.TEXT)
    async def greet(handle: NamedDependency[str]) -> str:
        return f"hello {handle}"

    with running(Litestar([me, maybe, since, greet], plugins=[plugin()]), base) as client:
        for path in ("/me", "/since", "/greet"):
            refused = client.get(path)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"] == "Bearer"
            assert refused.json()["detail"] == "You are not signed in."
            assert refused.json()["extra"]["code"] == "not_signed_in"
        assert client.get("/maybe").json() == [False, False]
        sign_in(client, provider)
        assert client.get("/me").json()["identities"][0]["handle"] == "ada"
        assert client.get("/maybe").json() == [True, True]
        assert client.get("/since").json() > 1_700_000_000
        assert client.get("/greet").text == "hello ada"


def test_an_apps_own_unsafe_route_asks_where_it_comes_from(plugin: Build, base: str, provider: Provider) -> None:
    """By dependency, guard, middleware and call alike: a sibling subdomain's form carries the Lax cookie along."""
    ours = plugin()

    @post("/guarded", guards=[ours.requires_account], status_code=200)
    async def guarded() -> None: ...

    @post("/known", middleware=[ours.middleware], status_code=200)
    async def known(request: Request[Account | None, Session | None, Any]) -> bool:
        return request.user is not None

    @post("/asked", status_code=200)
    async def asked(request: Request[Any, Any, Any]) -> bool:
        return await ours.session_of(request) is not None

    with running(Litestar([change_me, guarded, known, asked], plugins=[ours]), base) as client:
        bearer = {"Authorization": f"Bearer {sign_in(client, provider)}"}
        for path in ("/me", "/guarded", "/known", "/asked"):
            assert client.post(path, headers={"Origin": base}).status_code == 200
            assert client.post(path, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
            assert client.post(path, headers=bearer).status_code == 200
            for headers in ({}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://other.example"}):
                refused = client.post(path, headers=headers)
                assert (refused.status_code, refused.json()["extra"]["code"]) == (403, "foreign_origin"), path


def test_a_handler_asks_by_itself(plugin: Build, base: str, provider: Provider) -> None:
    ours = plugin()

    @get("/asked", media_type=MediaType.TEXT)
    async def asked(request: Request[Any, Any, Any]) -> str:
        session = await ours.session_of(request)
        return (session.account.handle or "") if session else "nobody"

    with running(Litestar([asked], plugins=[ours]), base) as client:
        assert client.get("/asked").text == "nobody"
        token = sign_in(client, provider)
        for _ in range(2):
            assert client.get("/asked").text == "ada"
        assert client.get("/asked", headers={"Authorization": "Bearer nonsense"}).text == "nobody"
        assert client.delete("/auth/session", headers={"Origin": base}).status_code == 204
        assert client.get("/asked", headers={"Cookie": f"valetkey-session={token}"}).text == "nobody"


def test_a_guard_fills_in_the_user(plugin: Build, base: str, provider: Provider) -> None:
    """On the layer that it stands on, whatever the app's own handlers are called."""
    ours = plugin()

    @get("/who")
    async def who(request: Request[Account, Session, Any]) -> list[str | None]:
        return [request.user.handle, "same" if request.auth.account.id == request.user.id else None]

    members = Router("/members", route_handlers=[who], guards=[ours.requires_account])
    with running(Litestar([members, open_to_all], plugins=[ours]), base) as client:
        assert client.get("/members/who").status_code == 401
        assert client.get("/open").status_code == 200
        sign_in(client, provider)
        assert client.get("/members/who").json() == ["ada", "same"]


def test_a_whole_app_behind_the_guard(plugin: Build, base: str, provider: Provider) -> None:
    """Signing in stays open, and what is open to Litestar's own authentication; nothing else."""
    ours = plugin()

    @get("/welcome", exclude_from_auth=True)
    async def welcome() -> None: ...

    app = Litestar([me, open_to_all, welcome], plugins=[ours], guards=[ours.requires_account])
    with running(app, base) as client:
        assert client.get("/open").status_code == 401
        assert client.get("/schema/openapi.json").status_code == 401
        assert client.get("/welcome").status_code == 200
        sign_in(client, provider)
        assert client.get("/open").status_code == 200


def test_the_middleware_knows_the_user_of_a_public_page(plugin: Build, base: str, provider: Provider) -> None:
    ours = plugin()

    @get("/page")
    async def page(request: Request[Account | None, Session | None, Any]) -> str:
        return f"{request.user and request.user.handle} {request.auth is not None}"

    @get("/welcome", exclude_from_auth=True)
    async def welcome(scope: Scope) -> str:
        return str("user" in scope)

    @route("/asked", http_method=["OPTIONS"], status_code=200)
    async def options(scope: Scope) -> str:
        return str("user" in scope)

    app = Litestar([page, welcome, options], plugins=[ours], middleware=[ours.middleware])
    with running(app, base) as client:
        assert client.get("/page").text == "None False"
        sign_in(client, provider)
        for _ in range(2):
            assert client.get("/page").text == "ada True"
        for path, method in (("/welcome", "GET"), ("/asked", "OPTIONS")):
            answer = client.request(method, path)
            assert (answer.status_code, answer.text) == (200, "False"), "Litestar's authentication leaves it out, too"


def test_beside_an_authentication_of_the_apps_own(plugin: Build, base: str, provider: Provider) -> None:
    """Litestar's: it refuses users whom it does not know, on every route that does not say otherwise."""

    class Keys(AbstractAuthenticationMiddleware):
        async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
            if "x-key" not in connection.headers:
                raise NotAuthorizedException
            return AuthenticationResult(user="machine", auth=None)

    with running(Litestar([open_to_all], plugins=[plugin()], middleware=[Keys]), base) as client:
        assert client.get("/open").status_code == 401
        sign_in(client, provider)
        assert client.get("/open", headers={"X-Key": "1"}).status_code == 200


def test_an_app_answers_for_itself_where_nobody_is_signed_in(plugin: Build, base: str) -> None:
    def to_sign_in(request: Request[Any, Any, Any], fault: NotAuthorizedException) -> Response[None]:
        assert isinstance(fault.extra, dict)
        return Response(None, status_code=303, headers={"Location": f"/welcome?why={fault.extra['code']}"})

    app = Litestar([me], plugins=[plugin()], exception_handlers={NotAuthorizedException: to_sign_in})
    with running(app, base) as client:
        answer = client.get("/me", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/welcome?why=not_signed_in")


def test_a_dependency_can_be_overridden(plugin: Build, base: str) -> None:
    """As Litestar's people do in their tests: on a layer of their own."""
    test = Provide(lambda: Account(id="x", name="Test", picture=None), sync_to_thread=False)
    with create_test_client([me], plugins=[plugin()], dependencies={"account": test}, base_url=base) as client:
        assert client.get("/me").json()["id"] == "x"
    with create_test_client([me], plugins=[plugin()], base_url=base) as client:
        assert client.get("/me").status_code == 401


def test_a_dependency_can_be_renamed(plugin: Build, base: str, provider: Provider) -> None:
    """A path parameter and a dependency of one name are what Litestar refuses."""

    @get("/accounts/{account:str}")
    async def show(account: FromPath[str], signed_in: NamedDependency[Account]) -> str:
        return f"{account} for {signed_in.handle}"

    ours = plugin()
    ours.dependencies["signed_in"] = ours.dependencies.pop("account")
    with running(Litestar([show], plugins=[ours]), base) as client:
        sign_in(client, provider)
        assert client.get("/accounts/7").text == "7 for ada"


# WebSockets


class Listener(WebsocketListener):
    path = "/listen"

    async def on_receive(self, data: str, account: NamedDependency[Account]) -> str:
        return f"{data} {account.handle}"


@websocket("/talk")
async def talk(socket: WebSocket[Any, Any, Any], account: NamedDependency[Account]) -> None:
    await socket.accept()
    await socket.send_text(f"{await socket.receive_text()} {account.handle}")
    await socket.close()


def test_websockets_ask_too(plugin: Build, base: str, provider: Provider) -> None:
    """A handshake is a GET, and what follows is not safe: CORS does not hold it back, and the Lax cookie comes along
    from a sibling subdomain and another port. A refusal comes before the WebSocket is accepted."""
    ours, accepted = plugin(), []

    @websocket("/guarded", guards=[ours.requires_account])
    async def guarded(socket: WebSocket[Account, Session, Any]) -> None:
        accepted.append(socket.user.handle)
        await socket.accept()
        await socket.send_text(f"{await socket.receive_text()} {socket.user.handle}")
        await socket.close()

    with running(Litestar([talk, Listener, guarded], plugins=[ours]), base) as client:
        pass_ = sign_in(client, provider)
        client.cookies.clear()

        def says(path: str, **headers: str) -> str | int:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            try:
                with client.websocket_connect(path, headers=sent) as socket:
                    socket.send_text("hello")
                    return socket.receive_text(timeout=5)
            except WebSocketDisconnect as refused:
                return refused.code

        cookie = f"valetkey-session={pass_}"
        for path in ("/talk", "/listen", "/guarded"):
            assert says(path, Cookie=cookie, Origin=base) == "hello ada", path
            assert says(path, Cookie=cookie, Origin=LISTED) == "hello ada", path
            assert says(path, Authorization=f"Bearer {pass_}") == "hello ada", path
            assert says(path, Authorization="Bearer nonsense", Cookie=cookie, Origin=base) == 4401, path
            assert says(path, Origin=base) == 4401, path
            assert says(path, Cookie=cookie) == 4403, path
            for origin in ("http://127.0.0.1:1", "http://other.example", "null"):
                assert says(path, Cookie=cookie, Origin=origin, Sec_Fetch_Site="same-site") == 4403, path
    assert accepted == ["ada"] * 3


# OpenAPI


def test_openapi_says_cookie_or_bearer(plugin: Build) -> None:
    """Where it is asked, and there alone; beside what the app says itself, and in no other app."""
    ours = plugin()

    @get("/guarded", guards=[ours.requires_account])
    async def guarded() -> None: ...

    async def handle(account: NamedDependency[Account]) -> str | None:
        return account.handle

    @get("/through", dependencies={"handle": Provide(handle)})
    async def through(handle: NamedDependency[str]) -> str:
        return handle

    @get("/key-or-all", security=[{"Key": []}])
    async def key(optional_account: NamedDependency[Account | None]) -> None: ...

    own = Components(security_schemes={"Key": SecurityScheme(type="apiKey", name="x", security_scheme_in="header")})
    config = OpenAPIConfig(title="App", version="1", components=own)
    handlers = [me, maybe, guarded, through, key, open_to_all]
    schema = Litestar(handlers, plugins=[ours], openapi_config=config).openapi_schema.to_schema()
    schemes = schema["components"]["securitySchemes"]
    assert set(schemes) == {"Key", "SessionCookie", "SessionBearer"}
    assert schemes["SessionCookie"] | {"description": ""} == {
        "type": "apiKey", "in": "cookie", "name": "valetkey-session", "description": "",
    }  # fmt: skip
    assert schemes["SessionBearer"]["scheme"] == "bearer"
    either = [{"SessionCookie": []}, {"SessionBearer": []}]
    said = {path: item["get"].get("security") for path, item in schema["paths"].items()}
    assert said == {
        **dict.fromkeys(("/me", "/maybe", "/guarded", "/through"), either), "/key-or-all": [{"Key": []}], "/open": None,
    }  # fmt: skip
    assert all("parameters" not in item["get"] for item in schema["paths"].values())
    other = Litestar([open_to_all]).openapi_schema.to_schema()
    assert "securitySchemes" not in other.get("components", {})
    plain = Litestar([me], plugins=[plugin()]).openapi_schema.to_schema()
    assert set(plain["components"]["securitySchemes"]) == {"SessionCookie", "SessionBearer"}
    assert Litestar([me], plugins=[plugin()], openapi_config=None).openapi_config is None


# What an app has beside us


def test_neighbours_keep_their_addresses(plugin: Build, base: str) -> None:
    """A mount at /auth would be asked for these."""

    @get("/authors/{number:int}")
    async def author(number: FromPath[int]) -> int:
        return number

    with running(Litestar([author], plugins=[plugin()]), base) as client:
        assert client.get("/authors/7").json() == 7
        assert client.get("/auth/session").json() == {"account": None}


def test_an_app_behind_a_path(plugin: Build, base: str) -> None:
    """Of which a server says that it is there (``root_path``), whether a proxy has taken it off or not; and with a
    slash too many it is not ours."""
    app = Litestar([], plugins=[plugin(TWITTER_CALLBACK_URL=f"{base}/behind/auth/twitter")])
    with TestClient(app, base_url=base, root_path="/behind") as client:
        for path, status in (("/auth/session", 200), ("/behind/auth/session", 200), ("/auth/session/", 404)):
            assert client.get(path).status_code == status, path


def test_an_app_below_a_path(plugin: Build, base: str, provider: Provider) -> None:
    ours = plugin(prefix="/api/auth", TWITTER_CALLBACK_URL=f"{base}/api/auth/twitter")
    provider.serves(f"{base}/api/auth/twitter")
    with running(Litestar([me], path="/api", plugins=[ours]), base) as client:
        sign_in(client, provider, "/api/auth")
        assert client.get("/api/me").status_code == 200


def test_csrf_of_the_apps_own(plugin: Build, base: str, provider: Provider) -> None:
    """It holds for the app's routes, and not for ours, which ask for more."""
    config = CSRFConfig(secret="s" * 32, exclude_from_csrf_key="its_own_key")
    with running(Litestar([me, change_me], plugins=[plugin()], csrf_config=config), base) as client:
        sign_in(client, provider)
        assert client.get("/me").status_code == 200
        refused = client.post("/me", headers={"Origin": base})
        assert (refused.status_code, refused.json()["detail"]) == (403, "CSRF token verification failed")
        token = {"x-csrftoken": client.cookies["csrftoken"]}
        assert client.post("/me", headers={"Origin": base, **token}).status_code == 200
        assert client.delete("/auth/session", headers={"Origin": base}).status_code == 204
        assert client.delete("/auth/session", headers={"Origin": "http://other.example"}).status_code == 403


def test_compression_of_the_apps_own(plugin: Build, base: str, provider: Provider) -> None:
    config = CompressionConfig(backend="gzip", minimum_size=1)
    with running(Litestar([me], plugins=[plugin()], compression_config=config), base) as client:
        module = client.get("/auth/client.js", headers={"Accept-Encoding": "gzip"})
        assert "signIn" in module.text
        again = {"Accept-Encoding": "gzip", "If-None-Match": module.headers["etag"]}
        assert client.get("/auth/client.js", headers=again).status_code == 304
        sign_in(client, provider)
        assert client.get("/me").status_code == 200


def test_cors_of_the_apps_own(plugin: Build, base: str, provider: Provider) -> None:
    """Its middleware answers every preflight in the app, and writes beside our headers."""
    config = CORSConfig(allow_origins=[LISTED], allow_credentials=True)
    with running(Litestar([me], plugins=[plugin()], cors_config=config), base) as client:
        sign_in(client, provider)
        answer = client.get("/auth/session", headers={"Origin": LISTED})
        assert answer.headers.get_list("access-control-allow-origin") == [LISTED]
        assert answer.headers.get_list("access-control-allow-credentials") == ["true"]
        assert answer.json()["account"] is not None
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        preflight = client.options("/auth/session", headers={"Origin": LISTED, **asked})
        assert preflight.status_code == 204
        assert preflight.headers.get_list("access-control-allow-origin") == [LISTED]
        for origin in ("https://other.example", "null"):
            stranger = client.get("/auth/session", headers={"Origin": origin})
            assert "access-control-allow-origin" not in stranger.headers


def test_hooks_of_the_apps_own(plugin: Build, base: str, provider: Provider) -> None:
    """One that has read the body, and one that expects Litestar's own Response."""
    read = []

    async def before(request: Request[Any, Any, Any]) -> None:
        read.append(len(await request.body()))

    def after(response: Response[Any]) -> Response[Any]:
        response.headers["X-After"] = "1"
        return response

    @get("/after")
    async def own() -> str:
        return "own"

    app = Litestar([own], plugins=[plugin()], before_request=before, after_request=after)
    with running(app, base) as client:
        sign_in(client, provider)
        assert max(read) > 20
        assert client.get("/after").headers["x-after"] == "1"
        collected = client.post("/auth/session", json={}, headers={"Origin": base})
        assert collected.json()["account"] is not None


class Logging(InitPlugin):
    """As StructlogPlugin does."""

    def __init__(self, config: LoggingMiddlewareConfig) -> None:
        self.config = config

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        app_config.middleware.append(self.config.middleware)
        return app_config


@pytest.mark.parametrize("key", [None, "unlogged"])
@pytest.mark.parametrize("by", ["app", "layer", "plugin"])
def test_the_apps_log_holds_no_pass(
    plugin: Build, base: str, provider: Provider, caplog: pytest.LogCaptureFixture, by: str, key: str | None
) -> None:
    """LoggingMiddleware writes down queries, cookies and bodies, of requests and answers, however the app adds it."""
    provider.reset()
    config = LoggingMiddlewareConfig(request_cookies_to_obfuscate={"own"}, exclude_opt_key=key)
    api = Router("/api", route_handlers=[me], middleware=[config.middleware] if by == "layer" else [])
    plugins = [plugin(), *([Logging(config)] if by == "plugin" else [])]
    app = Litestar([api], plugins=plugins, middleware=[config.middleware] if by == "app" else [], logging_config=None)
    app.get_logger = logging.getLogger
    with caplog.at_level("INFO"), running(app, base) as client:
        pass_ = sign_in(client, provider)
        client.cookies.set("own", "hidden-as-well")
        assert client.get("/api/me").status_code == 200
    log = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpx"))
    (verifier,) = [entry["oauth_verifier"] for entry in provider.exchanges]
    assert "path=/api/me" in log  # the log is there
    assert [one for one in (verifier, pass_, pass_[-20:], "hidden-as-well") if one in log] == []


# At start, and at the end


class Severing:
    """What many apps set on everything."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def severed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(name, value) for name, value in message["headers"] if name != b"cross-origin-opener-policy"]
                message["headers"] = [*headers, (b"cross-origin-opener-policy", b"same-origin")]
            await send(message)

        await self.app(scope, receive, severed)


async def forbids(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    raise PermissionDeniedException


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, None),
        ({"middleware": [Severing]}, "sets Cross-Origin-Opener-Policy"),
        ({"path": "/api"}, "valetkey does not answer at /auth/twitter/failed"),
        ({"allowed_hosts": ["app.example"]}, "The app refuses its own address"),
        ({"cors_config": CORSConfig(allow_origins=[LISTED], allow_credentials=True)}, None),
        ({"cors_config": CORSConfig(allow_origins=[LISTED])}, f"a page on {LISTED}, which VALETKEY_ORIGINS names"),
        ({"guards": [forbids]}, "with 403, before the request reaches valetkey"),
    ],
    ids=["well", "COOP", "elsewhere", "hosts", "CORS, well", "CORS", "guard"],
)
def test_what_would_break_a_sign_in_is_found_at_start(
    plugin: Build, base: str, options: dict[str, Any], sentence: str | None
) -> None:
    app = Litestar([open_to_all], plugins=[plugin()], **options)
    if sentence is None:
        with running(app, base) as client:
            assert client.get("/open").status_code == 200
    else:
        # Litestar starts in a task group, which wraps what went wrong.
        with pytest.RaisesGroup(pytest.RaisesExc(SettingsError, match=sentence)) as found, running(app, base):
            pass
        assert "\n" not in str(found.value.exceptions[0])


def test_what_is_being_finished_may_need_what_the_app_opened(
    plugin: Build, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app's pool is open before us and closed after us."""
    order = []

    @asynccontextmanager
    async def pool(app: Litestar) -> AsyncIterator[None]:
        order.append("opened")
        yield
        order.append("closed")

    ours = plugin()
    close = type(ours.endpoints.assembly).close

    async def closing(self: Any) -> None:
        await close(self)
        order.append("left")

    monkeypatch.setattr(type(ours.endpoints.assembly), "close", closing)
    with running(Litestar([open_to_all], plugins=[ours], lifespan=[pool]), base):
        assert order == ["opened"]
    assert order == ["opened", "left", "closed"]


# Its command

APP = """
from litestar import Litestar
from valetkey.frameworks.litestar import SignIn
app = Litestar([], plugins=[SignIn.from_env()])
"""


def test_its_command(environment: dict[str, str], base: str, provider: Provider, tmp_path: Path) -> None:
    """``litestar valetkey``, in the database of the app."""
    with running(Litestar([], plugins=[SignIn(Settings.from_environment(environment))]), base) as client:
        sign_in(client, provider)
    (tmp_path / "app.py").write_text(APP)

    def said(*words: str) -> str:
        command = [sys.executable, "-m", "litestar", "valetkey", *words]
        return subprocess.run(
            command, cwd=tmp_path, env={"PATH": "", **environment}, capture_output=True, text=True, check=True
        ).stdout

    assert "twitter ada" in said("accounts", "list")
    assert "which is the newest" in said("migrate")
    assert len(said("secret").strip()) >= 32
