"""Beside the rate limiters that apps have: a page asks for the result of its sign-in as often as it takes.

Each app is the one of docs/rate-limits.md, with a limit that a sign-in would reach.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from support import django_site
from support.written import blocks_of

django_site.configure()

from django.core.cache import cache  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.urls import include, path  # noqa: E402
from slowapi import Limiter  # noqa: E402
from slowapi.middleware import SlowAPIASGIMiddleware, SlowAPIMiddleware  # noqa: E402
from slowapi.util import get_remote_address  # noqa: E402

from valetkey import SettingsError  # noqa: E402
from valetkey.frameworks import flask, starlette  # noqa: E402
from valetkey.frameworks.django import conf  # noqa: E402
from valetkey.testing import Sandbox, signed_in  # noqa: E402

BLOCKS = blocks_of("docs/rate-limits.md")
LIMIT = 3
BASE = "http://127.0.0.1:8000"
WARNING = "a rate limiter of the app counts the requests below /auth/"


@pytest.fixture(autouse=True)
def environment(valetkey_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    variables = valetkey_sandbox.environment | {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def written(*names: str) -> Any:
    """A module of these blocks, whose limit is a low one."""
    text = "\n".join(BLOCKS[name] for name in names)
    lower, found = re.subn(r'\b60( per |/m|(?=\)))|"minute", 60', lambda hit: hit[0].replace("60", str(LIMIT)), text)
    assert found == 1
    module = ModuleType("written")
    exec(compile(lower, "rate-limits", "exec"), module.__dict__)
    return module


def statuses(get: Callable[[str], Any], path: str, times: int = LIMIT + 2) -> list[int]:
    return [get(path).status_code for _ in range(times)]


LIMITED = [200] * LIMIT + [429] * 2


def test_every_block_is_run() -> None:
    assert set(BLOCKS) == {"flask", "slowapi", "litestar", "django"}


# Flask-Limiter


@pytest.mark.parametrize("first", ["sign-in", "limiter"])
@pytest.mark.parametrize("kind", ["default_limits", "application_limits"])
def test_flask_limiter(first: str, kind: str) -> None:
    text = BLOCKS["flask"]
    assert "default_limits" in text
    if first == "limiter":
        text = text.replace("SignIn(app)\n", "") + "SignIn(app)\n"
    module = ModuleType("written")
    exec(text.replace("60 per minute", f"{LIMIT} per minute").replace("default_limits", kind), module.__dict__)
    app: Flask = module.app
    app.add_url_rule("/mine", "mine", lambda: "mine")
    client = app.test_client()
    assert signed_in(client, "ada").handle == "ada"
    assert statuses(client.get, "/auth/session") == [200] * (LIMIT + 2)
    assert statuses(client.get, "/mine") == LIMITED


def test_flask_limiter_of_an_app_factory() -> None:
    """A limiter that is set up after ``init_app``, and two of them."""
    from flask_limiter import Limiter
    from flask_limiter.util import get_remote_address

    app = Flask(__name__)
    sign_in = flask.SignIn()
    options: Any = {"default_limits": [f"{LIMIT}/minute"], "storage_uri": "memory://"}
    limiters = [Limiter(get_remote_address, **options) for _ in range(2)]
    limiters[0].init_app(app)
    sign_in.init_app(app)
    limiters[1].init_app(app)
    assert statuses(app.test_client().get, "/auth/session") == [200] * (LIMIT + 2)


# slowapi


def ours(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What valetkey has logged. Another test may have made other loggers talk."""
    return [one.getMessage() for one in caplog.records if one.name.startswith("valetkey")]


def test_slowapi(caplog: pytest.LogCaptureFixture) -> None:
    app = written("slowapi").app
    app.add_api_route("/mine", lambda: "mine")
    with TestClient(app, base_url=BASE) as client:
        assert signed_in(client, "ada").handle == "ada"
        assert statuses(client.get, "/auth/session") == [200] * (LIMIT + 2)
        assert ours(caplog) == []
        assert statuses(client.get, "/mine") == LIMITED


def starlette_app(middleware: Any, *, lifespan: bool) -> tuple[Starlette, starlette.SignIn]:
    sign_in = starlette.SignIn.from_env()
    app = Starlette(
        routes=[*sign_in.routes, Route("/mine", lambda request: PlainTextResponse("mine"))],
        middleware=[Middleware(middleware)],
        lifespan=sign_in.lifespan if lifespan else None,
    )
    app.state.limiter = Limiter(key_func=get_remote_address, default_limits=[f"{LIMIT}/minute"], headers_enabled=True)
    return app, sign_in


@pytest.mark.parametrize("middleware", [SlowAPIMiddleware, SlowAPIASGIMiddleware])
def test_slowapi_in_starlette(middleware: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Its middleware finds our endpoint, and asks for its name."""
    app, _ = starlette_app(middleware, lifespan=True)
    with TestClient(app, base_url=BASE) as client:
        assert signed_in(client, "ada").handle == "ada"
        assert statuses(client.get, "/auth/session") == [200] * (LIMIT + 2)
    assert ours(caplog) == []


def test_slowapi_without_a_lifespan(caplog: pytest.LogCaptureFixture) -> None:
    """There the first request exempts the routes, and the app's own are limited."""
    app, _ = starlette_app(SlowAPIMiddleware, lifespan=False)
    assert statuses(TestClient(app, base_url=BASE).get, "/auth/session") == [200] * (LIMIT + 2)
    assert ours(caplog) == []


# Litestar


def test_litestar(caplog: pytest.LogCaptureFixture) -> None:
    from litestar import get
    from litestar.testing import TestClient as LitestarClient

    @get("/mine", sync_to_thread=False)
    def mine() -> str:
        return "mine"

    app = written("litestar").app
    app.register(mine)
    with LitestarClient(app, base_url=BASE) as client:
        assert signed_in(client, "ada").handle == "ada"
        assert statuses(client.get, "/auth/session") == [200] * (LIMIT + 2)
        assert statuses(client.get, "/mine") == LIMITED
    assert WARNING not in caplog.text


# Django


urlpatterns = [path("auth/", include("valetkey.frameworks.django.urls"))]  # test_django_ratelimit adds a view


@pytest.fixture
def django(db: None) -> Iterator[Client]:
    conf.forget()
    cache.clear()
    yield Client(HTTP_HOST="127.0.0.1:8000")
    conf.forget()
    cache.clear()


def test_django_ratelimit(django: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A view of the app that it decorates, with its middleware."""
    from django.http import HttpResponse
    from django_ratelimit.decorators import ratelimit

    mine = ratelimit(key="ip", rate=f"{LIMIT}/m")(lambda request: HttpResponse("mine"))
    monkeypatch.setitem(globals(), "urlpatterns", [*urlpatterns, path("mine", mine)])
    monkeypatch.setitem(globals(), "refused", lambda request, error: HttpResponse("", status=429))
    middleware = [*django_site.MIDDLEWARE, "django_ratelimit.middleware.RatelimitMiddleware"]
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=middleware, RATELIMIT_VIEW=f"{__name__}.refused"):
        assert signed_in(django, "ada").handle == "ada"
        assert statuses(django.get, "/auth/session") == [200] * (LIMIT + 2)
        assert statuses(django.get, "/mine") == LIMITED


def test_django_ratelimit_for_every_request(django: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "limit_requests", written("django").limit_requests)
    with override_settings(MIDDLEWARE=[f"{__name__}.limit_requests", *django_site.MIDDLEWARE]):
        assert signed_in(django, "ada").handle == "ada"
        assert statuses(django.get, "/auth/session") == [200] * (LIMIT + 2)
        assert statuses(django.get, "/open/") == LIMITED


# The start-up check


class Limits:
    """A limiter that valetkey does not know: it adds a header, or refuses."""

    def __init__(self, app: Any, header: str, status: int | None = None) -> None:
        self.app, self.header, self.status = app, header, status

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def sends(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (self.header.encode(), b"60")]
                message["status"] = self.status or message["status"]
            await send(message)

        await self.app(scope, receive, sends if scope["type"] == "http" else send)


async def start(*middleware: Middleware) -> None:
    sign_in = starlette.SignIn.from_env()
    app = Starlette(routes=sign_in.routes, middleware=middleware)
    async with sign_in.lifespan(app):
        pass


@pytest.mark.parametrize("header", ["ratelimit-limit", "ratelimit-policy", "x-ratelimit-limit", "x-rate-limit-limit"])
def test_a_limiter_is_warned_of(header: str, caplog: pytest.LogCaptureFixture) -> None:
    asyncio.run(start(Middleware(Limits, header=header)))
    assert caplog.text.count(WARNING) == 1


def test_no_limiter_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    asyncio.run(start(Middleware(Limits, header="x-limit")))
    assert ours(caplog) == []


def test_a_limiter_that_refuses_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="A rate limiter of the app answers /auth/twitter/failed with 429"):
        asyncio.run(start(Middleware(Limits, header="x-limit", status=429)))
