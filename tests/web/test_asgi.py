"""What the ASGI frameworks share, and how the look at start behaves as a browser does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from support.servers import SECRET

from valetkey import Secret, Settings, SettingsError
from valetkey.frameworks import asgi
from valetkey.frameworks.starlette import SignIn
from valetkey.login.assembly import assemble
from valetkey.providers.twitter import twitter
from valetkey.web.endpoints import Endpoints
from valetkey.web.http import Reply
from valetkey.web.startup import check as startup_check


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        callbacks={"twitter": ("http://127.0.0.1:8000/auth/twitter",)},
        secrets=(Secret(SECRET),),
        providers=(twitter(key="key", secret=Secret("secret")),),
        database=f"sqlite:///{tmp_path}/app.db",
    )


@pytest.mark.parametrize(("status", "length"), [(200, b"2"), (204, None), (304, None)])
def test_an_answer_without_a_body_has_no_length(status: int, length: bytes | None) -> None:
    """RFC 9110 §8.6."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    body = b"{}" if status == 200 else b""
    asyncio.run(asgi.send_reply(Reply(status=status, headers=[("etag", '"x"')], body=body), send))
    start, rest = sent
    assert (start["status"], dict(start["headers"]).get(b"content-length")) == (status, length)
    assert rest["body"] == body


def test_authorization_twice_is_none(settings: Settings) -> None:
    """One of the two was judged by somebody before us, and nobody knows which."""
    asked: list[str | None] = []

    class Asked:
        async def session(self, method: str, authorization: str | None, *rest: object) -> None:
            asked.append(authorization)

    endpoints = Endpoints(assemble(settings, blocking=True))
    endpoints.guard = Asked()  # type: ignore[assignment]
    one, other = (b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")
    for headers in ([one], [one, other], [other, one], []):
        asyncio.run(asgi.session_of(endpoints, {"type": "http", "method": "GET", "headers": headers}))
    assert asked == ["Bearer a", None, None, None]


class Streaming:
    """Answers a page in the app's place, as a proxy to a development server does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = 0

        async def counted() -> Message:
            nonlocal asked
            asked += 1
            assert asked < 100, "asked on and on, and never waited for"
            return await receive()

        async def pieces() -> AsyncIterator[bytes]:
            for piece in (b"a", b"page"):
                await asyncio.sleep(0)
                yield piece

        await StreamingResponse(pieces())(scope, counted, send)


def test_the_look_at_start_waits_for_a_streamed_answer(settings: Settings) -> None:
    """It would hang an app that asks whether the browser is still there, and its server with it."""
    sign_in = SignIn(settings)
    app = Starlette(routes=sign_in.routes)
    asyncio.run(startup_check.check_asgi_app(app, settings))
    with pytest.raises(SettingsError, match="with 200, before the request reaches valetkey"):
        asyncio.run(startup_check.check_asgi_app(Streaming(app), settings))


CORS = {"allow_origins": ["https://pages.example"], "allow_credentials": True, "allow_methods": ["*"]}


@pytest.mark.parametrize(
    ("cors", "passes"),
    [
        (None, True),
        ({**CORS, "allow_headers": ["*"]}, True),
        ({**CORS, "allow_headers": []}, False),
        ({**CORS, "allow_headers": ["*"], "allow_methods": ["GET", "POST"]}, False),
        ({**CORS, "allow_headers": ["*"], "allow_credentials": False}, False),
        ({**CORS, "allow_headers": ["*"], "allow_origins": ["https://other.example"]}, False),
    ],
    ids=["none", "well", "headers", "methods", "credentials", "origin"],
)
def test_a_listed_page_may_make_its_requests(settings: Settings, cors: dict[str, Any] | None, passes: bool) -> None:
    """Or it is said at start which CORS layer is in the way, and of which page."""
    settings = replace(settings, delivery="token", origins=("http://127.0.0.1:8000", "https://pages.example"))
    middleware = [Middleware(CORSMiddleware, **cors)] if cors else []
    app = Starlette(routes=SignIn(settings).routes, middleware=middleware)
    if passes:
        asyncio.run(startup_check.check_asgi_app(app, settings))
    else:
        with pytest.raises(SettingsError, match=r"^settings: A CORS layer [^\n]+https://pages\.example, which [^\n]+$"):
            asyncio.run(startup_check.check_asgi_app(app, settings))
