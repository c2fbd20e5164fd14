"""What the button shows of a provider comes from the backend's list: title, icon and colours. A click does not wait."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from support.servers import App
from support.waiting import wait_for

pytestmark = pytest.mark.usefixtures("provider")  # as it was at its start, whatever a test before has set

ICON = "M2 12h20M12 2v20"
COLOURS = {"light": ["#123456", "#fedcba"], "dark": ["#abcdef", "#012345"]}
LISTED = {"name": "twitter", "title": "Flickr", "icon": ICON, "colors": COLOURS}
PATH = "**/auth/providers"

Opened = Callable[..., Page]


def answer(**changed: Any) -> str:
    return json.dumps({"providers": [{"name": "other", "title": "Other"}, {**LISTED, **changed}]})


@pytest.fixture
def opened(profile: BrowserContext, app: App) -> Opened:
    """The page, with the list as the test wants it: a body, or a handler of Playwright's."""

    def go(listed: str | Callable[[Route], object], *, path: str = "/") -> Page:
        page = profile.new_page()
        handler = (
            listed if callable(listed) else lambda route: route.fulfill(content_type="application/json", body=listed)
        )
        page.route(PATH, handler)
        page.goto(app.base + path)
        return page

    return go


def button_of(page: Page) -> Any:
    return page.locator("sign-in-button").get_by_role("button").first


def style_of(page: Page, name: str) -> str:
    return str(button_of(page).evaluate("(one, name) => getComputedStyle(one)[name]", name))


@pytest.mark.parametrize(
    ("scheme", "background", "text"),
    [("light", "rgb(18, 52, 86)", "rgb(254, 220, 186)"), ("dark", "rgb(171, 205, 239)", "rgb(1, 35, 69)")],
)
def test_title_icon_and_colours_are_the_backends(opened: Opened, scheme: Any, background: str, text: str) -> None:
    page = opened(answer())
    expect(page.get_by_role("button", name="Sign in with Flickr", exact=True)).to_be_visible()
    assert button_of(page).locator("path").get_attribute("d") == ICON
    page.emulate_media(color_scheme=scheme)
    page.evaluate("document.documentElement.style.colorScheme = 'light dark'")
    assert (style_of(page, "backgroundColor"), style_of(page, "color")) == (background, text)
    assert button_of(page).evaluate("(one) => getComputedStyle(one.querySelector('svg')).fill") == text


def test_a_provider_without_icon_and_colours(opened: Opened) -> None:
    """Black on light, white on dark, and no room where an icon would be."""
    page = opened(answer(icon=None, colors=None))
    expect(page.get_by_role("button", name="Sign in with Flickr", exact=True)).to_be_visible()
    expect(button_of(page).locator("svg")).to_be_hidden()
    page.evaluate("document.documentElement.style.colorScheme = 'light'")
    assert style_of(page, "backgroundColor") == "rgb(15, 20, 25)"
    page.evaluate("document.documentElement.style.colorScheme = 'dark'")
    assert style_of(page, "backgroundColor") == "rgb(255, 255, 255)"


def test_the_pages_own_style_wins(opened: Opened) -> None:
    page = opened(answer())
    page.get_by_role("button", name="Sign in with Flickr", exact=True).wait_for()
    page.evaluate(
        """() => { const sheet = new CSSStyleSheet();
        sheet.replaceSync('sign-in-button::part(button) { background-color: rgb(1, 2, 3) }');
        document.adoptedStyleSheets = [sheet] }"""
    )
    assert style_of(page, "backgroundColor") == "rgb(1, 2, 3)"


def test_one_request_for_the_page(opened: Opened) -> None:
    """For the buttons that are there and those that come."""
    asked: list[Route] = []
    page = opened(lambda route: (asked.append(route), route.fulfill(content_type="application/json", body=answer())))
    buttons = page.get_by_role("button", name="Sign in with Flickr", exact=True)
    for count in (1, 2, 3):
        expect(buttons).to_have_count(count)
        page.evaluate("document.body.append(document.createElement('sign-in-button'))")
    expect(buttons).to_have_count(4)
    assert len(asked) == 1


def test_while_the_list_is_loading(opened: Opened) -> None:
    """The button is neutral and signs in all the same. The answer does not move what is below it."""
    held: list[Route] = []
    page = opened(lambda route: held.append(route))
    expect(page.get_by_role("button", name="Sign in with …", exact=True)).to_be_visible()
    assert style_of(page, "backgroundColor") == "rgba(0, 0, 0, 0)"
    before = button_of(page).bounding_box()
    with page.expect_popup() as popup:
        button_of(page).click()
    popup.value.get_by_role("button", name="Authorize app").wait_for()
    wait_for(lambda: page.wait_for_timeout(10) or held)
    held[0].fulfill(content_type="application/json", body=answer())
    expect(page.get_by_role("button", name="Sign in with Flickr", exact=True)).to_have_attribute("aria-busy", "true")
    after = button_of(page).bounding_box()
    assert before is not None
    assert after is not None
    assert (before["x"], before["y"], before["height"]) == (after["x"], after["y"], after["height"])
    assert len(held) == 1
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    "failing",
    [
        lambda route: route.abort(),
        lambda route: route.fulfill(status=503, content_type="application/json", body='{"error": {"code": "other"}}'),
        lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"),
    ],
    ids=["out of reach", "an error", "a page"],
)
def test_a_list_that_does_not_come(opened: Opened, failing: Callable[[Route], object]) -> None:
    """The button shows the provider's name and works. A click asks again."""
    page = opened(failing)
    expect(page.get_by_role("button", name="Sign in with twitter", exact=True)).to_be_visible()
    expect(button_of(page).locator("svg")).to_be_hidden()
    page.unroute(PATH)
    page.route(PATH, lambda route: route.fulfill(content_type="application/json", body=answer()))
    with page.expect_popup() as popup:
        button_of(page).click()
    popup.value.get_by_role("button", name="Authorize app").wait_for()
    expect(page.get_by_role("button", name="Sign in with Flickr", exact=True)).to_be_visible()


def test_a_provider_that_is_not_listed(opened: Opened) -> None:
    page = opened('{"providers": [{"name": "other", "title": "Other", "icon": null, "colors": null}]}')
    expect(page.get_by_role("button", name="Sign in with twitter", exact=True)).to_be_visible()
    expect(button_of(page).locator("svg")).to_be_hidden()


def test_nothing_of_the_list_is_markup(opened: Opened, profile: BrowserContext) -> None:
    """Nor an address that a style loads."""
    requests: list[str] = []
    markup = '"><img src=/planted onerror="planted = 1"><path d="'
    colours = ["url(/planted)", "red; background: url(/planted)"]
    profile.on("request", lambda request: requests.append(request.url))
    page = opened(answer(title=f"<b>$&{markup}", icon=markup, colors={"light": colours, "dark": colours}))
    expect(page.get_by_role("button", name=f"Sign in with <b>$&{markup}", exact=True)).to_be_visible()
    assert button_of(page).locator("path").get_attribute("d") == markup
    assert button_of(page).evaluate("(one) => [...one.querySelectorAll('*')].map(({ localName }) => localName)") == [
        "svg", "path", "span",
    ]  # fmt: skip
    page.evaluate("document.documentElement.style.colorScheme = 'light'")
    assert style_of(page, "backgroundColor") == "rgb(15, 20, 25)"
    assert style_of(page, "color") == "rgb(255, 255, 255)"
    assert style_of(page, "backgroundImage") == "none"
    assert page.evaluate("globalThis.planted ?? null") is None
    assert not [url for url in requests if "planted" in url]


def test_a_classic_page_began_nothing_by_it(profile: BrowserContext, app: App) -> None:
    """The request for the list, or for the devices, is not taken for the page's own request to begin."""
    page = profile.new_page()
    page.add_init_script("globalThis.setToken = () => {}")
    page.route(PATH, lambda route: route.fulfill(content_type="application/json", body=answer()))
    page.goto(app.base)
    page.get_by_role("button", name="Sign in with Flickr", exact=True).wait_for()
    page.wait_for_function("performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/classic.js'))")
    page.evaluate("import('/auth/classic.js').then(() => {})")  # it listens then, and hears before what follows does
    page.evaluate(
        """() => new Promise((done) => {
          new PerformanceObserver((list) => list.getEntries().some(({ name }) => name.endsWith("/sessions")) && done())
            .observe({ type: "resource" });
          fetch("/auth/sessions").then((answer) => answer.text());
        })"""
    )
    assert page.evaluate("sessionStorage['valetkey-begun'] ?? null") is None
    page.evaluate("fetch('/auth/twitter', { method: 'POST' }).then((answer) => answer.text())")
    page.wait_for_function("sessionStorage['valetkey-begun']")
