"""C14, C15, C33, C41: pages of others, and forged messages, learn nothing and change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support.servers import App, Provider

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


def test_a_foreign_opener_hears_nothing(app: App, provider: Provider, evil: Page) -> None:
    """Neither of a login that lands, nor of one that fails; and it cannot read where its window is."""
    popup = opened(evil, app.base)
    with popup.expect_popup() as consent:
        popup.get_by_role("button", name="Sign in with X", exact=True).click()
    consent.value.get_by_role("button", name="Authorize app").click()
    expect(popup.get_by_text("@ada", exact=True)).to_be_visible()
    popup.goto(f"{app.base}/auth/twitter/failed?code=provider_unavailable")
    assert (
        evil.evaluate("(() => { try { return theirs.location.href } catch (e) { return e.name } })()")
        == "SecurityError"
    )
    with evil.expect_popup() as last:
        evil.evaluate(f"open('{app.base}/auth/twitter/done?login={'A' * 22}', 'last')")
    if not last.value.is_closed():
        last.value.wait_for_event("close")
    evil.wait_for_timeout(300)
    assert evil.evaluate("heard") == []


def test_a_foreign_form_begins_nothing(app: App, provider: Provider, evil: Page) -> None:
    """A form of another site, posted into a window of its own."""
    evil.evaluate(
        """(action) => { const form = document.createElement('form');
        Object.assign(form, {method: 'post', action, target: 'theirs'}); document.body.append(form);
        window.go = () => { open('about:blank', 'theirs'); form.submit() } }""",
        f"{app.base}/auth/twitter",
    )
    with evil.expect_popup() as popup:
        evil.get_by_role("button", name="go").click()
    expect(popup.value.get_by_role("heading")).to_contain_text("refused for your safety")
    assert provider.journal == []
    assert [cookie for cookie in evil.context.cookies() if cookie["name"].startswith("valetkey")] == []


def test_a_frame_stays_empty(app: App, provider: Provider, evil: Page) -> None:
    for path in ("/", f"/auth/twitter/done?login={'A' * 22}", "/auth/twitter/failed?code=denied"):
        evil.evaluate(
            """(src) => new Promise((done) => { const frame = document.createElement('iframe');
            frame.onload = done; frame.src = src; document.body.replaceChildren(frame) })""",
            app.base + path,
        )
        shown = [frame for frame in evil.frames if frame != evil.main_frame]
        assert all("valetkey" not in frame.content() and "Signed in" not in frame.content() for frame in shown)


def test_forged_messages_change_nothing(
    app: App, provider: Provider, page: Page, open_popup: Callable[[], Page]
) -> None:
    """A thousand of the right shape, from this very origin, before, during and after a login: the page believes its
    backend alone, and asks it a bounded number of times."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/auth/session" in request.url else None)
    flood = """async () => { const channel = new BroadcastChannel('valetkey');
        for (let n = 0; n < 500; n++) {
          channel.postMessage({valetkey: 'A'.repeat(22), account: {id: 'x'}, state: 'done'});
          postMessage({valetkey: 'A'.repeat(22), account: {id: 'x'}, state: 'done'}, location.origin) }
        await new Promise((done) => setTimeout(done, 500)) }"""
    page.evaluate(flood)
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()
    popup = open_popup()
    page.evaluate(flood)
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()
    before = len(asked)
    assert before < 400  # one at a time, never one for each
    popup.get_by_role("button", name="Authorize app").click()
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    page.evaluate(flood)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert len(provider.exchanges) == 1


def test_messages_of_other_shapes_and_origins_are_not_heard(app: App, page: Page, evil: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/auth/session" in request.url else None)
    page.evaluate(
        """() => { for (const data of [null, 5, 'valetkey', [], {}, {other: 1}]) postMessage(data, location.origin) }"""
    )
    page.wait_for_timeout(300)
    assert asked == []
    popup = opened(evil, app.base)
    popup.on("request", lambda request: asked.append(request.url) if "/auth/session" in request.url else None)
    popup.get_by_role("button", name="Sign in with X", exact=True).wait_for()
    popup.wait_for_timeout(200)
    asked.clear()
    evil.evaluate("theirs.postMessage({valetkey: 'A'.repeat(22)}, '*')")
    popup.wait_for_timeout(300)
    assert asked == []


def test_a_window_is_never_another_ones_by_its_name(
    page: Page, provider: Provider, open_popup: Callable[[], Page]
) -> None:
    """A window that an attacker opened beforehand under a likely name is not the one that is used."""
    page.evaluate("['valetkey', 'twitter', 'popup', 'sign-in'].map((name) => open('about:blank', name, 'popup'))")
    before = len(page.context.pages)
    names = []
    for _ in range(2):
        popup = open_popup()
        names.append(popup.evaluate("window.name"))
        popup.close()
    assert len(page.context.pages) == before
    assert len(set(names)) == 2
    assert all(name.startswith("valetkey-") and len(name) > 25 for name in names)
