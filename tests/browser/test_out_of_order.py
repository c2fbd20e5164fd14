"""Answers, and parts of the module, that come late, in another order, or at the second try."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from support.servers import App, Provider
from support.waiting import wait_for
from support.windows import wait_until_closed

MODULE = "<script type=module src=/auth/client.js></script>"
BUTTON = "<sign-in-button provider=twitter></sign-in-button>"
HEARD = """<script>
  window.heard = [];
  for (const name of ["signin", "signinerror"]) addEventListener(name, ({ detail }) => heard.push(detail.code ?? name));
</script>"""
ADA = {"id": "1", "handle": "ada", "name": "Ada", "picture": None, "identities": []}

Opened = Callable[[str], Page]


@pytest.fixture
def opened(profile: BrowserContext, app: App, provider: Provider) -> Opened:
    """A page of the app's own origin with this body. ``body`` may be prepared by routes of the profile."""
    provider.reset()

    def go(body: str) -> Page:
        page = profile.new_page()
        html = f"<!doctype html>{HEARD}{MODULE}{body}"
        page.route("**/own*", lambda route: route.fulfill(content_type="text/html", body=html))
        page.goto(f"{app.base}/own")
        return page

    return go


def approve(page: Page) -> None:
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)


def test_a_session_that_was_asked_for_before_the_sign_in(opened: Opened) -> None:
    """Nobody was signed in when it was asked. When the answer comes, somebody is, and the promise says who."""
    page = opened(BUTTON)
    held: list[Route] = []
    page.route("**/auth/session", lambda route: route.fallback() if held else held.append(route))
    page.evaluate(
        """() => {
        window.asked = import("/auth/client.js").then(({ session }) => session())
          .then((found) => found && found.account.identities[0].handle);
        }"""
    )
    wait_for(lambda: page.wait_for_timeout(10) or held)
    approve(page)
    page.wait_for_function("heard.includes('signin')")
    held[0].fulfill(content_type="application/json", body='{"account": null}')
    assert page.evaluate("asked") == "ada"


def test_the_page_goes_on_though_a_part_fails_once(opened: Opened) -> None:
    """The part that knows where to is loaded again."""
    page = opened("<sign-in-button provider=twitter next='/own?welcome'></sign-in-button>")
    failed: list[str] = []

    def fail_once(route: Route) -> None:
        route.fallback() if failed else (failed.append(route.request.url), route.abort())

    page.route("**/auth/return.js*", fail_once)
    approve(page)
    page.wait_for_url("**/own?welcome")
    assert len(failed) == 1


def test_a_tab_that_was_about_to_leave(opened: Opened, provider: Provider) -> None:
    """The user is faster than the part that it leaves with, and presses the button for a window again. It stays."""
    provider.set(coop="same-origin")
    page = opened(BUTTON)
    button = page.get_by_role("button", name="Sign in with X", exact=True)
    with page.expect_popup():
        button.click()
    held: list[Route] = []
    page.route("**/auth/return.js", lambda route: held.append(route))
    page.get_by_role("button", name="Continue in this tab").click()
    wait_for(lambda: page.wait_for_timeout(10) or held)
    with page.expect_popup() as popup:
        button.click()
    popup.value.get_by_role("button", name="Authorize app").wait_for()
    leaves: list[str] = []
    page.on("request", lambda request: request.is_navigation_request() and leaves.append(request.url))
    with page.expect_event("requestfinished", lambda request: "return.js" in request.url):
        held[0].continue_()
    page.wait_for_timeout(500)  # for what it may do now
    assert leaves == []
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    page.wait_for_function("heard.includes('signin')")


def test_pressed_twice_where_there_are_no_popups(profile: BrowserContext, app: App, provider: Provider) -> None:
    """On a home screen, and before the part is there that this tab leaves with. It leaves, and comes back signed in."""
    provider.reset()
    profile.add_init_script(
        """const real = matchMedia;
        window.matchMedia = (query) => query.includes("standalone") ? { matches: true } : real(query);
        window.failed = [];
        addEventListener("signinerror", ({ detail }) => failed.push(detail.code));"""
    )
    page = profile.new_page()
    page.goto(app.base)
    button = page.get_by_role("button", name="Sign in with X", exact=True)
    held: list[Route] = []
    page.route("**/auth/return.js", lambda route: route.fallback() if held else held.append(route))
    button.click()
    wait_for(lambda: page.wait_for_timeout(10) or held)
    button.click()
    expect(page.get_by_role("status")).to_have_text("One moment…")
    page.wait_for_timeout(200)  # longer than an error takes
    assert page.evaluate("failed") == []
    held[0].continue_()
    page.get_by_role("button", name="Authorize app").click()
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    assert page.evaluate("failed") == []


def test_an_error_that_comes_after_the_next_click(profile: BrowserContext, opened: Opened) -> None:
    """The sentences of the first sign-in's error are still loading. The button shows the second sign-in."""
    profile.route("**/auth/watch.js", lambda route: None)  # it never comes
    page = opened(BUTTON)
    button = page.get_by_role("button", name="Sign in with X", exact=True)
    with page.expect_popup() as first:
        button.click()
    page.evaluate("async () => { (await import('/auth/client.js')).signOut() }")
    wait_until_closed(first.value)
    with page.expect_popup():
        button.click()
    page.wait_for_function("heard.includes('cancelled')")
    expect(button).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("status")).to_have_text("Continue in the new window.")


def test_a_sign_out_that_failed_is_of_that_user(opened: Opened, profile: BrowserContext, app: App) -> None:
    """The next one who is signed in reads nothing of it."""
    account = dict(ADA)

    def answer(route: Route) -> None:
        if route.request.method == "DELETE":
            route.fulfill(status=503, content_type="application/json", body="{}")
        else:
            found = account or None
            route.fulfill(content_type="application/json", body=json.dumps({"account": found}))

    profile.route("**/auth/session", answer)
    page = opened("<signed-out><u>Nobody</u></signed-out><signed-in></signed-in>")
    page.get_by_role("button", name="Sign out").click()
    status = page.locator("signed-in").get_by_role("status")
    expect(status).not_to_have_text("")
    other = profile.new_page()
    other.goto(app.base)
    nudge = "new BroadcastChannel('valetkey').postMessage({ valetkey: null })"
    account.clear()
    other.evaluate(nudge)
    expect(page.get_by_text("Nobody", exact=True)).to_be_visible()
    account.update(ADA, id="2", handle="bob")
    other.evaluate(nudge)
    expect(page.get_by_text("@bob", exact=True)).to_be_visible()
    expect(status).to_have_text("")


RELAY = """<!doctype html><p data-stays hidden>You can close this window.</p>
<script type=module src=/auth/relay.js></script>"""
COUNTS = """window.sent = 0;
window.close = () => {}; // as where a script may not close the window
const real = BroadcastChannel.prototype.postMessage;
BroadcastChannel.prototype.postMessage = function (message) { sent++; return real.call(this, message) };"""


@pytest.fixture
def relay(profile: BrowserContext, app: App) -> Callable[[str], Page]:
    """The relay page with this fragment. It counts its messages, and its time is the test's."""

    def go(fragment: str) -> Page:
        page = profile.new_page()
        page.clock.install()
        page.route("**/relay", lambda route: route.fulfill(content_type="text/html", body=RELAY))
        page.add_init_script(COUNTS)
        page.goto(f"{app.base}/relay{fragment}")
        return page

    return go


@pytest.mark.parametrize(("fragment", "most"), [("#login=somebody&code=something", 30), ("", 0)])
def test_a_relay_page_that_nobody_answers(relay: Callable[[str], Page], fragment: str, most: int) -> None:
    """Its window may stay open, and be loaded again. Each of its messages makes every tab of the app ask the backend:
    they become rare, and do not end. Without a result there is nothing to say."""
    page = relay(fragment)
    page.clock.run_for(5_000)
    expect(page.get_by_text("You can close this window.")).to_be_visible()
    page.clock.run_for(55_000)
    after_a_minute = page.evaluate("sent")
    assert after_a_minute <= most
    page.clock.run_for(60_000)
    assert (page.evaluate("sent") > after_a_minute) == bool(fragment)


def test_a_relay_page_that_was_heard(relay: Callable[[str], Page], profile: BrowserContext, app: App) -> None:
    """Where it may not close its window, it stays, and is silent."""
    page = relay("#login=somebody&code=something")
    page.clock.run_for(1_000)
    page.evaluate("(window.channel = new BroadcastChannel('valetkey')).onmessage = () => { window.answered = true }")
    other = profile.new_page()
    other.goto(app.base)
    other.evaluate("new BroadcastChannel('valetkey').postMessage({ valetkey_heard: 'somebody' })")
    page.wait_for_function("window.answered", polling=20)
    before = page.evaluate("sent")
    assert before > 1
    page.clock.run_for(60_000)
    assert page.evaluate("sent") == before
