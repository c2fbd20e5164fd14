"""C33: no page of ours can be framed, and nothing runs in a frame that tries."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from browser.conftest import chromium  # noqa: F401  # fixtures
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page
from support.browser import Browser
from support.fixtures import page_world  # noqa: F401  # fixture
from support.servers import App, Provider

PATHS = [
    "/auth/twitter/done?login=AAAAAAAAAAAAAAAAAAAAAA",
    "/auth/twitter/failed?code=denied",
    "/auth/nowhere",
    "/",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_page_says_so(browser: Callable[[], Browser], path: str) -> None:
    answer = browser().visit(path)
    assert "frame-ancestors 'none'" in (answer.header("content-security-policy") or "")
    if path != "/":
        assert answer.header("x-frame-options") == "DENY"


@pytest.mark.parametrize("where", ["iframe", "frame", "embed", "object", "fencedframe"])
def test_a_callback_in_a_frame_runs_nothing(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str], where: str
) -> None:
    profile = browser()
    callback = provider.approve(profile.begin().token, **person)
    assert profile.come_back(callback, headers={"Sec-Fetch-Dest": where}).code == "not_a_navigation"
    assert profile.submit("/auth/twitter", {}, Sec_Fetch_Dest=where).status == 403
    assert provider.exchanges == []
    assert len(provider.calls("request_token")) == 1
    assert profile.come_back(callback).status == 303
    assert profile.account() is not None


@pytest.fixture
def elsewhere(chromium: Chromium) -> Iterator[Page]:
    """A page of another site, on this machine too: from others a browser lets no frame reach loopback at all."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()

        def log_message(self, format: str, *values: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    page = chromium.new_page()
    page.goto(f"http://localhost:{server.server_port}/")
    yield page
    page.close()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_frame_stays_empty(app: App, provider: Provider, elsewhere: Page) -> None:
    def framed(path: str) -> str:
        """The address that a frame shows in the end. Its name tells it from the one that was there before."""
        elsewhere.evaluate(
            """([src, name]) => new Promise((done) => { const frame = document.createElement('iframe');
            Object.assign(frame, { src, name, onload: done }); document.body.replaceChildren(frame) })""",
            [app.base + path, path],
        )
        deadline = time.monotonic() + 5
        while not ((frame := elsewhere.frame(name=path)) and frame.url) and time.monotonic() < deadline:
            elsewhere.wait_for_timeout(20)  # the browser tells of it later than it loads it
        assert frame is not None
        return frame.url

    # The control: what says nothing of frames is shown in one.
    assert framed("/auth/client.js") == f"{app.base}/auth/client.js"
    for path in ("/", f"/auth/twitter/done?login={'A' * 22}", "/auth/twitter/failed?code=denied"):
        assert framed(path) == "chrome-error://chromewebdata/", path
