"""C14: an opener of another origin learns nothing, and begins nothing."""

from __future__ import annotations

from browser.conftest import chromium, open_popup, page, profile  # noqa: F401  # fixtures
from browser.evil import evil, opened  # noqa: F401
from playwright.sync_api import Page, expect
from support.fixtures import page_world  # noqa: F401  # fixture
from support.servers import App, Provider
from support.windows import press_last


def test_a_foreign_opener_hears_nothing(app: App, provider: Provider, evil: Page) -> None:
    """Neither of a login that lands, nor of one that fails; and it cannot read where its window is."""
    popup = opened(evil, app.base)
    with popup.expect_popup() as consent:
        popup.get_by_role("button", name="Sign in with X", exact=True).click()
    press_last(consent.value, "Authorize app")
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
