"""The first minute, by eye: the page of docs/day-one.md in the sandbox mode."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import BrowserContext, expect
from support.servers import free_port
from support.without_keys import environment, pasted, running


def test_the_first_minute(profile: BrowserContext, tmp_path: Path) -> None:
    """It says that it is a sandbox: on the app's page, on the page of a failure, and at the stand-in itself."""
    pasted("fastapi", tmp_path)
    port = free_port()
    env = environment(tmp_path, VALETKEY_SANDBOX=f"http://localhost:{free_port()}")
    with running(f"uvicorn app:app --port {port}", tmp_path, env, port) as app:
        page = profile.new_page()
        page.goto(app.base)
        expect(page.get_by_text("Sandbox", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Sign in with Discord", exact=True)).to_be_visible()
        with page.expect_popup() as popup:
            page.get_by_role("button", name="Sign in with Google", exact=True).click()
        expect(popup.value.get_by_text("An offline stand-in for Google.")).to_be_visible()
        popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
        expect(page.get_by_text("Ada Example", exact=True)).to_be_visible()
        expect(page.get_by_text("Sandbox", exact=True)).to_be_hidden()  # with the buttons
        failed = profile.new_page()
        failed.goto(f"{app.base}/auth/google/failed?code=expired")
        ribbon = failed.get_by_role("complementary", name="Sandbox")
        expect(ribbon).to_have_text("Sandbox: no real sign-in")
        box = ribbon.bounding_box()
        assert box is not None
        assert (box["x"], box["y"], box["width"]) == (0, 0, failed.viewport_size["width"])  # type: ignore[index]
