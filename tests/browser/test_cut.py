"""The network goes between any two steps: the login lands, or the page says what to do and the next click lands.

A proxy of our own stands before the app and before the provider, and cuts once: before a request arrives, or before
its answer does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, Route, expect
from support.cutting import Cutter
from support.servers import App, Provider, free_port
from support.waiting import wait_for
from support.windows import wait_until_closed


@dataclass
class Wires:
    app: App
    provider: Provider
    to_app: Cutter
    to_provider: Cutter
    base: str


@pytest.fixture(scope="module")
def laid() -> Iterator[Wires]:
    """The browser knows the app by the proxy's port, and the app the provider's API likewise."""
    app_port, public, api = free_port(), free_port(), free_port()
    base = f"http://127.0.0.1:{public}"
    with tempfile.TemporaryDirectory() as directory:
        provider = Provider(f"{base}/auth/twitter")
        to_provider = Cutter(api, int(provider.origin.rpartition(":")[2]))
        app = App(
            provider,
            app_port,
            Path(directory),
            TWITTER_CALLBACK_URL=f"{base}/auth/twitter",
            VALETKEY_TWITTER_API=f"http://127.0.0.1:{api}",
        )
        to_app = Cutter(public, app_port)
        yield Wires(app, provider, to_app, to_provider, base)
        to_app.stop()
        app.stop()
        to_provider.stop()
        provider.stop()


@pytest.fixture
def wires(laid: Wires) -> Iterator[Wires]:
    laid.provider.reset()
    laid.provider.set(origin=f"http://127.0.0.1:{laid.to_provider.port}")  # as which it is called, and signed for
    laid.to_app.done.clear()
    laid.to_provider.done.clear()
    yield laid
    laid.to_app.cuts.clear()
    laid.to_provider.cuts.clear()


@pytest.fixture
def page(chromium: Browser, wires: Wires) -> Iterator[Page]:
    context = chromium.new_context()
    context.set_default_timeout(8_000)
    opened = context.new_page()
    opened.goto(wires.base)
    opened.evaluate("addEventListener('signinerror', ({ detail }) => { window.told = detail.code })")
    yield opened
    context.close()


def click(page: Page) -> Page:
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    return popup.value


def approve(popup: Page) -> None:
    try:
        popup.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    except Error:
        wait_until_closed(popup)


def landed_once(page: Page, wires: Wires, before: dict[str, int]) -> None:
    expect(page.get_by_text("@ada", exact=True)).to_be_visible(timeout=10_000)
    assert page.evaluate("window.told") is None
    assert wires.app.rows("sessions") == before["sessions"] + 1


Lay = Callable[[Wires], Cutter]
TO_APP: Lay = lambda wires: wires.to_app  # noqa: E731
TO_PROVIDER: Lay = lambda wires: wires.to_provider  # noqa: E731


@pytest.mark.parametrize("way", ["there", "back"])
@pytest.mark.parametrize(
    ("wire", "line"),
    [
        (TO_PROVIDER, "/oauth/request_token"),
        (TO_PROVIDER, "/oauth/access_token"),
        (TO_PROVIDER, "/1.1/account/verify_credentials"),
        (TO_APP, "POST /auth/session"),
        (TO_APP, "GET /auth/twitter/done"),
        (TO_APP, "GET /api/me"),
    ],
    ids=["request token", "exchange", "profile", "collect", "last page", "own route"],
)
def test_it_lands_without_a_second_click(page: Page, wires: Wires, wire: Lay, line: str, way: str) -> None:
    before = wires.app.all_rows()
    wire(wires).cut(line, way)
    popup = click(page)
    if "done" in line:
        approve_and_reach(line, page, popup, wires)
    else:
        approve(popup)
    landed_once(page, wires, before)
    if "me" not in line:  # which nobody asks for until somebody is signed in
        assert wire(wires).done


def approve_and_reach(line: str, page: Page, popup: Page, wires: Wires) -> None:
    """The page hears of nothing before the popup has asked for this: it would close the popup."""
    popup.get_by_role("button", name="Authorize app").wait_for()
    held: list[Route] = []
    asked = wires.to_app.done
    page.route("**/auth/session", lambda route: route.continue_() if asked else held.append(route))
    approve(popup)
    wait_for(lambda: page.wait_for_timeout(10) or asked, what=line)
    for route in held:
        route.continue_()


def test_the_callbacks_answer_is_lost(page: Page, wires: Wires) -> None:
    """The work is done, its answer reaches nobody: the page collects it. (The browser may ask again by itself.)"""
    before = wires.app.all_rows()
    wires.to_app.cut("GET /auth/twitter?", "back", 3)
    approve(click(page))
    landed_once(page, wires, before)
    assert wires.to_app.done
    assert len(wires.provider.exchanges) == 1


def test_the_callback_does_not_arrive(page: Page, wires: Wires) -> None:
    """The popup shows the browser's own page; reloading it is all it takes."""
    before = wires.app.all_rows()
    wires.to_app.cut("GET /auth/twitter?", "there", 10)
    popup = click(page)
    approve(popup)
    wait_for(lambda: bool(wires.to_app.done))
    page.wait_for_timeout(2500)
    assert page.evaluate("window.told") is None
    wires.to_app.cuts.clear()
    try:
        popup.reload(wait_until="commit")
    except Error:  # the page has heard of the login first, and closes its window
        wait_until_closed(popup)
    landed_once(page, wires, before)


def test_the_start_is_lost(page: Page, wires: Wires) -> None:
    """The page notices that nothing began, and offers to open the window again; that lands."""
    before = wires.app.all_rows()
    wires.to_app.cut("POST /auth/twitter", "back", 3)
    click(page)
    expect(page.get_by_role("button", name="Open it again")).to_be_visible(timeout=9_000)
    assert wires.to_app.done
    wires.to_app.cuts.clear()
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Open it again").click()
    approve(popup.value)
    landed_once(page, wires, before)


def test_no_network_for_a_while(page: Page, wires: Wires) -> None:
    """Every request of the page is cut for four seconds, while its person approves: it lands as soon as it can."""
    before = wires.app.all_rows()
    popup = click(page)
    popup.get_by_role("button", name="Authorize app").wait_for()
    wires.to_app.cut("/auth/session", "there", 1000)
    approve(popup)
    page.wait_for_timeout(4_000)
    assert page.evaluate("window.told") is None
    wires.to_app.cuts.clear()
    landed_once(page, wires, before)


def test_signing_out_is_cut(page: Page, wires: Wires) -> None:
    """Said, and nobody is signed out by half: the next click does it."""
    approve(click(page))
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    wires.to_app.cut("DELETE /auth/session", "there", 5)
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The server could not be reached.")
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    wires.to_app.cuts.clear()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()
