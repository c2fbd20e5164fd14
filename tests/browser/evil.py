"""A page of another site that listens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

EVIL = "http://evil.test/"


@pytest.fixture
def evil(chromium: Browser) -> Iterator[Page]:
    """A page of another site that listens, in a profile that is signed in nowhere."""
    context: BrowserContext = chromium.new_context()
    context.set_default_timeout(8_000)
    body = "<!doctype html><title>evil</title><button onclick='go()'>go</button>"
    context.route(f"{EVIL}**", lambda route: route.fulfill(content_type="text/html", body=body))
    page = context.new_page()
    page.goto(EVIL)
    page.evaluate("window.heard = []; addEventListener('message', (event) => heard.push(event.data))")
    page.evaluate("() => { new BroadcastChannel('valetkey').onmessage = (event) => heard.push(event.data) }")
    yield page
    context.close()


def opened(evil: Page, url: str) -> Page:
    with evil.expect_popup() as popup:
        evil.evaluate("(url) => { window.go = () => { window.theirs = open(url, 'theirs') } }", url)
        evil.get_by_role("button", name="go").click()
    return popup.value
