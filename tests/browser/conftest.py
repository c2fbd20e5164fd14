"""A real Chromium against the real demo: Debian's browser, driven by Playwright."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from support.engines import headless_chromium, screen
from support.fixtures import app, provider, world  # noqa: F401  # fixtures
from support.lender import Lender
from support.servers import App


@pytest.fixture(scope="module")  # not longer: while Playwright runs, its thread has a loop, and no other can run there
def chromium() -> Iterator[Browser]:
    if not os.environ.get("CHROMIUM"):
        pytest.fail("CHROMIUM names no browser; ./run test finds or installs one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=headless_chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lender() -> Iterator[Lender]:
    """Of the three engines, for tests that play in each."""
    one = Lender()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """For what headless browsers have not: a focus that moves from window to window."""
    with screen() as name:
        yield name


@pytest.fixture
def profile(chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh profile; its console errors fail the test."""
    context = chromium.new_context()
    context.set_default_timeout(8_000)
    yield context
    context.close()


@pytest.fixture
def page(profile: BrowserContext, app: App) -> Page:
    opened = profile.new_page()
    opened.goto(app.base)
    return opened


@pytest.fixture
def open_popup(page: Page) -> Callable[[], Page]:
    """Click, and wait for the consent page."""

    def click() -> Page:
        with page.expect_popup() as popup:
            page.get_by_role("button", name="Sign in with X", exact=True).click()
        popup.value.get_by_role("button", name="Authorize app").wait_for()
        return popup.value

    return click
