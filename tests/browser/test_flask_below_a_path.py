"""An app below a path, from click to page: Flask in DispatcherMiddleware."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect
from support.mounts_wsgi import FLASK, running
from support.windows import wait_until_closed


def test_from_click_to_page(chromium: Browser, tmp_path: Path) -> None:
    """The account panel is at work, too, and no address leads out of the path."""
    with running(FLASK[0], tmp_path) as (browser, _, _), chromium.new_context() as context:
        page = context.new_page()
        outside: list[str] = []
        page.on("request", lambda sent: outside.append(sent.url) if not sent.url.startswith(inside) else None)
        inside = f"{browser.base}/app/"
        page.goto(inside)
        with page.expect_popup() as popup:
            page.get_by_role("button", name="Sign in with X").click()
        popup.value.get_by_role("button", name="Authorize app").click()
        wait_until_closed(popup.value)
        expect(page.get_by_role("listitem").filter(has_text="@ada").first).to_be_visible()
        page.get_by_role("button", name="Sign out", exact=True).first.click()
        expect(page.get_by_role("button", name="Sign in with X")).to_be_visible()
        assert [one for one in outside if not one.endswith("/favicon.ico")] == []
