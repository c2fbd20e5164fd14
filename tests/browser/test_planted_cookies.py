"""A sibling host plants cookies for its whole domain, under names that only look like ours once something has been
taken off. Clients store and send them; they refuse the very name, for it starts with ``__Host-`` (RFC 6265bis
§4.1.3.2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from support.browser import Browser
from support.engines import SHOWN, Chromium, Engine, chromium, firefox
from support.proxying import ConnectProxy
from support.two_sites import Sites, two_hosts
from support.waiting import wait_for
from support.wire import whose

from browser.matrix import Play

SIBLING, BACKEND = "app.example.test", "api.example.test"
SIBLINGS_PAGE = "<!doctype html><title>sibling</title><link rel=icon href=data:,>"  # nothing is requested by itself
SESSION = "__Host-valetkey-session"
# What Python's strip() takes off and a browser keeps; and a name behind a comma.
BEFORE = ["\xa0", "\x85", "x=1,"]


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    with two_hosts(SIBLING, BACKEND, {"/": SIBLINGS_PAGE}, {}) as started:
        yield started


@contextmanager
def a_browser(name: str, sites: Sites) -> Iterator[Engine]:
    if name == "chromium":
        with chromium(arguments=sites.arguments) as engine:
            yield engine
    else:
        with ConnectProxy(sites.ports) as tunnels:
            proxy = {"network.proxy.type": 1, "network.proxy.ssl": "127.0.0.1", "network.proxy.ssl_port": tunnels.port}
            with firefox(preferences=proxy, any_certificate=True) as engine:
                yield engine


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def started(request: pytest.FixtureRequest, sites: Sites) -> Iterator[Engine]:
    with a_browser(request.param, sites) as engine:
        yield engine


@pytest.fixture
def engine(started: Engine, sites: Sites) -> Iterator[Engine]:
    sites.provider.reset()
    sites.provider.set(lenient=True)
    yield started
    started.forget(sites.backend)  # and the whole domain's cookies, which are sent there


def visit(engine: Engine, url: str) -> Any:
    """Any page, in a window of its own."""
    if isinstance(engine, Chromium):
        return engine.open(url)
    driver = engine.driver  # type: ignore[attr-defined]
    driver.switch_to_window(engine.blank)  # type: ignore[attr-defined]  # the window before it may be closed
    window = driver.open(type="tab", focus=True)["handle"]
    driver.switch_to_window(window)
    driver.navigate(url)
    ready = "return location.href !== 'about:blank' && document.readyState === 'complete'"
    wait_for(lambda: engine.run(window, ready))
    return window


def ask(engine: Engine, window: Any, path: str) -> str:
    """A page's own request."""
    script = f"""
    const request = new XMLHttpRequest();
    request.open("GET", "{path}", false);
    request.setRequestHeader("accept", "application/json");
    request.send();
    return request.responseText"""
    return str(wait_for(lambda: engine.run(window, script)))


def plant(engine: Engine, sites: Sites, sibling: Any, name: str, value: str) -> bool:
    """A page of the sibling gets a cookie for the domain; whether the browser has kept it, and sends it."""
    cookie = f"{name}={value}; Domain=example.test; Path=/; Secure"
    sites.site.headers["plant"] = {"Set-Cookie": cookie}
    for page in ("plant", "none"):
        ask(engine, sibling, f"/?page={page}")
    return f"{name}={value}".encode("latin-1") in sites.site.cookies[-1]


def account(engine: Engine, window: Any) -> Any:
    """Who is signed in, as a page of the backend's is told."""
    told = json.loads(ask(engine, window, "/auth/session"))["account"]
    return told and told["identities"][0]["handle"]


def signed_in(sites: Sites, name: str) -> Browser:
    """The attacker, in a browser of their own."""
    profile = Browser(sites.app.base, origin=sites.backend)
    begun = profile.begin()
    profile.come_back(sites.provider.approve(begun.token, user_id="666", screen_name=name))
    return profile


def test_a_planted_session(engine: Engine, sites: Sites) -> None:
    """The page stays signed out; the victim signs in beside the planted cookies, and is the victim."""
    theirs = signed_in(sites, "planter").cookies[SESSION]
    assert whose(sites.app, f"{SESSION}={theirs}".encode()) == "planter"  # the control: it is worth a session
    sibling = visit(engine, f"{sites.page}/")
    assert plant(engine, sites, sibling, "x", "harmless")  # the control: the domain's cookies arrive
    assert not plant(engine, sites, sibling, SESSION, theirs)  # what the prefix keeps out
    window = visit(engine, f"{sites.backend}/")
    wait_for(lambda: engine.run(window, SHOWN))
    for before in BEFORE:  # one after the other: two that come to the same name would be nobody's
        assert plant(engine, sites, sibling, f"{before}{SESSION}", theirs)
        assert account(engine, window) is None
    play = Play(engine, sites.app, sites.provider, "")
    popup = play.popup(window)
    play.approve(popup)
    wait_for(lambda: account(engine, window) == "ada")
    assert account(engine, visit(engine, f"{sites.backend}/")) == "ada"


def test_a_planted_login(engine: Engine, sites: Sites) -> None:
    """The attacker's login cookie and the attacker's callback: the third binding holds, nothing is exchanged."""
    attacker = Browser(sites.app.base, origin=sites.backend)
    callback = sites.provider.approve(attacker.begin().token, user_id="666", screen_name="planter")
    ((name, sealed),) = attacker.cookies.items()
    sibling = visit(engine, f"{sites.page}/")
    assert not plant(engine, sites, sibling, name, sealed)
    rows = sites.app.all_rows()
    for before in BEFORE:
        assert plant(engine, sites, sibling, f"{before}{name}", sealed)
        window = visit(engine, callback)
        assert engine.run(window, "return location.search") == "?code=another_browser"
    assert account(engine, visit(engine, f"{sites.backend}/")) is None
    assert sites.provider.exchanges == []
    assert sites.app.all_rows() == rows
    landed = attacker.come_back(callback)  # the control
    assert landed.status == 303
    assert len(sites.provider.exchanges) == 1
