"""C38: the popup is closed at any of seven points: before the approval nothing is left behind and the next try lands;
after it the login lands. (That a close by hand is known within two seconds: tests/browser/test_focus.py, on a screen.)
"""

from __future__ import annotations

import pytest
from browser.conftest import chromium, page, profile  # noqa: F401  # fixtures
from playwright.sync_api import Page, expect
from support.fixtures import page_world  # noqa: F401  # fixture
from support.servers import App, Provider
from support.waiting import wait_for

# Where the windows are severed, the page cannot see that the popup has gone. The matrix has the rest of it.
WHOLE, SEVERED = None, "same-origin"
BEFORE = [("blank", WHOLE), ("consent", WHOLE), ("consent", SEVERED), ("persona chosen", WHOLE)]
AFTER = [("exchange asked", WHOLE), ("exchange asked", SEVERED), ("committed", SEVERED)]


@pytest.fixture
def provider(world: tuple[App, Provider]) -> Provider:
    world[1].reset()
    return world[1]


def begin(page: Page) -> Page:
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    return popup.value


@pytest.mark.parametrize(("point", "coop"), BEFORE)
def test_before_the_approval(app: App, provider: Provider, page: Page, point: str, coop: str | None) -> None:
    provider.set(coop=coop)
    page.evaluate("addEventListener('signin', () => { window.signed = true })")
    before = app.all_rows()
    if point == "blank":
        provider.fault("request_token", "delay", seconds=1.5)
    popup = begin(page)
    if point != "blank":
        popup.get_by_role("button", name="Authorize app").wait_for()
    if point == "persona chosen":
        popup.get_by_role("radio", name="@bare").check()
    popup.close()
    page.get_by_role("button", name="Open it again").wait_for(timeout=4_000)
    assert provider.exchanges == []
    assert app.all_rows() == before
    assert page.evaluate("window.signed") is None
    with page.expect_popup() as again:  # the immediate retry
        page.get_by_role("button", name="Open it again").click()
    again.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert app.rows("sessions") == before["sessions"] + 1


@pytest.mark.parametrize(("point", "coop"), AFTER)
def test_after_the_approval(app: App, provider: Provider, page: Page, point: str, coop: str | None) -> None:
    provider.set(coop=coop)
    page.evaluate("addEventListener('signinerror', ({ detail }) => { window.told = detail.code })")
    before = app.all_rows()
    if point == "exchange asked":
        provider.fault("access_token", "delay", seconds=1)
    popup = begin(page)
    popup.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    if point == "committed":
        wait_for(lambda: app.rows("sessions") > before["sessions"])
    else:
        wait_for(lambda: bool(provider.exchanges))
    popup.close()
    it_has_landed(app, provider, page, before)


def it_has_landed(app: App, provider: Provider, page: Page, before: dict[str, int]) -> None:
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert page.evaluate("window.told") is None
    assert len(provider.exchanges) == 1
    after = app.all_rows()
    assert after["sessions"] == before["sessions"] + 1
    assert app.query("SELECT count(*) FROM sessions WHERE account_id NOT IN (SELECT id FROM accounts)") == [(0,)]
