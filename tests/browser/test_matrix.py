"""Every pairing of headers on the page and on the provider: the login lands, and nobody is told otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support.servers import App, Provider, app_and_provider

from browser.test_sign_in import wait_until

PAGE = {
    "nothing": {},
    "allow-popups": {"Cross-Origin-Opener-Policy": "same-origin-allow-popups"},
    "same-origin": {"Cross-Origin-Opener-Policy": "same-origin"},
    "no-referrer": {"Referrer-Policy": "no-referrer"},
    "strict": {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "form-action 'self'; img-src 'self' data: http:; require-trusted-types-for 'script'; trusted-types 'none'",
    },
}


@pytest.fixture(scope="module", params=PAGE, ids=list(PAGE))
def world(request: pytest.FixtureRequest) -> Iterator[tuple[App, Provider]]:
    with app_and_provider(PAGE_HEADERS=json.dumps(PAGE[request.param])) as pair:
        yield pair


@pytest.fixture(params=[None, "same-origin"], ids=["provider open", "provider severs"])
def provider(request: pytest.FixtureRequest, world: tuple[App, Provider]) -> Provider:
    world[1].reset()
    world[1].set(coop=request.param)
    return world[1]


@pytest.fixture
def app(world: tuple[App, Provider]) -> App:
    return world[0]


@pytest.fixture
def page(chromium: Browser, app: App) -> Iterator[Page]:
    context: BrowserContext = chromium.new_context()
    context.set_default_timeout(8_000)
    opened = context.new_page()
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    problems: list[str] = []
    opened.goto(app.base)
    opened.evaluate("addEventListener('signinerror', ({detail}) => { window.told = detail.code })")
    yield opened
    # 401 of nobody is no problem; a policy that blocks something is.
    assert [text for text in problems if "Content Security Policy" in text or "Trusted" in text] == []
    context.close()


def popup_of(page: Page) -> Page:
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    popup.value.get_by_role("button", name="Authorize app").wait_for()
    return popup.value


def landed(page: Page, provider: Provider) -> None:
    expect(page.get_by_text("@ada", exact=True)).to_be_visible(timeout=8_000)
    assert page.evaluate("window.told") is None
    assert len(provider.exchanges) == 1


def test_plain(page: Page, provider: Provider) -> None:
    """The page knows within two seconds of the approval."""
    popup = popup_of(page)
    page.wait_for_timeout(1200)  # long enough for a page that trusts `closed` to be wrong
    popup.get_by_role("button", name="Authorize app").click()
    expect(page.get_by_text("@ada", exact=True)).to_be_visible(timeout=2_000)
    landed(page, provider)


def test_closed_while_the_callback_is_answered(page: Page, provider: Provider) -> None:
    provider.fault("access_token", "delay", seconds=1)
    popup = popup_of(page)
    popup.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    wait_until(lambda: len(provider.exchanges) == 1)
    popup.close()
    landed(page, provider)


def test_reloaded(page: Page, provider: Provider) -> None:
    popup = popup_of(page)
    page.reload()
    popup.get_by_role("button", name="Authorize app").click()
    landed(page, provider)


def test_double_click(page: Page, provider: Provider) -> None:
    """One sign-in: a second click shows the window again; a new one where the first is cut off, and either lands."""
    first = popup_of(page)
    before = len(page.context.pages)
    severed = first.evaluate("opener === null")
    page.wait_for_timeout(300)
    page.get_by_role("button", name="Sign in with X", exact=True).click()
    if not severed:
        page.wait_for_timeout(500)
        assert len(page.context.pages) == before
        first.get_by_role("button", name="Authorize app").click()
    else:
        page.wait_for_timeout(500)
        (second,) = page.context.pages[before:]
        second.get_by_role("button", name="Authorize app").click()
    landed(page, provider)
