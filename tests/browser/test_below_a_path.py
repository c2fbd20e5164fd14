"""An app below a path that a proxy takes away, in a browser: from the click to the page, at the public addresses."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect
from support.mounts_asgi import BY_THE_APP, BY_THE_SERVER
from support.mounts_wsgi import Mounted, running

WAYS = [next(one for one in ways if one.framework == "fastapi") for ways in (BY_THE_SERVER, BY_THE_APP[1:])]


@pytest.mark.parametrize("mounted", WAYS, ids=lambda one: one.name)
def test_from_click_to_page(chromium: Browser, mounted: Mounted, tmp_path: Path) -> None:
    with running(mounted, tmp_path) as (client, _, app):
        context = chromium.new_context()
        context.set_default_timeout(8_000)
        requests: list[str] = []
        context.on("request", lambda request: requests.append(request.url))
        page = context.new_page()
        page.goto(f"{client.base}/app/page")
        expect(page.locator("#who")).to_have_text("nobody")
        with page.expect_popup() as popup:
            page.get_by_role("button", name="Sign in with X", exact=True).click()
        popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
        expect(page.locator("#who")).to_have_text("ada")
        page.reload()
        expect(page.locator("#who")).to_have_text("ada")
        # The page of an error, its style and its links, too.
        page.goto(f"{client.base}/app/auth/twitter/failed?code=callback_not_approved")
        page.locator("a[href='/app/auth/errors#callback_not_approved']").click()
        expect(page.locator("#callback_not_approved")).to_be_visible()
        asked = {urlsplit(one).path for one in requests if one.startswith(f"{client.base}/")}
        assert [one for one in asked if not one.startswith("/app/")] == ["/favicon.ico"] * ("/favicon.ico" in asked)
        context.close()
        assert "Traceback" not in app.server.log
