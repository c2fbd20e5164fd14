"""Page and backend on two origins of one site: the page is allow-listed, loads the module from the backend, and
signs in by a button of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, expect
from support.servers import App, Provider, app_and_provider, free_port


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[tuple[App, Provider, int]]:
    port = free_port()
    with app_and_provider(VALETKEY_ORIGINS=f"http://127.0.0.1:{port}") as (app, provider):
        yield app, provider, port


@contextmanager
def page_at(browser: Browser, port: int, app: App) -> Iterator[Page]:
    """A page of another server. (One that the driver makes up may not ask this machine for anything.)"""
    module = f"{app.base}/auth/client.js"
    body = f"""<!doctype html><title>app</title><script type=module src='{module}'></script>
        <sign-in-button provider=twitter></sign-in-button><p id=who></p>
        <script type=module>import {{ onSession }} from '{module}';
        onSession((found) => {{ who.textContent = found?.account.identities[0].handle ?? '' }})</script>""".encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        context = browser.new_context()
        context.set_default_timeout(8_000)
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        try:
            yield page
        finally:
            context.close()
            server.shutdown()
            thread.join(10)


@pytest.mark.parametrize("coop", [None, "same-origin"], ids=["whole", "severed"])
def test_it_lands(chromium: Browser, elsewhere: tuple[App, Provider, int], coop: str | None) -> None:
    """By a nudge to the opener alone where there is one, else by asking; the file for it is loaded, and the nudge
    heard."""
    app, provider, port = elsewhere
    provider.reset()
    provider.set(coop=coop)
    with page_at(chromium, port, app) as page:
        page.evaluate(
            "window.heard = []; addEventListener('message', ({ data, origin }) => heard.push([data, origin]))"
        )
        if coop is None:  # a question by the clock could be faster than the popup's last page
            page.evaluate("window.setInterval = () => 0")
        with page.expect_popup() as popup:
            page.get_by_role("button", name="Sign in with X", exact=True).click()
        popup.value.get_by_role("button", name="Authorize app").wait_for()
        approved_at = time.monotonic()
        popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
        expect(page.locator("#who")).to_have_text("ada")
        assert time.monotonic() - approved_at < 3
        heard = page.evaluate("heard")
        assert len(heard) == (0 if coop else 1)
        assert all(list(data) == ["valetkey"] and sender == app.base for data, sender in heard)
        assert page.evaluate("performance.getEntriesByName(new URL('/auth/watch.js', '" + app.base + "')).length") == 1
        assert len(provider.exchanges) == 1


def test_one_that_is_not_listed(chromium: Browser, elsewhere: tuple[App, Provider, int]) -> None:
    """The same page on another port: refused in the popup, nothing begun, nothing heard."""
    app, provider, _ = elsewhere
    provider.reset()
    with page_at(chromium, free_port(), app) as page:
        page.evaluate("window.heard = []; addEventListener('message', ({ data }) => heard.push(data))")
        with page.expect_popup() as popup:
            page.get_by_role("button", name="Sign in with X", exact=True).click()
        expect(popup.value.get_by_role("heading")).to_contain_text("proper address")
        assert "wrong_host" in popup.value.content() or "foreign_origin" in popup.value.content()
        assert provider.journal == []
        assert page.evaluate("heard") == []
