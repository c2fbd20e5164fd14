"""satellizer with AngularJS, and vue-authenticate with axios, as they come from their authors, sign in: two requests of
the page's own, between them a popup that X sends back to the page's own address, and the pass in the second answer.

On one origin as they are; from another origin of the site with credentials; and else it is refused by a name that says
what to do, before anything is exchanged.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from support.servers import App, Provider, free_port

from browser.classic import MODULES, PAGES, opened

MOUNTED = {
    "/": PAGES / "satellizer.html",
    "/vue": PAGES / "vue.html",
    "/angular.js": MODULES / "angular/angular.js",
    "/satellizer.js": MODULES / "satellizer/dist/satellizer.js",
    "/axios.js": MODULES / "axios/dist/axios.js",
    "/vue.js": MODULES / "vue/dist/vue.js",
    "/vue-authenticate.js": MODULES / "vue-authenticate/dist/vue-authenticate.js",
}
SATELLIZER, VUE = "/", "/vue"
BOTH = pytest.mark.parametrize("path", [SATELLIZER, VUE], ids=["satellizer", "vue-authenticate"])
AUTH = {SATELLIZER: "injected('$auth')", VUE: "app.$auth"}


class World:
    """An app, and beside it a server of the same pages on another port."""

    def __init__(self, directory: Path) -> None:
        port, self.elsewhere = free_port(), free_port()
        base = f"http://127.0.0.1:{port}"
        sites = [f"http://{host}:{self.elsewhere}" for host in ("127.0.0.1", "localhost")]
        # A page without another setting names its own origin.
        self.callbacks = [f"{base}/auth/twitter", base, f"{base}/vue", *sites]
        self.provider = Provider(self.callbacks[0])
        self.app = App(
            self.provider,
            port,
            directory,
            VALETKEY_DELIVERY="token",
            VALETKEY_ORIGINS=",".join(sites),
            TWITTER_CALLBACK_URL=",".join(self.callbacks),
            MOUNTED=json.dumps({path: str(file) for path, file in MOUNTED.items()}),
        )


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("libraries"))
    yield world
    world.app.stop()
    world.provider.stop()


@pytest.fixture
def world(both: World) -> World:
    both.provider.reset()
    both.provider.set(callbacks=both.callbacks)
    return both


@contextmanager
def served(host: str, port: int, mounted: dict[str, Path] = MOUNTED) -> Iterator[str]:
    """The same pages, and nothing else, at another origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            file = mounted.get(self.path.partition("?")[0])
            self.send_response(200 if file else 404)
            self.send_header("content-type", "text/javascript" if file and file.suffix == ".js" else "text/html")
            self.end_headers()
            self.wfile.write(file.read_bytes() if file else b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{host}:{port}"
        finally:
            server.shutdown()
            thread.join(10)


@contextmanager
def elsewhere(browser: Browser, world: World, host: str, port: int, path: str) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(8_000)
    try:
        with served(host, port) as origin:
            yield opened(context, world.app, world.provider, origin + path)
    finally:
        context.close()


def authenticate(page: Page, *, approves: bool = True) -> dict[str, Any]:
    """As its button does, and the person at the provider."""
    with page.expect_popup() as popup:
        page.evaluate("() => { window.outcome = authenticate() }")
    if approves:
        popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    return dict(page.evaluate("outcome"))


@BOTH
def test_on_one_origin(profile: BrowserContext, world: World, path: str) -> None:
    """All that these libraries offer of a login, from its beginning to its end, by one exchange."""
    app, provider = world.app, world.provider
    sessions = app.rows("sessions")
    # satellizer as it is; vue-authenticate with another of the listed addresses.
    query = "" if path == SATELLIZER else f"?back={app.base}/vue"
    page = opened(profile, app, provider, path + query)
    assert page.evaluate("get('/api/me')")["status"] == 401
    assert authenticate(page) == {"landed": True}
    auth = AUTH[path]
    assert page.evaluate(f"{auth}.isAuthenticated()") is True
    found = page.evaluate("get('/api/me')")
    assert found["status"] == 200
    assert found["body"]["identities"][0]["handle"] == "ada"
    assert page.evaluate(f"{auth}.getPayload().sub") == found["body"]["id"]
    (asked,) = provider.calls("request_token")
    assert asked["oauth_callback"] == app.base + ("" if path == SATELLIZER else "/vue")
    assert len(provider.exchanges) == 1
    assert app.rows("sessions") == sessions + 1
    page.reload()
    assert page.evaluate("get('/api/me')")["status"] == 200
    page.evaluate(f"{auth}.logout().then(() => true)")
    assert page.evaluate(f"{auth}.isAuthenticated()") is False
    assert page.evaluate("get('/api/me')")["status"] == 401
    assert len(provider.exchanges) == 1


@BOTH
def test_from_another_origin_of_the_site(chromium: Browser, world: World, path: str) -> None:
    """Another port of this machine, which is listed, with credentials on both requests."""
    app, provider = world.app, world.provider
    with elsewhere(
        chromium, world, "127.0.0.1", world.elsewhere, f"{path}?backend={app.base}&credentials=both"
    ) as page:
        assert authenticate(page) == {"landed": True}
        found = page.evaluate("get('/auth/session')")
        assert found["status"] == 200
        assert page.evaluate(f"{AUTH[path]}.getPayload().sub") == found["body"]["account"]["id"]
    (asked,) = provider.calls("request_token")
    assert asked["oauth_callback"] == f"http://127.0.0.1:{world.elsewhere}"
    assert len(provider.exchanges) == 1


@pytest.mark.parametrize(
    ("path", "credentials"),
    [(SATELLIZER, "none"), (SATELLIZER, "first"), (SATELLIZER, "second"), (VUE, "")],
)
def test_without_credentials(chromium: Browser, world: World, path: str, credentials: str) -> None:
    """On either request: the first could keep no cookie, or the second brings none and is nobody's. Refused, by the
    name that says why."""
    app, provider = world.app, world.provider
    before = app.all_rows()
    query = f"{path}?backend={app.base}&credentials={credentials}"
    with elsewhere(chromium, world, "127.0.0.1", world.elsewhere, query) as page:
        refused(authenticate(page))
        assert page.evaluate(f"{AUTH[path]}.isAuthenticated()") is False
    assert provider.exchanges == []
    assert app.all_rows() == before


@BOTH
def test_from_another_site(chromium: Browser, world: World, path: str) -> None:
    """Listed, and with credentials, which browsers do not send there: refused at the first request."""
    app, provider = world.app, world.provider
    before = app.all_rows()
    with elsewhere(
        chromium, world, "localhost", world.elsewhere, f"{path}?backend={app.base}&credentials=both"
    ) as page:
        refused(authenticate(page, approves=False))
    assert provider.journal == []
    assert app.all_rows() == before


@BOTH
def test_from_an_origin_that_is_not_listed(chromium: Browser, world: World, path: str) -> None:
    """The browser asks first, and does not send the request."""
    app, provider = world.app, world.provider
    before = app.all_rows()
    with elsewhere(chromium, world, "127.0.0.1", free_port(), f"{path}?backend={app.base}&credentials=both") as page:
        outcome = authenticate(page, approves=False)
        assert not outcome["landed"]
        assert outcome["status"] in (-1, 0)
    assert provider.journal == []
    assert app.all_rows() == before


def refused(outcome: dict[str, Any]) -> None:
    assert (outcome["landed"], outcome["status"]) == (False, 403)
    assert outcome["error"]["code"] == "classic_cross_origin"
    for named in (
        "VALETKEY_ORIGINS",
        "$httpProvider.defaults.withCredentials",
        "$authProvider.withCredentials",
        "/auth/client.js",
    ):
        assert named in outcome["error"]["hint"]
