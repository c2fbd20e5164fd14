"""What a user sees of a sign-in, in Chromium. What headers say, and what becomes of the windows: ``matrix.py``."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect
from support.servers import App, Provider
from support.windows import press_last, wait_until_closed


def test_it_lands(provider: Provider, page: Page, open_popup: Callable[[], Page]) -> None:
    """Click, approve, read the handle; sign out, and it is gone."""
    popup = open_popup()
    press_last(popup, "Authorize app")
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    expect(page.get_by_role("img")).to_have_count(0)  # the picture is decoration; the name stands beside it
    assert len(provider.exchanges) == 1
    wait_until_closed(popup)
    page.reload()
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()


def test_cancel_at_the_provider(page: Page, provider: Provider, open_popup: Callable[[], Page]) -> None:
    """A page with a link, as on X; following it tells the page, and nobody is signed in."""
    popup = open_popup()
    popup.get_by_role("button", name="Cancel").click()
    press_last(popup, "Return to the app", "link")
    wait_until_closed(popup)
    expect(page.get_by_role("button", name="Sign in with X")).not_to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()
    assert provider.exchanges == []


def test_a_second_time_needs_no_click(page: Page, provider: Provider, open_popup: Callable[[], Page]) -> None:
    """The provider remembers the browser, and sends it back at once."""
    press_last(open_popup(), "Authorize app")
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="Sign in with X", exact=True).click()
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert len(provider.exchanges) == 2


def test_use_another(page: Page, provider: Provider, open_popup: Callable[[], Page]) -> None:
    """A browser that is remembered can be somebody else all the same."""
    press_last(open_popup(), "Authorize app")
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    popup.value.get_by_role("link", name="Use another account").click()
    popup.value.get_by_role("radio", name="@rtl").check()
    press_last(popup.value, "Authorize app")
    expect(page.get_by_text("@rtl", exact=True)).to_be_visible()
    assert len(provider.exchanges) == 2


def test_another_browser_signs_in_here(
    chromium: Browser, app: App, provider: Provider, page: Page, open_popup: Callable[[], Page]
) -> None:
    """The X app took over and came back elsewhere: a page that says so, and one click that signs in there."""
    popup = open_popup()
    token = popup.url.partition("oauth_token=")[2].partition("&")[0]
    elsewhere = chromium.new_context()
    other = elsewhere.new_page()
    other.goto(provider.approve(token))
    expect(other.get_by_role("heading")).to_contain_text("could not be matched")
    assert "oauth_verifier" not in other.url
    assert provider.exchanges == []
    other.get_by_role("button", name="Sign in here").click()
    other.get_by_role("button", name="Authorize app").click()
    expect(other.get_by_text("@ada", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()
    elsewhere.close()


def test_the_provider_is_down(page: Page, provider: Provider) -> None:
    """The page says so, within the budget, and the popup is out of the way."""
    provider.fault("request_token", "status", 9, status=503, body="")
    begun = time.monotonic()
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("does not answer right now")
    assert time.monotonic() - begun < 5
    wait_until_closed(popup.value)
