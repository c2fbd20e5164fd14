"""The provider is slow, dead, or asks to be left alone; the store is locked: the page says so and what to do, and that
lands."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from support.servers import App, Process, Provider, app_and_provider
from support.waiting import wait_for
from support.windows import press_last


@pytest.fixture
def world() -> Iterator[tuple[App, Provider]]:
    """Its own: a breaker remembers."""
    with app_and_provider() as pair:
        yield pair


@pytest.fixture
def page(chromium: Browser, world: tuple[App, Provider]) -> Iterator[Page]:
    context = chromium.new_context()
    context.set_default_timeout(8_000)
    opened = context.new_page()
    opened.goto(world[0].base)
    yield opened
    context.close()


def click(page: Page) -> Page:
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    return popup.value


def lands(page: Page) -> None:
    click(page).get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()


def test_slow_is_no_failure(page: Page, world: tuple[App, Provider]) -> None:
    """Two seconds for a request token and three for an exchange: it lands, and says that it is finishing."""
    world[1].fault("request_token", "delay", seconds=2)
    world[1].fault("access_token", "delay", seconds=3)
    popup = click(page)
    popup.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    wait_for(lambda: len(world[1].exchanges) == 1)
    page.evaluate("dispatchEvent(new Event('focus'))")  # it asks now, and not only just before the exchange is over
    expect(page.get_by_role("status")).to_have_text("Finishing…")
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert len(world[1].exchanges) == 1


def test_dead_and_back_again(page: Page, world: tuple[App, Provider]) -> None:
    """Nobody listens where the provider was: said within five seconds; and it is there again."""
    app, provider = world
    port = provider.origin.rpartition(":")[2]
    provider.stop()
    begun_at = time.monotonic()
    click(page)
    expect(page.get_by_role("status")).to_have_text(
        "The sign-in service does not answer right now. Please try again in a moment."
    )
    assert time.monotonic() - begun_at < 6
    provider.server = Process("sandbox", "--port", port, "--callback", f"{app.base}/auth/twitter")
    lands(page)


def test_asked_to_wait(page: Page, world: tuple[App, Provider]) -> None:
    """A 429 with its reset: said, not asked again before it; afterwards it lands."""
    _, provider = world
    reset = int(time.time()) + 8  # later than the second click
    provider.fault("request_token", "status", status=429, headers={"x-rate-limit-reset": str(reset)})
    click(page)
    expect(page.get_by_role("status")).to_have_text("Too many sign-ins at the moment. Please try again shortly.")
    click(page)
    expect(page.get_by_role("status")).to_have_text("Too many sign-ins at the moment. Please try again shortly.")
    assert len(provider.calls("request_token")) == 1
    page.wait_for_timeout(max(reset + 1.5 - time.time(), 0) * 1000)  # whole seconds, rounded up on both sides
    lands(page)


def test_the_store_is_locked_while_the_callback_comes(page: Page, world: tuple[App, Provider]) -> None:
    """The popup says what happened and what to do; nobody is signed in by half; the next click lands."""
    app, provider = world
    popup = click(page)
    popup.get_by_role("button", name="Authorize app").wait_for()
    before = app.all_rows()
    other = sqlite3.connect(app.database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    popup.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(popup.get_by_role("heading")).to_have_text(
        "Signing in is not possible right now. Please try again in a moment.", timeout=10_000
    )
    assert "oauth_verifier" not in popup.url
    other.execute("ROLLBACK")
    other.close()
    assert {**app.all_rows(), "login_claims": 0} == {**before, "login_claims": 0}
    assert provider.exchanges == []
    press_last(popup, "Close")
    page.get_by_role("button", name="Open it again").click()
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()  # the provider remembers the approval
    assert len(provider.exchanges) == 1
