"""C47: the page is reloaded, sent elsewhere or closed, at seven points: the login lands, and the page that is there
next shows it."""

from __future__ import annotations

import pytest
from browser.conftest import chromium, page, profile  # noqa: F401  # fixtures
from playwright.sync_api import Page, expect
from support.fixtures import page_world  # noqa: F401  # fixture
from support.servers import App, Provider
from support.waiting import wait_for


@pytest.fixture
def provider(world: tuple[App, Provider]) -> Provider:
    world[1].reset()
    return world[1]


POINTS = [
    "at the start",
    "at consent",
    "away and back",
    "while finishing",
    "while finishing, and the popup closed",
    "after landing",
    "closed, opened anew",
]


# A page that was reloaded has lost its popup's handle, whatever the provider's header; the matrix plays every header.
@pytest.mark.parametrize(("point", "coop"), [*((one, "same-origin") for one in POINTS), ("at consent", None)])
def test_it_lands(app: App, provider: Provider, page: Page, point: str, coop: str | None) -> None:
    provider.set(coop=coop)
    before = app.all_rows()
    if point == "at the start":
        provider.fault("request_token", "delay", seconds=1)
    if point.startswith("while finishing"):
        provider.fault("access_token", "delay", seconds=1)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    popup = opened.value
    if point == "at the start":
        page.reload()
    popup.get_by_role("button", name="Authorize app").wait_for()
    if point == "at consent":
        page.reload()
    elif point == "away and back":
        page.goto(f"{app.base}/api/me")
    popup.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    if point == "away and back":
        wait_for(lambda: app.rows("sessions") > before["sessions"])
        page.go_back()
    elif point.startswith("while finishing"):
        wait_for(lambda: bool(provider.exchanges))
        page.reload()
        if "popup" in point:  # the callback's answer reaches nobody: only what this tab remembers can collect it
            popup.close()
    elif point == "after landing":
        expect(page.get_by_text("@ada", exact=True)).to_be_visible()
        page.reload()
    elif point == "closed, opened anew":
        context = page.context
        page.close()
        wait_for(lambda: app.rows("sessions") > before["sessions"])
        page = context.new_page()
        page.goto(app.base)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Open it again")).to_have_count(0)
    assert len(provider.exchanges) == 1
    assert app.rows("sessions") == before["sessions"] + 1
