"""satellizer and vue-authenticate with providers of OAuth 2.0, as they come from their authors, but for one line of the
page: ``authorizationEndpoint``. Their scopes, states, addresses and second request are their own.

The provider comes back to us, and the page gets a code of ours; in a popup, and in the tab itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from support.fronts import callbacks
from support.servers import App, Provider, free_port

from browser.classic import MODULES, PAGES
from browser.test_classic_libraries import AUTH, SATELLIZER, VUE, served

MOUNTED = {
    SATELLIZER: PAGES / "satellizer-oauth2.html",
    VUE: PAGES / "vue-oauth2.html",
    "/angular.js": MODULES / "angular/angular.js",
    "/satellizer.js": MODULES / "satellizer/dist/satellizer.js",
    "/axios.js": MODULES / "axios/dist/axios.js",
    "/vue.js": MODULES / "vue/dist/vue.js",
    "/vue-authenticate.js": MODULES / "vue-authenticate/dist/vue-authenticate.js",
}
# satellizer draws Google's and Spotify's state from Math.random, and refuses another. The others send none, and it
# refuses any. vue-authenticate sends none at all, and has no Spotify.
PLAYED = ("google", "github", "facebook", "spotify")
# satellizer's other ones. Its state for LinkedIn is the constant STATE. Its "live" is Microsoft, whose page cuts the
# popup off (Cross-Origin-Opener-Policy): there a page needs the tab.
FURTHER = ("linkedin", "instagram", "yahoo", "twitch", "bitbucket")
ALL = (*PLAYED, *FURTHER, "microsoft")
EACH = pytest.mark.parametrize(
    ("path", "name"), [*((SATELLIZER, name) for name in PLAYED), *((VUE, name) for name in PLAYED[:3])]
)
BOTH = pytest.mark.parametrize("path", [SATELLIZER, VUE], ids=["satellizer", "vue-authenticate"])


class World:
    """An app whose pages are listed, and a second address of the same pages."""

    def __init__(self, directory: Path) -> None:
        port, self.elsewhere = free_port(), free_port()
        base, other = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{self.elsewhere}"
        # What these libraries name by themselves: the origin, with a slash for Facebook.
        pages = [f"{origin}{end}" for origin in (base, other) for end in ("", "/")]
        self.provider = Provider(f"{base}/auth/twitter")
        self.provider.serves(*callbacks(base, ALL))
        self.app = App(
            self.provider,
            port,
            directory,
            fronts=ALL,
            VALETKEY_DELIVERY="token",
            VALETKEY_ORIGINS=other,
            MOUNTED=json.dumps({path: str(file) for path, file in MOUNTED.items()}),
            **{f"{name.upper()}_CALLBACK_URL": ",".join((f"{base}/auth/{name}", *pages)) for name in ALL},
        )


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("oauth2"))
    yield world
    world.app.stop()
    world.provider.stop()


@pytest.fixture
def world(both: World) -> World:
    both.provider.reset()
    return both


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    return page


def authenticate(page: Page, name: str, button: str = "Authorize app") -> tuple[dict[str, Any], list[str]]:
    """As the page's button does, and the user at the provider; the outcome, and every address that was asked for."""
    seen: list[str] = []
    page.context.on("request", lambda request: seen.append(request.url))
    with page.expect_popup() as popup:
        page.evaluate(f"() => {{ window.outcome = authenticate({name!r}) }}")
    popup.value.get_by_role("button", name=button).click(no_wait_after=True)
    return dict(page.evaluate("outcome")), seen


def is_signed_in(page: Page, path: str, world: World, name: str) -> None:
    found = page.evaluate("get('/auth/session')")
    assert found["status"] == 200
    assert found["body"]["account"]["identities"][0]["provider"] == name
    assert page.evaluate(f"{AUTH[path]}.getPayload().sub") == found["body"]["account"]["id"]
    assert len(world.provider.at(name).exchanges) == 1


@EACH
def test_in_a_popup(profile: BrowserContext, world: World, path: str, name: str) -> None:
    """On one origin, from its beginning to its end, by one exchange. The provider sends its code to us alone."""
    sessions = world.app.rows("sessions")
    page = opened(profile, world.app.base + path)
    outcome, seen = authenticate(page, name)
    assert outcome == {"landed": True}
    is_signed_in(page, path, world, name)
    assert page.evaluate("get('/api/me')")["status"] == 200
    assert world.app.rows("sessions") == sessions + 1
    (exchange,) = world.provider.at(name).exchanges
    assert exchange["redirect_uri"] == f"{world.app.base}/auth/{name}"
    (at_page,) = [one for url in seen if "code" in (one := parse_qs(urlsplit(url).query)) and urlsplit(url).path == "/"]
    assert exchange["code"] not in at_page["code"]
    assert ("state" in at_page) == (path == SATELLIZER and name in ("google", "spotify"))
    assert page.evaluate(f"{AUTH[path]}.logout().then(() => true)")
    assert page.evaluate("get('/api/me')")["status"] == 401


def test_satellizers_other_providers(profile: BrowserContext, world: World) -> None:
    """Each with its own old scopes and what it has for a state, one after the other on the same page."""
    page = opened(profile, world.app.base)
    for name in FURTHER:
        outcome, seen = authenticate(page, name)
        assert outcome == {"landed": True}, name
        account = page.evaluate("get('/auth/session')")["body"]["account"]
        assert [one["provider"] for one in account["identities"]] == [name]
        (at_page,) = [parse_qs(urlsplit(url).query) for url in seen if urlsplit(url).path == "/" and "code=" in url]
        assert at_page.get("state") == (["STATE"] if name == "linkedin" else None)


@pytest.mark.parametrize(("path", "name"), [(SATELLIZER, "google"), (SATELLIZER, "facebook"), (VUE, "github")])
def test_a_cancel(profile: BrowserContext, world: World, path: str, name: str) -> None:
    """The page learns of it, and signs in afterwards."""
    page = opened(profile, world.app.base + path)
    outcome, _ = authenticate(page, name, "Cancel")
    assert (outcome["landed"], outcome["message"]) == (False, "access_denied")
    assert world.provider.at(name).exchanges == []
    assert authenticate(page, name)[0] == {"landed": True}
    is_signed_in(page, path, world, name)


@BOTH
def test_from_another_origin_of_the_site(chromium: Browser, world: World, path: str) -> None:
    """Another port of this machine, which is listed, with credentials; and without them it is named why not."""
    address = f"http://127.0.0.1:{world.elsewhere}{path}?backend={world.app.base}"
    with served("127.0.0.1", world.elsewhere, MOUNTED):
        for credentials in ("", "&credentials=1"):
            context = chromium.new_context()
            context.set_default_timeout(8_000)
            page = opened(context, address + credentials)
            outcome, _ = authenticate(page, "google")
            assert outcome["landed"] == bool(credentials), outcome
            if credentials:
                assert page.evaluate("get('/auth/session')")["body"]["account"]
            else:
                assert outcome["error"]["code"] == "classic_cross_origin"
                assert "withCredentials" in outcome["error"]["hint"]
            context.close()


@pytest.mark.parametrize("name", ["google", "microsoft"])
def test_in_the_tab_itself(profile: BrowserContext, world: World, name: str) -> None:
    """A page that has no popup: it comes back to its own address, with its own state. Whatever the provider's page says
    of openers, there is none."""
    page = opened(profile, world.app.base)
    page.evaluate(f"go({name!r})")
    page.get_by_role("button", name="Authorize app").click()
    page.wait_for_url(f"{world.app.base}/?code=*")
    query = parse_qs(urlsplit(page.url).query)
    assert set(query) == {"code", "state"}
    assert query["state"] == [page.evaluate("sessionStorage.state")]
    page.evaluate(f"comeBack({name!r})")
    is_signed_in(page, SATELLIZER, world, name)


def test_without_the_line(profile: BrowserContext, world: World) -> None:
    """A page as it was has its code from the provider. The answer names the line, and nothing is exchanged."""
    page = opened(profile, world.app.base)
    sent = '{code: "4/0AX4XfWh", clientId: "x", redirectUri: location.origin}'
    fault = page.evaluate(f"injected('$http').post('/auth/google', {sent}).catch((fault) => fault.data.error)")
    assert fault["code"] == "bad_request"
    assert "authorizationEndpoint: '/auth/google/authorize'" in fault["hint"]
    assert "GOOGLE_CALLBACK_URL" in fault["hint"]
    assert world.provider.at("google").exchanges == []
