"""A provider whose page posts the callback as a form (``response_mode=form_post``), in three engines.

The sign-in lands, although the form comes from another site and without the login's cookie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from support.engines import SHOWN, Engine
from support.hostile import ABSENT, Hostile, hostile
from support.lender import Lender, Started
from support.plain import openid
from support.servers import SECRET, free_port
from support.waiting import wait_for
from support.wsgi import App, serving

from valetkey import Secret, Settings

PAGE = """<!doctype html><html lang=en><title>app</title><link rel=icon href=data:,>
<script type=module src=/auth/client.js></script><sign-in-button provider=own></sign-in-button><p id=who></p>
<script type=module>import { onSession } from "/auth/client.js";
onSession((found) => { who.textContent = found ? found.account.name : "" })</script>"""
USER = '{"name": {"firstName": "Ada", "lastName": "<i>L"}, "email": "victim@example.test"}'
# A page of an attacker's, at the provider's address: it posts a code of the attacker's own.
EVIL = """<!doctype html><form method=post action="{action}"><input name=code value=attackers>
<input name=state value=attackers></form><script>document.forms[0].submit()</script>"""


class Recording(App):
    """An app that has the module on its page, and remembers the cookies of each request."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.asked: list[tuple[str, str, str]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith(("/auth/", "/api/")):
            self.asked.append((environ["REQUEST_METHOD"], path, environ.get("HTTP_COOKIE", "")))
            return super().__call__(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [PAGE.encode()]

    def cookies_of(self, method: str, path: str) -> list[str]:
        return [cookies for asked, at, cookies in self.asked if (asked, at) == (method, path)]


World = tuple[Recording, str, Hostile]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    port = free_port()
    with hostile() as p:
        app = Recording(
            Settings(
                url=f"http://127.0.0.1:{port}",
                secrets=(Secret(SECRET),),
                providers=(replace(openid(p, response_mode="form_post"), title="X"),),  # the button that engines press
                database=f"sqlite:///{tmp_path_factory.mktemp('form_post')}/app.db",
            )
        )
        with serving(app, port) as base:
            yield app, base, p
        app.blocking.close()


@pytest.fixture(scope="module", params=["chromium", "firefox", "webkit"])
def started(request: pytest.FixtureRequest, lender: Lender) -> Iterator[Started]:
    with lender.lend(request.param) as running:
        yield running


@pytest.fixture
def engine(started: Started, world: World) -> Iterator[Engine]:
    app, base, p = world
    p.reset()
    p.checks = {"code", "pkce", "redirect", "client", "token"}
    p.callback = {"user": USER}
    p.claims = {"name": ABSENT, "preferred_username": ABSENT}
    app.asked.clear()
    yield started.engine
    started.engine.forget(base)


def page_of(engine: Engine, base: str) -> Any:
    window = engine.visit(f"{base}/page?tab=1")
    wait_for(lambda: engine.run(window, SHOWN))
    return window


@pytest.mark.parametrize("popup", [True, False], ids=["popup", "same tab"])
def test_it_lands(engine: Engine, world: World, popup: bool) -> None:
    """With the name of the form, since the ID token has none, and with no address from it."""
    app, base, p = world
    window = page_of(engine, base)
    if not popup:
        engine.run(window, "window.open = () => null")
    engine.press(window)
    wait_for(lambda: engine.run(window, "return document.querySelector('#who')?.textContent") == "Ada <i>L")
    wait_for(lambda: engine.run(window, "return location.href") == f"{base}/page?tab=1")
    assert len(p.calls("token")) == 1
    (posted,) = app.cookies_of("POST", "/auth/own/return")
    (came_back,) = app.cookies_of("GET", "/auth/own")
    assert "valetkey" not in posted
    assert "valetkey-login-" in came_back
    assert "valetkey-posted-name=" in came_back
    collected = app.cookies_of("POST", "/auth/session")
    assert any("valetkey-session=" in cookies for cookies in collected)  # the control
    assert not any("posted-name" in cookies for cookies in [*collected, *app.cookies_of("GET", "/auth/session")])


def test_a_form_of_an_attackers(engine: Engine, world: World) -> None:
    """It is nobody's callback, nothing is exchanged, and the page's own sign-in lands afterwards."""
    _, base, p = world
    p.replace("other", body=EVIL.format(action=f"{base}/auth/own/return").encode())
    window = page_of(engine, base)
    evil = engine.visit(f"{p.origin}/evil")
    wait_for(lambda: engine.run(evil, "return location.pathname === '/auth/own/failed'"))
    assert engine.run(evil, "return location.href").startswith(f"{base}/auth/own/failed?code=")
    assert p.calls("token") == []
    assert engine.run(window, "return document.querySelector('#who').textContent") == ""
    engine.press(window)  # the control
    wait_for(lambda: engine.run(window, "return document.querySelector('#who')?.textContent") == "Ada <i>L")
