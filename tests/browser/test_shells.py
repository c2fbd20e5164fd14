"""An app in a shell that signs in by the system's browser, with the code of docs/shells.md; the page that starts it.

The shell is played by a page on another site than the backend, and the system's browser by a second profile: the two
share no cookie. A real extension is in test_extension.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from support.two_sites import Sites, two_hosts
from support.written import blocks_of

from browser.shots import faults_of

CODE = blocks_of("docs/shells.md")["system-browser"]
START = "**/auth/twitter/start*"


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    page, backend = "https://app.test", "api.other.test"
    assert CODE.count("https://api.example.com/auth") == 1
    code = CODE.replace("https://api.example.com/auth", f"https://{backend}/auth")
    files = {"/": "<!doctype html><title>app</title>", "/code.js": code}
    settings = {
        "VALETKEY_DELIVERY": "token",
        "VALETKEY_RELAY": f"{page}/relay.html",
        "VALETKEY_ORIGINS": f"{page},capacitor://localhost",
    }
    with two_hosts("app.test", backend, files, {}, **settings) as started:
        yield started


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright: Playwright, sites: Sites) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path=os.environ["CHROMIUM"], args=["--no-sandbox", "--disable-gpu", *sites.arguments]
    )
    yield browser
    browser.close()


def opened(chromium: Browser) -> BrowserContext:
    context = chromium.new_context()
    context.set_default_timeout(8_000)
    return context


@pytest.fixture
def app(chromium: Browser, sites: Sites) -> Iterator[Page]:
    """The shell's page."""
    sites.provider.reset()
    context = opened(chromium)
    page = context.new_page()
    page.goto(f"{sites.page}/")
    page.evaluate("import('/code.js').then((found) => Object.assign(window, found))")
    yield page
    context.close()


@pytest.fixture
def system(chromium: Browser) -> Iterator[BrowserContext]:
    """The system's browser."""
    context = opened(chromium)
    yield context
    context.close()


def signed_in_there(system: BrowserContext, address: str) -> str:
    """Press the button, approve, and return the address that the system would hand to the app."""
    page = system.new_page()
    seen: list[str] = []
    page.on("framenavigated", lambda frame: seen.append(frame.url))
    page.goto(address)
    page.get_by_role("button", name="Continue to X").click()
    page.get_by_role("button", name="Authorize app").click()
    page.wait_for_url("**/relay.html")
    return next(one for one in seen if "/relay.html#" in one)


def test_by_the_systems_browser(app: Page, system: BrowserContext, sites: Sites) -> None:
    """The code alone is worth nothing, and an address of another login is none of this app's."""
    begun = app.evaluate("begin('twitter')")
    other = app.evaluate("begin('twitter')")
    brought = signed_in_there(system, begun["address"])
    assert brought.startswith(f"{sites.page}/relay.html#login={begun['login']}&code=")
    assert app.evaluate("(both) => finish(...both)", [other, brought]) is None
    stolen = {**other, "login": begun["login"]}
    refused = app.evaluate("(both) => finish(...both).catch(({ message }) => message)", [stolen, brought])
    assert refused == "code_refused"
    found = app.evaluate("(both) => finish(...both)", [begun, brought])
    assert found["account"]["identities"][0]["handle"] == "ada"
    assert found["token"]
    assert app.context.cookies() == []


def test_declined(app: Page, system: BrowserContext, sites: Sites) -> None:
    begun = app.evaluate("begin('twitter')")
    page = system.new_page()
    page.goto(begun["address"])
    page.get_by_role("button", name="Continue to X").click()
    seen: list[str] = []
    page.on("framenavigated", lambda frame: seen.append(frame.url))
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("link", name="Return to the app").click()
    page.wait_for_url("**/relay.html")
    brought = next(one for one in seen if "/relay.html#" in one)
    assert app.evaluate("(both) => finish(...both).catch(({ message }) => message)", [begun, brought]) == "denied"


def test_nothing_starts_without_a_click(app: Page, system: BrowserContext, sites: Sites) -> None:
    """The address could be anyone's. It says where it leads, and what is in it leaves the address bar."""
    page = system.new_page()
    page.goto(app.evaluate("begin('twitter')")["address"])
    expect(page.get_by_role("button", name="Continue to X")).to_be_visible()
    expect(page.get_by_text("Continue only if you have just started to sign in to api.other.test.")).to_be_visible()
    assert page.url.endswith("/auth/twitter/start")
    assert sites.provider.journal == []


def test_an_address_that_starts_nothing(system: BrowserContext, sites: Sites) -> None:
    sites.provider.reset()
    page = system.new_page()
    page.goto(f"{sites.backend}/auth/twitter/start")
    button = page.get_by_role("button", name="Continue to X")
    expect(page.get_by_text("Go back to the app, and start to sign in there.")).to_be_visible()
    expect(button).to_be_hidden()
    page.goto(f"{sites.backend}/auth/twitter/start?#login=x&challenge=short")
    page.evaluate("() => { window.sent = 0; HTMLFormElement.prototype.submit = () => { sent++ } }")
    button.click()
    assert page.evaluate("sent") == 0
    page.goto("about:blank")
    page.goto(f"{sites.backend}/auth/twitter/start#login=x&challenge={'a' * 43}")  # the control
    page.evaluate("() => { window.sent = 0; HTMLFormElement.prototype.submit = () => { sent++ } }")
    button.click()
    assert page.evaluate("sent") == 1
    assert sites.provider.journal == []


def test_an_opener_on_the_web_is_not_heard(app: Page, sites: Sites) -> None:
    """It is listed, and starts its logins by itself. Another site's page would be heard as little."""
    challenge = "a" * 43
    with app.expect_popup() as popup:
        app.evaluate("(url) => { window.opened = open(url) }", f"{sites.backend}/auth/twitter/start")
    popup.value.wait_for_load_state()
    popup.value.evaluate(
        "addEventListener('message', ({ data }) => { document.title = data.valetkey_start.challenge })"
    )
    fields = {"login": "a" * 22, "challenge": challenge, "mode": "popup"}
    app.evaluate("(fields) => opened.postMessage({ valetkey_start: fields }, '*')", fields)
    expect(popup.value).to_have_title(challenge)
    assert popup.value.locator("input[name=challenge]").input_value() == ""
    assert sites.provider.journal == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_start_page_is_accessible(chromium: Browser, sites: Sites, scheme: str) -> None:
    context = chromium.new_context(bypass_csp=True, color_scheme=scheme, viewport={"width": 390, "height": 700})
    page = context.new_page()
    page.goto(f"{sites.backend}/auth/twitter/start#login=a&challenge={'a' * 43}")
    page.get_by_role("button", name="Continue to X").wait_for()
    assert faults_of(page) == []
    context.close()
