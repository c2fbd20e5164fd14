"""`closed` is advice: where the focus is real, a window that the user closed differs from one that was cut off."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from support.servers import App, Provider
from support.waiting import wait_for

from browser.test_module import SignsIn


@pytest.fixture(scope="module")
def headed(display: str) -> Iterator[Browser]:
    """On a screen: a headless browser says that every window has the focus."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"],
            headless=False,
            args=["--no-sandbox", "--disable-gpu"],
            env={**os.environ, "DISPLAY": display},
        )
        yield browser
        browser.close()


@pytest.fixture
def signs_in(headed: Browser, app: App) -> Iterator[SignsIn]:
    """Without the driver's own pretence that every page has the focus."""
    context: BrowserContext = headed.new_context()
    context.set_default_timeout(8_000)
    page = context.new_page()
    page.goto(app.base)
    context.new_cdp_session(page).send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    yield SignsIn(page)
    context.close()


def away(signs_in: SignsIn) -> None:
    """The control: the focus is in the popup."""
    wait_for(lambda: not signs_in.page.evaluate("document.hasFocus()"))


def land(signs_in: SignsIn, popup: Page, provider: Provider) -> None:
    popup.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    wait_for(lambda: signs_in.settled() == "ada")
    assert len(provider.exchanges) == 1


def test_closed_by_hand(signs_in: SignsIn, app: App, provider: Provider) -> None:
    """Known within two seconds, and the next click works."""
    popup = signs_in.consent()
    away(signs_in)
    before = app.all_rows()
    signs_in.page.wait_for_timeout(1500)
    popup.close()
    closed_at = time.monotonic()
    assert signs_in.code(2.0) == "cancelled"
    assert time.monotonic() - closed_at < 2
    assert signs_in.states == ["opened"]
    assert provider.exchanges == []
    assert app.all_rows() == before
    land(signs_in, signs_in.consent(), provider)


def test_closed_before_the_provider_was_reached(signs_in: SignsIn, provider: Provider) -> None:
    provider.fault("request_token", "delay", seconds=2)
    popup = signs_in.popup()
    away(signs_in)
    signs_in.page.wait_for_timeout(400)
    popup.close()
    assert signs_in.code(2.0) == "cancelled"


def test_closed_while_the_callback_is_answered(signs_in: SignsIn, provider: Provider) -> None:
    """Closed by hand, and not cancelled: the backend knows of the callback."""
    provider.fault("access_token", "delay", seconds=1.5)
    popup = signs_in.consent()
    away(signs_in)
    popup.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    wait_for(lambda: len(provider.exchanges) == 1)
    popup.close()
    wait_for(lambda: signs_in.settled() == "ada")


def test_cut_off_while_somebody_types(signs_in: SignsIn, provider: Provider) -> None:
    """It reads as closed, and is not: never cancelled, also when its person looks at the page in between."""
    provider.set(coop="same-origin")
    popup = signs_in.consent()
    away(signs_in)
    wait_for(lambda: signs_in.states == ["opened", "unsure"])
    signs_in.page.wait_for_timeout(700)
    signs_in.page.bring_to_front()
    wait_for(lambda: signs_in.page.evaluate("document.hasFocus()"))
    signs_in.page.wait_for_timeout(1500)
    assert signs_in.settled() == "pending"
    popup.bring_to_front()
    land(signs_in, popup, provider)


def test_cut_off_and_then_closed(signs_in: SignsIn, provider: Provider) -> None:
    """Nobody can know: the page offers both, and infers nothing."""
    provider.set(coop="same-origin")
    popup = signs_in.consent()
    away(signs_in)
    wait_for(lambda: "unsure" in signs_in.states)
    popup.close()
    signs_in.page.wait_for_timeout(2500)
    assert signs_in.settled() == "pending"
    with signs_in.page.expect_popup() as opened:
        signs_in.page.evaluate("controls.reopen()")
    land(signs_in, opened.value, provider)
