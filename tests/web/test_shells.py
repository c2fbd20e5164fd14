"""Apps in shells and browser extensions, as far as HTTP goes: what their requests may do, and what they never get.

No browser here can have a page on ``capacitor://localhost``, so its requests are written by hand.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterator
from html import escape

import pytest
from support.browser import Answer, Browser
from support.servers import App, Provider, app_and_provider
from support.token_page import person

from valetkey.web.pages.start_page import start_page

EXTENSION = "chrome-extension://" + "abcdefghijklmnop" * 2
SHELLS = [
    *("capacitor://localhost", "ionic://localhost", "tauri://localhost", "http://tauri.localhost"),
    *("app://bundle", "com.example.app://localhost", EXTENSION),
]
SITE = "https://app.example"
RELAYS = {"site": f"{SITE}/relay.html", "extension": f"{EXTENSION}/relay.html", "shell": "app://bundle/relay.html"}
World = tuple[App, Provider]


@pytest.fixture(scope="module", params=["site"])
def relay(request: pytest.FixtureRequest) -> str:
    return RELAYS[request.param]


@pytest.fixture(scope="module")
def world(relay: str) -> Iterator[World]:
    origins = ",".join([SITE, *SHELLS])
    settings = {"VALETKEY_DELIVERY": "token", "VALETKEY_ORIGINS": origins, "VALETKEY_RELAY": relay}
    with app_and_provider(PROGRAM="readme", **settings) as pair:
        yield pair


class Shell:
    """An app in a shell. ``window`` is the one that signs in; the app's own requests have no cookies of it."""

    def __init__(self, app: App, provider: Provider, origin: str) -> None:
        self.app, self.provider, self.origin = app, provider, origin
        self.window = Browser(app.base)
        self.verifier, self.login = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def ask(self, method: str, fields: object = None, path: str = "/auth/session", **headers: str) -> Answer:
        sent = {"Origin": self.origin, "Sec_Fetch_Site": "cross-site", **headers}
        return Browser(self.app.base).fetch(method, path, fields, **sent)

    def begin(self, **fields: str) -> Answer:
        """By the backend's page, whose form has the backend's own origin."""
        begun = self.window.begin(self.login, challenge=self.challenge, **fields)
        assert begun.answer.status == 200
        return self.window.come_back(self.provider.approve(begun.token, **person()))

    def redeem(self, code: str, verifier: str | None = None) -> Answer:
        return self.ask("POST", {"login": self.login, "code": code, "verifier": verifier or self.verifier})


def code_in(answer: Answer) -> str:
    where = answer.header("location") or answer.send_to
    return where.partition("code=")[2]


# What is accepted


@pytest.mark.parametrize("origin", SHELLS)
def test_a_sign_in(world: World, origin: str) -> None:
    """The code alone opens nothing, and neither does the verifier alone. Both together do, once."""
    shell = Shell(*world, origin)
    landed = shell.begin()
    assert landed.status == 303
    assert (landed.header("location") or "").startswith(f"{RELAYS['site']}#login={shell.login}&code=")
    assert shell.ask("POST", {"login": shell.login, "verifier": shell.verifier}).json()["account"] is None
    assert shell.ask("POST", {"login": shell.login, "code": code_in(landed)}).status == 400
    assert shell.redeem(code_in(landed), secrets.token_urlsafe(32)).status == 403
    collected = shell.redeem(code_in(landed))
    token = collected.json()["token"]
    assert all("; Max-Age=0;" in cookie for cookie in collected.all("set-cookie"))
    assert collected.all("access-control-allow-origin") == [origin]
    bearer = {"Authorization": f"Bearer {token}"}
    assert shell.ask("GET", path="/api/me", **bearer).status == 200
    assert shell.ask("POST", {}, path="/api/me", **bearer).status == 200
    assert shell.redeem(code_in(landed)).status == 403
    assert shell.ask("DELETE", **bearer).status == 204
    assert shell.ask("GET", path="/api/me", **bearer).status == 401


@pytest.mark.parametrize("origin", SHELLS)
def test_a_preflight(world: World, origin: str) -> None:
    headers = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "content-type"}
    answer = Shell(*world, origin).ask("OPTIONS", **headers)
    assert answer.all("access-control-allow-origin") == [origin]


ALIKE = [
    *("null", "file://", "file:///", "", "capacitor://", "capacitor://localhost/", "Capacitor://localhost"),
    *("capacitor://LOCALHOST", "capacitor://localhost:80", "capacitor://localhost.evil.example", "capacitor:localhost"),
    *("capacitor://localhost capacitor://localhost", "capacitor://localhost,", " capacitor://localhost.", "localhost"),
    *("capacitor://127.0.0.1", "ionic://localhost:0", "https://tauri.localhost", "http://tauri.localhost:80"),
    *("http://tauri.localhost/", "app://Bundle", "app://bundle2", "com.example.app://", "com.example.app2://localhost"),
    *(EXTENSION.upper(), f"{EXTENSION}/", EXTENSION[:-1], EXTENSION.replace("chrome", "moz"), f"{EXTENSION}a"),
    *("chrome-extension://" + "b" * 32, "moz-extension://localhost", "electron://bundle"),
]


@pytest.mark.parametrize("origin", ALIKE)
def test_nothing_that_resembles_one(world: World, origin: str) -> None:
    shell = Shell(*world, origin)
    world[1].reset()
    for answer in (shell.ask("POST", {}), shell.ask("DELETE"), shell.ask("OPTIONS"), shell.ask("GET")):
        assert answer.all("access-control-allow-origin") == []
    for answer in (shell.ask("POST", {}), shell.ask("DELETE")):
        assert (answer.status, answer.code) == (403, "foreign_origin")
    start = {"login": shell.login, "challenge": shell.challenge, "mode": "popup"}
    answer = shell.window.submit("/auth/twitter", start, Origin=origin, Sec_Fetch_Site="cross-site")
    assert answer.status == 403
    assert world[1].journal == []


# What they never get


@pytest.fixture
def cookies(world: World) -> dict[str, str]:
    """Of a login that began without a verifier, on a page of the public origin, and landed: a cookie collects it."""
    app, provider = world
    browser = Browser(app.base)
    begun = browser.begin()
    browser.come_back(provider.approve(begun.token, **person()))
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items()), "login": begun.login}


@pytest.mark.parametrize("origin", [*SHELLS, SITE])
def test_a_cookie_does_not_count(world: World, cookies: dict[str, str], origin: str) -> None:
    """The control is the listed site, from which browsers send none to another site."""
    shell, login = Shell(*world, origin), cookies["login"]
    collected = shell.ask("POST", {"login": login}, Cookie=cookies["Cookie"])
    read = shell.ask("GET", path=f"/auth/session?login={login}", Cookie=cookies["Cookie"])
    assert ("token" in collected.json()) == (origin == SITE)
    assert (read.json()["login"]["state"] == "unknown") == (origin != SITE)


@pytest.mark.parametrize("origin", [*SHELLS, SITE])
def test_a_session_cookie_does_not_count_on_the_apps_own_routes(world: World, origin: str) -> None:
    """Such as one from before the app had token delivery. The control is the same token as a bearer."""
    shell = Shell(*world, SITE)
    token = shell.redeem(code_in(shell.begin())).json()["token"]
    page = {"Origin": origin, "Sec_Fetch_Site": "cross-site"}
    for sent, status in (({"Cookie": f"valetkey-session={token}"}, 401), ({"Authorization": f"Bearer {token}"}, 200)):
        assert Browser(world[0].base).fetch("POST", "/api/me", {}, **page, **sent).status == status


@pytest.mark.parametrize("origin", [*SHELLS, SITE])
def test_a_start_has_a_challenge(world: World, origin: str) -> None:
    shell = Shell(*world, origin)
    headers = {"Origin": origin, "Sec_Fetch_Site": "cross-site"}
    without = shell.window.submit("/auth/twitter", {"login": shell.login, "mode": "popup"}, **headers)
    assert without.status == (200 if origin == SITE else 400)
    fields = {"login": shell.login, "mode": "popup", "challenge": shell.challenge}
    assert shell.window.submit("/auth/twitter", fields, **headers).status == 200


@pytest.mark.parametrize("origin", SHELLS)
def test_no_classic_start(world: World, origin: str) -> None:
    """Also where the browser says that an extension's request is of no site, as with host permissions."""
    for site in ("cross-site", "none", "same-origin"):
        answer = Shell(*world, origin).ask("POST", {}, path="/auth/twitter", Sec_Fetch_Site=site)
        assert (answer.status, answer.code) == (403, "classic_cross_origin")


@pytest.mark.parametrize("origin", SHELLS)
def test_no_login_returns_there(world: World, origin: str) -> None:
    """The relay page leads back. An address of a shell may open another app."""
    shell = Shell(*world, origin)
    fields = {"login": shell.login, "mode": "page", "challenge": shell.challenge, "return_to": f"{origin}/a"}
    assert shell.window.submit("/auth/twitter", fields).status == 400
    landed = shell.begin(mode="page", return_to=f"{origin}/a", return_to_is_default="1")
    assert (landed.header("location") or "").startswith(RELAYS["site"])


@pytest.mark.parametrize("origin", ["capacitor://127.0.0.1", "tauri://127.0.0.1"])
def test_an_unlisted_shell_is_not_another_name_of_this_machine(world: World, origin: str) -> None:
    assert Shell(*world, origin).ask("POST", {}).code == "foreign_origin"


# The page that starts a login for them


def test_the_start_page(world: World) -> None:
    """It names the shells that may use it, and no site: those start by themselves."""
    app, provider = world
    provider.reset()
    answer = Browser(app.base).visit("/auth/twitter/start")
    assert answer.status == 200
    openers = re.findall(r'data-openers="([^"]*)"', answer.text)
    assert openers == [" ".join(sorted(SHELLS))]
    assert 'action="/auth/twitter"' in answer.text
    assert 'action="/auth/twitter/link"' in Browser(app.base).visit("/auth/twitter/start?link").text
    assert "frame-ancestors 'none'" in (answer.header("content-security-policy") or "")
    assert answer.header("cross-origin-opener-policy") == "unsafe-none"
    assert answer.all("set-cookie") == provider.journal == []
    for path in ("/auth/nobody/start", "/auth/twitter/link/start"):
        assert Browser(app.base).visit(path).status == 404


def test_a_title_is_text_on_the_start_page() -> None:
    said = '"<b>&'
    html = start_page(prefix="/a", action="/a/x", provider=said, app=said, openers=[said], by_link=True)
    assert said not in html
    assert html.count(escape(said)) == 5  # the provider in three places, the app, and the openers


@pytest.mark.parametrize(
    ("relay", "by_link"), [("site", True), ("extension", True), ("shell", False)], indirect=["relay"]
)
def test_where_an_address_may_start_a_login(world: World, relay: str, by_link: bool) -> None:
    """Not where another app may be handed the code: it could have written the address itself."""
    page = Browser(world[0].base).visit("/auth/twitter/start").text
    assert ("data-link" in page) == by_link


@pytest.mark.parametrize("relay", ["extension"], indirect=True)
def test_a_page_of_ours_leads_to_an_extension(world: World, relay: str) -> None:
    """A redirect would be the provider's, and Chromium asks whose page it is."""
    shell = Shell(*world, EXTENSION)
    landed = shell.begin()
    assert (landed.status, landed.header("location")) == (200, None)
    assert landed.send_to.startswith(f"{relay}#login={shell.login}&code=")
    assert code_in(landed) not in landed.text
    assert shell.redeem(code_in(landed)).json()["token"]


def test_an_app_without_shells_has_no_start_page() -> None:
    site = {"VALETKEY_DELIVERY": "token", "VALETKEY_ORIGINS": SITE, "VALETKEY_RELAY": RELAYS["site"]}
    with app_and_provider(PROGRAM="readme", **site) as (app, _):
        assert Browser(app.base).visit("/auth/twitter/start").status == 404
