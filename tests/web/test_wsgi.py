"""A synchronous app signs in over HTTP: the same core, stepped in the threads of a WSGI server."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support.browser import Browser
from support.mounted import MountedBrowser, live
from support.servers import SECRET, Provider, free_port
from support.wsgi import App, serving
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from valetkey import Secret, Settings
from valetkey.frameworks.wsgi import incoming_from
from valetkey.http_client import ThreadTransport
from valetkey.protocols.http import HttpRequest, HttpResponse
from valetkey.providers.twitter import twitter
from valetkey.web.startup.once import Once


@pytest.fixture(scope="module")
def base(port: int, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    database: Path = tmp_path_factory.mktemp("wsgi") / "app.db"
    app = App(
        Settings(
            callbacks={"twitter": (f"http://127.0.0.1:{port}/auth/twitter",)},
            secrets=(Secret(SECRET),),
            providers=(twitter(key=provider.key, secret=Secret(provider.secret), base=provider.origin),),
            database=f"sqlite:///{database}",
        )
    )
    with serving(app, port) as address:
        yield address
    app.blocking.close()


def test_sign_in_and_out(base: str, provider: Provider) -> None:
    browser = Browser(base)
    assert browser.me().status == 401
    begun = browser.begin()
    assert browser.come_back(provider.approve(begun.token, "ada")).status == 303
    assert browser.me().json()["identities"][0]["handle"] == "ada"
    assert browser.collect(begun.login).json()["account"]["identities"][0]["handle"] == "ada"
    assert browser.sign_out().status == 204
    assert browser.me().status == 401


def test_delivered_twice_at_once_waits_a_second_and_then_says_finishing(
    base: str, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that waits is a thread that serves nobody: the page refreshes instead, and then lands."""
    browser = Browser(base)
    callback = provider.approve(browser.begin().token, "ada")
    copy = Browser(base, cookies=dict(browser.cookies))
    provider.control("DELETE", "journal")
    exchanged, go_on = threading.Event(), threading.Event()
    send = ThreadTransport.send

    async def held(self: ThreadTransport, request: HttpRequest, deadline: float) -> HttpResponse:
        reply = await send(self, request, deadline)
        exchanged.set()
        assert go_on.wait(20)
        return reply

    monkeypatch.setattr(ThreadTransport, "send", held)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(browser.come_back, callback)
        assert exchanged.wait(10)
        waited = copy.come_back(callback)
        go_on.set()
        assert waited.status == 202
        assert waited.header("refresh") == "1"
        assert "Finishing" in waited.text
        assert first.result().status == 303
    assert copy.come_back(callback).status == 303
    assert copy.session_cookie == browser.session_cookie
    assert len(provider.exchanges) == 1


@pytest.fixture
def below(tmp_path: Path) -> Iterator[tuple[App, str, Provider]]:
    """An app that the server has below /app."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    provider = Provider(f"{url}/app/auth/twitter")
    app = App(
        Settings(
            url=f"{url}/app",
            secrets=(Secret(SECRET),),
            providers=(twitter(key=provider.key, secret=Secret(provider.secret), base=provider.origin),),
            database=f"sqlite:///{tmp_path}/app.db",
        )
    )
    with serving(DispatcherMiddleware(NotFound(), {"/app": app, "/elsewhere": app}), port) as address:
        yield app, address, provider
    app.blocking.close()
    provider.stop()


def test_below_a_path(below: tuple[App, str, Provider], caplog: pytest.LogCaptureFixture) -> None:
    """Where the server has it at another path, too, no callback can arrive, and the app says so."""
    _, address, provider = below
    live(MountedBrowser(address, mount="/app"), provider)
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == []


def test_below_another_path_than_the_address_says(
    below: tuple[App, str, Provider], caplog: pytest.LogCaptureFixture
) -> None:
    _, address, provider = below
    answer = MountedBrowser(address, mount="/elsewhere").begin().answer
    assert answer.status == 500
    fix = f"set VALETKEY_URL={address}/elsewhere"
    assert fix in answer.text
    assert any(fix in one for one in caplog.messages)
    live(MountedBrowser(address, mount="/app"), provider)


def test_an_app_that_changes_our_answers(below: tuple[App, str, Provider]) -> None:
    """The check goes through the app that answers, with all that is around it."""
    app, _, _ = below

    def severs(environ: dict[str, Any], start_response: Any) -> Any:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, ("Cross-Origin-Opener-Policy", "same-origin")], *more)

        return app(environ, start)

    environ = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "/app", "PATH_INFO": "/auth/session", "wsgi.url_scheme": "http"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.blocking.endpoints, "startup", Once(app.blocking.settings))
        reply = app.blocking.answer_in(severs, environ, incoming_from(environ, "session"))
    assert reply.status == 500
    assert b"Cross-Origin-Opener-Policy" in reply.body


def test_threads_do_not_cross(base: str, provider: Provider) -> None:
    def live(number: int) -> tuple[str, str]:
        browser = Browser(base)
        begun = browser.begin()
        browser.come_back(provider.approve(begun.token, user_id=str(9000 + number), screen_name=f"t{number}"))
        return f"t{number}", browser.me().json()["identities"][0]["handle"]

    with ThreadPoolExecutor(8) as pool:
        lives = list(pool.map(live, range(40)))
    assert [pair for pair in lives if pair[0] != pair[1]] == []
