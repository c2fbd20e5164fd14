"""C41: a page that holds, names or steers one of the windows gains nothing by it, and the login lands all the same."""

from __future__ import annotations

import re
from collections.abc import Callable

from browser.conftest import chromium, open_popup, page, profile  # noqa: F401  # fixtures
from browser.evil import evil, opened  # noqa: F401
from playwright.sync_api import Page, expect
from support.fixtures import page_world  # noqa: F401  # fixture
from support.servers import App, Provider
from support.waiting import wait_for


def test_a_window_is_never_another_ones_by_its_name(
    page: Page, provider: Provider, open_popup: Callable[[], Page]
) -> None:
    """A window that an attacker opened beforehand under a likely name is not the one that is used."""
    page.evaluate("['valetkey', 'twitter', 'popup', 'sign-in'].map((name) => open('about:blank', name, 'popup'))")
    wait_for(lambda: page.wait_for_timeout(10) or len(page.context.pages) == 5)
    names = []
    for _ in range(2):
        popup = open_popup()
        names.append(popup.evaluate("window.name"))
        popup.close()
    assert len(page.context.pages) == 5
    assert len(set(names)) == 2
    assert all(re.fullmatch("[A-Za-z0-9_]{22}", name) for name in names)  # drawn at random


def test_the_page_is_steered_away_in_the_middle(app: App, provider: Provider, evil: Page) -> None:
    """Another site opened the page, and sends it elsewhere while its person is at the provider: the login is kept for
    the page that comes back, and nothing of it was to be heard."""
    page = opened(evil, app.base)
    with page.expect_popup() as consent:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    consent.value.get_by_role("button", name="Authorize app").wait_for()
    evil.evaluate("(url) => { theirs.location = url }", "http://evil.test/elsewhere")
    page.wait_for_url("http://evil.test/elsewhere")
    consent.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    evil.wait_for_timeout(1000)
    assert evil.evaluate("heard") == []
    page.goto(app.base)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert len(provider.exchanges) == 1


def test_the_popup_is_steered_away(app: App, provider: Provider, page: Page, open_popup: Callable[[], Page]) -> None:
    """The provider's page goes elsewhere, and reaches for its opener: what it may do is send it away, which costs
    nothing; the control is the same person's next click."""
    popup = open_popup()
    before = app.all_rows()
    popup.evaluate("location.href = 'about:blank'")
    page.wait_for_timeout(2500)
    assert app.all_rows() == before
    expect(page.get_by_text("@ada", exact=True)).to_have_count(0)
    popup.close()
    page.get_by_role("button", name="Open it again").wait_for()
    with page.expect_popup() as again:
        page.get_by_role("button", name="Open it again").click()
    again.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert len(provider.exchanges) == 1
