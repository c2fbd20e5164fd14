"""``<account-panel>`` on a page whose session is a token, in two browsers of one user; and in Firefox and WebKit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from support.engines import ENGINES, Firefox, Gone, WebKit
from support.servers import App, Provider, app_and_provider
from support.waiting import wait_for

PAGES = Path(__file__).parent / "pages"
DEAF = """// as a page in the cache is
addEventListener("storage", (event) => window.deaf && event.stopImmediatePropagation());
Object.defineProperty(BroadcastChannel.prototype, "onmessage", {
  set(listener) { this.addEventListener("message", (event) => window.deaf || listener(event)) },
});"""
PANEL = "const root = document.querySelector('account-panel')?.shadowRoot;"


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[App, Provider]]:
    mounted = json.dumps({"/account": str(PAGES / "account-token.html")})
    with app_and_provider(fronts=("github",), MOUNTED=mounted, VALETKEY_DELIVERY="token") as pair:
        yield pair


def sign_in(browser: Browser, app: App) -> Page:
    context = browser.new_context()
    context.set_default_timeout(8_000)
    page = context.new_page()
    page.goto(f"{app.base}/account")
    approve(page, "Sign in with X")
    page.get_by_role("heading", name="Where you are signed in").wait_for()
    return page


def approve(page: Page, label: str) -> None:
    with page.expect_popup() as popup:
        page.get_by_role("button", name=label, exact=True).click()
    popup.value.get_by_role("radio", name="@ada").check()
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)


def test_two_browsers_of_one_user(chromium: Browser, app: App) -> None:
    """Each request has the token. The one that is signed out by the other notices when it is looked at."""
    desk, phone = sign_in(chromium, app), sign_in(chromium, app)
    approve(phone, "Link GitHub")
    expect(phone.get_by_role("button", name="Unlink GitHub @ada", exact=True)).to_be_visible()
    desk.evaluate("dispatchEvent(new Event('focus'))")
    desk.get_by_role("button", name="Sign out Chrome on Linux", exact=True).click()
    expect(desk.get_by_text("Chrome on Linux is signed out.")).to_be_visible()
    phone.evaluate(
        """async () => {
        globalThis.heard = [];
        (await import("/auth/token.js?store=session")).onSession((found) => heard.push(found?.account.id ?? null));
        }"""
    )
    phone.get_by_role("button", name="Unlink GitHub @ada", exact=True).click()
    expect(phone.get_by_text("You are signed out.")).to_be_visible()
    expect(phone.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()
    phone.wait_for_function("globalThis.heard.at(-1) === null")
    assert phone.evaluate("sessionStorage['valetkey-token'] ?? null") is None
    desk.reload()
    expect(desk.get_by_role("button", name="Unlink GitHub @ada", exact=True)).to_be_visible()
    for page in (desk, phone):
        page.context.close()


@pytest.mark.parametrize("way", ["loaded again", "from the cache"])
def test_a_tab_that_was_away_at_the_sign_out(chromium: Browser, app: App, way: str) -> None:
    """It got no event. It learns of the sign-out when it is back, and ends its session by itself."""
    page = sign_in(chromium, app)
    context = page.context
    token = page.evaluate("sessionStorage['valetkey-token']")
    me = {"url": f"{app.base}/api/me", "headers": {"authorization": f"Bearer {token}"}}
    other = context.new_page()
    other.goto(f"{app.base}/account")
    if way == "loaded again":
        page.goto("about:blank")
    else:
        context.add_init_script(DEAF)
        page.reload()
        page.get_by_role("heading", name="Where you are signed in").wait_for()
        page.evaluate("window.deaf = true")
    other.evaluate("import('/auth/token.js?store=session').then(({ signOut }) => signOut())")
    assert context.request.get(**me).status == 200
    if way == "loaded again":
        page.go_back()
    else:
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.get_by_text("Nobody is signed in.")).to_be_visible()
    expect(page.get_by_role("heading", name="Where you are signed in")).to_be_hidden()
    assert page.evaluate("sessionStorage['valetkey-token'] ?? null") is None
    wait_for(lambda: context.request.get(**me).status == 401)
    context.close()


def test_a_sign_out_that_fails_half_way(chromium: Browser, app: App) -> None:
    """The session is over and the token is dropped; the cookies of logins could not be cleared. The page shows it."""
    page = sign_in(chromium, app)
    asked: list[str] = []

    def answer(route: Route) -> None:
        if route.request.method != "DELETE":
            return route.fallback()
        asked.append(route.request.method)
        return route.fallback() if len(asked) == 1 else route.abort()

    page.route("**/auth/session", answer)
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_text("Nobody is signed in.")).to_be_visible()
    assert len(asked) == 2
    assert page.evaluate("sessionStorage['valetkey-token'] ?? null") is None
    page.context.close()


@pytest.fixture(scope="module")
def cookies() -> Iterator[tuple[App, Provider]]:
    mounted = json.dumps({"/account": str(PAGES / "account.html")})
    with app_and_provider(fronts=("github",), MOUNTED=mounted) as pair:
        yield pair


@pytest.fixture(scope="module", params=["firefox", "webkit"])
def engine(request: pytest.FixtureRequest) -> Iterator[Firefox | WebKit]:
    with ENGINES[request.param]() as one:
        yield one


def button(text: str) -> str:
    """A script that finds a button of the panel that can be seen."""
    sought = f"one.textContent === {json.dumps(text)} && one.getClientRects().length"
    return f"{PANEL} return [...root.querySelectorAll('button')].find((one) => {sought})"


def shown(engine: Firefox | WebKit, page: Any) -> list[str]:
    texts = f"{PANEL} return [...root?.querySelectorAll('li') ?? []].map((one) => one.innerText.replace(/\\s+/g, ' '))"
    return [text.strip() for text in engine.run(page, texts) or []]


def approve_in(engine: Firefox | WebKit, page: Any, persona: str, press: Callable[[], None]) -> None:
    before = engine.windows()
    press()
    popup = wait_for(lambda: [one for one in engine.windows() if one not in before])[0]
    radios = "document.querySelectorAll('input[type=radio]').length > 0"
    wait_for(lambda: engine.run(popup, f"return document.readyState !== 'loading' && {radios}"))
    with suppress(Gone):
        engine.run(
            popup,
            f"""[...document.querySelectorAll('label')].find((one) => one.textContent.includes('{persona}')).click();
            [...document.querySelectorAll('button')].find((one) => one.textContent.includes('Authorize')).click()""",
        )


def test_in_each_engine(engine: Firefox | WebKit, cookies: tuple[App, Provider]) -> None:
    """Sign in, link, unlink, sign out."""
    app, provider = cookies
    provider.reset()
    page = engine.open(f"{app.base}/account")
    # Each with a user of its own. WebKit on Linux does not say which browser it is.
    who, this = ("@ada", "Firefox on Linux") if isinstance(engine, Firefox) else ("@bare", "Linux")
    approve_in(engine, page, who, lambda: engine.press(page))
    only = f"X {who} Unlink This is your only way to sign in."
    device = f"{this} This device Last used today"
    wait_for(lambda: shown(engine, page) == [only, device])
    approve_in(engine, page, who, lambda: engine.click(page, button("Link GitHub")))
    wait_for(lambda: shown(engine, page) == [f"X {who} Unlink", f"GitHub {who} Unlink", device])
    engine.click(page, button("Unlink"))
    wait_for(lambda: shown(engine, page) == [only.replace("X", "GitHub"), device])
    wait_for(lambda: f"X {who} is no longer linked." in (engine.run(page, f"{PANEL} return root.textContent") or ""))
    engine.click(page, button("Sign out"))
    wait_for(lambda: "You are signed out." in (engine.run(page, f"{PANEL} return root.textContent") or ""))
