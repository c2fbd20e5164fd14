"""Where a verifier and a request token's secret go, from the framework's file to the socket: each list is whole."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from support.following import Following
from support.scripted import Scripted, reply, scripted

from story.conftest import CALLBACK, SECRETS
from valetkey import Settings
from valetkey.crypto import Secret
from valetkey.frameworks import asgi
from valetkey.frameworks.wsgi import SyncSignIn, incoming_from
from valetkey.login.assembly import assemble
from valetkey.providers.twitter import twitter
from valetkey.web.endpoints import Endpoints

VERIFIER, TOKEN_SECRET = "a-verifier-that-is-followed", "a-token-secret-that-is-followed"
# A reply that serves for the request token and for the access token.
BOTH = f"oauth_token=aToken&oauth_token_secret={TOKEN_SECRET}&oauth_callback_confirmed=true&user_id=1001".encode()

Headers = dict[str, str]
Answered = tuple[int, Headers]


class App:
    """One whole app, below its framework."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def ask(self, method: str, query: str = "", body: bytes = b"", **headers: str) -> Answered:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def begin(self) -> str:
        """The login's cookie."""
        form = urlencode({"mode": "popup"}).encode()
        kind = "application/x-www-form-urlencoded"
        status, headers = self.ask("POST", body=form, content_type=kind, origin=self.settings.public_origin)
        assert status == 200
        return headers["set-cookie"].partition(";")[0]

    def come_back(self, cookie: str) -> None:
        status, headers = self.ask("GET", f"oauth_token=aToken&oauth_verifier={VERIFIER}", cookie=cookie)
        assert status == 303
        assert re.search(r"/auth/twitter/done\?login=[\w-]{22}#$", headers["location"]), headers  # it has signed_in


class LoopApp(App):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._loop = asyncio.Runner()
        self._assembly = assemble(settings, blocking=False)
        self._endpoints = Endpoints(self._assembly)

    def ask(self, method: str, query: str = "", body: bytes = b"", **headers: str) -> Answered:
        sent: list[Any] = []
        scope = {
            "type": "http",
            "method": method,
            "query_string": query.encode(),
            "headers": [
                (name.replace("_", "-").encode(), value.encode())
                for name, value in {"accept": "text/html", **headers}.items()
            ],
        }

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            sent.append(message)

        self._loop.run(asgi.answer(self._endpoints, "twitter", scope, receive, send))
        return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}

    def close(self) -> None:
        self._loop.run(self._assembly.close())
        self._loop.close()


class ThreadApp(App):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._blocking = SyncSignIn(settings)

    def ask(self, method: str, query: str = "", body: bytes = b"", **headers: str) -> Answered:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "QUERY_STRING": query,
            "CONTENT_TYPE": headers.pop("content_type", ""),
            "HTTP_ACCEPT": "text/html",
            "wsgi.input": BytesIO(body),
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        answered = self._blocking.answer(incoming_from(environ, "twitter", body))
        return answered.status, dict(answered.headers)

    def close(self) -> None:
        self._blocking.close()


@pytest.fixture
def provider() -> Iterator[Scripted]:
    with scripted(forever=reply(BOTH)) as one:
        yield one


@pytest.fixture(params=[LoopApp, ThreadApp], ids=["loop", "thread"])
def app(request: pytest.FixtureRequest, provider: Scripted, tmp_path: Path) -> Iterator[App]:
    made = request.param(
        Settings(
            callbacks={"twitter": (CALLBACK,)},
            secrets=SECRETS,
            providers=(
                twitter(
                    key="sandbox-key", secret=Secret("sandbox-secret"), api_origin=f"http://localhost:{provider.port}"
                ),
            ),
            database=f"sqlite:///{tmp_path / 'app.db'}",
        )
    )
    yield made
    made.close()


# The request of the callback, whole: what reads one header of it could read its query, too.
REQUEST = {
    "web/callback_answers.py",
    "web/clients.py",
    "web/cookies.py",
    "web/endpoints.py",
    "web/login_endpoints.py",
    "web/intents.py",
    "web/http.py",
    "web/origins.py",
    "web/proxy_check.py",
    "web/client_addresses.py",
}
# The verifier itself: out of the query, and into the request to the provider.
VERIFIED = {
    "web/fields.py",
    "protocols/grammar.py",
    "login/service.py",
    "login/finishing.py",
    "login/provider_client.py",
    "login/exchange.py",
    "protocols/oauth1/protocol.py",
    "protocols/oauth1/callback.py",
    "protocols/oauth1/signed_request.py",
    "protocols/oauth1/signature.py",
    "protocols/encoding.py",
    "http_client/__init__.py",
    "http_client/wire.py",
}
ADAPTERS = {
    LoopApp: {"frameworks/asgi.py", "http_client/loop.py", "http_client/runner.py"},
    ThreadApp: {"frameworks/wsgi.py", "http_client/thread.py", "http_client/runner.py"},
}
# The secret in plain text: in the provider's reply, on its way into a cookie and out of it, and in a signature.
PLAIN = {
    "login/server_clock.py",
    "protocols/grammar.py",
    "crypto/__init__.py",
    "protocols/encoding.py",
    "protocols/oauth1/protocol.py",
    "protocols/refusals.py",
    "protocols/oauth1/replies.py",
    "protocols/oauth1/signature.py",
    "protocols/oauth1/signed_request.py",
    "http_client/__init__.py",
    "http_client/wire.py",
    "login/cookie_codec.py",
    "crypto/keys.py",
}


def test_where_a_verifier_goes(app: App, provider: Scripted) -> None:
    cookie = app.begin()
    assert VERIFIER.encode() not in b"".join(provider.requests)
    with Following(VERIFIER) as following:
        app.come_back(cookie)
    assert VERIFIER.encode() in provider.requests[-1]
    assert sorted(following.files) == sorted(REQUEST | VERIFIED | ADAPTERS[type(app)])


def test_where_a_token_secret_is_plain_text(app: App, provider: Scripted) -> None:
    """In ``web/`` it is sealed, or a ``Secret`` that nobody reveals."""
    with Following(TOKEN_SECRET, wrapped=False) as following:
        app.come_back(app.begin())
    assert len(provider.requests) == 2
    (transport,) = (name for name in ADAPTERS[type(app)] if name in ("http_client/loop.py", "http_client/thread.py"))
    assert sorted(following.files) == sorted(PLAIN | {transport})
