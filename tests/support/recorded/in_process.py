"""The same small app in four frameworks, in this process, for tools that record what it does.

``X-Before`` asks a middleware in front of valetkey: ``answer`` in its place, or ``raise``. Its local variables have a
copy of the address and of the cookies, as those of many a middleware. A user whose id begins with 666 is one whose
``resolve_account`` fails.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from support import django_site

django_site.configure()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.core.signals import request_finished, request_started  # noqa: E402
from django.db import close_old_connections  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import override_settings  # noqa: E402
from django.urls import include, path  # noqa: E402

from valetkey import Identity  # noqa: E402
from valetkey.frameworks.django import conf  # noqa: E402

BASE = "http://127.0.0.1:8000"
FAILS = "666"


class Broken(Exception): ...


def resolve_account(identity: Identity, account_id: str) -> None:
    if identity.subject.startswith(FAILS):
        useful_local = "a useful local variable"
        raise Broken(useful_local)


def resolve_user(identity: Identity, account_id: str) -> Any:
    """For Django."""
    from valetkey.frameworks.django.users import resolve_account as resolve

    resolve_account(identity, account_id)
    return resolve(identity, account_id)


def stop(asked: str, address: str, cookies: str) -> None:
    """Raise, if that was asked for. Its own variables, and its caller's, name what it looks at as they like."""
    where, sent = address, {"cookies": cookies}
    bare = address.partition("oauth_verifier=")[2].partition("&")[0]
    if asked == "raise":
        raise Broken(len(where) + len(sent) + len(bare))


class Before:
    """The middleware, for ASGI."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        from starlette.requests import Request
        from starlette.responses import PlainTextResponse

        if scope["type"] == "http" and (asked := Request(scope).headers.get("x-before")):
            stop(asked, str(Request(scope).url), str(Request(scope).cookies))
            await PlainTextResponse("busy", 503)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


Instrument = Callable[[Any], None]


@contextmanager
def fastapi_client(instrument: Instrument) -> Iterator[Any]:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from valetkey.frameworks.fastapi import SignIn

    app = FastAPI()
    app.include_router(SignIn.from_env(resolve_account=resolve_account).router)
    app.add_middleware(Before)
    instrument(app)
    with TestClient(app, base_url=BASE, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@contextmanager
def litestar_client(instrument: Instrument) -> Iterator[Any]:
    from litestar import Litestar
    from litestar.testing import TestClient

    from valetkey.frameworks.litestar import SignIn

    app = Litestar(plugins=[SignIn.from_env(resolve_account=resolve_account)], middleware=[Before])
    instrument(app)
    with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
        yield client


@contextmanager
def flask_client(instrument: Instrument) -> Iterator[Any]:
    from flask import Flask, request

    from valetkey.frameworks.flask import SignIn

    app = Flask(__name__)
    instrument(app)

    @app.before_request
    def before() -> tuple[str, int] | None:
        if asked := request.headers.get("x-before"):
            stop(asked, request.url, str(request.cookies))
            return "busy", 503
        return None

    SignIn(app, resolve_account=resolve_account)
    yield app.test_client()


def django_before(get_response: Any) -> Any:
    def answer(request: Any) -> Any:
        if asked := request.headers.get("x-before"):
            stop(asked, request.build_absolute_uri(), str(request.COOKIES))
            return HttpResponse("busy", status=503)
        return get_response(request)

    return answer


urlpatterns = [path("auth/", include("valetkey.frameworks.django.urls"))]


@contextmanager
def django_client(instrument: Instrument) -> Iterator[Any]:
    middleware = [f"{__name__}.django_before", *django_site.MIDDLEWARE]
    configured = {"RESOLVE_ACCOUNT": f"{__name__}.resolve_user"}
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=middleware, VALETKEY=configured):
        conf.forget()
        instrument(None)
        # They would leave the transaction of the test.
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        try:
            # Not Django's own client, which goes past the WSGI handler, where Sentry is.
            transport = httpx2.WSGITransport(WSGIHandler(), raise_app_exceptions=False)
            with httpx2.Client(transport=transport, base_url=BASE) as client:
                yield client
        finally:
            conf.forget()
            for signal in (request_started, request_finished):
                signal.connect(close_old_connections)


CLIENTS = {"fastapi": fastapi_client, "litestar": litestar_client, "flask": flask_client, "django": django_client}


def canary(what: str) -> str:
    return f"canary-{what}-{secrets.token_hex(8)}"


def callback(name: str) -> str:
    """A callback with a code of OAuth 2.0 and a verifier of OAuth 1.0a."""
    parts = (("oauth_token", "token"), ("oauth_verifier", "verifier"), ("code", "code"), ("state", "state"))
    return f"/auth/{name}?" + "&".join(f"{parameter}={canary(what)}" for parameter, what in parts)


def session_token(client: Any) -> str:
    """Of the session cookie in any of these clients."""
    if not hasattr(client, "cookies"):
        return str(client.get_cookie("valetkey-session").value)
    return str(client.cookies["valetkey-session"])
