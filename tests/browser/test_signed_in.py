"""<signed-in> and <signed-out>: what a page shows of who is signed in, with no code of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Route, expect
from support.servers import App, Provider
from support.waiting import wait_for
from support.windows import press_last

from browser.shots import faults_of

SNIPPET = """<signed-out><sign-in-button provider=twitter></sign-in-button></signed-out>
<signed-in></signed-in>"""
ACCOUNT = {
    "id": "1",
    "handle": "ada",
    "name": "Ada Example",
    "picture": None,
    "identities": [{"provider": "twitter", "subject": "1", "handle": "ada", "email": "ada@example.com"}],
}
PICTURE = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>"

Opened = Callable[..., Page]
PATH = "**/auth/session"


@pytest.fixture
def opened(profile: BrowserContext, app: App) -> Iterator[Opened]:
    """A page of the app's own origin with this body. Nothing throws in it."""
    thrown: list[Error] = []

    def go(body: str, **account: Any) -> Page:
        """With an account, that one is signed in."""
        page = profile.new_page()
        page.on("pageerror", lambda error: thrown.append(error))
        html = f"""<!doctype html><html lang=en><meta name=viewport content="width=device-width"><title>own</title>
            <script type=module src=/auth/client.js></script><main><h1>Own</h1>{body}</main>"""
        page.route("**/own*", lambda route: route.fulfill(content_type="text/html", body=html))
        if account:
            answer(page, account)
        page.goto(f"{app.base}/own")
        return page

    yield go
    assert thrown == []


def answer(page: Page, account: dict[str, Any] | None) -> None:
    """Let the backend say who is signed in."""
    found = None if account is None else ACCOUNT | account
    page.unroute(PATH)
    page.route(PATH, lambda route: route.fulfill(content_type="application/json", body=json.dumps({"account": found})))


def approve(page: Page) -> None:
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)


def test_the_snippet(profile: BrowserContext, opened: Opened, provider: Provider) -> None:
    """The button, then who is signed in, then the button. The focus goes with them. One question for the page."""
    asked: list[str] = []
    profile.route("**/pictures/*", lambda route: route.fulfill(content_type="image/svg+xml", body=PICTURE))
    profile.on("request", lambda request: asked.append(f"{request.method} {request.url.rpartition('/')[2]}"))
    page = opened(SNIPPET * 2)
    button = page.get_by_role("button", name="Sign in with X", exact=True).first
    expect(button).to_be_visible()
    assert asked.count("GET session") == 1
    leave = page.get_by_role("button", name="Sign out", exact=True)
    expect(leave).to_have_count(0)
    with page.expect_popup() as popup:
        button.click()
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(page.get_by_text("@ada", exact=True)).to_have_count(2)
    expect(page.get_by_role("button", name="Sign in with X")).to_have_count(0)
    expect(page.get_by_text("@ada", exact=True).first).to_be_focused()
    picture = page.get_by_role("img", name="Ada Example").first
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("referrerPolicy", "no-referrer")
    assert faults_of(page) == []
    leave.first.click()
    expect(button).to_be_focused()
    expect(leave).to_have_count(0)
    page.reload()
    expect(button).to_be_visible()


def test_nothing_wrong_is_shown_before_the_answer(profile: BrowserContext, opened: Opened) -> None:
    """And nothing moves when it comes."""
    held: list[Route] = []
    parts: list[Route] = []
    profile.route(PATH, lambda route: held.append(route))
    profile.route("**/auth/signed-in.js", lambda route: parts.append(route))
    page = opened(
        f"<signed-out><u>Out</u></signed-out><signed-in><u>In</u></signed-in><div>{SNIPPET}</div><p>below</p>"
    )
    below = page.get_by_text("below")
    page.locator("sign-in-button .known").wait_for(state="attached")
    expect(page.get_by_text("Out", exact=True)).to_be_hidden()
    expect(page.get_by_role("button")).to_have_count(0)
    parts.pop().continue_()
    wait_for(lambda: page.wait_for_timeout(10) or held)
    expect(page.get_by_text("Out", exact=True)).to_be_hidden()
    expect(page.get_by_text("In", exact=True)).to_be_hidden()
    expect(page.get_by_role("button")).to_have_count(0)
    before = below.bounding_box()
    held.pop().fulfill(content_type="application/json", body='{"account": null}')
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()
    expect(page.get_by_text("Out", exact=True)).to_be_visible()
    assert below.bounding_box() == before


def test_the_backend_does_not_answer(profile: BrowserContext, opened: Opened) -> None:
    """A button is shown, whose click says what is wrong. The page asks again by itself, and shows who is signed in."""
    held: list[Route] = []
    profile.route(PATH, lambda route: held.append(route))
    page = opened(f"{SNIPPET}<signed-in><u>In</u></signed-in>")
    wait_for(lambda: page.wait_for_timeout(10) or held)
    held.pop().abort()
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()
    expect(page.get_by_text("In", exact=True)).to_be_hidden()
    wait_for(lambda: page.wait_for_timeout(10) or held)
    held.pop().fulfill(content_type="application/json", body=json.dumps({"account": ACCOUNT}))
    expect(page.get_by_text("In", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_hidden()


def test_no_room_is_lost_or_won(opened: Opened) -> None:
    """Where the button was, the name is: as high, so that what is below stays there."""
    page = opened(f"<div>{SNIPPET}</div><p>below</p>")
    page.get_by_role("button", name="Sign in with X", exact=True).wait_for()
    before = page.get_by_text("below").bounding_box()
    approve(page)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert page.get_by_text("below").bounding_box() == before


WHO: dict[str, tuple[dict[str, Any], str]] = {
    "a handle": ({}, "@ada"),
    "a name": ({"handle": None}, "Ada Example"),
    "an address": ({"handle": None, "name": None}, "ada@example.com"),
    "nothing": ({"handle": None, "name": None, "identities": [{"provider": "x", "subject": "1"}]}, "Signed in"),
    "markup": ({"handle": "<img src=x onerror=planted=1>"}, "@<img src=x onerror=planted=1>"),
}


@pytest.mark.parametrize("who", WHO)
def test_who_is_signed_in(opened: Opened, who: str) -> None:
    account, shown = WHO[who]
    page = opened(SNIPPET, **{"id": "1", **account})
    expect(page.locator("signed-in bdi")).to_have_text(shown)
    expect(page.locator("signed-in img")).to_be_hidden()
    assert page.evaluate("globalThis.planted ?? null") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_long_name_on_a_narrow_page(opened: Opened, scheme: Any) -> None:
    """It is cut, and the button stays. What does not load as a picture takes no room."""
    page = opened(SNIPPET, handle="w" * 80, picture="https://pictures.example/none.png")
    page.set_viewport_size({"width": 320, "height": 600})
    page.emulate_media(color_scheme=scheme)
    expect(page.get_by_role("button", name="Sign out")).to_be_in_viewport(ratio=1)
    expect(page.locator("signed-in img")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    box = page.get_by_role("button", name="Sign out").bounding_box()
    assert box is not None and box["height"] >= 44
    assert faults_of(page) == []


OWN = """<signed-in next="/own?gone">
  <p>Hello <b data-account=name></b> (<i data-account=handle></i>, <i data-account=email></i>)</p>
  <img data-account=picture id=picture><s data-account=constructor></s><img data-account=handle id=other>
  <a href="/elsewhere" data-sign-out>Leave</a>
</signed-in>"""


def test_with_content_of_ones_own(opened: Opened) -> None:
    """The elements that ask for it are filled in, those that come later too; with text alone, and a picture only from
    the web. They are emptied when the user signs out."""
    hostile = '<b onclick="planted = 1">&amp;'
    page = opened(OWN, name=hostile, picture="https://pictures.example/ada.png")
    expect(page.get_by_text(f"Hello {hostile} (ada, ada@example.com)", exact=True)).to_be_visible()
    expect(page.locator("#picture")).to_have_attribute("src", "https://pictures.example/ada.png")
    expect(page.locator("#picture")).to_have_attribute("alt", "")
    expect(page.locator("#picture")).to_have_js_property("referrerPolicy", "no-referrer")
    assert page.locator("#other").get_attribute("src") is None
    expect(page.locator("s")).to_have_text("")
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    page.evaluate(
        """() => {
          const more = document.createElement("p");
          more.innerHTML = "<em data-account=name></em>";
          document.querySelector("signed-in").append(more);
        }"""
    )
    expect(page.locator("em")).to_have_text(hostile)
    page.unroute(PATH)
    page.route(PATH, lambda route: route.fulfill(status=503, content_type="application/json", body="{}"))
    page.get_by_role("link", name="Leave").click()
    expect(page.locator("signed-in").get_by_role("status")).not_to_have_text("")
    page.unroute(PATH)
    page.get_by_role("link", name="Leave").click()
    page.wait_for_url("**/own?gone")


def test_they_are_emptied(opened: Opened) -> None:
    page = opened(OWN, picture="https://pictures.example/ada.png")
    expect(page.locator("b")).to_have_text("Ada Example")
    page.unroute(PATH)
    page.evaluate("document.querySelector('signed-in').removeAttribute('next')")
    page.get_by_role("link", name="Leave").click()
    expect(page.locator("b")).to_have_text("")
    assert page.locator("#picture").get_attribute("src") is None


@pytest.mark.parametrize("picture", ["data:image/svg+xml,<svg/>", "javascript:alert(1)", "/auth/session"])
def test_a_picture_that_is_not_on_the_web(opened: Opened, picture: str) -> None:
    page = opened(OWN, picture=picture)
    expect(page.locator("b")).to_have_text("Ada Example")
    assert page.locator("#picture").get_attribute("src") is None


def test_it_leads_to_this_origin_only(opened: Opened) -> None:
    """The last one, of this origin, is the control."""
    page = opened(OWN)
    page.evaluate("window.same = true")
    busy = "document.querySelector('signed-in').shadowRoot.querySelector('button').ariaBusy"
    for address in ("javascript:window.planted=1", "//evil.test/", "/\\evil.test/", "https://[", "/own?gone"):
        page.evaluate("(next) => document.querySelector('signed-in').setAttribute('next', next)", address)
        page.locator("a").dispatch_event("click")
        if address != "/own?gone":
            page.wait_for_function(f"{busy} === 'false'")
            assert page.evaluate("[window.same, window.planted]") == [True, None]
    page.wait_for_url("**/own?gone")


def test_elements_that_come_later(opened: Opened) -> None:
    """They know at once, and cost no request. With content it is the page's own; without, ours."""
    page = opened(SNIPPET, id="1")
    page.get_by_text("@ada", exact=True).wait_for()
    answer(page, None)  # for those that would ask again
    page.evaluate(
        """() => {
          const [later, out] = ["signed-in", "signed-out"].map((tag) => document.createElement(tag));
          later.textContent = "\\n ";
          out.textContent = "Nobody";
          document.querySelector("main").append(later, out);
        }"""
    )
    expect(page.get_by_text("@ada", exact=True)).to_have_count(2)
    expect(page.get_by_text("Nobody", exact=True)).to_be_hidden()
    page.evaluate("document.querySelectorAll('signed-in')[1].append(document.createElement('u'))")
    page.evaluate("document.querySelector('u').textContent = 'Mine'")
    expect(page.get_by_text("Mine", exact=True)).to_be_visible()
    expect(page.locator("signed-in bdi:visible")).to_have_count(1)


def test_a_hidden_button_keeps_what_it_says(profile: BrowserContext, opened: Opened, provider: Provider) -> None:
    """Hidden, because another tab signed in; and there again, because that one signed out."""
    page = opened(SNIPPET)
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    popup.value.get_by_role("button", name="Cancel").click()
    press_last(popup.value, "Return to the app", "link")
    status = page.locator("sign-in-button").get_by_role("status")
    expect(status).to_have_text("Not signed in, as you chose.")
    other = opened(SNIPPET)
    approve(other)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    expect(status).to_be_hidden()
    other.get_by_role("button", name="Sign out").click()
    expect(status).to_have_text("Not signed in, as you chose.")
    expect(status).to_be_visible()
