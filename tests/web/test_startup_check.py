"""The look in the mirror at start: each fault between our routes and the browser is a sentence with its fix."""

from __future__ import annotations

import asyncio
import http.client
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from frameworks.cells import NEWEST, OLDEST
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from support.servers import SECRET, free_port

from valetkey import Secret, Settings, SettingsError
from valetkey.errors import StoreError
from valetkey.frameworks import fastapi, starlette
from valetkey.frameworks.wsgi import SyncSignIn, incoming_from
from valetkey.providers.twitter import twitter
from valetkey.web.startup import check as startup_check

App = Any
Wrap = Callable[[App], App]
HOST = "app.example"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        callbacks={"twitter": (f"https://{HOST}/auth/twitter",)},
        secrets=(Secret(SECRET),),
        providers=(twitter(key="key", secret=Secret("secret")),),
        database=f"sqlite:///{tmp_path}/app.db",
    )


# The apps


def starlette_app(settings: Settings, *middleware: Middleware) -> App:
    sign_in = starlette.SignIn(settings)
    return Starlette(routes=sign_in.routes, middleware=middleware, lifespan=sign_in.lifespan)


def fastapi_app(settings: Settings, *middleware: Middleware) -> App:
    app = FastAPI(middleware=middleware)
    app.include_router(fastapi.SignIn(settings).router)
    return app


def start(app: App) -> list[str]:
    """As a server does: start, and stop. What the app said to each."""
    asked = iter(("lifespan.startup", "lifespan.shutdown"))
    said: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": next(asked)}

    async def send(message: dict[str, Any]) -> None:
        said.append(message["type"])

    asyncio.run(app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send))
    return said


class WsgiApp:
    """What a WSGI framework's adapter does, and ``prefix`` where it is mounted."""

    def __init__(self, settings: Settings, prefix: str = "/auth") -> None:
        self.blocking = SyncSignIn(settings)
        self.prefix = prefix

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(f"{self.prefix}/"):
            start_response("404 Not Found", [])
            return [b""]
        reply = self.blocking.answer(incoming_from(environ, environ["PATH_INFO"].removeprefix(f"{self.prefix}/")))
        start_response(f"{reply.status} Whatever", list(reply.headers))
        return [reply.body]


# What people put around them. ``after`` changes the headers that come out; ``before`` answers in the app's place.

Headers = list[tuple[str, str]]
Before = Callable[[str, str, str], tuple[int, Headers] | None]
After = Callable[[Headers], Headers]


class Around:
    def __init__(self, app: App, before: Before | None = None, after: After | None = None) -> None:
        self.app, self.before, self.after = app, before, after

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        host = dict(scope["headers"]).get(b"host", b"").decode()
        if self.before and (answer := self.before(scope["method"], scope["path"], host)):
            status, headers = answer
            return await PlainTextResponse("", status, dict(headers))(scope, receive, send)

        async def sends(message: Any) -> None:
            if message["type"] == "http.response.start" and self.after:
                was = [(name.decode(), value.decode()) for name, value in message["headers"]]
                message["headers"] = [(name.encode(), value.encode()) for name, value in self.after(was)]
            await send(message)

        return await self.app(scope, receive, sends)

    def wsgi(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        asked = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["HTTP_HOST"]
        if self.before and (answer := self.before(*asked)):
            start_response(f"{answer[0]} Whatever", answer[1])
            return [b""]

        def starts(status: str, headers: Headers, *rest: Any) -> Any:
            return start_response(status, self.after(headers) if self.after else headers, *rest)

        body: Iterable[bytes] = self.app(environ, starts)
        return body


def overwrites(name: str, value: str) -> After:
    return lambda headers: [*((key, was) for key, was in headers if key.lower() != name), (name, value)]


def adds(name: str, value: str) -> After:
    return lambda headers: [*headers, (name, value)]


def rewrites_cookies(pattern: str, replacement: str) -> After:
    return lambda headers: [
        (key, re.sub(pattern, replacement, value) if key.lower() == "set-cookie" else value) for key, value in headers
    ]


def drops_cookies(headers: Headers) -> Headers:
    return [(key, value) for key, value in headers if key.lower() != "set-cookie"]


def trusts(*hosts: str) -> Before:
    return lambda method, path, host: None if host in hosts else (400, [])


def asks_for_a_token(method: str, path: str, host: str) -> tuple[int, Headers] | None:
    return (403, []) if method not in ("GET", "HEAD", "OPTIONS") else None


def walls(status: int, *headers: tuple[str, str]) -> Before:
    return lambda method, path, host: (status, list(headers))


COOP, CSP = "cross-origin-opener-policy", "content-security-policy"
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "coop": ({"after": overwrites(COOP, "same-origin")}, "sets Cross-Origin-Opener-Policy on the pages below /auth/"),
    "coop-beside": ({"after": adds(COOP, "same-origin")}, "sets Cross-Origin-Opener-Policy"),
    "csp": ({"after": overwrites(CSP, "default-src 'none'")}, "sets Content-Security-Policy on the pages below /auth/"),
    "csp-beside": ({"after": adds(CSP, "default-src 'self'")}, "sets Content-Security-Policy"),
    "cookies-strict": ({"after": rewrites_cookies("SameSite=Lax", "SameSite=Strict")}, "changes or drops the cookies"),
    "cookies-path": ({"after": rewrites_cookies("Path=/", "Path=/app")}, "changes or drops the cookies"),
    "cookies-dropped": ({"after": drops_cookies}, "changes or drops the cookies"),
    "csrf": ({"before": asks_for_a_token}, "answers DELETE /auth/session with 403"),
    "host": ({"before": trusts("other.example")}, f"refuses its own address, {HOST}"),
    "wall-away": ({"before": walls(303, ("location", "/login"))}, "must be open to users who are not signed in"),
    "wall-401": ({"before": walls(401)}, "must be open to users who are not signed in"),
    "wall-403": ({"before": walls(403)}, "must be open to users who are not signed in"),
}
FRAMEWORKS = {"starlette": starlette_app, "fastapi": fastapi_app}


@pytest.mark.parametrize("build", FRAMEWORKS.values(), ids=FRAMEWORKS)
@pytest.mark.parametrize(("around", "told"), FAULTS.values(), ids=FAULTS)
def test_a_fault_in_an_asgi_app(
    settings: Settings, build: Callable[..., App], around: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingsError) as found:
        start(build(settings, Middleware(Around, **around)))
    assert told in str(found.value)


@pytest.mark.parametrize(("around", "told"), FAULTS.values(), ids=FAULTS)
def test_a_fault_in_a_wsgi_app(settings: Settings, around: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as found:
        startup_check.check_wsgi_app(Around(WsgiApp(settings), **around).wsgi, settings)
    assert told in str(found.value)


def test_several_faults_are_told_at_once(settings: Settings) -> None:
    with pytest.raises(SettingsError) as found:
        start(
            starlette_app(
                settings,
                Middleware(Around, after=overwrites(COOP, "same-origin")),
                Middleware(Around, after=drops_cookies),
            )
        )
    assert "Cross-Origin-Opener-Policy" in str(found.value)
    assert "changes or drops the cookies" in str(found.value)


MOUNTED_ELSEWHERE = (
    "valetkey does not answer at /auth/twitter/failed. The callback URL says that its routes are mounted at"
)


def test_starlettes_routes_elsewhere(settings: Settings) -> None:
    sign_in = starlette.SignIn(settings)
    with pytest.raises(SettingsError, match=MOUNTED_ELSEWHERE):
        start(Starlette(routes=[Mount("/api", routes=sign_in.routes)], lifespan=sign_in.lifespan))


def test_in_a_lifespan_of_the_apps_own(settings: Settings) -> None:
    sign_in = starlette.SignIn(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with sign_in.lifespan(app):
            yield

    control = Starlette(routes=sign_in.routes, lifespan=lifespan)
    assert start(control) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    with pytest.raises(SettingsError, match=MOUNTED_ELSEWHERE):
        start(Starlette(lifespan=lifespan))


@pytest.mark.parametrize("nested", [False, True], ids=["prefix", "nested"])
def test_fastapis_router_elsewhere(settings: Settings, nested: bool) -> None:
    """``include_router(…, prefix=…)``: the callback URL already says where they are."""
    router, app = fastapi.SignIn(settings).router, FastAPI()
    if nested:
        api = APIRouter(prefix="/api")
        api.include_router(router)
        app.include_router(api)
    else:
        app.include_router(router, prefix="/api")
    with pytest.raises(SettingsError, match=MOUNTED_ELSEWHERE):
        start(app)


def test_wsgi_routes_elsewhere(settings: Settings) -> None:
    with pytest.raises(SettingsError, match=MOUNTED_ELSEWHERE):
        startup_check.check_wsgi_app(WsgiApp(settings, prefix="/api/auth"), settings)


# The controls


def polite(name: str, value: str) -> After:
    """Leaves alone what is there already."""
    return lambda headers: headers if any(key.lower() == name for key, _ in headers) else [*headers, (name, value)]


def leaves_ours(method: str, path: str, host: str) -> tuple[int, Headers] | None:
    return None if path.startswith("/auth/") else (303, [("location", "/login")])


USUAL = [
    Middleware(TrustedHostMiddleware, allowed_hosts=[HOST]),
    Middleware(CORSMiddleware, allow_origins=[f"https://{HOST}", "https://pages.example"], allow_credentials=True),
    Middleware(GZipMiddleware, minimum_size=1),
    Middleware(SessionMiddleware, secret_key="a secret of the app's own"),
    Middleware(Around, before=leaves_ours, after=polite(COOP, "same-origin")),
    Middleware(Around, after=polite(CSP, "default-src 'self'")),
]


@pytest.mark.parametrize("build", FRAMEWORKS.values(), ids=FRAMEWORKS)
@pytest.mark.parametrize("middleware", [[], USUAL], ids=["bare", "usual"])
def test_an_asgi_app_as_it_should_be(
    settings: Settings, build: Callable[..., App], middleware: Sequence[Middleware], caplog: pytest.LogCaptureFixture
) -> None:
    assert start(build(settings, *middleware)) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert [one.getMessage() for one in caplog.records if one.name == "valetkey"] == []


def test_a_wsgi_app_as_it_should_be(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    startup_check.check_wsgi_app(WsgiApp(settings), settings)
    around = Around(WsgiApp(settings), before=leaves_ours, after=polite(COOP, "same-origin"))
    startup_check.check_wsgi_app(around.wsgi, settings)
    assert "could not answer" not in caplog.text


# An app that fails, and one that cannot answer yet


def raises(method: str, path: str, host: str) -> None:
    raise KeyError("a secret")


RAISES_AT = raises.__code__.co_firstlineno + 1


@pytest.mark.parametrize("build", FRAMEWORKS.values(), ids=FRAMEWORKS)
def test_an_asgi_app_that_raises_does_not_start(settings: Settings, build: Callable[..., App]) -> None:
    """The sentence has the exception's type and the line of the app that raised it, and not its text."""
    with pytest.raises(SettingsError) as found:
        start(build(settings, Middleware(BaseHTTPMiddleware, dispatch=passes_on), Middleware(Around, before=raises)))
    assert f"fails at GET /auth/twitter/failed with KeyError, raised at {__file__}:{RAISES_AT}," in found.value.hint
    assert "a secret" not in found.value.hint


def test_an_asgi_app_that_raises_at_the_sign_out_does_not_start(settings: Settings) -> None:
    def raises_at_deletes(method: str, path: str, host: str) -> None:
        assert method != "DELETE"

    with pytest.raises(
        SettingsError, match=r"fails at DELETE /auth/session with AssertionError, raised at .+\.py:\d+,"
    ):
        start(starlette_app(settings, Middleware(Around, before=raises_at_deletes)))


async def passes_on(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    return await call_next(request)


@pytest.mark.parametrize(
    ("before", "told"),
    [(raises, f"with KeyError, raised at {__file__}:{RAISES_AT},"), (walls(500), "with 500, before the request")],
    ids=["raises", "answers-500"],
)
def test_a_wsgi_app_that_fails_is_told(settings: Settings, before: Before, told: str) -> None:
    with pytest.raises(SettingsError) as found:
        startup_check.check_wsgi_app(Around(WsgiApp(settings), before=before).wsgi, settings)
    assert told in found.value.hint


def not_yet(method: str, path: str, host: str) -> None:
    """A middleware that asks who is signed in, while the database is down."""
    raise StoreError


@pytest.mark.parametrize("build", FRAMEWORKS.values(), ids=FRAMEWORKS)
@pytest.mark.parametrize(
    ("before", "kind"), [(not_yet, "(StoreError)"), (walls(503), "yet,")], ids=["raises", "answers-503"]
)
def test_an_asgi_app_that_cannot_answer_yet_is_warned_of(
    settings: Settings, build: Callable[..., App], before: Before, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert start(build(settings, Middleware(Around, before=before)))[0] == "lifespan.startup.complete"
    assert "the app could not answer yet" in caplog.text
    assert kind in caplog.text


@pytest.mark.parametrize("before", [not_yet, walls(503)], ids=["raises", "answers-503"])
def test_a_wsgi_app_that_cannot_answer_yet_is_warned_of(
    settings: Settings, before: Before, caplog: pytest.LogCaptureFixture
) -> None:
    startup_check.check_wsgi_app(Around(WsgiApp(settings), before=before).wsgi, settings)
    assert "the app could not answer yet" in caplog.text


def test_an_asgi_app_that_never_answers_is_warned_of(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Waits(Around):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                await asyncio.Event().wait()
            await self.app(scope, receive, send)

    monkeypatch.setattr(startup_check, "_TIMEOUT_SECONDS", 0.05)
    assert start(starlette_app(settings, Middleware(Waits)))[0] == "lifespan.startup.complete"
    assert "the app could not answer yet (TimeoutError)" in caplog.text


# Under a server

WRITTEN = """
from fastapi import FastAPI
from valetkey.frameworks.fastapi import SignIn

app = FastAPI()
app.include_router(SignIn.from_env().router{prefix})
"""


@pytest.mark.parametrize("python", [NEWEST, OLDEST], ids=["newest", "oldest"])
def test_uvicorn_does_not_start(tmp_path: Path, python: str) -> None:
    """Its exit code says so, and its log has the sentence; the control starts."""
    port = free_port()
    env = {
        "TWITTER_CONSUMER_KEY": "key",
        "TWITTER_CONSUMER_SECRET": "secret",
        "TWITTER_CALLBACK_URL": f"http://127.0.0.1:{port}/auth/twitter",
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db",
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def uvicorn(prefix: str, **more: str) -> subprocess.Popen[str]:
        (tmp_path / "written.py").write_text(WRITTEN.format(prefix=prefix))
        return subprocess.Popen(
            [python, "-m", "uvicorn", "--port", str(port), "written:app"],
            cwd=tmp_path,
            env={**env, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    wrong = uvicorn(', prefix="/api"')
    said, _ = wrong.communicate(timeout=30)
    assert wrong.returncode == 3
    assert "valetkey does not answer at /auth/twitter/failed" in said
    assert "Application startup failed. Exiting." in said

    slip = uvicorn("", VALETKEY_ORIGIN="https://pages.example")
    said, _ = slip.communicate(timeout=30)
    assert slip.returncode == 1
    assert "Unknown: VALETKEY_ORIGIN. Did you mean VALETKEY_ORIGINS?" in said

    right = uvicorn("")
    assert right.stdout is not None
    heard = []
    for line in right.stdout:
        heard.append(line)
        if "Uvicorn running" in line:
            break
    assert "Application startup complete" in "".join(heard)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/auth/client.js")
    assert connection.getresponse().status == 200
    connection.close()
    right.send_signal(signal.SIGTERM)
    right.communicate(timeout=30)
