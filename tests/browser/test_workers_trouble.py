"""Callbacks that a service worker has answered with the app's page, and that do not simply land; the control; and the
addresses that the module leaves alone. In Chromium; ``test_workers.py`` has three engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from support.hostile import ABSENT, hostile
from support.waiting import wait_for
from support.workers import (
    CONTROLLED,
    EXCLUDING,
    FOLDERS,
    NO_POPUPS,
    World,
    assert_fetched_once,
    built,
    prepare,
    severs,
)

CANCELLED = "Not signed in, as you chose."
NO_COOKIES = "This browser sent no cookies, so the sign-in could not be matched to it."
DOCUMENT = Path(__file__).parents[2] / "docs/service-workers.md"
LINES = {"vite-plugin-pwa": "navigateFallbackDenylist: [/^\\/auth\\//]", "angular": '"!/auth/**"'}


@pytest.fixture(scope="module")
def pwa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with hostile() as p, built(FOLDERS["vite-plugin-pwa"], p, tmp_path_factory.mktemp("pwa")) as (app, base):
        yield app, base, p


@pytest.fixture(scope="module", params=FOLDERS)
def each(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with hostile() as p, built(FOLDERS[request.param], p, tmp_path_factory.mktemp("each")) as (app, base):
        yield app, base, p


@pytest.fixture
def world(pwa: World) -> World:
    prepare(pwa)
    return pwa


def controlled(profile: BrowserContext, base: str) -> Page:
    page = profile.new_page()
    page.goto(f"{base}/deep/page?tab=1#part")
    page.wait_for_function(f"() => {{ {CONTROLLED} }}")
    return page


def press(page: Page) -> None:
    page.get_by_role("button", name="Sign in with X", exact=True).click()


def wait_until_closed(popup: Page, page: Page) -> None:
    def is_closed() -> bool:
        page.evaluate("0")  # lets events through
        return popup.is_closed()

    wait_for(is_closed)


HEARD = """() => {
  window.heard = [];
  new BroadcastChannel("valetkey").onmessage = ({ data }) => heard.push(["all", data]);
  addEventListener("message", ({ data }) => heard.push(["opener", data]));
}"""


def test_nobody_lands_without_the_module(profile: BrowserContext, each: World) -> None:
    """The control. The app is in the popup, and the backend never hears of the callback."""
    app, base, p = each
    prepare(each)
    app.handles_callbacks = False
    page = controlled(profile, base)
    with page.expect_popup() as opened:
        press(page)
    popup = opened.value
    expect(popup.locator("#route")).to_have_text("/auth/own")
    assert popup.evaluate(f"() => {{ {CONTROLLED} }}")
    assert "code=" in popup.url
    popup.evaluate('() => import("/auth/callback.js")')
    popup.evaluate('() => fetch("/auth/session")')
    assert app.callbacks() == []
    assert p.calls("token") == []
    expect(page.locator("#who")).to_have_text("")


@pytest.mark.parametrize("is_severed", [True, False], ids=["severed", "popup"])
def test_a_popup_whose_user_cancels(profile: BrowserContext, world: World, is_severed: bool) -> None:
    """The page that waits gets a message, which says nothing, on every way that there is."""
    app, base, p = world
    p.callback = {"error": "access_denied", "code": ABSENT}
    if is_severed:
        severs(p)
    page = controlled(profile, base)
    page.evaluate(HEARD)
    with page.expect_popup() as opened:
        press(page)
    expect(page.get_by_role("status")).to_have_text(CANCELLED)
    wait_until_closed(opened.value, page)
    assert_fetched_once(app)
    ways = ["all"] if is_severed else ["all", "opener"]
    wait_for(lambda: sorted(page.evaluate("heard")) == [[way, {"valetkey": None}] for way in ways])


def test_a_tab_whose_user_cancels(profile: BrowserContext, world: World) -> None:
    """It is back where it was, and the attempt ends with the code."""
    app, base, p = world
    p.callback = {"error": "access_denied", "code": ABSENT}
    page = controlled(profile, base)
    left = page.url
    page.evaluate(NO_POPUPS)
    press(page)
    expect(page.get_by_role("status")).to_have_text(CANCELLED)
    assert page.url == left
    assert_fetched_once(app)


def test_a_failed_exchange(profile: BrowserContext, world: World) -> None:
    """A popup that is cut off says why, in front of the app's page. Its address keeps nothing of the callback, and a
    reload asks nothing."""
    app, base, p = world
    p.replace("token", status=400, body={"error": "invalid_grant"})
    severs(p)
    page = controlled(profile, base)
    with page.expect_popup() as opened:
        press(page)
    popup, said = opened.value, "The sign-in service did not accept this sign-in. Please start again."
    expect(popup.get_by_role("heading")).to_have_text(said)
    expect(page.get_by_role("status")).to_have_text(said)
    assert popup.url == f"{base}/auth/own"
    assert_fetched_once(app)
    for _ in range(3):
        popup.keyboard.press("Escape")  # a browser lets a page refuse the first one alone
    expect(popup.get_by_role("dialog")).to_be_visible()
    popup.reload()
    expect(popup.get_by_role("button", name="Sign in with X")).to_be_visible()
    assert_fetched_once(app)
    popup.close()


def test_a_window_that_cannot_close(profile: BrowserContext, world: World) -> None:
    """The user brought the callback into a window of their own. It goes to the app's root, signed in."""
    app, base, p = world
    page = controlled(profile, base)
    with page.expect_popup() as opened:
        p.replace("authorize", body=b"<!doctype html>", times=1)
        press(page)
    opened.value.wait_for_url(f"{p.origin}/**")
    callback = p.approve(opened.value.url)
    opened.value.close()
    own = profile.new_page()
    own.goto(callback, wait_until="commit")  # it goes on by itself
    own.wait_for_url(f"{base}/")
    expect(own.locator("#who")).to_have_text("Ada Lovelace")
    assert_fetched_once(app)


def test_a_form_post(profile: BrowserContext, world: World) -> None:
    """The form itself passes the worker. It answers the redirect after it."""
    app, base, _ = world
    page = controlled(profile, base)
    page.evaluate('() => { import("/auth/client.js").then(({ signIn }) => signIn("posting", { mode: "page" })) }')
    expect(page.locator("#who")).to_have_text("Ada Lovelace")
    assert_fetched_once(app, "posting")


def test_a_login_that_starts_again(profile: BrowserContext, world: World) -> None:
    """The provider's replies are lost. The module goes to the provider once more, as the backend's page does."""
    app, base, p = world
    p.replace("token", drop=True, times=2)
    severs(p)
    page = controlled(profile, base)
    with page.expect_popup() as opened:
        press(page)
    expect(page.locator("#who")).to_have_text("Ada Lovelace")
    wait_until_closed(opened.value, page)
    assert len(p.calls("authorize")) == 2
    assert [(one.mode, one.dest) for one in app.callbacks()] == [("cors", "empty")] * 2


def test_a_backend_that_does_not_answer_at_first(profile: BrowserContext, world: World) -> None:
    """A proxy's page, and another request that is finishing the login: the module asks again."""
    app, base, _ = world
    page = controlled(profile, base)
    app.disturbances = [
        ("502 Bad Gateway", "text/html", b"<!doctype html>"),
        ("202 Accepted", "application/json", b'{"login": {"state": "finishing"}}'),
    ]
    with page.expect_popup() as opened:
        press(page)
    expect(page.locator("#who")).to_have_text("Ada Lovelace")
    wait_until_closed(opened.value, page)
    assert len(app.callbacks()) == 3


def test_the_backends_last_pages(profile: BrowserContext, world: World) -> None:
    """A worker may answer these alone. The window does what the page does: it closes, or says what has failed."""
    app, base, _ = world
    page = controlled(profile, base)
    page.evaluate(HEARD)
    done = profile.new_page()
    done.goto(f"{base}/auth/own/done?login=AAAAAAAAAAAAAAAAAAAAAA", wait_until="commit")
    done.wait_for_url(f"{base}/")
    wait_for(lambda: page.evaluate("heard"))
    assert page.evaluate("heard") == [["all", {"valetkey": "A" * 22}]]
    done.goto(f"{base}/auth/own/failed?code=expired")
    expect(done.get_by_role("heading")).to_have_text("This sign-in took too long. Please start again.")
    assert done.url == f"{base}/auth/own/failed"
    done.get_by_role("link", name="Back to the app").click()
    done.wait_for_url(f"{base}/")
    assert [one.path for one in app.asked if one.path.startswith("/auth/own")] == ["/auth/own/failed"]


def test_a_frame(profile: BrowserContext, world: World) -> None:
    """The backend refuses a callback in a frame. The module there sends none for it."""
    app, base, _ = world
    page = controlled(profile, base)
    page.evaluate("""() => document.body.append(
      Object.assign(document.createElement("iframe"), { src: "/auth/own?code=x&state=y" }))""")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#route")).to_have_text("/auth/own")
    expect(frame.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()
    inner = page.frames[-1]
    inner.evaluate('() => import("/auth/callback.js").then(() => fetch("/auth/session"))')
    assert "state=y" in inner.url
    assert app.callbacks() == []


def test_a_page_that_is_rendered_in_advance(profile: BrowserContext, world: World) -> None:
    """Nothing is sent before the user goes there."""
    app, base, _ = world
    page = controlled(profile, base)
    profile.add_init_script("Object.defineProperty(document, 'prerendering', { value: true, configurable: true })")
    page.goto(f"{base}/auth/own?code=x&state=y")
    expect(page.get_by_role("heading")).to_have_text("Finishing…")
    page.evaluate('() => fetch("/auth/session")')
    assert app.callbacks() == []
    page.evaluate("""() => {
      Object.defineProperty(document, 'prerendering', { value: false });
      document.dispatchEvent(new Event("prerenderingchange"));
    }""")
    expect(page.get_by_role("heading")).to_have_text(NO_COOKIES)
    assert_fetched_once(app)


def test_an_address_of_the_apps_own(profile: BrowserContext, world: World) -> None:
    """Another library's callback below the same path. Its address comes back, and the module resumes as on any page."""
    app, base, _ = world
    page = controlled(profile, base)
    page.evaluate("""() => { sessionStorage.valetkey = '[["own",["AAAAAAAAAAAAAAAAAAAAAA"]]]' }""")
    page.goto(f"{base}/auth/elsewhere?code=x&state=y")
    wait_for(lambda: any((one.method, one.path) == ("POST", "/auth/session") for one in app.asked))
    assert page.evaluate("location.href") == f"{base}/auth/elsewhere?code=x&state=y"
    assert len(app.callbacks("elsewhere")) == 1
    expect(page.locator("dialog")).to_have_count(0)


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_worker_that_excludes_the_routes(profile: BrowserContext, tmp_path: Path, kind: str) -> None:
    """With the line of the document. The callback arrives as a navigation. Angular's worker passes it on."""
    assert LINES[kind] in DOCUMENT.read_text()
    with hostile() as p, built(EXCLUDING[kind], p, tmp_path) as (app, base):
        page = controlled(profile, base)
        press(page)
        expect(page.locator("#who")).to_have_text("Ada Lovelace")
        (asked,) = app.callbacks()
        assert asked.mode == "navigate"


def test_a_relay_page_beside_the_apps_files(profile: BrowserContext, each: World) -> None:
    """The worker does not answer it with the app."""
    _, base, _ = each
    page = controlled(profile, base)
    page.goto(f"{base}/relay.html#login=AAAAAAAAAAAAAAAAAAAAAA&code=x")
    assert page.title() == "relay"
    page.goto(f"{base}/relayed#login=AAAAAAAAAAAAAAAAAAAAAA&code=x")  # the control
    assert page.title() == "App"
