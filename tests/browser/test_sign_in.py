"""A sign-in lands in Chromium, whatever the provider's page says of openers and whatever becomes of the popup."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support.servers import App, Provider


@pytest.mark.parametrize("coop", [None, "same-origin-allow-popups", "same-origin"])
def test_it_lands(app: App, provider: Provider, page: Page, open_popup: Callable[[], Page], coop: str | None) -> None:
    """Click, approve, read the handle; sign out, and it is gone."""
    provider.set(coop=coop)
    popup = open_popup()
    assert popup.evaluate("window.opener === null") == (coop is not None)
    popup.get_by_role("button", name="Authorize app").click()
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    expect(page.get_by_role("img")).to_have_count(0)  # the picture is decoration; the name stands beside it
    assert len(provider.exchanges) == 1
    closes(popup)
    page.reload()
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()


@pytest.mark.parametrize("coop", [None, "same-origin"])
def test_the_popup_is_closed_while_the_callback_is_answered(
    provider: Provider, page: Page, open_popup: Callable[[], Page], coop: str | None
) -> None:
    """The answer reaches nobody; the page collects it."""
    provider.set(coop=coop)
    provider.fault("access_token", "delay", seconds=1.5)
    popup = open_popup()
    popup.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    wait_until(lambda: len(provider.exchanges) == 1)
    popup.close()
    expect(page.get_by_text("@ada", exact=True)).to_be_visible(timeout=6_000)
    assert len(provider.exchanges) == 1


def test_the_page_is_reloaded_in_the_middle(page: Page, provider: Provider, open_popup: Callable[[], Page]) -> None:
    provider.set(coop="same-origin")
    popup = open_popup()
    page.reload()
    popup.get_by_role("button", name="Authorize app").click()
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()


def test_cancel_at_the_provider(page: Page, provider: Provider, open_popup: Callable[[], Page]) -> None:
    """A page with a link, as on X; following it tells the page, and nobody is signed in."""
    popup = open_popup()
    popup.get_by_role("button", name="Cancel").click()
    popup.get_by_role("link", name="Return to the app").click()
    closes(popup)
    expect(page.get_by_role("button", name="Sign in with X")).not_to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()
    assert provider.exchanges == []


def test_two_tabs_with_two_people(profile: BrowserContext, app: App, provider: Provider) -> None:
    """Both land, and the later one is who the browser is."""
    tabs = [profile.new_page(), profile.new_page()]
    popups = []
    for tab in tabs:
        tab.goto(app.base)
        with tab.expect_popup() as popup:
            tab.get_by_role("button", name="Sign in with X", exact=True).click()
        popup.value.get_by_role("radio").first.wait_for()
        popups.append(popup.value)
    for popup, handle in zip(popups, ("@bare", "@rtl"), strict=True):
        popup.get_by_role("radio", name=handle).check()
        popup.get_by_role("button", name="Authorize app").click()
        closes(popup)
    expect(tabs[1].get_by_text("@rtl", exact=True)).to_be_visible()
    expect(tabs[0].get_by_text("@rtl", exact=True)).to_be_visible()
    assert len(provider.exchanges) == 2


def test_a_blocked_popup_goes_by_the_same_tab(profile: BrowserContext, app: App, provider: Provider) -> None:
    page = profile.new_page()
    page.add_init_script("window.open = () => null")
    page.goto(app.base)
    page.get_by_role("button", name="Sign in with X", exact=True).click()
    page.get_by_role("button", name="Authorize app").click()
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert page.url.rstrip("/") == app.base
    assert len(provider.exchanges) == 1


def test_a_second_time_needs_no_click(page: Page, provider: Provider, open_popup: Callable[[], Page]) -> None:
    """The provider remembers the browser, and sends it back at once."""
    open_popup().get_by_role("button", name="Authorize app").click()
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="Sign in with X", exact=True).click()
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert len(provider.exchanges) == 2


def test_use_another(page: Page, provider: Provider, open_popup: Callable[[], Page]) -> None:
    """A browser that is remembered can be somebody else all the same."""
    open_popup().get_by_role("button", name="Authorize app").click()
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    popup.value.get_by_role("link", name="Use another account").click()
    popup.value.get_by_role("radio", name="@rtl").check()
    popup.value.get_by_role("button", name="Authorize app").click()
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
    closes(popup.value)


def closes(popup: Page) -> None:
    """By itself."""
    if not popup.is_closed():
        popup.wait_for_event("close", timeout=6_000)


def wait_until(fact: Callable[[], bool], seconds: float = 6.0) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.03)
