"""A page after the classic contract signs in as it is: it names X's own address, sends its popup there itself, and its
own setToken is called, at most once a login. With the module's one line also where the provider cuts the popup off.

What it is handed is its pass and nothing else: no secret of the provider comes to the browser, and the pass is in the
last page, in the answer to a request of the page's own, where the page keeps it, and in its Authorization headers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, Route, expect
from support.browser import Browser as Phone
from support.servers import SECRET, App, Provider, app_and_provider
from support.waiting import wait_for
from support.windows import wait_until_closed

from browser.classic import MOUNTED, classic_app, opened
from browser.evil import evil  # noqa: F401  # fixtures

LISTENS = """window.heard = []; window.written = [];
for (const channel of [window, new BroadcastChannel("valetkey")])
  channel.addEventListener("message", ({ data }) => heard.push(JSON.stringify(data)));
addEventListener("storage", ({ key, newValue }) => written.push(`${key} ${newValue}`));"""


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[App, Provider]]:
    with classic_app() as pair:
        yield pair


@pytest.fixture
def app(world: tuple[App, Provider]) -> App:
    return world[0]


@pytest.fixture
def provider(world: tuple[App, Provider]) -> Provider:
    world[1].reset()
    return world[1]


def sign_in(page: Page, waiting_page: str = "about:blank") -> Page:
    """The click, and the person's; the popup is at the provider when this returns."""
    with page.expect_popup() as popup:
        page.evaluate("(waiting) => { authenticate(waiting, null) }", waiting_page)
    popup.value.get_by_role("button", name="Authorize app").wait_for()
    return popup.value


def approve(popup: Page) -> None:
    popup.get_by_role("button", name="Authorize app").click(no_wait_after=True)


def calls(page: Page) -> list[dict[str, str]]:
    return list(page.evaluate("calls"))


def me(page: Page) -> dict[str, Any]:
    answer = page.evaluate("request('GET', '/api/me')")
    return {"status": answer["status"], **json.loads(answer["body"])}


WAYS = [
    ("/classic", "about:blank", None),
    ("/classic", "/wait", None),
    ("/classic-line", "about:blank", None),
    ("/classic-line", "/wait", None),
    ("/classic-line", "about:blank", "same-origin"),
    ("/classic-line", "/wait", "same-origin-allow-popups"),
]


@pytest.mark.parametrize(("path", "waiting_page", "coop"), WAYS)
def test_it_signs_in(
    profile: BrowserContext, app: App, provider: Provider, path: str, waiting_page: str, coop: str | None
) -> None:
    """One call, one exchange, one session; the token is good; the callback is the configured one, whatever was sent."""
    provider.set(coop=coop)
    sessions = app.rows("sessions")
    page = opened(profile, app, provider, path)
    popup = sign_in(page, waiting_page)
    assert parse_qs(urlsplit(popup.url).query)["oauth_token_secret"] == ["undefined"]
    approve(popup)
    expect(page.locator("#who")).to_have_text("@ada")
    wait_until_closed(popup)
    found = me(page)
    assert found["status"] == 200
    assert found["identities"][0]["handle"] == "ada"
    page.wait_for_timeout(1500)  # longer than the module waits between two questions: no second call comes
    assert len(calls(page)) == 1
    assert calls(page)[0]["screenName"] == "ada"
    assert page.evaluate("localStorage.token") == calls(page)[0]["token"]
    assert page.evaluate("problems") == []
    assert len(provider.exchanges) == 1
    assert app.rows("sessions") == sessions + 1
    (asked,) = provider.calls("request_token")
    assert asked["oauth_callback"] == f"{app.base}/auth/twitter"


def test_cut_off_without_the_line(profile: BrowserContext, app: App, provider: Provider) -> None:
    """What the line is for: the popup closes, and the page is not told. Loaded again with the line, it is."""
    provider.set(coop="same-origin")
    page = opened(profile, app, provider, "/classic")
    popup = sign_in(page)
    approve(popup)
    wait_until_closed(popup)
    assert len(provider.exchanges) == 1
    assert calls(page) == []
    page.goto(f"{app.base}/classic-line")
    expect(page.locator("#who")).to_have_text("@ada")
    assert me(page)["status"] == 200
    assert len(provider.exchanges) == 1


@pytest.mark.parametrize("coop", [None, "same-origin"], ids=["whole", "severed"])
def test_a_page_that_removed_its_token_stays_signed_out(
    profile: BrowserContext, app: App, provider: Provider, coop: str | None
) -> None:
    """By itself, without telling the backend; it is loaded again and asks, and its function is not called."""
    provider.set(coop=coop)
    page = opened(profile, app, provider, "/classic-line")
    popup = sign_in(page)
    approve(popup)
    expect(page.locator("#who")).to_have_text("@ada")
    wait_until_closed(popup)
    page.evaluate("localStorage.removeItem('token')")
    for _ in range(2):
        with page.expect_response("**/auth/session") as asked:
            page.reload()
        assert asked.value.status == 200
        page.wait_for_timeout(300)
        assert calls(page) == []
        expect(page.locator("#who")).to_have_text("nobody")
    # The control: it signs in again.
    popup = sign_in_again(page)
    expect(page.locator("#who")).to_have_text("@ada")
    assert len(calls(page)) == 1
    assert len(provider.exchanges) == 2
    wait_until_closed(popup)


def sign_in_again(page: Page) -> Page:
    """The provider remembers, and sends the popup back by itself."""
    with page.expect_popup() as popup:
        page.evaluate("() => { authenticate('about:blank', null) }")
    return popup.value


def test_two_tabs_and_the_one_that_began_is_told(profile: BrowserContext, app: App, provider: Provider) -> None:
    """Another tab with the line hears the nudge, too, and must not take what is not its own."""
    provider.set(coop="same-origin")
    page = opened(profile, app, provider, "/classic-line")
    for _ in range(3):
        other = profile.new_page()
        other.goto(f"{app.base}/classic-line")
    approve(sign_in(page))
    page.wait_for_function("calls.length === 1")
    assert me(page)["status"] == 200
    assert len(provider.exchanges) == 1


def test_the_functions_of_the_page_come_late(profile: BrowserContext, app: App, provider: Provider) -> None:
    """Its own script is loaded after the module has the login. The login waits for it."""
    provider.set(coop="same-origin")
    page = opened(profile, app, provider, "/classic")
    popup = sign_in(page)
    approve(popup)
    wait_until_closed(popup)
    held: list[Route] = []
    page.route(f"{app.base}/classic.js", lambda route: held.append(route))
    line = '<script type="module" src="/auth/client.js" data-classic></script>'
    html = f"<!doctype html>{line}<b id=who></b><script async src=/classic.js></script>"
    page.route("**/late", lambda route: route.fulfill(content_type="text/html", body=html))
    loaded = "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/auth/classic.js'))"
    page.goto(f"{app.base}/late", wait_until="commit")
    page.wait_for_function(loaded)
    page.wait_for_timeout(3_000)  # longer than the module waits before its question
    held[0].continue_()
    expect(page.locator("#who")).to_have_text("@ada")
    assert me(page)["status"] == 200


def test_the_module_comes_at_the_second_try(profile: BrowserContext, app: App, provider: Provider) -> None:
    """Its part for such pages could not be loaded at first."""
    provider.set(coop="same-origin")
    failed: list[str] = []

    def fail_once(route: Route) -> None:
        route.fallback() if failed else (failed.append(route.request.url), route.abort())

    profile.route("**/auth/classic.js*", fail_once)
    page = opened(profile, app, provider, "/classic-line")
    popup = sign_in(page)
    approve(popup)
    expect(page.locator("#who")).to_have_text("@ada")
    assert len(failed) == 1


def test_a_question_from_before_the_login_says_nothing_of_it(chromium: Browser) -> None:
    """In cookie delivery the page is told of a login by the account that the backend names afterwards. Here somebody is
    signed in already, and the page has asked just before it begins: that answer is about another login."""
    served = json.dumps({path: str(file) for path, file in MOUNTED.items()})
    with app_and_provider(MOUNTED=served) as (app, provider):
        before = Phone(app.base)
        before.come_back(provider.approve(before.begin().token, "bare"))
        provider.set(coop="same-origin")
        context = chromium.new_context()
        context.set_default_timeout(8_000)
        context.add_cookies([{"name": "valetkey-session", "value": before.session_cookie or "", "url": app.base}])
        page = opened(context, app, provider, "/classic-line")
        held: list[Route] = []
        page.route("**/auth/session", lambda route: route.continue_() if held else held.append(route))
        page.evaluate("dispatchEvent(new Event('focus'))")
        wait_for(lambda: page.wait_for_timeout(10) or held)
        answer = held[0].fetch()
        assert answer.json()["account"]["identities"][0]["handle"] == "bare"
        popup = sign_in(page)
        page.wait_for_function("sessionStorage['valetkey-begun']")
        held[0].fulfill(response=answer)
        page.wait_for_timeout(100)
        assert page.evaluate("localStorage.screenName ?? null") is None
        approve(popup)
        page.wait_for_function("localStorage.screenName === 'ada'")
        context.close()


class Recorded:
    """Everything that a profile's pages asked for and were answered."""

    def __init__(self, context: BrowserContext) -> None:
        self.requests: list[Request] = []
        self.responses: list[Response] = []
        self.said: list[str] = []
        context.on("request", lambda request: self.requests.append(request))
        context.on("response", lambda response: self.responses.append(response))
        context.on("console", lambda message: self.said.append(message.text))

    def bodies(self, base: str) -> list[tuple[str, str]]:
        """By path, of what the app answered."""
        return [
            (urlsplit(one.url).path, one.text())
            for one in self.responses
            if one.url.startswith(base) and not 300 <= one.status < 400 and one.status != 204
        ]

    def headers(self) -> list[tuple[str, str]]:
        found = [pair for one in self.requests for pair in one.all_headers().items()]
        found += [pair for one in self.responses for pair in one.all_headers().items()]
        return [(name, value) for name, value in found if name not in ("cookie", "set-cookie")]


def heap(page: Page) -> str:
    """A snapshot of all that its scripts hold, strings and all."""
    session = page.context.new_cdp_session(page)
    parts: list[str] = []
    session.on("HeapProfiler.addHeapSnapshotChunk", lambda event: parts.append(event["chunk"]))
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    session.detach()
    return "".join(parts)


@pytest.mark.parametrize("path", ["/classic", "/classic-line"])
def test_no_secret_and_the_token_in_its_few_places(chromium: Browser, app: App, provider: Provider, path: str) -> None:
    """C10 in token delivery. The popup is kept from closing, so that all it was sent can be read, and its heap."""
    context = chromium.new_context()
    context.set_default_timeout(8_000)
    context.add_init_script(LISTENS + "window.close = () => {};")
    recorded = Recorded(context)
    page = opened(context, app, provider, path)
    popup = sign_in(page)
    (asked,) = [one for one in recorded.responses if one.url == f"{app.base}/auth/twitter"]
    assert set(asked.json()) == {"oauth_token", "oauth_callback_confirmed"}
    request_token = asked.json()["oauth_token"]
    approve(popup)
    expect(page.locator("#who")).to_have_text("@ada")
    popup.get_by_role("heading", name="Signed in").wait_for()
    assert me(page)["status"] == 200
    page.wait_for_timeout(1500)
    token = calls(page)[0]["token"]
    heaps = {"page": heap(page), "popup": heap(popup)}

    verifiers = {entry["oauth_verifier"] for entry in provider.exchanges}
    secrets = {one for one in provider.secrets if one not in verifiers}
    assert len(secrets) >= 4  # the app's, the request token's, the access token and its own
    stored = [
        json.dumps(window.evaluate("[{...localStorage}, {...sessionStorage}, heard, written, document.cookie]"))
        for window in (page, popup)
    ]
    own = recorded.bodies(app.base)
    shown = "\n".join(
        [one.url for one in recorded.requests]
        + [one.post_data or "" for one in recorded.requests if urlsplit(one.url).path != "/oauth/decide"]
        + [f"{name}: {value}" for name, value in recorded.headers()]
        + [body for _, body in own]
        + recorded.said
        + stored
    )
    everywhere = {"shown": shown, **heaps}
    assert [(where, one) for where, text in everywhere.items() for one in (*secrets, SECRET) if one in text] == []
    assert "oauth_token_secret" not in "\n".join(body for name, body in own if name.startswith("/auth/twitter"))
    # The verifier is in the one address that the provider wrote, and nowhere after.
    assert [one for one in verifiers for text in (*heaps.values(), *stored) if one in text] == []
    assert [one for one in verifiers for _, body in own if one in body] == []
    # The searches find what is there: the control.
    assert request_token in shown
    assert token in heaps["page"]

    holders = {name for name, body in own if token in body}
    assert "/auth/twitter/done" in holders
    assert holders <= {"/auth/twitter/done", "/auth/session"}
    assert {name for name, value in recorded.headers() if token in value} == {"authorization"}
    assert [one.url for one in recorded.requests if token in one.url] == []
    assert [one.url for one in recorded.requests if token in (one.post_data or "")] == []
    assert [line for line in recorded.said if token in line] == []
    assert token not in popup.content()  # the script takes it out of the page
    for window in (page, popup):
        assert [one for one in window.evaluate("heard") if token in one] == []
        kept = window.evaluate(
            "(token) => Object.keys(localStorage).filter((key) => localStorage[key] === token)", token
        )
        assert kept == ["token"]
        assert token not in json.dumps(window.evaluate("[{...sessionStorage}, document.cookie]"))
    context.close()


FLOOD = """async () => {
  const channel = new BroadcastChannel("valetkey");
  for (let n = 0; n < 300; n++) {
    const forged = { valetkey: "A".repeat(22), token: "forged", login: { id: "A".repeat(22), state: "done" } };
    channel.postMessage(forged);
    postMessage(forged, location.origin);
    localStorage["valetkey-delivered"] = "A".repeat(22);
    localStorage["valetkey-token"] = "forged";
  }
  await new Promise((done) => setTimeout(done, 500));
}"""


def test_forged_messages_change_nothing(profile: BrowserContext, app: App, provider: Provider) -> None:
    """C15: hundreds of the right shape from this very origin, before a login and during it."""
    provider.set(coop="same-origin")
    page = opened(profile, app, provider, "/classic-line")
    another = profile.new_page()
    another.goto(f"{app.base}/classic")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/session") else None)
    another.evaluate(FLOOD)
    page.evaluate(FLOOD)
    assert calls(page) == []
    popup = sign_in(page)
    another.evaluate(FLOOD)
    page.evaluate(FLOOD)
    assert calls(page) == []
    assert len(asked) < 300  # one at a time, never one for each
    assert provider.exchanges == []
    approve(popup)
    expect(page.locator("#who")).to_have_text("@ada")
    assert len(calls(page)) == 1
    assert calls(page)[0]["token"] != "forged"
    assert me(page)["status"] == 200
    assert len(provider.exchanges) == 1


def landed(page: Page, app: App, provider: Provider) -> str:
    """A login of this page's profile that has landed and that no page has heard of: its last page's address."""
    asked = page.context.request.post(
        f"{app.base}/auth/twitter", data={"name": "twitter"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    callback = provider.approve(asked.json()["oauth_token"])
    answer = page.context.request.get(callback, headers={"Accept": "text/html"}, max_redirects=0)
    assert answer.status == 303
    return app.base + answer.headers["location"]


def test_a_foreign_opener_learns_nothing(app: App, provider: Provider, evil: Page) -> None:
    """C14: it has a setToken of its own, the browser has a login that has landed, and the last page, which holds the
    pass, is opened by it: its function is not called, and it hears nothing."""
    evil.evaluate("() => { window.calls = []; window.setToken = window.setScreenName = (...told) => calls.push(told) }")
    last = landed(evil, app, provider)
    assert "data-token" in evil.context.request.get(last, headers={"Accept": "text/html"}).text()
    for path in (last, f"{app.base}/auth/twitter", f"{app.base}/auth/twitter?oauth_token=a&oauth_verifier=b"):
        with evil.expect_popup() as popup:
            evil.evaluate("(path) => { window.theirs = open(path, '_blank') }", path)
        popup.value.wait_for_event("close") if path == last and not popup.value.is_closed() else None
        evil.wait_for_timeout(400)
        reading = "(() => { try { return theirs.document.body.innerHTML } catch (fault) { return fault.name } })()"
        assert path == last or evil.evaluate(reading) == "SecurityError"
    assert evil.evaluate("calls") == []
    assert evil.evaluate("heard") == []
    assert len(provider.exchanges) == 1
    # The control: the same page, opened by one of this origin.
    page = evil.context.new_page()
    page.goto(f"{app.base}/classic")
    page.evaluate("(path) => { open(path, '_blank') }", last)
    wait_for(lambda: len(calls(page)) == 1)
    assert me(page)["status"] == 200
