"""C15: what the page shows changes only after the backend has confirmed it, whatever it is told."""

from __future__ import annotations

from collections.abc import Callable

from browser.conftest import chromium, open_popup, page, profile  # noqa: F401  # fixtures
from browser.evil import evil, opened  # noqa: F401
from playwright.sync_api import Page, expect
from support.fixtures import page_world  # noqa: F401  # fixture
from support.servers import App, Provider
from support.windows import press_last


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
    press_last(popup, "Authorize app")
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    page.evaluate(flood)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert len(provider.exchanges) == 1


def test_messages_of_other_shapes_and_origins_are_not_heard(app: App, page: Page, evil: Page) -> None:
    asked: list[str] = []
    page.wait_for_load_state("networkidle")  # the page's own first questions are answered
    page.on("request", lambda request: asked.append(request.url) if "/auth/session" in request.url else None)
    page.evaluate(
        """() => { for (const data of [null, 5, 'valetkey', [], {}, {other: 1}]) postMessage(data, location.origin) }"""
    )
    page.wait_for_timeout(300)
    assert asked == []
    popup = opened(evil, app.base)
    popup.on("request", lambda request: asked.append(request.url) if "/auth/session" in request.url else None)
    popup.get_by_role("button", name="Sign in with X", exact=True).wait_for()
    popup.wait_for_load_state("networkidle")
    asked.clear()
    evil.evaluate("theirs.postMessage({valetkey: 'A'.repeat(22)}, '*')")
    popup.wait_for_timeout(300)
    assert asked == []


def test_a_frame_of_this_origin_is_not_believed_either(
    app: App, provider: Provider, page: Page, open_popup: Callable[[], Page]
) -> None:
    """A same-origin frame can send what it likes. The control: the real login is shown."""
    page.evaluate(
        """(id) => { const frame = document.createElement('iframe'); document.body.append(frame);
        new frame.contentWindow.BroadcastChannel('valetkey').postMessage({ valetkey: id, account: { id: 'x' } });
        frame.contentWindow.parent.postMessage({ valetkey: id, state: 'done' }, location.origin) }""",
        "A" * 22,
    )
    page.wait_for_timeout(300)
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()
    assert provider.journal == []
    open_popup().get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert len(provider.exchanges) == 1
