"""What goes wrong is told in a sentence: by whose fault, with the app's code and the sandbox's reason."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from support.servers import free_port

from testing import apps
from valetkey import Secret, Settings, SignInRefused
from valetkey.providers.twitter import twitter
from valetkey.testing import Sandbox, SignInFailed, running_sandbox, sandboxes, signed_in, signed_out


@pytest.fixture
def settings(valetkey_sandbox: Sandbox) -> Settings:
    return valetkey_sandbox.settings


def failed(client: Any, **options: Any) -> SignInFailed:
    with pytest.raises(SignInFailed) as caught:
        signed_in(client, **options)
    return caught.value


def with_x(
    settings: Settings, *, secret: Secret | None = None, api: str | None = None, authorize: str | None = None
) -> Settings:
    """The same, with one thing of X's record changed."""
    (x,) = settings.providers
    keys, origin = x.protocol.credentials, x.authorize_origin
    changed = twitter(
        key=keys.identifier,
        secret=secret or keys.secret,
        api_origin=api or origin,
        authorize_origin=authorize or origin,
    )
    return replace(settings, providers=(changed,))


def of(settings: Settings, **changes: Any) -> TestClient:
    return TestClient(apps.starlette_app(replace(settings, **changes)))


def test_no_such_persona(settings: Settings, valetkey_sandbox: Sandbox) -> None:
    client = of(settings)
    with pytest.raises(ValueError, match="no persona 'eve'; there are ada, bare, rtl, longname, suspended") as caught:
        signed_in(client, "eve")
    assert valetkey_sandbox.personas == ["ada", "bare", "rtl", "longname", "suspended"]
    (said,) = re.findall(r"user_id='(.+)', handle='(.+)'\)", str(caught.value))
    assert signed_in(client, user_id=said[0], handle=said[1]).handle == "eve"
    with pytest.raises(ValueError, match="known by an id"):
        signed_in(client, handle="eve")


def test_somebody_of_ones_own() -> None:
    with running_sandbox() as sandbox:  # without pytest, too
        client = TestClient(apps.starlette_app(Settings.from_environment(sandbox.environment, read_profile=True)))
        account = signed_in(client, user_id="42", handle="grace", name="Grace Example")
        assert (account.handle, account.name, account.identities[0].subject) == ("grace", "Grace Example", "42")
        assert signed_in(client, user_id="43").handle == "user43"
    assert sandbox.origin not in [one.origin for one in sandboxes.running]


def test_routes_that_are_not_there(settings: Settings) -> None:
    error = failed(of(settings), at="/login/twitter")
    assert "POST /login/twitter failed: the app answered with 404" in str(error)
    assert "Are its routes mounted" in str(error)
    assert error.code is None


def test_routes_that_are_elsewhere(settings: Settings) -> None:
    client = of(settings, prefix="/login", callbacks={"twitter": ("http://127.0.0.1:8000/login/twitter",)})
    assert "404" in str(failed(client))
    assert signed_in(client, at="/login/twitter").handle == "ada"
    signed_out(client, at="/login/twitter")
    assert client.get("/api/me").status_code == 401


def test_routes_behind_a_door(settings: Settings) -> None:
    app = apps.starlette_app(settings)

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/auth/"):
            headers = [(b"location", b"/log-in?next=%2Fauth%2Ftwitter")]
            await send({"type": "http.response.start", "status": 302, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            await app(scope, receive, send)

    error = failed(TestClient(door))
    assert "answered with 302, sent on to /log-in, and not as valetkey does" in str(error)


@pytest.mark.parametrize(
    ("taken", "sentence"),
    [(b"refresh", "without the Refresh header"), (b"valetkey-session", "the cookie that it had set was not kept")],
)
def test_headers_that_are_taken_away(settings: Settings, taken: bytes, sentence: str) -> None:
    app = apps.starlette_app(settings)

    async def without(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [pair for pair in message["headers"] if taken not in b": ".join(pair)[:40]]
            await send(message)

        await app(scope, receive, sending)

    assert sentence in str(failed(TestClient(without)))


def test_an_app_that_asks_somebody_else(settings: Settings, valetkey_sandbox: Sandbox) -> None:
    error = failed(of(with_x(settings, api=f"http://127.0.0.1:{free_port()}")))
    assert error.code == "provider_unavailable"
    assert f"The sandbox at {valetkey_sandbox.origin} was not asked at all." in str(error)
    assert "valetkey_sandbox.settings" in str(error)


@pytest.mark.parametrize(
    ("browser", "sentence"),
    [
        ("https://api.x.com", "sends its users to https://api.x.com, not to a sandbox"),
        ("http://127.0.0.1:{port}", "sends its users to http://127.0.0.1:{port}, where no sandbox answers"),
    ],
)
def test_an_app_that_sends_people_elsewhere(settings: Settings, browser: str, sentence: str) -> None:
    port = free_port()
    error = failed(of(with_x(settings, authorize=browser.format(port=port))))
    assert sentence.format(port=port) in str(error)
    assert "VALETKEY_TWITTER_BROWSER" in str(error)


def test_keys_that_are_not_the_sandboxes(settings: Settings) -> None:
    error = failed(of(with_x(settings, secret=Secret("sandbox-another"))))
    assert error.code == "wrong_keys"
    assert re.search(r"The sandbox said of request_token: .*signature", str(error))
    assert "sandbox-another" not in str(error)


@pytest.mark.parametrize(
    ("endpoint", "kind", "details", "code"),
    [
        ("request_token", "status", {"status": 503}, "provider_unavailable"),
        ("request_token", "drop", {}, "provider_unavailable"),
        ("access_token", "status", {"status": 503}, "provider_unavailable"),
        ("access_token", "commit_then_drop", {}, "provider_unavailable"),
    ],
)
def test_faults_on_demand(
    settings: Settings, valetkey_sandbox: Sandbox, endpoint: str, kind: str, details: dict[str, Any], code: str
) -> None:
    """As often as is asked, and then no more."""
    client = of(settings)
    valetkey_sandbox.fault(endpoint, kind, times=20, **details)
    error = failed(client)
    assert error.code == code
    assert f"The sandbox said of {endpoint}: " in str(error) or kind == "commit_then_drop"
    assert client.get("/api/me").status_code == 401
    valetkey_sandbox.reset()
    assert signed_in(client).handle == "ada"


def test_a_fault_that_the_app_gets_over(settings: Settings, valetkey_sandbox: Sandbox) -> None:
    """It begins anew where it cannot know what became of the exchange; so does the kit, as a browser would."""
    valetkey_sandbox.fault("access_token", "commit_then_drop")
    assert signed_in(of(settings)).handle == "ada"
    assert len(valetkey_sandbox.calls("request_token")) == 2


@pytest.mark.parametrize(
    ("endpoint", "kind", "sentence"),
    [("acces_token", "drop", "there are request_token, access_token"), ("any", "explode", "there are body, commit_")],
)
def test_no_such_fault(valetkey_sandbox: Sandbox, endpoint: str, kind: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        valetkey_sandbox.fault(endpoint, kind)


def test_switches(settings: Settings, valetkey_sandbox: Sandbox) -> None:
    valetkey_sandbox.set(consumer_key="sandbox-another")
    assert failed(of(settings)).code == "wrong_keys"
    with pytest.raises(ValueError, match="no setting is called cop"):
        valetkey_sandbox.set(cop="same-origin")
    valetkey_sandbox.reset()
    assert signed_in(of(settings)).handle == "ada"


def test_an_app_that_refuses(settings: Settings) -> None:
    def resolve(identity: Any, account_id: str) -> None:
        if identity.handle == "bare":
            raise SignInRefused("banned", "This account has been banned.")

    client = TestClient(apps.starlette_app(settings, resolve_account=resolve))
    with pytest.raises(SignInFailed) as caught:
        signed_in(client, "bare")
    assert caught.value.code == "banned"
    assert "This account has been banned." in str(caught.value)
    assert signed_in(client, "ada").handle == "ada"


def test_a_client_without_a_jar(settings: Settings) -> None:
    client = apps.flask_app(settings).test_client(use_cookies=False)
    assert failed(client).code == "cookies_blocked"


def test_a_client_without_an_address(settings: Settings) -> None:
    with (
        httpx2.Client(transport=httpx2.WSGITransport(apps.flask_app(settings))) as client,
        pytest.raises(ValueError, match="give it the app's address"),
    ):
        signed_in(client)


def test_no_client_at_all() -> None:
    with pytest.raises(TypeError, match="dict is no test client that valetkey knows"):
        signed_in({})


def test_what_an_async_client_is_told(settings: Settings) -> None:
    """The same sentences, when they are awaited."""

    async def live() -> None:
        transport = httpx2.ASGITransport(apps.starlette_app(settings))
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            with pytest.raises(ValueError, match="no persona 'eve'"):
                await signed_in(client, "eve")
            with pytest.raises(SignInFailed, match="answered with 404"):
                await signed_in(client, at="/login/twitter")

    asyncio.run(live())


def test_it_needs_no_library_of_an_extra() -> None:
    without = (
        "import sys; sys.modules.update(dict.fromkeys(['uvicorn', 'starlette', 'anyio', 'click']))\n"
        "from valetkey.testing import running_sandbox\n"
        "with running_sandbox() as sandbox: print(sandbox.personas)"
    )
    ran = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, check=False)
    assert "'ada'" in ran.stdout, ran.stderr
