"""Behind the middleware that apps have: in each row a sign-in, a file, its revalidation and a sign-out work, or the app
stops at start with a sentence that names the fix."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask, Response, g, redirect, request, session
from flask_cors import CORS
from flask_wtf import CSRFProtect
from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.config.cors import CORSConfig
from litestar.config.csrf import CSRFConfig
from litestar.exceptions import NotAuthorizedException
from litestar.testing import TestClient as LitestarClient
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient
from support import django_site
from support.in_process import in_process
from whitenoise import WhiteNoise

from valetkey import SettingsError
from valetkey.frameworks import flask, litestar, starlette
from valetkey.testing import Sandbox, signed_in, signed_out
from valetkey.testing.approving import approve

django_site.configure()

from django.core.cache import cache  # noqa: E402
from django.core.signals import request_finished, request_started  # noqa: E402
from django.db import close_old_connections  # noqa: E402
from django.http import HttpResponse, HttpResponseRedirect  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.urls import include, path, re_path  # noqa: E402

from valetkey.frameworks.django import checks, conf  # noqa: E402

BASE = "http://127.0.0.1:8000"
WORKS = None
ORDER = "The order is wrong: a route that catches everything"
WALL = "must be open to users who are not signed in: exempt it there"
BEHIND = "something before them answers with 404"


@pytest.fixture(autouse=True)
def environment(valetkey_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    variables = valetkey_sandbox.environment | {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """What a build of a single-page app leaves."""
    directory = tmp_path / "dist"
    directory.mkdir()
    (directory / "index.html").write_text("<!doctype html>the app")
    return directory


def body_of(response: Any) -> bytes:
    return bytes(response.content if hasattr(response, "content") else response.data)


def works(client: Any) -> None:
    """All that a page does, through whatever is in between."""
    assert signed_in(client, "ada").handle == "ada"
    first = client.get("/auth/client.js", headers={"Accept-Encoding": "gzip"})
    body = body_of(first)
    text = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
    assert (first.status_code, b"export" in text) == (200, True)
    tag = first.headers["ETag"]
    again = client.get("/auth/client.js", headers={"Accept-Encoding": "gzip", "If-None-Match": tag})
    assert (again.status_code, body_of(again)) == (304, b"")
    signed_out(client)
    answer = client.get("/auth/session")
    assert (answer.json() if callable(answer.json) else answer.json)["account"] is None


# Starlette, and what FastAPI has of it


class Reads(BaseHTTPMiddleware):
    """Reads each body, and leaves work behind."""

    async def dispatch(self, request: Any, call_next: Any) -> Any:
        await request.body()
        response = await call_next(request)
        response.background = BackgroundTask(lambda: None)
        return response


def wall(answer: Callable[[], Any]) -> Middleware:
    async def dispatch(request: Any, call_next: Any) -> Any:
        return await call_next(request) if "user" in request.session else answer()

    return Middleware(BaseHTTPMiddleware, dispatch=dispatch)


def wants_a_user(answer: Any = None) -> Middleware:
    async def dispatch(request: Any, call_next: Any) -> Any:
        request.state.tenant = request.headers["x-tenant"]
        return await call_next(request)

    return Middleware(BaseHTTPMiddleware, dispatch=dispatch)


SESSION = Middleware(SessionMiddleware, secret_key="a secret of the app's own")
STARLETTE: dict[str, tuple[list[Middleware], str | None]] = {
    "BaseHTTPMiddleware": ([Middleware(Reads), Middleware(Reads)], WORKS),
    "GZipMiddleware": ([Middleware(GZipMiddleware, minimum_size=1)], WORKS),
    "GZipMiddleware inside BaseHTTPMiddleware": (
        [Middleware(Reads), Middleware(GZipMiddleware, minimum_size=1)],
        WORKS,
    ),
    "CORSMiddleware": ([Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"])], WORKS),
    "SessionMiddleware": ([SESSION], WORKS),
    "TrustedHostMiddleware": ([Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1"])], WORKS),
    "TrustedHostMiddleware, another host": (
        [Middleware(TrustedHostMiddleware, allowed_hosts=["app.example"])],
        "Add it where the app lists the hosts",
    ),
    "HTTPSRedirectMiddleware": ([Middleware(HTTPSRedirectMiddleware)], WALL),
    "login wall, 401": ([SESSION, wall(lambda: JSONResponse({}, 401))], WALL),
    "login wall, 302": ([SESSION, wall(lambda: RedirectResponse("/login", 302))], WALL),
    "login wall, a page": ([SESSION, wall(lambda: PlainTextResponse("log in", media_type="text/html"))], ORDER),
    "a header that browsers do not send": ([wants_a_user()], "fails at GET /auth/twitter/failed with KeyError"),
}


@contextmanager
def started(app: Any) -> Iterator[Any]:
    with TestClient(app, base_url=BASE, follow_redirects=False) as client:
        yield client


def judged(app: Any, sentence: str | None, start: Callable[[Any], Any] = started) -> None:
    if sentence is not None:
        with pytest.raises((SettingsError, ExceptionGroup)) as stopped, start(app):
            pass
        error: BaseException = stopped.value
        while isinstance(error, ExceptionGroup):  # Litestar starts in a task group
            (error,) = error.exceptions
        assert isinstance(error, SettingsError)
        assert sentence in str(error)
        return
    with start(app) as client:
        works(client)


@pytest.mark.parametrize("name", STARLETTE)
def test_starlette(name: str) -> None:
    middleware, sentence = STARLETTE[name]
    sign_in = starlette.SignIn.from_env()
    judged(Starlette(routes=sign_in.routes, middleware=middleware, lifespan=sign_in.lifespan), sentence)


@pytest.mark.parametrize("redirects", [True, False])
def test_a_redirect_to_https(
    redirects: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Behind a proxy it may be a loop, which no request of ours can see. The line says what prevents it."""
    monkeypatch.setenv("TWITTER_CALLBACK_URL", "https://app.example/auth/twitter")
    caplog.set_level("INFO", "valetkey")
    sign_in = starlette.SignIn.from_env()
    middleware = [Middleware(HTTPSRedirectMiddleware)] if redirects else []
    with started(Starlette(routes=sign_in.routes, middleware=middleware, lifespan=sign_in.lifespan)):
        pass
    assert ("every request is redirected to itself for ever" in caplog.text) is redirects


async def the_app(request: Any) -> PlainTextResponse:
    return PlainTextResponse("<!doctype html>the app", media_type="text/html")


@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
@pytest.mark.parametrize("kind", ["files", "route"])
def test_a_single_page_app_in_starlette(kind: str, first: bool, site: Path) -> None:
    """``StaticFiles`` answers with 404 where there is no file, a route with the app's page."""
    sign_in = starlette.SignIn.from_env()
    files = Mount("/", StaticFiles(directory=site, html=True))
    all_else = [files if kind == "files" else Route("/{path:path}", the_app)]
    routes = [*all_else, *sign_in.routes] if first else [*sign_in.routes, *all_else]
    sentence = (BEHIND if kind == "files" else ORDER) if first else WORKS
    judged(Starlette(routes=routes, lifespan=sign_in.lifespan), sentence)


# Litestar


@pytest.mark.parametrize(
    "config",
    [
        {"compression_config": CompressionConfig(backend="gzip", minimum_size=1)},
        {"cors_config": CORSConfig(allow_origins=["*"])},
        {"csrf_config": CSRFConfig(secret="a secret of the app's own")},
        {"middleware": [Reads]},
    ],
    ids=["compression", "cors", "csrf", "BaseHTTPMiddleware"],
)
def test_litestar(config: dict[str, Any]) -> None:
    app = Litestar(plugins=[litestar.SignIn.from_env()], **config)
    judged(app, WORKS, lambda app: LitestarClient(app, base_url=BASE))


def is_open(handler: Any) -> bool:
    return bool(handler.opt.get("exclude_from_auth"))


@pytest.mark.parametrize(("reads_option", "sentence"), [(True, WORKS), (False, WALL)])
def test_a_guard_for_the_whole_app_in_litestar(reads_option: bool, sentence: str | None) -> None:
    def guard(connection: Any, handler: Any) -> None:
        if not (reads_option and is_open(handler)):
            raise NotAuthorizedException

    app = Litestar(plugins=[litestar.SignIn.from_env()], guards=[guard])
    judged(app, sentence, lambda app: LitestarClient(app, base_url=BASE))


# Flask


def flask_cors(app: Flask) -> None:
    CORS(app)


def flask_csrf(app: Flask) -> None:
    CSRFProtect(app)


def flask_compress(app: Flask) -> None:
    """As Flask-Compress does it."""

    @app.after_request
    def compress(response: Response) -> Response:
        if response.status_code == 200 and "gzip" in request.headers.get("Accept-Encoding", ""):
            response.direct_passthrough = False
            response.set_data(gzip.compress(response.get_data()))
            response.headers["Content-Encoding"] = "gzip"
            if etag := response.headers.get("ETag"):
                response.headers["ETag"] = f"W/{etag}"
        return response


def flask_session(app: Flask) -> None:
    @app.before_request
    def count() -> None:
        session["seen"] = session.get("seen", 0) + 1


def flask_wall(app: Flask) -> None:
    @app.before_request
    def require_login() -> Any:
        return None if "user" in session else redirect("/login")


def flask_open_wall(app: Flask) -> None:
    @app.before_request
    def require_login() -> Any:
        return None if "user" in session or request.blueprint == "valetkey" else redirect("/login")


def flask_fault(app: Flask) -> None:
    @app.before_request
    def load_tenant() -> None:
        g.tenant = session["tenant"]


def flask_catch_all(app: Flask) -> None:
    """It matches less than our routes do, so it may stand anywhere."""
    app.add_url_rule("/", "index", lambda path="": "the app")
    app.add_url_rule("/<path:path>", "spa", lambda path: "the app")


def whitenoise(app: Flask) -> None:
    app.wsgi_app = WhiteNoise(app.wsgi_app)  # type: ignore[method-assign]


FLASK: dict[str, tuple[Callable[[Flask], None], str | None]] = {
    "Flask-CORS": (flask_cors, WORKS),
    "CSRFProtect": (flask_csrf, WORKS),
    "compression": (flask_compress, WORKS),
    "session": (flask_session, WORKS),
    "whitenoise": (whitenoise, WORKS),
    "catch-all route": (flask_catch_all, WORKS),
    "login wall": (flask_wall, WALL),
    "login wall that is open for us": (flask_open_wall, WORKS),
    "before_request that fails": (flask_fault, "fails at GET /auth/twitter/failed with KeyError"),
}


@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
@pytest.mark.parametrize("name", FLASK)
def test_flask(name: str, first: bool) -> None:
    add, sentence = FLASK[name]
    app = Flask(__name__)
    app.config.update(SECRET_KEY="a secret of the app's own", PROPAGATE_EXCEPTIONS=True)
    if first:
        add(app)
    flask.SignIn(app)
    if not first:
        add(app)

    @contextmanager
    def start(app: Flask) -> Iterator[Any]:
        client = app.test_client()
        client.get("/auth/session")
        yield client

    judged(app, sentence, start)


# Django


def django_wall(get_response: Any) -> Any:
    """As Django's own, from before it had one."""

    def answer(request: Any) -> Any:
        return get_response(request) if request.user.is_authenticated else HttpResponseRedirect("/login/")

    return answer


def django_fault(get_response: Any) -> Any:
    def answer(request: Any) -> Any:
        request.tenant = request.headers["x-tenant"]
        return get_response(request)

    return answer


def ignores_no_store(get_response: Any) -> Any:
    """What the cache of a whole site does in Django 5.2.0: it does not look at the header."""

    def answer(request: Any) -> Any:
        response = get_response(request)
        del response["Cache-Control"]
        return response

    return answer


def page(request: Any, *path: str) -> HttpResponse:
    return HttpResponse("the app")


OURS = path("auth/", include("valetkey.frameworks.django.urls"))
ALL_ELSE = re_path(r"^(.*)$", page)
urlpatterns = [OURS, ALL_ELSE]
FRONT = django_site.MIDDLEWARE
GZIP, CONDITIONAL_GET = "django.middleware.gzip.GZipMiddleware", "django.middleware.http.ConditionalGetMiddleware"
CORS_HEADERS = "corsheaders.middleware.CorsMiddleware"
DJANGO: dict[str, tuple[list[str], str | None]] = {
    "GZipMiddleware": ([GZIP, *FRONT], WORKS),
    "ConditionalGetMiddleware": ([CONDITIONAL_GET, *FRONT], WORKS),
    "both": (
        [GZIP, CONDITIONAL_GET, *FRONT],
        WORKS,
    ),
    "cors-headers": ([CORS_HEADERS, *FRONT], WORKS),
    "whitenoise": (["whitenoise.middleware.WhiteNoiseMiddleware", *FRONT], WORKS),
    "LoginRequiredMiddleware": ([*FRONT, "django.contrib.auth.middleware.LoginRequiredMiddleware"], WORKS),
    "LocaleMiddleware": ([*FRONT[:2], "django.middleware.locale.LocaleMiddleware", *FRONT[2:]], WORKS),
    "BrokenLinkEmailsMiddleware": (["django.middleware.common.BrokenLinkEmailsMiddleware", *FRONT], WORKS),
    "login wall": ([*FRONT, f"{__name__}.django_wall"], WALL),
    "middleware that fails": ([*FRONT, f"{__name__}.django_fault"], "fails at GET /auth/twitter/failed with KeyError"),
}


@contextmanager
def project(**changed: Any) -> Iterator[None]:
    static = {"STATIC_ROOT": str(Path(__file__).parents[2] / "examples" / "page"), "STATIC_URL": "/static/"}
    values = {"ROOT_URLCONF": __name__, "CORS_ALLOW_ALL_ORIGINS": True, **static}
    # The requests of the start-up check would leave the transaction of the test.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    cache.clear()
    try:
        with override_settings(**values | changed):
            conf.forget()
            yield
    finally:
        conf.forget()
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def django_judged(sentence: str | None) -> None:
    found = [one.msg for one in checks.check_app(None)]
    if sentence is None:
        assert found == []
        works(Client(HTTP_HOST="127.0.0.1:8000"))
    else:
        (said,) = found
        assert sentence in said


@pytest.mark.parametrize("name", DJANGO)
def test_django(name: str, db: None) -> None:
    middleware, sentence = DJANGO[name]
    with project(MIDDLEWARE=middleware):
        django_judged(sentence)


def test_a_single_page_app_in_django(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "urlpatterns", [ALL_ELSE, OURS])
    with project():
        django_judged(ORDER)


@pytest.mark.parametrize("reads_no_store", [True, False])
def test_the_cache_of_a_whole_site(reads_no_store: bool, db: None) -> None:
    """One user never gets another's session."""
    inner = [] if reads_no_store else [f"{__name__}.ignores_no_store"]
    middleware = [
        "django.middleware.cache.UpdateCacheMiddleware",
        *inner,
        *FRONT,
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
    with project(MIDDLEWARE=middleware):
        ada, nobody = (Client(HTTP_HOST="127.0.0.1:8000") for _ in range(2))
        signed_in(ada, "ada")
        assert ada.get("/auth/session").json()["account"]["handle"] == "ada"
        assert nobody.get("/auth/session").json()["account"] is None
        assert ada.get("/elsewhere").content == nobody.get("/elsewhere").content == b"the app"


# What revalidates a file


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("{tag}", 304),
        ("W/{tag}", 304),
        ('"other", W/{tag}', 304),
        ('W/"other",{tag}', 304),
        ("*", 304),
        ('"other"', 200),
        ("W/", 200),
        ("", 200),
        ('"*"', 200),
    ],
)
@pytest.mark.parametrize("path", ["/auth/client.js", "/auth/providers"])
def test_if_none_match(path: str, sent: str, status: int) -> None:
    sign_in = starlette.SignIn.from_env()
    client = TestClient(Starlette(routes=sign_in.routes), base_url=BASE)
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": sent.format(tag=tag)}).status_code == status


# A browser that hangs up


class Cancels:
    """A middleware that gives up a request whose client has gone."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        first, gone = [await receive()], asyncio.create_task(receive())

        async def received() -> Any:
            return first.pop() if first else await gone

        answering = asyncio.create_task(self.app(scope, received, send))
        await asyncio.wait((answering, gone), return_when=asyncio.FIRST_COMPLETED)
        for task in (answering, gone):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.mark.parametrize("middleware", [Reads, GZipMiddleware, Cancels])
def test_a_login_is_finished_though_its_browser_has_gone(
    middleware: Any, valetkey_sandbox: Sandbox, tmp_path: Path
) -> None:
    """Once it has been claimed. ``BaseHTTPMiddleware`` runs the app in a task of its own."""
    variables = valetkey_sandbox.environment | {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db"}
    with in_process(tmp_path / "app.db", **variables) as app:
        app.app = middleware(app.app)
        visitor = app.browser()
        begun = visitor.begin()
        valetkey_sandbox.fault("access_token", "delay", seconds=0.3)
        back = urlsplit(approve(valetkey_sandbox._control, begun.send_to, {"persona": "ada"}).url)
        cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
        asked = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            while not asked and not app.all_rows()["login_claims"]:
                await asyncio.sleep(0.01)
            return asked.pop() if asked else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            raise OSError("the browser has gone")

        scope = {
            "type": "http",
            "method": "GET",
            "path": back.path,
            "query_string": back.query.encode(),
            "headers": [(b"cookie", cookies.encode()), (b"host", b"127.0.0.1:8000"), (b"accept", b"text/html")],
            "http_version": "1.1",
            "scheme": "http",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50_000),
            "root_path": "",
        }
        with suppress(Exception):  # of send()
            app.run(app.app(scope, receive, send))
        while (answer := visitor.collect(begun.login)).status == 202:
            time.sleep(0.02)
        assert answer.json()["login"]["state"] == "done"
        assert answer.json()["account"]["handle"] == "ada"
        assert len(valetkey_sandbox.calls("access_token")) == 1


# Compressed answers


def test_no_token_stands_beside_text_of_an_attackers_choice() -> None:
    """What a page of another site can have a browser ask for, as often as it likes (BREACH)."""
    sign_in = starlette.SignIn.from_env()
    client = TestClient(Starlette(routes=sign_in.routes), base_url=BASE, follow_redirects=False)
    signed_in(client, "ada")
    token = str(client.cookies["valetkey-session"])
    chosen = "text-of-an-attackers-choice"
    paths = ("session", "sessions", "providers", "errors", "client.js", "twitter", "twitter/failed", "twitter/done")
    repeats = set()
    for where in paths:
        for parameter in ("code", "login", "oauth_token", "x"):
            headers = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site"}
            answer = client.get(f"/auth/{where}?{parameter}={chosen}", headers=headers)
            assert token not in answer.text
            repeats |= {(where, parameter)} if chosen in answer.text else set()
    assert repeats == {("session", "login")}  # the id of a login, beside what is known of it
