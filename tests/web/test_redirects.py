"""Every redirect of ours ends in a fragment, so that no other fragment survives it (docs/http.md)."""

from __future__ import annotations

import ast
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from support.browser import Answer, Begun, Browser
from support.servers import App, Provider, free_port

from valetkey.web.replies import redirect_reply

SOURCES = Path(__file__).parents[2] / "src/valetkey"
PAGE = "https://pages.example"
RELAY = f"{PAGE}/relay.html"
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()

World = tuple[App, Provider]


@contextmanager
def started(directory: Path, **settings: str) -> Iterator[World]:
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}/auth/twitter")
    app = App(provider, port, directory, **settings)
    try:
        yield app, provider
    finally:
        app.stop()
        provider.stop()


@pytest.fixture(scope="module")
def one_origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with started(tmp_path_factory.mktemp("one"), VALETKEY_ORIGINS=PAGE) as world:
        yield world


@pytest.fixture(scope="module")
def two_sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = {"VALETKEY_DELIVERY": "token", "VALETKEY_ORIGINS": PAGE, "VALETKEY_RELAY": RELAY}
    with started(tmp_path_factory.mktemp("two"), **settings) as world:
        yield world


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with started(tmp_path_factory.mktemp("tokens"), VALETKEY_DELIVERY="token") as world:
        yield world


def assert_ends_in_a_fragment(answer: Answer, address: str, fragment: str = "") -> None:
    assert answer.status == 303, answer.text
    before, hash_sign, after = (answer.header("location") or "").partition("#")
    assert (before.startswith(address), hash_sign, after.startswith(fragment)) == (True, "#", True)
    assert fragment or not after


def come_back(world: World, begun: Begun, browser: Browser) -> Answer:
    return browser.come_back(world[1].approve(begun.token))


def token_of(started: Answer) -> str:
    assert started.status == 200, started.text
    return parse_qs(urlsplit((started.header("refresh") or "").partition("url=")[2]).query)["oauth_token"][0]


def signed_in(world: World, browser: Browser) -> Answer:
    return come_back(world, browser.begin(), browser)


def again(world: World, browser: Browser) -> Answer:
    """The callback once more, after its cookie has become the session's."""
    begun = browser.begin()
    callback = world[1].approve(begun.token)
    browser.come_back(callback)
    return browser.come_back(callback)


def returns(address: str) -> Callable[[World, Browser], Answer]:
    return lambda world, browser: come_back(world, browser.begin(mode="page", return_to=address), browser)


def classic(world: World, browser: Browser) -> Answer:
    token = browser.fetch("POST", "/auth/twitter", {}).json()["oauth_token"]
    return browser.come_back(world[1].approve(token))


def refused(world: World, browser: Browser) -> Answer:
    begun = browser.begin()
    return browser.visit(f"/auth/twitter?denied={begun.token}")


def a_form(world: World, browser: Browser) -> Answer:
    return browser.submit("/auth/twitter/return", {"code": "c", "state": "s"}, Origin="https://provider.example")


ON_ONE_ORIGIN: dict[str, tuple[Callable[[World, Browser], Answer], str]] = {
    "signed in": (signed_in, "/auth/twitter/done?login="),
    "delivered twice": (again, "/auth/twitter/done?login="),
    "back to the root": (returns(""), "/"),
    "back to a page": (returns("/settings?tab=1"), "/settings?tab=1"),
    "back to a listed origin": (returns(f"{PAGE}/after"), f"{PAGE}/after"),
    "a classic page": (classic, "/auth/twitter/done?login="),
    "refused": (refused, "/auth/twitter/failed?code=denied"),
    "no callback": (lambda _, browser: browser.visit("/auth/twitter?error=x&state=y"), "/auth/twitter/failed?code="),
    "another browser": (
        lambda _, browser: browser.visit("/auth/twitter?oauth_token=a&oauth_verifier=b"),
        "/auth/twitter/failed?code=",
    ),
    "a form": (a_form, "/auth/twitter?code=c&state=s"),
}


@pytest.mark.parametrize(("ends", "address"), ON_ONE_ORIGIN.values(), ids=list(ON_ONE_ORIGIN))
def test_on_one_origin(one_origin: World, ends: Callable[[World, Browser], Answer], address: str) -> None:
    assert_ends_in_a_fragment(ends(one_origin, Browser(one_origin[0].base)), address)


def test_a_fragment_that_the_page_asked_for_stays(one_origin: World) -> None:
    answer = returns("/app#/settings")(one_origin, Browser(one_origin[0].base))
    assert answer.header("location") == "/app#/settings"


@pytest.mark.parametrize("link", [False, True])
def test_to_a_relay_page(two_sites: World, link: bool) -> None:
    """The one fragment that says something."""
    app, provider = two_sites
    browser = Browser(app.base, origin=PAGE, site="cross-site")
    fields = {"login": secrets.token_urlsafe(16), "mode": "popup", "challenge": CHALLENGE}
    started = browser.submit("/auth/twitter" + ("/link" if link else ""), fields, Sec_Fetch_Site="cross-site")
    token = token_of(started)
    answer = browser.come_back(provider.approve(token))
    assert_ends_in_a_fragment(answer, RELAY, f"login={fields['login']}&code=")


@pytest.mark.parametrize(("mode", "address"), [("popup", "/auth/twitter/done?login="), ("page", "/settings")])
@pytest.mark.parametrize("link", [False, True])
def test_in_token_delivery(tokens: World, mode: str, address: str, link: bool) -> None:
    app, provider = tokens
    browser = Browser(app.base)
    fields = {"login": secrets.token_urlsafe(16), "mode": mode, "challenge": CHALLENGE, "return_to": "/settings"}
    started = browser.submit("/auth/twitter" + ("/link" if link else ""), fields)
    token = token_of(started)
    assert_ends_in_a_fragment(browser.come_back(provider.approve(token)), address)


def test_a_refresh_to_an_address_of_the_apps_has_one(two_sites: World) -> None:
    """It says how the login ended. It needs none otherwise: a Refresh is a navigation of its own (tests/browser)."""
    app, _ = two_sites
    browser = Browser(app.base, origin=PAGE, site="cross-site")
    fields = {"login": secrets.token_urlsafe(16), "mode": "popup", "challenge": CHALLENGE}
    started = browser.submit("/auth/twitter", fields, Sec_Fetch_Site="cross-site")
    token = token_of(started)
    answer = browser.visit(f"/auth/twitter?denied={token}")
    assert answer.header("refresh") == f"0; url={RELAY}#login={fields['login']}&error=denied"


@pytest.mark.parametrize("location", ["/", "/a?b=c", "https://pages.example/", "/#", "/a#b", "/a?b#c=d"])
def test_the_one_function(location: str) -> None:
    (sent,) = [value for name, value in redirect_reply(location).headers if name == "location"]
    assert sent == (location if "#" in location else f"{location}#")
    assert urlsplit(sent)._replace(fragment="") == urlsplit(location)._replace(fragment="")


def test_nothing_else_redirects() -> None:
    """No other line of ours writes a Location header or a redirect's status. The test kit plays the other sides."""
    found = []
    for file in SOURCES.rglob("*.py"):
        if "testing" in file.parts:
            continue
        for function in ast.walk(ast.parse(file.read_text())):
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found += [(file.parent.name, function.name) for node in ast.walk(function) if _redirects(node)]
    # Flask's response sends ours unchanged. The start-up check reads a redirect of the app, and the command that
    # registers an app with a server reports one.
    writes = {("web", "redirect_reply"), ("flask", "get_wsgi_headers")}
    assert set(found) == {*writes, ("startup", "redirects_to_https"), ("cli", "_read")}


def _redirects(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.lower() == "location"
    return isinstance(node, ast.Constant) and node.value in (301, 302, 303, 307, 308)
