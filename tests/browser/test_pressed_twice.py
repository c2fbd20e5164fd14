"""One press does one thing: a double click, or Enter held down, does not press what comes in the place of a button."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from support.servers import App, Provider

BODY = """<signed-out><sign-in-button provider=twitter></sign-in-button></signed-out><signed-in></signed-in>"""

Press = Callable[[Page, Locator], Callable[[], None]]


def by_mouse(page: Page, button: Locator) -> Callable[[], None]:
    """Click. The second click of the double click is what it returns."""
    box = button.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down(click_count=1)
    page.mouse.up(click_count=1)

    def again() -> None:
        page.mouse.down(click_count=2)
        page.mouse.up(click_count=2)

    return again


def by_key(page: Page, button: Locator) -> Callable[[], None]:
    """Press Enter. While it is held down, the key repeats."""
    button.focus()
    page.keyboard.down("Enter")
    return lambda: page.keyboard.down("Enter")


@pytest.mark.parametrize("press", [by_mouse, by_key])
def test_a_sign_out_begins_no_sign_in(profile: BrowserContext, app: App, provider: Provider, press: Press) -> None:
    """The button to sign in comes where the one to sign out was, and has the focus."""
    provider.reset()
    page = profile.new_page()
    html = f"<!doctype html><script type=module src=/auth/client.js></script>{BODY}"
    page.route("**/own", lambda route: route.fulfill(content_type="text/html", body=html))
    page.goto(f"{app.base}/own")
    enter = page.get_by_role("button", name="Sign in with X", exact=True)
    with page.expect_popup() as popup:
        enter.click()
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    leave = page.get_by_role("button", name="Sign out", exact=True)
    expect(leave).to_be_visible()
    before, after = leave.bounding_box(), None
    again = press(page, leave)
    expect(enter).to_be_focused()
    after = enter.bounding_box()
    assert before is not None and after is not None
    assert before["x"] + before["width"] / 2 < after["x"] + after["width"]  # the pointer is on it
    again()
    assert enter.get_attribute("aria-busy") == "false"
    page.keyboard.up("Enter")
    with page.expect_popup():
        enter.click()
