"""What a provider puts into the fragment of a callback is on no page that follows, in three engines. An attacker who
knows the app's client id can make a provider answer there (``response_mode=fragment``), with a code that is not spent.

The control is the same app without the fragments of its redirects: there each engine keeps the provider's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from support.engines import SHOWN, Engine
from support.lender import Lender, Started
from support.servers import Provider
from support.waiting import wait_for
from support.wsgi import App, app_and_x

PAGE = """<!doctype html><html lang=en><title>app</title><link rel=icon href=data:,>
<script type=module src=/auth/client.js></script><sign-in-button provider=twitter></sign-in-button>"""
FRAGMENT = "#code=SECRET&state=y"


class Everywhere(App):
    """An app that has the module on a page at every path, and a page that leads on by a Refresh header."""

    ends_in_a_fragment = True

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(("/auth/", "/api/")):
            refresh = [("Refresh", "0; url=/landed")] if path == "/refresh" else []
            start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), *refresh])
            return [PAGE.encode()]

        def start(status: str, headers: list[tuple[str, str]]) -> None:
            def sent(name: str, value: str) -> str:
                bare = name == "location" and not self.ends_in_a_fragment
                return value.removesuffix("#") if bare else value

            start_response(status, [(name, sent(name, value)) for name, value in headers])

        return super().__call__(environ, start)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Everywhere, str, Provider]]:
    with app_and_x(Everywhere, tmp_path_factory.mktemp("fragments")) as played:
        yield played


@pytest.fixture(scope="module", params=["chromium", "firefox", "webkit"])
def started(request: pytest.FixtureRequest, lender: Lender) -> Iterator[Started]:
    with lender.lend(request.param) as running:
        yield running


@pytest.fixture
def engine(started: Started, world: tuple[Everywhere, str, Provider]) -> Iterator[Engine]:
    app, base, provider = world
    app.ends_in_a_fragment = True
    provider.reset()
    yield started.engine
    started.engine.forget(base)


@pytest.fixture
def app(world: tuple[Everywhere, str, Provider]) -> Everywhere:
    return world[0]


@pytest.fixture
def base(world: tuple[Everywhere, str, Provider]) -> str:
    return world[1]


@pytest.fixture
def provider(world: tuple[Everywhere, str, Provider]) -> Provider:
    return world[2]


def address(engine: Engine, window: Any, part: str) -> str:
    """Where a window has ended up, once it is at a path."""
    wait_for(lambda: engine.run(window, f"return location.pathname === '{part}' && document.readyState === 'complete'"))
    return str(engine.run(window, "return location.href"))


def lands(engine: Engine, base: str, provider: Provider, page: str) -> Any:
    """A sign-in in the same tab, whose callback has a fragment; the window, on its way back to the page."""
    window = engine.visit(f"{base}{page}")
    wait_for(lambda: engine.run(window, SHOWN))
    engine.run(window, "window.open = () => null")
    engine.press(window)
    here = "return location.href"
    wait_for(lambda: "oauth_token=" in (engine.run(window, here) or ""))
    token = engine.run(window, "return new URLSearchParams(location.search).get('oauth_token')")
    engine.run(window, f"location.href = '{provider.approve(token)}{FRAGMENT}'")
    return window


def test_after_a_failure(engine: Engine, app: Everywhere, base: str) -> None:
    callback = f"{base}/auth/twitter?error=x&state=y{FRAGMENT}"
    failed = "/auth/twitter/failed"
    assert address(engine, engine.visit(callback), failed) == f"{base}{failed}?code=bad_request"


def test_after_a_sign_in_in_the_same_tab(engine: Engine, app: Everywhere, base: str, provider: Provider) -> None:
    """At the address where the tab was, to the letter: the module takes the empty fragment away."""
    window = lands(engine, base, provider, "/settings?tab=1")
    assert address(engine, window, "/settings").rstrip("#") == f"{base}/settings?tab=1"
    wait_for(lambda: engine.run(window, "return location.href") == f"{base}/settings?tab=1")
    assert len(provider.exchanges) == 1
    app.ends_in_a_fragment = False  # the control
    window = lands(engine, base, provider, "/settings?tab=1")
    assert address(engine, window, "/settings") == f"{base}/settings?tab=1{FRAGMENT}"


def test_a_page_that_was_at_a_fragment(engine: Engine, base: str, provider: Provider) -> None:
    window = lands(engine, base, provider, "/app#/settings")
    assert address(engine, window, "/app") == f"{base}/app#/settings"


@pytest.mark.parametrize("path", ["/auth/twitter/return", "/auth/nowhere"])
def test_an_error_at_the_address_itself(engine: Engine, base: str, path: str) -> None:
    """There is no redirect: the page's own script takes the fragment away."""
    window = engine.visit(f"{base}{path}{FRAGMENT}")
    wait_for(lambda: engine.run(window, "return document.querySelector('h1') && location.hash === ''"))
    assert address(engine, window, path) == f"{base}{path}"


def test_a_refresh_keeps_none(engine: Engine, base: str) -> None:
    """A fact of the engines: a Refresh header is a navigation of its own, not a redirect."""
    assert address(engine, engine.visit(f"{base}/refresh{FRAGMENT}"), "/landed") == f"{base}/landed"
