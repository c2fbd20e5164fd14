"""What the button says and offers while a sign-in runs, and what it looks like."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect
from support.servers import App, Provider

from browser.looks import contrast_of

pytestmark = pytest.mark.usefixtures("provider")  # as it was at its start, whatever a test before has set

OpenPopup = Callable[[], Page]


def button_of(page: Page) -> Locator:
    return page.get_by_role("button", name="Sign in with X", exact=True)


def expect_offers(page: Page, *names: str) -> None:
    expect(page.locator("sign-in-button .line button:visible")).to_have_text([*names], use_inner_text=True)


def animations(button: Locator) -> list[str]:
    return list(button.evaluate("(one) => one.getAnimations({ subtree: true }).map((each) => each.animationName)"))


def test_a_waiting_button_looks_busy_and_not_disabled(page: Page, open_popup: OpenPopup) -> None:
    """A ring turns in place of the icon; nothing moves for those who want no motion. The text is as clear as before."""
    button = button_of(page)
    before = button.bounding_box()
    expect(button.locator("svg")).to_be_visible()
    contrast = contrast_of(button)
    open_popup()
    expect(button).to_have_attribute("aria-busy", "true")
    expect(button.locator("svg")).to_be_hidden()
    expect(button).to_be_enabled()
    after = button.bounding_box()
    assert before is not None and after is not None
    assert (after["x"], after["y"], after["height"]) == (before["x"], before["y"], before["height"])
    assert animations(button) == ["turn"]
    assert contrast_of(button) == contrast > 7
    assert button.evaluate("(one) => getComputedStyle(one).opacity") == "1"
    page.emulate_media(reduced_motion="reduce")
    assert animations(button) == []
    ring = "(one) => [getComputedStyle(one, '::after').content, getComputedStyle(one, '::after').borderTopWidth]"
    assert button.evaluate(ring) == ['""', "2px"]


def test_a_new_window_is_announced(page: Page, open_popup: OpenPopup) -> None:
    """As the description: the name says what the button does. Not where this tab signs in."""
    button = button_of(page)
    expect(button).to_have_accessible_name("Sign in with X")
    expect(button).to_have_accessible_description("Opens a new window.")
    page.evaluate(
        """async () => {
          window.real = matchMedia;
          window.matchMedia = (query) => query.includes("standalone") ? { matches: true } : real(query);
          const { setTexts } = await import("/auth/client.js");
          setTexts({ newWindow: "Öffnet ein neues Fenster." });
        }"""
    )
    expect(button).to_have_accessible_description("")
    page.evaluate("window.matchMedia = window.real; dispatchEvent(new Event('valetkey-texts'))")
    expect(button).to_have_accessible_description("Öffnet ein neues Fenster.")


def test_three_ways_on_from_a_window_that_may_be_gone(page: Page, provider: Provider, open_popup: OpenPopup) -> None:
    """They are offered there only. This tab is the third: it goes to the provider, and comes back signed in."""
    provider.set(coop="same-origin")
    popup = open_popup()
    expect(page.get_by_role("status")).to_have_text("Is the window gone?")
    expect_offers(page, "Open it again", "Continue in this tab", "Cancel")
    with page.expect_popup() as again:
        page.get_by_role("button", name="Open it again").click()
    again.value.get_by_role("button", name="Authorize app").wait_for()
    expect(page.get_by_role("button", name="Continue in this tab")).to_be_visible()
    page.get_by_role("button", name="Continue in this tab").click()
    page.get_by_role("button", name="Authorize app").click()
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert page.url.rstrip("/#") == page.evaluate("location.origin")
    assert len(provider.exchanges) == 1
    popup.close()


def test_a_sign_in_that_is_faster_than_the_first_question(
    profile: BrowserContext, app: App, provider: Provider
) -> None:
    """The page asked who is signed in before the sign-in, and is answered after it: that nobody was is no news."""
    page = profile.new_page()
    held: list[Route] = []

    def answer(route: Route) -> None:
        held.append(route) if route.request.method == "GET" and not held else route.fallback()

    page.route("**/auth/session", answer)
    page.goto(app.base)
    with page.expect_popup() as popup:
        button_of(page).click()
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    with page.expect_event("requestfinished", lambda request: request == held[0].request):
        held[0].fulfill(json={"account": None})
    page.wait_for_timeout(100)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    expect(button_of(page)).to_be_hidden()


def test_a_frame_does_not_offer_its_tab(page: Page, provider: Provider) -> None:
    """A frame never navigates away."""
    provider.set(coop="same-origin")
    page.route("**/framed", lambda route: route.fulfill(content_type="text/html", body=PAGE))
    page.route("**/around", lambda route: route.fulfill(content_type="text/html", body="<iframe src=/framed></iframe>"))
    page.goto(f"{page.url}around")
    frame = page.frame_locator("iframe")
    with page.expect_popup():
        frame.get_by_role("button", name="Sign in with X", exact=True).click()
    expect(frame.get_by_role("button", name="Open it again")).to_be_visible()
    expect(frame.get_by_role("button", name="Cancel")).to_be_visible()
    expect(frame.get_by_role("button", name="Continue in this tab")).to_be_hidden()


PAGE = "<!doctype html><script type=module src=/auth/client.js></script><sign-in-button></sign-in-button>"


def test_a_backend_that_does_not_answer(page: Page, open_popup: OpenPopup) -> None:
    """The button says that it still tries, and can be cancelled. The focus does not get lost with the button."""
    states: list[str] = []
    page.expose_function("heard", lambda state: states.append(state))
    page.evaluate("addEventListener('signinstate', ({ detail }) => heard(detail))")
    unavailable = json.dumps({"error": {"code": "store_unavailable", "message": "The database does not answer."}})

    def fail(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=503, content_type="application/json", body=unavailable)
        else:
            route.fallback()

    page.route("**/auth/session", fail)
    open_popup()
    expect(page.get_by_role("status")).to_have_text("The server does not answer. Still trying…", timeout=12_000)
    expect_offers(page, "Cancel")
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Cancelled. You can try again.")
    expect(button_of(page)).to_be_focused()
    assert (states[0], states[-1]) == ("opened", "retrying")


def fail_login(page: Page, error: dict[str, Any]) -> None:
    """Let the next sign-in fail with this error, as the backend would say it."""
    answer = json.dumps({"account": None, "login": {"state": "failed", "error": error}})

    def handle(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(content_type="application/json", body=answer)
        else:
            route.fallback()

    page.unroute("**/auth/session")
    page.route("**/auth/session", handle)
    with page.expect_popup():
        button_of(page).click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_failed_looks_so_and_what_was_chosen_does_not(page: Page, scheme: Any) -> None:
    """By colour and by an icon. The text has the contrast of AA on a light and on a dark page."""
    page.emulate_media(color_scheme=scheme)
    page.evaluate("document.documentElement.style.colorScheme = 'light dark'")
    status = page.get_by_role("status")
    plain = page.evaluate("getComputedStyle(document.querySelector('main')).color")
    for code, text in {"denied": "Not signed in, as you chose.", "cancelled": "Cancelled. You can try again."}.items():
        fail_login(page, {"code": code, "message": "-", "hint": ""})
        expect(status).to_have_text(text)
        expect(status).to_have_css("color", plain)
        expect(status.locator("svg")).to_be_hidden()
    fail_login(page, {"code": "rate_limited", "message": "Too many <b>sign-ins</b>.", "hint": ""})
    expect(status).to_have_text("Too many <b>sign-ins</b>.")
    assert status.evaluate("(one) => getComputedStyle(one).color") != plain
    expect(status.locator("svg")).to_be_visible()
    assert contrast_of(status) >= 4.5


def test_the_right_address_is_a_link(page: Page) -> None:
    """Where the backend names it. Nothing but an address of the web becomes one."""
    link = page.locator("sign-in-button").get_by_role("link")
    wrong = {"code": "wrong_host", "message": "Please open this page at its own address.", "hint": "-"}
    fail_login(page, {**wrong, "url": "http://127.0.0.1:8000/<b>"})
    expect(link).to_have_text("http://127.0.0.1:8000/<b>")
    expect(link).to_have_attribute("href", "http://127.0.0.1:8000/<b>")
    for url in ("javascript:alert(1)", None):
        fail_login(page, {**wrong, "url": url})
        expect(page.get_by_role("status")).to_have_text("Please open this page at its own address.")
        expect(link).to_have_count(0)


GERMAN = {
    "signIn": "Mit {provider} anmelden",
    "unsure": "Ist das Anmeldefenster geschlossen worden?",
    "reopen": "Anmeldefenster erneut öffnen",
    "here": "In diesem Tab weitermachen",
    "cancel": "Abbrechen",
}


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_long_texts_fit(profile: BrowserContext, app: App, provider: Provider, width: int, direction: str) -> None:
    """A provider with a long title, German words, a narrow page: nothing sticks out, and nothing overlaps."""
    provider.set(coop="same-origin")
    title = "Verwaltungsgemeinschaft Donaudampfschifffahrtsgesellschaft"
    listed = json.dumps({"providers": [{"name": "twitter", "title": title, "icon": "M2 12h20", "colors": None}]})
    page = profile.new_page()
    page.set_viewport_size({"width": width, "height": 760})
    page.route("**/auth/providers", lambda route: route.fulfill(content_type="application/json", body=listed))
    page.goto(app.base)
    page.evaluate(
        """async ([texts, direction]) => {
          document.documentElement.dir = direction;
          (await import("/auth/client.js")).setTexts(texts);
        }""",
        [GERMAN, direction],
    )
    with page.expect_popup():
        page.get_by_role("button", name=f"Mit {title} anmelden", exact=True).click()
    buttons = page.locator("sign-in-button").get_by_role("button")
    expect(buttons).to_have_count(4)
    boxes = [one.bounding_box() for one in buttons.all()]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for box in boxes:
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] >= 44
    tops = [box["y"] for box in boxes if box is not None]
    assert tops == sorted(tops)
