"""Page and backend on two hosts, with TLS and third-party cookies blocked: on two sites, by a token and the relay page;
on one site, by a cookie and an allow-listed origin. The login lands, whatever the headers and whatever becomes of
the windows."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Route, expect, sync_playwright
from support.two_sites import Sites, two_hosts
from support.waiting import wait_for
from support.windows import press_last, wait_until_closed

from browser.matrix import COOP
from browser.shots import faults_of

PAGE = """<!doctype html><html lang=en><title>app</title><link rel=icon href=data:,>
<script type=module src=BACKEND/MODULE></script><script type=module src=/page.js></script>
<sign-in-button provider=twitter></sign-in-button><p id=who></p><p id=me></p>"""
SCRIPT = """import { onSession, signOut } from "BACKEND/MODULE";
window.signOut = signOut;
window.told = [];
addEventListener("signinerror", ({ detail }) => told.push(detail.code));
onSession((found) => {
  window.found = found;
  document.getElementById("who").textContent = found ? "@" + found.account.identities[0].handle : "";
});"""
# What this takes of the page's policy: the backend for scripts, requests and forms, and nothing else from anywhere.
POLICY = (
    "default-src 'none'; script-src 'self' HOST; style-src 'self' HOST; connect-src HOST; form-action HOST; "
    "img-src data:; require-trusted-types-for 'script'; trusted-types 'none'"
)
SHAPES = {
    "two sites": ("app.test", "api.other.test", "token.js"),
    "one site": ("app.example.test", "api.example.test", "client.js"),
}


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@contextmanager
def browsing(playwright: Playwright, sites: Sites) -> Iterator[Any]:
    browser = playwright.chromium.launch(
        executable_path=os.environ["CHROMIUM"],
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", *sites.arguments],
    )
    yield browser
    browser.close()


@pytest.fixture(scope="module", params=list(SHAPES))
def shape(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def sites(shape: str) -> Iterator[Sites]:
    page, backend, module = SHAPES[shape]
    files = {"/": PAGE.replace("MODULE", module), "/page.js": SCRIPT.replace("MODULE", module)}
    policy = {"Content-Security-Policy": POLICY.replace("HOST", f"https://{backend}")}
    headers = {
        name: {**policy, **({"Cross-Origin-Opener-Policy": value} if value else {})} for name, value in COOP.items()
    }
    token = {"VALETKEY_DELIVERY": "token", "VALETKEY_RELAY": f"https://{page}/relay.html"}
    with two_hosts(page, backend, files, headers, **(token if shape == "two sites" else {})) as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright: Playwright, sites: Sites) -> Iterator[Any]:
    with browsing(playwright, sites) as browser:
        yield browser


@pytest.fixture
def profile(chromium: Any, sites: Sites) -> Iterator[BrowserContext]:
    sites.provider.reset()
    sites.site.everywhere = {}
    sites.site.let_go.set()
    context = chromium.new_context()
    context.set_default_timeout(10_000)
    yield context
    context.close()


class Play:
    """One login, in one cell."""

    def __init__(self, sites: Sites, profile: BrowserContext, page_coop: str, provider_coop: str, shape: str) -> None:
        self.sites, self.profile, self.shape = sites, profile, shape
        sites.provider.set(coop=COOP[provider_coop])
        if COOP[page_coop]:  # on every page of the app, the relay page included
            sites.site.everywhere = {"Cross-Origin-Opener-Policy": str(COOP[page_coop])}
        self.page = profile.new_page()
        self.page.goto(f"{sites.page}/?page={page_coop}")

    def press(self) -> Page:
        with self.page.expect_popup() as popup:
            self.page.get_by_role("button", name="Sign in with X", exact=True).click()
        popup.value.get_by_role("button", name="Authorize app").wait_for()
        return popup.value

    def approve(self, window: Page) -> None:
        window.get_by_role("button", name="Authorize app").click(no_wait_after=True)

    def landed(self) -> None:
        expect(self.page.locator("#who")).to_have_text("@ada", timeout=12_000)


def plain(play: Play) -> None:
    play.approve(play.press())
    play.landed()
    assert play.page.evaluate("told") == []


def closed_once_the_relay_page_has_loaded(play: Play) -> None:
    """Or, on one site, the backend's last page."""
    loaded: list[Page] = []
    popup = play.press()
    end = "/relay.html" if play.shape == "two sites" else "/auth/twitter/done"
    popup.on("domcontentloaded", lambda window: end in window.url and not loaded and loaded.append(window))
    play.approve(popup)
    deadline = time.monotonic() + 8
    while not loaded and not popup.is_closed() and time.monotonic() < deadline:
        play.page.wait_for_timeout(2)
    if not popup.is_closed():
        popup.close()
    play.landed()
    assert play.page.evaluate("told") == []


def closed_before_it_and_continued(play: Play) -> None:
    """The code never arrives: said, and one click finishes it, without a click at the provider. On one site the login
    cookie is collected, and there is nothing to continue."""
    popup = play.press()
    if play.shape == "one site":
        play.sites.provider.fault("access_token", "delay", seconds=0.8)
        play.approve(popup)
        while not play.sites.provider.exchanges:
            play.page.wait_for_timeout(20)
        popup.close()
        return play.landed()
    play.sites.site.hold()
    play.approve(popup)
    while not play.sites.site.asked_for_relay.is_set():
        play.page.wait_for_timeout(20)
    popup.close()
    play.sites.site.let_go.set()
    play.page.get_by_role("button", name="Continue", exact=True).click(timeout=15_000)
    play.landed()
    assert play.page.evaluate("told") == ["interrupted"]
    return None


def reloaded(play: Play) -> None:
    popup = play.press()
    play.page.reload()
    play.page.get_by_role("button", name="Sign in with X", exact=True).wait_for()
    play.approve(popup)
    play.landed()
    assert play.page.evaluate("told") == []


def popup_blocked(play: Play) -> None:
    address = play.page.url
    play.page.evaluate("window.open = () => null")
    play.page.get_by_role("button", name="Sign in with X", exact=True).click()
    play.page.get_by_role("button", name="Authorize app").click()
    play.landed()
    assert play.page.url == address
    assert play.page.evaluate("told") == []


SCENARIOS: dict[str, Callable[[Play], None]] = {
    "plain": plain,
    "closed once the relay page has loaded": closed_once_the_relay_page_has_loaded,
    "closed before it, and continued": closed_before_it_and_continued,
    "page reloaded": reloaded,
    "popup blocked": popup_blocked,
}


CELLS = [(page, provider, scenario) for page in COOP for provider in COOP for scenario in SCENARIOS]


# On one site the login comes by the cookie, as in the matrix: here it shows that the page may ask for it.
ON_ONE_SITE = [
    ("unset", "unset", "plain"),
    ("unset", "unset", "popup blocked"),
    ("same-origin", "same-origin", "plain"),
    ("same-origin", "same-origin", "closed before it, and continued"),
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every cell with ``--engines all``. Without it, on two sites those where both say the same, nothing or what severs
    most; on one site a few."""
    if "cell" in metafunc.fixturenames:
        less = [one for one in CELLS if one[0] == one[1] != "allow-popups"]
        if metafunc.function is test_it_lands_on_one_site:
            less = ON_ONE_SITE
        every = metafunc.config.getoption("engines") == "all"
        metafunc.parametrize("cell", CELLS if every else less, ids=" | ".join)


@pytest.mark.parametrize("shape", ["two sites"], indirect=True)
def test_it_lands(
    sites: Sites, profile: BrowserContext, shape: str, cell: tuple[str, str, str], request: pytest.FixtureRequest
) -> None:
    page_coop, provider_coop, scenario = cell
    outcome = {"engine": f"chromium, {shape}", "scenario": scenario, "landed": False, "seconds": None}
    request.node.user_properties.append(("cell", outcome))
    before = sites.app.rows("sessions")
    SCENARIOS[scenario](Play(sites, profile, page_coop, provider_coop, shape))
    assert sites.app.rows("sessions") == before + 1
    continued = scenario.endswith("continued") and shape == "two sites"
    assert len(sites.provider.exchanges) == (2 if continued else 1)
    outcome["landed"] = True


@pytest.mark.parametrize("shape", ["one site"], indirect=True)
def test_it_lands_on_one_site(
    sites: Sites, profile: BrowserContext, shape: str, cell: tuple[str, str, str], request: pytest.FixtureRequest
) -> None:
    test_it_lands(sites, profile, shape, cell, request)


@pytest.mark.parametrize("shape", ["two sites"], indirect=True)
def test_whoever_takes_their_time_keeps_the_window(profile: BrowserContext, sites: Sites, shape: str) -> None:
    """The backend has no cookie to know the login by, and cannot say that it began: that is no reason to give it up."""
    play = Play(sites, profile, "unset", "unset", shape)
    popup = play.press()
    play.page.wait_for_timeout(8500)
    expect(play.page.get_by_role("status")).to_have_text("Continue in the new window.")
    play.page.get_by_role("button", name="Sign in with X", exact=True).click()
    assert len(profile.pages) == 2
    play.approve(popup)
    play.landed()
    assert len(sites.provider.calls("request_token")) == 1


@pytest.mark.parametrize("shape", ["two sites"], indirect=True)
def test_approved_while_the_page_loads_again(profile: BrowserContext, sites: Sites, shape: str) -> None:
    """The relay page is there before the page knows its attempts again. The code works once, and the attempt has it."""
    play = Play(sites, profile, "unset", "unset", shape)
    popup = play.press()
    held: list[Route] = []
    play.page.route("**/auth/return.js*", lambda route: held.append(route))
    play.page.reload()
    wait_for(lambda: play.page.evaluate("'told' in window") and held)
    play.page.evaluate(
        """() => {
        window.codes = 0;
        window.listening = new BroadcastChannel("valetkey");
        listening.addEventListener("message", ({ data }) => { codes += Boolean(data.code) });
        addEventListener("signin", () => told.push("signin"));
        }"""
    )
    play.approve(popup)
    wait_for(lambda: play.page.evaluate("codes"))
    play.page.wait_for_timeout(500)  # for a request, if the page makes one now
    held[0].continue_()
    play.landed()
    wait_for(lambda: play.page.evaluate("told.length"))
    assert play.page.evaluate("told") == ["signin"]
    wait_for(lambda: play.page.evaluate("0") or popup.is_closed())


def test_a_message_of_another_origin_ends_nothing(profile: BrowserContext, sites: Sites, shape: str) -> None:
    """Between two hosts the popup's message comes as one of the backend's origin. Any window can send one like it: that
    the user has signed out, while the backend does not know the login yet. The control: the login lands."""
    play = Play(sites, profile, "unset", "unset", shape)
    starts: list[Route] = []
    profile.route(f"{sites.backend}/auth/twitter", lambda route: starts.append(route))
    with play.page.expect_popup() as popup:
        play.page.get_by_role("button", name="Sign in with X", exact=True).click()
    wait_for(lambda: play.page.evaluate("0") or starts)
    with play.page.expect_response(f"{sites.backend}/auth/session"):
        play.page.evaluate("postMessage({ valetkey: null, signed_out: true }, '*')")
    starts[0].continue_()
    play.approve(popup.value)
    play.landed()
    assert play.page.evaluate("told") == []


def test_third_party_cookies_are_blocked(profile: BrowserContext, sites: Sites, shape: str) -> None:
    """The control: on two sites a cookie of the backend's is not sent with a page's request, on one site it is."""
    page = profile.new_page()
    page.goto(f"{sites.page}/?page=unset")
    start = """async (backend) => {
      const options = { credentials: "include", headers: { "content-type": "application/json" } };
      const first = await fetch(backend + "/auth/twitter", { ...options, method: "POST", body: "{}" });
      return first.status;
    }"""
    page.evaluate(start, sites.backend)
    with page.expect_request(f"{sites.backend}/auth/session") as asked:
        page.evaluate("(backend) => fetch(backend + '/auth/session', { credentials: 'include' })", sites.backend)
    sent = asked.value.all_headers().get("cookie", "")
    assert ("__Host-valetkey-login-" in sent) == (shape == "one site")


def test_what_is_left_behind(profile: BrowserContext, sites: Sites, shape: str) -> None:
    """No token or secret in an address, in a page's storage or in what windows tell each other, and no code that any
    server sees; signed out, the token is worth nothing within a second."""
    play = Play(sites, profile, "unset", "unset", shape)
    listen = "() => { window.heard = []; new BroadcastChannel('valetkey').onmessage = ({ data }) => heard.push(data) }"
    play.page.evaluate(listen)
    addresses: list[str] = []
    profile.on("page", lambda page: page.on("framenavigated", lambda frame: addresses.append(frame.url)))
    requests: list[str] = []
    profile.on("request", lambda request: requests.append(request.url))
    plain(play)
    token = play.page.evaluate("found.token ?? null")
    heard = str(play.page.evaluate("heard"))
    stored = str(play.page.evaluate("[{ ...localStorage }, { ...sessionStorage }]"))
    assert (token is not None) == (shape == "two sites")
    known = [secret for secret in [token, *sites.provider.secrets] if secret]
    assert known
    for secret in known:
        assert secret not in heard + stored + str(addresses)
    assert token is None or token not in str(requests)
    assert "code=" not in str(requests)  # a fragment is not sent
    assert all("relay.html" not in path or "code" not in path for path in sites.site.paths)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    cookies = {"cookie": "; ".join(f"{one['name']}={one['value']}" for one in profile.cookies())}
    assert ask(sites, "/api/me", {**cookies, **headers}) == 200
    play.page.evaluate("signOut()")
    expect(play.page.locator("#who")).to_have_text("")
    assert ask(sites, "/api/me", {**cookies, **headers}) == 401


@pytest.mark.parametrize("shape", ["two sites"], indirect=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_relay_page_by_itself(chromium: Any, sites: Sites, scheme: str) -> None:
    """Nobody hears it: after three seconds it says what to do. The code has left the address; axe finds nothing."""
    context = chromium.new_context(bypass_csp=True, color_scheme=scheme, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(f"{sites.page}/relay.html#login=somebody&code=something")
    page.get_by_role("link", name="Back to the app").wait_for()
    assert page.url == f"{sites.page}/relay.html"
    assert faults_of(page) == []
    context.close()


def test_a_second_identity(profile: BrowserContext, sites: Sites, shape: str) -> None:
    """Linked and unlinked by the module: on two sites by the page's token, which no window shows."""
    play = Play(sites, profile, "same-origin", "same-origin", shape)
    plain(play)
    file = "token.js" if shape == "two sites" else "account.js"
    play.page.evaluate(f"import('{sites.backend}/auth/{file}').then((found) => {{ window.account = found }})")
    with play.page.expect_popup() as popup:
        play.page.evaluate("() => { window.linked = account.link('twitter').catch((error) => error) }")
    popup.value.get_by_role("radio", name="@rtl").check()
    play.approve(popup.value)
    handles = "window.linked.then(({ account, code }) => code ?? account.identities.map(({ handle }) => handle))"
    assert play.page.evaluate(handles) == ["ada", "rtl"]
    shown = play.page.evaluate("account.devices()")
    assert len([one for one in shown if one["current"]]) == 1
    unlink = "account.unlink('twitter', found.account.identities[1].subject)"
    assert len(play.page.evaluate(unlink)["account"]["identities"]) == 1
    refused = "account.unlink('twitter').catch(({ code }) => code)"
    assert play.page.evaluate(refused) == "last_identity"


def ask(sites: Sites, path: str, headers: dict[str, str]) -> int:
    """From outside of the browser."""
    connection = http.client.HTTPConnection("127.0.0.1", sites.app.port, timeout=10)
    connection.request("GET", path, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_an_older_window_that_fails(profile: BrowserContext, sites: Sites, shape: str) -> None:
    """Cut off, and opened again. The user declines in the older window, and signs in by the newer one."""
    play = Play(sites, profile, "unset", "same-origin", shape)
    older = play.press()
    with play.page.expect_popup() as opened:
        play.page.get_by_role("button", name="Open it again").click()
    opened.value.get_by_role("button", name="Authorize app").wait_for()
    older.get_by_role("button", name="Cancel").click()
    older.get_by_role("link", name="Return to the app").click(no_wait_after=True)
    wait_until_closed(older)
    play.approve(opened.value)
    play.landed()
    assert play.page.evaluate("told") == []


@pytest.mark.parametrize("shape", ["two sites"], indirect=True)
def test_a_failure_that_comes_while_the_page_loads(profile: BrowserContext, sites: Sites, shape: str) -> None:
    """The page was loaded again, and has not yet what continues its sign-in. The relay page waits for it."""
    play = Play(sites, profile, "unset", "unset", shape)
    popup = play.press()
    held: list[Route] = []
    play.page.route("**/auth/return.js", lambda route: held.append(route))
    play.page.reload()
    wait_for(lambda: play.page.wait_for_timeout(10) or held)
    relayed = sites.site.paths.count("/relay.html")
    popup.get_by_role("button", name="Cancel").click()
    press_last(popup, "Return to the app", "link")
    wait_for(lambda: sites.site.paths.count("/relay.html") > relayed)
    play.page.wait_for_timeout(500)
    held[0].continue_()
    expect(play.page.get_by_role("status")).to_have_text("Not signed in, as you chose.")
    assert play.page.evaluate("told") == ["denied"]
    wait_until_closed(popup)


@pytest.mark.parametrize("shape", ["two sites"], indirect=True)
def test_a_sign_in_that_is_faster_than_the_sign_out_before_it(
    profile: BrowserContext, sites: Sites, shape: str
) -> None:
    """The backend is slow to answer the sign-out. Who signs in meanwhile stays signed in, and the old token is void."""
    play = Play(sites, profile, "unset", "unset", shape)
    plain(play)
    old = play.page.evaluate("found.token")
    held: list[Route] = []

    def hold_the_sign_out(route: Route) -> None:
        if route.request.method == "DELETE" and not held:
            held.append(route)
        else:
            route.continue_()

    play.page.route(f"{sites.backend}/auth/session", hold_the_sign_out)
    play.page.evaluate("() => { signOut().then(() => { window.left = true }) }")
    wait_for(lambda: play.page.wait_for_timeout(10) or held)
    profile.clear_cookies(domain="localhost")  # the provider asks again
    popup = play.press()
    popup.get_by_role("radio", name="@bare").check()
    play.approve(popup)
    expect(play.page.locator("#who")).to_have_text("@bare")
    held[0].continue_()
    eventually(play.page, "window.left")
    play.page.wait_for_timeout(300)
    assert play.page.locator("#who").text_content() == "@bare"
    assert play.page.evaluate("found.token") != old
    assert ask(sites, "/api/me", {"authorization": f"Bearer {old}"}) == 401
    play.page.evaluate("signOut()")  # the control
    expect(play.page.locator("#who")).to_have_text("")


# Signed out meanwhile. The provider's header cuts the popup off, so that the page cannot close it.

SETTLED = "then(() => 'landed', ({ code }) => code).then((code) => { window.settled = code })"


def eventually(page: Page, expression: str) -> str:
    """Its value, once it has one. Playwright's own waiting evaluates text in the page, which its policy blocks."""
    for _ in range(100):
        value = page.evaluate(f"String({expression} ?? '')")
        if value:
            return str(value)
        page.wait_for_timeout(100)
    raise AssertionError(f"{expression} has no value after ten seconds")


def test_a_link_that_was_open_at_the_sign_out(profile: BrowserContext, sites: Sites, shape: str) -> None:
    """Ada leaves a link at the consent page and signs out; another person signs in here; the link is approved."""
    play = Play(sites, profile, "unset", "same-origin", shape)
    plain(play)
    file = "token.js" if shape == "two sites" else "account.js"
    play.page.evaluate(f"import('{sites.backend}/auth/{file}').then((found) => {{ window.account = found }})")
    with play.page.expect_popup() as opened:
        play.page.evaluate(f"() => {{ account.link('twitter').{SETTLED} }}")
    left = opened.value
    left.get_by_role("radio", name="@rtl").check()
    play.page.evaluate("signOut()")
    assert eventually(play.page, "window.settled") == "cancelled"
    profile.clear_cookies(domain="localhost")  # the provider asks the next user
    other = play.press()
    other.get_by_role("radio", name="@bare").check()
    play.approve(other)
    expect(play.page.locator("#who")).to_have_text("@bare", timeout=12_000)
    exchanges, identities = len(sites.provider.exchanges), sites.app.rows("identities")
    play.approve(left)
    left.wait_for_url(lambda url: not url.startswith(sites.provider.origin))  # the backend has answered the callback
    left.wait_for_timeout(1000)
    assert sites.app.rows("identities") == identities
    assert len(sites.provider.exchanges) == exchanges
    found = play.page.evaluate("account.session()") if shape == "two sites" else play.page.evaluate("found")
    assert [one["handle"] for one in found["account"]["identities"]] == ["bare"]


@pytest.mark.parametrize(
    ("by", "signed_in"),
    [("this tab", False), ("another tab", True)],
    ids=["this tab, as nobody", "another tab, as somebody"],
)
def test_a_sign_in_that_was_open_at_the_sign_out(
    profile: BrowserContext, sites: Sites, shape: str, signed_in: bool, by: str
) -> None:
    before = sites.app.query("SELECT count(*) FROM sessions WHERE revoked_at IS NULL")
    play = Play(sites, profile, "unset", "same-origin", shape)
    other = play.page
    if by == "another tab":
        other = profile.new_page()
        other.goto(play.page.url)
        eventually(other, "window.signOut")
    if signed_in:
        plain(play)
    profile.clear_cookies(domain="localhost")  # the provider asks again
    with play.page.expect_popup() as opened:
        begin = f"import('{sites.backend}/auth/{SHAPES[shape][2]}').then(({{ signIn }}) => signIn('twitter'))"
        play.page.evaluate(f"() => {{ {begin}.{SETTLED} }}")
    left = opened.value
    left.get_by_role("button", name="Authorize app").wait_for()
    other.evaluate("signOut()")
    expect(play.page.locator("#who")).to_have_text("")
    assert eventually(play.page, "window.settled") == (
        "cancelled" if by == "this tab" or shape == "two sites" else "interrupted"
    )
    live = "SELECT count(*) FROM sessions WHERE revoked_at IS NULL"
    # Where each tab has a token of its own, a tab that hears of the sign-out ends its session by itself.
    wait_for(lambda: sites.app.query(live) == before)
    exchanges = len(sites.provider.exchanges)
    play.approve(left)
    left.wait_for_url(lambda url: not url.startswith(sites.provider.origin))  # the backend has answered the callback
    left.wait_for_timeout(1000)
    # Nothing of this backend's says that the page of another site has signed out as nobody: there the account is known
    # to the provider's popup and to nobody else, for its session is never opened.
    assert len(sites.provider.exchanges) <= exchanges + (shape == "two sites" and not signed_in)
    assert sites.app.query(live) == before
    expect(play.page.locator("#who")).to_have_text("")


@pytest.mark.parametrize("shape", ["one site"], indirect=True)
def test_a_sign_out_elsewhere_before_the_page_knows_of_the_login(
    profile: BrowserContext, sites: Sites, shape: str
) -> None:
    """The page has asked before the start was answered, and not since. It is not a page that gets no cookies."""
    play = Play(sites, profile, "unset", "same-origin", shape)
    plain(play)
    other = profile.new_page()
    other.goto(play.page.url)
    eventually(other, "window.signOut")
    profile.clear_cookies(domain="localhost")  # the provider asks again
    starts: list[Route] = []
    asks: list[Route] = []
    profile.route(f"{sites.backend}/auth/twitter", lambda route: starts.append(route))
    with play.page.expect_response(f"{sites.backend}/auth/session"), play.page.expect_popup() as opened:
        begin = f"import('{sites.backend}/auth/{SHAPES[shape][2]}').then(({{ signIn }}) => signIn('twitter'))"
        play.page.evaluate(f"() => {{ {begin}.{SETTLED} }}")
    play.page.route(f"{sites.backend}/auth/session", lambda route: asks.append(route))
    wait_for(lambda: play.page.wait_for_timeout(10) or starts)
    starts[0].continue_()
    opened.value.get_by_role("button", name="Authorize app").wait_for()
    play.page.wait_for_timeout(500)  # it has seen that the window is elsewhere
    for one in asks:
        one.abort()
    asks.clear()
    wait_for(lambda: play.page.wait_for_timeout(10) or asks)
    other.evaluate("signOut()")
    play.page.wait_for_timeout(200)
    asks[0].continue_()
    play.page.unroute(f"{sites.backend}/auth/session")
    assert eventually(play.page, "window.settled") == "interrupted"
