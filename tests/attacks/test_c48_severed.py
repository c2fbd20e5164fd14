"""C48: the opener is severed and `closed` lies, by the provider or by the page itself: the page knows within two
seconds of the approval, and never hears that it was cancelled. The matrix plays the rest of it in three engines."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from browser.conftest import chromium  # noqa: F401  # fixtures
from playwright.sync_api import Browser, expect
from support.servers import App, Provider, app_and_provider

COOP = "Cross-Origin-Opener-Policy"
PAGES = {"none": {}, "severs": {COOP: "same-origin"}}


@pytest.fixture(scope="module")
def severing() -> Iterator[tuple[App, Provider]]:
    with app_and_provider(PROGRAM="serve --no-profile", PAGE_HEADERS=json.dumps(PAGES)) as pair:
        yield pair


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("none", None), ("none", "same-origin"), ("severs", None)],
    ids=["neither: the control", "provider", "page"],
)
def test_it_lands_and_is_known(
    chromium: Browser, severing: tuple[App, Provider], ours: str, theirs: str | None
) -> None:
    app, provider = severing
    provider.reset()
    provider.set(coop=theirs)
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{app.base}/?page={ours}")
    page.evaluate(
        """() => { const real = window.open; window.open = (...how) => (window.handle = real(...how));
        addEventListener('signinerror', ({ detail }) => { window.told = detail.code }) }"""
    )
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    popup = opened.value
    popup.get_by_role("button", name="Authorize app").wait_for()
    page.wait_for_timeout(2500)
    severed = ours == "severs" or theirs is not None
    assert page.evaluate("handle.closed") == severed  # the browser's lie
    assert not popup.is_closed()
    assert page.evaluate("window.told") is None
    expect(page.get_by_role("button", name="Cancel")).to_be_visible(visible=severed)  # both ways out are offered
    approved_at = time.monotonic()
    popup.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible(timeout=2_000)
    assert time.monotonic() - approved_at < 2
    assert page.evaluate("window.told") is None
    assert len(provider.exchanges) == 1
    context.close()
