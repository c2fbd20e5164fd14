"""An app whose routes are not where the settings say, or that nothing starts: it is a sentence at the start, or before
the first request, and never a silent 404.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from litestar import Litestar
from litestar import get as litestar_get
from litestar.middleware import DefineMiddleware
from mangum import Mangum
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient
from support.servers import SECRET

from valetkey import Secret, Settings, SettingsError
from valetkey.frameworks import fastapi, litestar, starlette
from valetkey.providers.twitter import twitter
from valetkey.web.startup import attempts
from valetkey.web.startup import check as startup_check
from valetkey.web.startup.once import Once
from valetkey.web.startup.places import asgi_places, whole_path, wsgi_places

from .test_startup_check import COOP, Around, overwrites, raises, start

HOST = "https://app.example"
LOCAL = "http://127.0.0.1:8000"
FRAMEWORKS = ["fastapi", "starlette", "litestar"]
FAILED = "/auth/twitter/failed?code=expired"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        url=HOST,
        secrets=(Secret(SECRET),),
        providers=(twitter(key="key", secret=Secret("secret")),),
        database=f"sqlite:///{tmp_path}/app.db",
    )


def below(settings: Settings, path: str) -> Settings:
    return replace(settings, url=f"{settings.public_origin}{path}")


def refused(app: Any) -> str:
    """Why it does not start. Litestar raises it in a group."""
    with pytest.raises((SettingsError, ExceptionGroup)) as found:
        start(app)
    fault: Any = found.value
    while isinstance(fault, ExceptionGroup):
        (fault,) = fault.exceptions
    return str(fault.hint)


def nothing() -> dict[str, str]:
    return {}


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR and one.name == "valetkey"]


def get(app: Any, path: str, root_path: str = "", **headers: str) -> Any:
    """One request, to an app that nothing has started."""
    return TestClient(app, base_url=HOST, root_path=root_path).get(path, headers=headers)


def test_the_places_of_a_path() -> None:
    """All of it; a part that the server knows, repeated in the path or not; a part that was taken away."""
    where = [("", "/a/b/auth")]
    where += [("/a/b", "/a/b/auth"), ("/a/b", "/auth"), ("/a", "/a/b/auth"), ("/a", "/b/auth")]
    where += [("", "/auth"), ("", "/b/auth")]
    app = Settings(
        url=f"{HOST}/a/b", secrets=(Secret(SECRET),), providers=(twitter(key="key", secret=Secret("secret")),)
    )
    assert [(one.before, one.path) for one in asgi_places(app)] == where
    scripts = [("", "/a/b/auth"), ("/a/b", "/auth"), ("/a", "/b/auth"), ("", "/auth"), ("", "/b/auth")]
    assert [(one.before, one.path) for one in wsgi_places(app)] == scripts
    assert [one.path for one in asgi_places(replace(app, url=HOST))] == ["/auth"]


@pytest.mark.parametrize(
    ("root_path", "path", "whole"),
    [
        ("", "/auth", "/auth"),
        ("/app", "/app/auth", "/app/auth"),
        ("/app/", "/auth", "/app/auth"),
        ("/app", "/apple/auth", "/app/apple/auth"),
    ],
)
def test_the_path_below_the_server(root_path: str, path: str, whole: str) -> None:
    assert whole_path(root_path, path) == whole


# Where the routes really are


def test_a_prefix_that_the_address_does_not_have(settings: Settings) -> None:
    app = FastAPI()
    app.include_router(fastapi.SignIn(settings).router, prefix="/api")
    told = refused(app)
    assert "valetkey does not answer at /auth/twitter/failed." in told
    assert f"the app has them at /api/auth. Set VALETKEY_URL={HOST}/api and register the callback URLs" in told


def test_a_mount_that_the_callback_url_does_not_have(settings: Settings) -> None:
    """Below several levels, one of which has a name and one a middleware."""
    ours = starlette.SignIn(replace(settings, url=None, callbacks={"twitter": (f"{HOST}/auth/twitter",)}))
    inner = Mount("/in", routes=ours.routes, name="in", middleware=[Middleware(Around)])
    app = Starlette(routes=[Mount("/out", app=Router(routes=[inner]))], lifespan=ours.lifespan)
    told = refused(app)
    assert f"the app has them at /out/in/auth. Set TWITTER_CALLBACK_URL={HOST}/out/in/auth/twitter and" in told


def test_a_path_of_litestar_that_the_address_does_not_have(settings: Settings) -> None:
    told = refused(Litestar([], path="/api", plugins=[litestar.SignIn(settings)]))
    assert f"the app has them at /api/auth. Set VALETKEY_URL={HOST}/api" in told


@pytest.mark.parametrize("is_html", [False, True], ids=["404", "page"])
def test_a_catch_all_before_the_routes(settings: Settings, tmp_path: Path, is_html: bool) -> None:
    """The order is wrong, and not a login wall."""
    sign_in = starlette.SignIn(settings)

    def page(request: Request) -> HTMLResponse:
        return HTMLResponse("<title>The app</title>")

    catch_all = Route("/{path:path}", page) if is_html else Mount("/", StaticFiles(directory=tmp_path))
    told = refused(Starlette(routes=[catch_all, *sign_in.routes], lifespan=sign_in.lifespan))
    assert ("The order is wrong" in told) == is_html
    assert ("they are there, but something before them answers with 404" in told) == (not is_html)
    start(Starlette(routes=[*sign_in.routes, catch_all], lifespan=sign_in.lifespan))


@pytest.mark.parametrize("host", [HOST, LOCAL])
def test_a_catch_all_does_not_hide_where_the_routes_are(
    settings: Settings, caplog: pytest.LogCaptureFixture, host: str
) -> None:
    """It answers at the whole public path, which a proxy makes shorter. The log says that one must."""
    settings = replace(settings, url=host)
    sign_in = starlette.SignIn(below(settings, "/app"))
    catch_all = Route("/{path:path}", lambda request: HTMLResponse("<title>The app</title>"))
    with caplog.at_level(logging.INFO, "valetkey"):
        start(Starlette(routes=[*sign_in.routes, catch_all], lifespan=sign_in.lifespan))
    assert "browsers see the routes at /app/auth/, and this app does not answer to that path by itself" in caplog.text
    assert f"If neither does, set VALETKEY_URL={settings.public_origin}\n" in caplog.text
    assert [one.levelname for one in caplog.records if "browsers see" in one.getMessage()] == ["INFO"]
    caplog.clear()
    whole = starlette.SignIn(below(settings, "/app"))
    with caplog.at_level(logging.INFO, "valetkey"):
        start(Starlette(routes=[Mount("/app", routes=whole.routes)], lifespan=whole.lifespan))
    assert "browsers see the routes" not in caplog.text


def test_a_part_of_the_path_is_the_proxys_and_a_part_the_apps(settings: Settings) -> None:
    sign_in = starlette.SignIn(below(settings, "/proxys/apps"))
    start(Starlette(routes=[Mount("/apps", routes=sign_in.routes)], lifespan=sign_in.lifespan))


# What the server says that the app is below


@pytest.mark.filterwarnings("ignore:The `root_path` parameter is deprecated")
def test_a_root_path_of_the_app_that_the_address_does_not_have(settings: Settings) -> None:
    wrong = FastAPI(root_path="/app")
    wrong.include_router(fastapi.SignIn(settings).router)
    assert "the app has them at /app/auth/, with what the server or the app says" in refused(wrong)
    right = FastAPI(root_path="/app")
    right.include_router(fastapi.SignIn(below(settings, "/app")).router)
    start(right)


def app_of(framework: str, settings: Settings, **around: Any) -> Any:
    """An app with a route that asks who is signed in, and with ``Around`` as a middleware."""
    if framework == "litestar":
        plugin = litestar.SignIn(settings)

        @litestar_get("/me", guards=[plugin.requires_account])
        async def mine() -> None: ...

        return Litestar([mine], plugins=[plugin], logging_config=None, middleware=[DefineMiddleware(Around, **around)])
    if framework == "fastapi":
        with_router = fastapi.SignIn(settings)
        app = FastAPI(middleware=[Middleware(Around, **around)])
        app.include_router(with_router.router)
        app.add_api_route("/me", nothing, dependencies=[Depends(with_router.account)])
        return app
    sign_in = starlette.SignIn(settings)

    async def me(request: Request) -> JSONResponse:
        signed_in = await sign_in.session_of(request) is not None
        return JSONResponse({}, 200 if signed_in else 401)

    return Starlette(
        routes=[*sign_in.routes, Route("/me", me)],
        lifespan=sign_in.lifespan,
        middleware=[Middleware(Around, **around)],
        exception_handlers={SettingsError: sign_in.on_error},
    )


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_root_path_of_the_server_that_the_address_does_not_have(
    settings: Settings, framework: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Only a request shows it. It is answered with an error; the reason is in the log once a minute."""
    app = app_of(framework, settings)
    start(app)
    for _ in range(3):
        answer = get(app, f"/app{FAILED}", "/app", accept="text/html")
        assert (answer.status_code, answer.headers[COOP]) == (500, "unsafe-none")
        assert "VALETKEY_URL" not in answer.text  # the app is public
        body = get(app, "/app/auth/session", "/app").json()
        assert body["error"]["code"] == "settings"
        assert body["error"]["hint"] == "The server's log says what to change."
    (told,) = errors(caplog)
    assert "at /auth/, and the app has them at /app/auth/" in told
    assert f"set VALETKEY_URL={HOST}/app and register" in told
    # A request that arrives where it should is answered, and from then on the path is not looked at.
    assert get(app, FAILED).status_code == 410
    assert get(app, f"/app{FAILED}", "/app").status_code == 410


def test_the_reason_is_on_the_page_of_a_developer(settings: Settings) -> None:
    app = app_of("starlette", replace(settings, url=LOCAL))
    assert f"set VALETKEY_URL={LOCAL}/app" in get(app, f"/app{FAILED}", "/app", accept="text/html").text
    # A path that is none may be a client's, if a middleware takes it from a header.
    answer = get(app, "/auth/session", '/"><script>evil', accept="text/html")
    assert answer.status_code == 500
    assert "evil" not in answer.text
    assert "a request arrived for them at another path" in answer.text


# An app that nothing starts


class Counts:
    """Counts the requests that reach the app, among them those of the check."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def __call__(self, method: str, path: str, host: str) -> None:
        self.paths.append(path)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("first", [FAILED, "/me"], ids=["a-route-of-ours", "session-of"])
def test_an_app_that_nothing_starts_is_checked_before_its_first_request(
    settings: Settings, framework: str, first: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What is wrong is an error at every request of ours, and in the log once. Other requests are answered."""
    app = app_of(framework, settings, after=overwrites(COOP, "same-origin"))
    for path in (first, FAILED, "/me", "/auth/session", "/auth/twitter?oauth_token=a&oauth_verifier=b"):
        answer = get(app, path)
        assert (answer.status_code, "settings" in answer.text) == (500, True), path
    assert get(app, "/elsewhere").status_code == 404
    (told,) = errors(caplog)
    assert "Something in the app sets Cross-Origin-Opener-Policy on the pages below /auth/" in told


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_check_passes_once(settings: Settings, framework: str) -> None:
    counts = Counts()
    app = app_of(framework, replace(settings, url=LOCAL), before=counts)
    for path, status in ((FAILED, 410), ("/me", 401), (FAILED, 410)):
        assert get(app, path).status_code == status
    asked = ["/auth/twitter/failed", "/auth/twitter/failed", "/auth/session", "/me", "/auth/twitter/failed"]
    assert counts.paths == asked


def test_a_lifespan_has_checked_already(settings: Settings) -> None:
    counts = Counts()
    app = app_of("fastapi", replace(settings, url=LOCAL), before=counts)
    with TestClient(app, base_url=HOST) as client:
        assert counts.paths == ["/auth/twitter/failed", "/auth/session"]
        assert client.get(FAILED).status_code == 410
    assert len(counts.paths) == 3


def test_those_who_come_at_once_wait_for_one_check(settings: Settings) -> None:
    """Also if the first of them hangs up, which ends its request in most servers."""
    counts = Counts()

    async def crowd() -> list[int]:
        asked, go_on = asyncio.Event(), asyncio.Event()

        class Waits(Around):
            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                if dict(scope["headers"]).get(b"user-agent", b"").startswith(b"valetkey"):
                    asked.set()
                    await go_on.wait()
                await super().__call__(scope, receive, send)

        sign_in = starlette.SignIn(settings)
        app = Starlette(routes=sign_in.routes, middleware=[Middleware(Waits, before=counts)])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOST) as client:
            first = asyncio.create_task(client.get(FAILED))
            async with asyncio.timeout(10):
                await asked.wait()
            others = [asyncio.create_task(client.get("/auth/client.js")) for _ in range(20)]
            while counts.paths.count("/auth/client.js") < 20:
                await asyncio.sleep(0)
            first.cancel()
            await asyncio.sleep(0)
            go_on.set()
            return [one.status_code for one in await asyncio.gather(*others)]

    assert asyncio.run(crowd()) == [200] * 20
    assert counts.paths.count("/auth/session") == 1


def test_threads_that_come_at_once_are_one_attempt(settings: Settings) -> None:
    """An app that cannot answer yet is given up after several, which are not spent on its first requests."""
    once, together = Once(settings), threading.Barrier(3)

    def is_away(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        together.wait(10)
        start_response("503 Service Unavailable", [])
        return [b""]

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: once.check_wsgi(is_away), range(3)))
    assert not once.app_passed


def test_a_middleware_that_asks_who_is_signed_in_does_not_ask_for_ever(settings: Settings) -> None:
    sign_in = fastapi.SignIn(settings)
    app = FastAPI()
    app.include_router(sign_in.router)

    @app.middleware("http")
    async def asks(request: Request, call_next: Any) -> Any:
        await sign_in.session_of(request)
        return await call_next(request)

    assert get(app, FAILED).status_code == 410


def test_an_app_that_answers_one_request_at_a_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The check cannot get through while the request waits for it. Neither hangs."""
    monkeypatch.setattr(startup_check, "_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(attempts, "_RETRY_SECONDS", 0.0)
    one_at_a_time = asyncio.Semaphore(1)

    class Waits(Around):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async with one_at_a_time:
                await self.app(scope, receive, send)

    sign_in = starlette.SignIn(settings)
    app = Starlette(routes=sign_in.routes, middleware=[Middleware(Waits)])

    async def several() -> list[int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOST) as client:
            return [(await client.get(FAILED)).status_code for _ in range(5)]

    assert asyncio.run(several()) == [410] * 5
    assert caplog.text.count("the app could not answer yet (TimeoutError)") == 3


def test_an_app_that_cannot_answer_yet_is_asked_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_RETRY_SECONDS", 0.0)
    is_up = False

    def database(method: str, path: str, host: str) -> None:
        if not is_up and path == "/auth/session":
            raise ConnectionRefusedError

    app = app_of("starlette", settings, before=database, after=overwrites(COOP, "same-origin"))
    with pytest.raises(ConnectionRefusedError):
        get(app, "/auth/session")
    is_up = True
    assert get(app, "/auth/session").status_code == 500


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_an_exception_of_the_app_is_named(settings: Settings, framework: str, caplog: pytest.LogCaptureFixture) -> None:
    told = refused(app_of(framework, settings, before=raises))
    assert f"with KeyError, raised at {raises.__code__.co_filename}:{raises.__code__.co_firstlineno + 1}," in told
    assert "a secret" not in told


def test_the_line_is_the_apps_where_a_library_raises(settings: Settings) -> None:
    def reads(method: str, path: str, host: str) -> None:
        json.loads("a secret")

    told = refused(app_of("starlette", settings, before=reads))
    assert f"with JSONDecodeError, raised at {__file__}:{reads.__code__.co_firstlineno + 1}," in told
    assert "a secret" not in told


# A sub-app


def test_a_mounted_app_below_another_path_than_the_address_says(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Its lifespan never runs, and it answers at the path that the settings name: only nobody gets there."""
    app = FastAPI()
    app.mount("/api", app_of("fastapi", settings))
    assert get(app, FAILED).status_code == 404
    assert get(app, f"/api{FAILED}").status_code == 500
    (told,) = errors(caplog)
    assert f"set VALETKEY_URL={HOST}/api and register" in told


def test_a_mounted_app(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    app.mount("/api", app_of("fastapi", below(settings, "/api")))
    assert get(app, "/api/me").status_code == 401
    assert get(app, f"/api{FAILED}").status_code == 410
    severed = FastAPI()
    severed.mount("/api", app_of("fastapi", below(settings, "/api"), after=overwrites(COOP, "same-origin")))
    assert errors(caplog) == []
    assert get(severed, f"/api{FAILED}").status_code == 500


def test_serverless(settings: Settings) -> None:
    """Mangum, behind an API gateway whose stage is the base path."""
    handler: Any = Mangum(app_of("fastapi", below(settings, "/prod")), lifespan="off", api_gateway_base_path="/prod")
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/prod/auth/twitter/failed",
        "rawQueryString": "code=expired",
        "headers": {"host": "app.example", "accept": "text/html"},
        "requestContext": {
            "http": {
                "method": "GET",
                "path": "/prod/auth/twitter/failed",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
            }
        },
        "isBase64Encoded": False,
    }
    assert handler(event, {})["statusCode"] == 410
    wrong: Any = Mangum(app_of("fastapi", settings, after=overwrites(COOP, "same-origin")), lifespan="off")
    event["rawPath"] = event["requestContext"]["http"]["path"] = "/auth/twitter/failed"  # type: ignore[index]
    assert wrong(event, {})["statusCode"] == 500


# Routes that were forgotten


def test_a_router_that_is_in_no_app(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """A process may ask who is signed in while another one has the routes, so this is said, and nothing is refused."""
    sign_in = fastapi.SignIn(settings)
    app = FastAPI()
    app.add_api_route("/me", nothing, dependencies=[Depends(sign_in.account)])
    assert [get(app, "/me").status_code for _ in range(3)] == [401] * 3
    (told,) = errors(caplog)
    assert "does not have the routes of valetkey. Add them: app.include_router(sign_in.router)" in told


def test_a_plugin_that_is_in_no_app(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    plugin = litestar.SignIn(settings)

    @litestar_get("/me", guards=[plugin.requires_account])
    async def mine() -> None: ...

    assert get(Litestar([mine], logging_config=None), "/me").status_code == 401
    (told,) = errors(caplog)
    assert "Add them: Litestar(plugins=[sign_in])" in told


def test_routes_that_are_in_no_part_of_an_app_that_starts(settings: Settings) -> None:
    sign_in = starlette.SignIn(settings)
    told = refused(Starlette(lifespan=sign_in.lifespan))
    assert "this app does not have them. Add them: Starlette(routes=[*sign_in.routes, ...])" in told


def test_an_app_that_another_one_mounts_may_ask(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """The outer app has the routes, which the inner one does not see."""
    sign_in = fastapi.SignIn(settings)
    outer, inner = FastAPI(), FastAPI()
    inner.add_api_route("/me", nothing, dependencies=[Depends(sign_in.account)])
    outer.mount("/v1", inner)
    outer.include_router(sign_in.router)
    assert get(outer, "/v1/me").status_code == 401
    assert get(outer, FAILED).status_code == 410
    assert errors(caplog) == []


def test_routes_that_are_not_below_the_path_where_the_apps_own_are(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """At the start a proxy could still take the path away. A request shows that none does."""
    sign_in, api = fastapi.SignIn(below(settings, "/app")), APIRouter()
    api.add_api_route("/me", nothing, dependencies=[Depends(sign_in.account)])
    forgot, well = FastAPI(), FastAPI()
    well.include_router(sign_in.router, prefix="/app")
    well.include_router(api, prefix="/app")
    start(well)
    assert get(well, "/app/me").status_code == 401
    assert errors(caplog) == []
    forgot.include_router(sign_in.router)
    forgot.include_router(api)
    forgot.include_router(api, prefix="/app")
    start(forgot)
    assert [get(forgot, path).status_code for path in ("/me", "/app/me", "/app/me")] == [401] * 3
    (told,) = errors(caplog)
    assert "requests arrive at this app with /app in their path, and the routes of valetkey are at /auth/ in it" in told


# Another event loop


def test_trio(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """At the start, and where nothing starts the app at the first request."""
    for framework in ("fastapi", "starlette"):
        app = app_of(framework, settings)
        client = TestClient(app, base_url=HOST, backend="trio")
        with pytest.raises(SettingsError, match="valetkey needs asyncio, and this server runs"):
            client.__enter__()
        assert (client.get(FAILED).status_code, client.get("/me").status_code) == (500, 500)
    assert all("hypercorn without --worker-class trio" in told for told in errors(caplog))
    assert len(errors(caplog)) == 2
