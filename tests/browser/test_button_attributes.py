"""The attributes of <sign-in-button>, which may change at any time, and <sign-in-buttons>."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from support.servers import App, Provider
from support.waiting import wait_for

pytestmark = pytest.mark.usefixtures("provider")  # as it was at its start, whatever a test before has set

X = {"name": "twitter", "title": "X", "icon": "M2 12h20", "colors": None}
COLOURS = {"light": ["#123456", "#fff"], "dark": ["#abc", "#000"]}
ACME = {"name": "acme", "title": "Acme", "icon": None, "colors": COLOURS}
OTHER = {**ACME, "name": "other", "title": "Other"}
EVENTS = """<script>
  window.heard = [];
  for (const name of ["signin", "signinerror", "signinstate"])
    addEventListener(name, ({ detail }) => heard.push([name, detail.code ?? detail.account?.handle ?? detail]));
</script>"""

Opened = Callable[..., Page]


@pytest.fixture
def opened(profile: BrowserContext, app: App) -> Opened:
    """A page of the app's own origin with this body, and a list of providers."""

    def go(body: str, listed: Sequence[Any] = (X, ACME)) -> Page:
        page = profile.new_page()
        html = f"<!doctype html>{EVENTS}<script type=module src=/auth/client.js></script>{body}"
        answer = json.dumps({"providers": listed})
        page.route("**/own*", lambda route: route.fulfill(content_type="text/html", body=html))
        page.route("**/auth/providers", lambda route: route.fulfill(content_type="application/json", body=answer))
        page.goto(f"{app.base}/own")
        return page

    return go


def approve(page: Page) -> None:
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)


def heard(page: Page) -> list[Any]:
    return list(page.evaluate("heard"))


@pytest.mark.parametrize(
    ("listed", "title"),
    [
        ([ACME], "Acme"),
        ([ACME, X], "X"),
        ([ACME, OTHER], "Acme"),
        ([], "twitter"),
    ],
    ids=["the only one", "X among others", "the first", "none"],
)
def test_a_button_that_names_no_provider(opened: Opened, listed: list[Any], title: str) -> None:
    page = opened("<sign-in-button></sign-in-button>", listed)
    expect(page.get_by_role("button", name=f"Sign in with {title}", exact=True)).to_be_visible()


def test_a_click_before_the_list_is_there(opened: Opened, app: App) -> None:
    """It waits for the list, which says what the only provider is, and opens the window then."""
    page = opened("")
    held: list[Route] = []
    page.unroute("**/auth/providers")
    page.route("**/auth/providers", lambda route: held.append(route))
    page.evaluate("document.body.innerHTML = '<sign-in-button></sign-in-button>'")
    asked: list[str] = []
    page.context.route("**/auth/acme", lambda route: (asked.append(route.request.method), route.abort()))
    page.get_by_role("button", name="Sign in with …", exact=True).click()
    wait_for(lambda: page.wait_for_timeout(10) or held)
    with page.expect_popup():
        held[0].fulfill(content_type="application/json", body=json.dumps({"providers": [ACME]}))
    expect(page.get_by_role("button", name="Sign in with Acme", exact=True)).to_have_attribute("aria-busy", "true")
    wait_for(lambda: page.wait_for_timeout(10) or asked)
    assert asked == ["POST"]


def test_the_provider_changes(opened: Opened, provider: Provider) -> None:
    """Title, icon and colours follow, also during a sign-in. That of the provider before goes on and is heard of; it is
    shown again as soon as its provider is."""
    provider.set(coop="same-origin")
    page = opened("<sign-in-button provider=acme></sign-in-button>")
    page.evaluate("document.documentElement.style.colorScheme = 'light'")
    main = page.locator("sign-in-button").get_by_role("button").first
    expect(main).to_have_css("background-color", "rgb(18, 52, 86)")

    def change(name: str) -> None:
        page.evaluate("(name) => document.querySelector('sign-in-button').setAttribute('provider', name)", name)

    change("twitter")
    expect(main).to_have_accessible_name("Sign in with X")
    expect(main).to_have_css("background-color", "rgb(15, 20, 25)")
    expect(main.locator("svg")).to_be_visible()
    with page.expect_popup() as popup:
        main.click()
    expect(main).to_have_attribute("aria-busy", "true")
    change("acme")
    expect(main).to_have_accessible_name("Sign in with Acme")
    expect(main).to_have_attribute("aria-busy", "false")
    page.wait_for_function("heard.some(([, state]) => state === 'unsure')")
    expect(page.get_by_role("status")).to_have_text("")
    change("twitter")
    expect(main).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("status")).to_have_text("Is the window gone?")
    change("acme")
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    page.wait_for_function("heard.some(([name]) => name === 'signin')")
    assert [one for one in heard(page) if one[0] == "signin"] == [["signin", "ada"]]
    expect(main).to_have_attribute("aria-busy", "false")


def test_where_the_page_goes_afterwards(opened: Opened) -> None:
    """To ``next``, unless a listener prevents it. The event comes before a listener of the session can remove the
    button, and an empty ``next`` loads the page again."""
    page = opened("<sign-in-button provider=twitter next='/own?welcome'></sign-in-button>")
    page.evaluate(
        """async () => {
          const { onSession } = await import("/auth/client.js");
          onSession(() => { heard.push(["session"]); document.querySelector("sign-in-button").remove(); });
          document.querySelector("sign-in-button").addEventListener("signin", (event) => event.preventDefault());
          window.left = [];
          navigation.addEventListener("navigate", ({ destination }) => left.push(destination.url));
        }"""
    )
    approve(page)
    page.wait_for_function("heard.some(([name]) => name === 'session')")
    *states, before, last = [name for name, *_ in heard(page)]
    assert (before, last) == ("signin", "session")
    assert set(states) == {"signinstate"}  # opened, and finishing where a question meets the callback under way
    assert page.evaluate("import('/auth/return.js').then(() => left)") == []  # the part by which the page would go
    assert page.url.endswith("/own")
    page.reload()
    button = page.get_by_role("button", name="Sign in with X", exact=True)
    button.click()  # the provider knows the user now, and does not ask
    page.wait_for_url("**/own?welcome")
    page.evaluate("""() => { document.querySelector("sign-in-button").setAttribute("next", ""); window.same = true }""")
    button.click()
    page.wait_for_function("window.same === undefined && document.readyState === 'complete'")
    assert page.url.endswith("/own?welcome")


@pytest.mark.parametrize("next_address", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_an_address_elsewhere_is_refused(opened: Opened, next_address: str) -> None:
    """Before a window opens."""
    page = opened(f'<sign-in-button provider=twitter next="{next_address}"></sign-in-button>')
    page.get_by_role("button", name="Sign in with X", exact=True).click()
    page.wait_for_function("heard.length")
    assert heard(page) == [["signinerror", "bad_request"]]
    assert len(page.context.pages) == 1


def test_the_size_of_the_window(opened: Opened) -> None:
    page = opened("<sign-in-button provider=twitter width=400 height=500></sign-in-button>")
    page.evaluate("window.open = (url, name, features) => { window.features = features; return null }")
    page.route("**/auth/twitter", lambda route: route.fulfill(status=204))
    page.get_by_role("button", name="Sign in with X", exact=True).click()
    page.wait_for_function("window.features")
    assert "width=400,height=500" in page.evaluate("features")


def expect_names(page: Page, *names: str) -> None:
    """Those of all buttons, as they are shown."""
    expect(page.locator("sign-in-buttons").get_by_role("button")).to_have_text([*names], use_inner_text=True)


def test_all_providers(opened: Opened) -> None:
    """In the order of the backend, with the attributes of the element; of one width; their parts can be styled."""
    page = opened("<sign-in-buttons next='/own?all' width=400></sign-in-buttons>", [ACME, X])
    page.get_by_role("button", name="Sign in with X", exact=True).wait_for()
    expect_names(page, "Sign in with Acme", "Sign in with X")
    boxes = [one.bounding_box() for one in page.locator("sign-in-buttons").get_by_role("button").all()]
    assert len({(box["x"], box["width"]) for box in boxes if box}) == 1
    inner = page.locator("sign-in-button").last
    expect(inner).to_have_attribute("width", "400")
    page.evaluate(
        """() => {
          const element = document.querySelector("sign-in-buttons");
          element.removeAttribute("width");
          const sheet = new CSSStyleSheet();
          sheet.replaceSync("sign-in-buttons::part(button) { text-transform: uppercase }");
          document.adoptedStyleSheets = [sheet];
        }"""
    )
    expect(inner).not_to_have_attribute("width", "400")
    expect_names(page, "SIGN IN WITH ACME", "SIGN IN WITH X")
    approve(page)
    page.wait_for_url("**/own?all")


@pytest.mark.parametrize("failing", ["abort", "empty"])
def test_a_list_that_fails_or_is_empty(opened: Opened, failing: str) -> None:
    page = opened("")
    page.unroute("**/auth/providers")
    answers = [json.dumps({"providers": []})] if failing == "empty" else []
    page.route(
        "**/auth/providers",
        lambda route: route.fulfill(content_type="application/json", body=answers[0]) if answers else route.abort(),
    )
    page.evaluate("document.body.innerHTML = '<sign-in-buttons></sign-in-buttons>'")
    status = page.locator("sign-in-buttons").get_by_role("status").first
    if failing == "empty":
        expect(status).to_have_text("There is no way to sign in.")
        expect_names(page)
        return
    expect(status).to_have_text("The ways to sign in could not be loaded.")
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    answers.append(json.dumps({"providers": [X]}))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_focused()
    expect(status).to_have_text("")
    expect_names(page, "Sign in with X")


def test_try_again_pressed_twice(opened: Opened) -> None:
    """Both presses wait for one list, and each provider has one button."""
    page = opened("")
    held: list[Route] = []
    page.unroute("**/auth/providers")
    page.route("**/auth/providers", lambda route: route.abort())
    page.evaluate("document.body.innerHTML = '<sign-in-buttons></sign-in-buttons>'")
    retry = page.get_by_role("button", name="Try again")
    expect(retry).to_be_visible()
    page.unroute("**/auth/providers")
    page.route("**/auth/providers", lambda route: held.append(route))
    retry.dblclick()
    wait_for(lambda: page.wait_for_timeout(10) or held)
    held[0].fulfill(content_type="application/json", body=json.dumps({"providers": [X, ACME]}))
    expect(retry).to_be_hidden()
    expect_names(page, "Sign in with X", "Sign in with Acme")
    assert len(held) == 1
