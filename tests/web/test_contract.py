"""The HTTP contract where no attack looks: the classic two steps, other origins, frames, bearers, expired passes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.browser import HTML, Browser
from support.servers import App, Provider, free_port

LISTED = "https://pages.example"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, Provider]]:
    """An app that lists an origin and a second callback."""
    port = free_port()
    callback = f"http://127.0.0.1:{port}/auth/twitter"
    provider = Provider(callback)
    directory: Path = tmp_path_factory.mktemp("contract")
    callbacks = f"{callback},http://127.0.0.1:{port}/page"
    app = App(provider, port, directory, VALETKEY_ORIGINS=LISTED, TWITTER_CALLBACK_URL=callbacks)
    yield app, provider
    app.stop()
    provider.stop()


@pytest.fixture
def app(world: tuple[App, Provider]) -> App:
    return world[0]


@pytest.fixture
def provider(world: tuple[App, Provider]) -> Provider:
    world[1].reset()
    world[1].set(callbacks=[f"{world[0].base}/auth/twitter", f"{world[0].base}/page"])
    return world[1]


def begun_classic(app: App, **fields: object) -> tuple[Browser, str]:
    browser = Browser(app.base)
    answer = browser.fetch("POST", "/auth/twitter", {"name": "twitter", **fields})
    assert answer.status == 200
    assert answer.json()["oauth_callback_confirmed"] == "true"
    assert set(answer.json()) == {"oauth_token", "oauth_callback_confirmed"}
    return browser, answer.json()["oauth_token"]


def second_step(browser: Browser, callback: str):  # type: ignore[no-untyped-def]
    query = dict(pair.split("=") for pair in callback.partition("?")[2].split("&"))
    return browser.fetch("POST", "/auth/twitter", query)


def test_the_classic_second_step(app: App, provider: Provider) -> None:
    """The account, and the session as a cookie; the same claim: once, and for this browser only."""
    browser, token = begun_classic(app)
    callback = provider.approve(token)
    stranger = second_step(Browser(app.base), callback)
    assert (stranger.status, stranger.code) == (409, "cookies_blocked")
    assert provider.exchanges == []
    answer = second_step(browser, callback)
    assert answer.status == 200
    assert answer.json()["account"]["identities"][0]["handle"] == "ada"
    assert set(answer.json()) == {"account"}
    assert browser.me().status == 200
    second_step(browser, callback)
    assert len(provider.exchanges) == 1


def test_the_classic_callback(app: App, provider: Provider) -> None:
    """The popup comes back to the callback itself."""
    browser, token = begun_classic(app)
    assert (browser.come_back(provider.approve(token)).header("location") or "").startswith("/auth/twitter/done?login=")
    assert browser.me().status == 200


def test_a_second_step_never_restarts(app: App, provider: Provider) -> None:
    browser, token = begun_classic(app)
    provider.fault("access_token", "drop", times=2)
    answer = second_step(browser, provider.approve(token))
    assert (answer.status, answer.code) == (503, "provider_unavailable")
    assert len(provider.calls("request_token")) == 1


@pytest.mark.parametrize("asked", ["/page", "/page/", "/PAGE", "/other"])
def test_a_callback_url_is_selected_to_the_letter_or_not_at_all(app: App, provider: Provider, asked: str) -> None:
    begun_classic(app, redirectUri=app.base + asked)
    (call,) = provider.calls("request_token")
    assert call["oauth_callback"] == app.base + ("/page" if asked == "/page" else "/auth/twitter")


def test_a_listed_origin_gets_its_answers(app: App, provider: Provider) -> None:
    """Echoed to the letter, with credentials; its preflights are answered. No other origin gets anything."""
    browser = Browser(app.base, origin=LISTED, site="cross-site")
    answer = browser.fetch("GET", "/auth/session", Sec_Fetch_Site="same-site")
    assert answer.header("access-control-allow-origin") == LISTED
    assert answer.header("access-control-allow-credentials") == "true"
    assert "Origin" in (answer.header("vary") or "")
    preflight = browser.request(
        "OPTIONS", "/auth/session", headers={"Origin": LISTED, "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status == 204
    assert preflight.header("access-control-allow-origin") == LISTED
    assert "POST" in (preflight.header("access-control-allow-methods") or "")
    assert "content-type" in (preflight.header("access-control-allow-headers") or "")
    begun = browser.begin(mode="page", return_to=f"{LISTED}/after?x=1")
    assert browser.come_back(provider.approve(begun.token)).header("location") == f"{LISTED}/after?x=1#"
    for origin in ("https://other.example", "https://pages.example.evil.test", "http://pages.example", "null"):
        for method in ("GET", "OPTIONS"):
            other = browser.request(method, "/auth/session", headers={"Origin": origin})
            assert other.header("access-control-allow-origin") is None
            assert "Origin" in (other.header("vary") or "")


NOT_LISTED = [
    "https://pages.example.evil.test/",
    "https://pages.example@evil.test/",
    "http://pages.example/",
    "https://pages.example:444/",
    "https://PAGES.example/",
    "https://pages.example\\@evil.test",
]


@pytest.mark.parametrize("return_to", NOT_LISTED)
def test_only_a_listed_origin_is_returned_to(app: App, provider: Provider, return_to: str) -> None:
    answer = Browser(app.base).submit("/auth/twitter", {"mode": "page", "return_to": return_to})
    assert (answer.status, "return_to" in answer.text) == (400, True)
    assert provider.journal == []


def test_the_module_is_for_everybody_and_cached_by_its_tag(app: App) -> None:
    answer = Browser(app.base).request("GET", "/auth/client.js")
    assert answer.header("access-control-allow-origin") == "*"
    assert (answer.header("content-type") or "").startswith("text/javascript")
    tag = answer.header("etag") or ""
    again = Browser(app.base).request("GET", "/auth/client.js", headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    assert Browser(app.base).request("POST", "/auth/client.js").status == 405


def test_nothing_begins_in_a_frame(app: App, provider: Provider) -> None:
    answer = Browser(app.base).submit("/auth/twitter", {"mode": "popup"}, Sec_Fetch_Dest="iframe")
    assert answer.status == 403
    assert provider.journal == []


@pytest.fixture
def signed_in(app: App, provider: Provider) -> Browser:
    browser = Browser(app.base)
    browser.come_back(provider.approve(browser.begin().token))
    return browser


def test_a_bearer_is_changed_for_a_cookie_by_pages_of_ours_only(app: App, signed_in: Browser) -> None:
    bearer = {"Authorization": f"Bearer {signed_in.session_cookie}"}
    page = Browser(app.base)
    foreign = page.request(
        "POST",
        "/auth/session",
        body="{}",
        headers={**bearer, "Origin": "https://evil.test", "Content-Type": "application/json"},
    )
    assert foreign.status == 403
    assert page.cookies == {}
    ours = page.fetch("POST", "/auth/session", {}, **bearer)
    assert ours.json()["account"]["identities"][0]["handle"] == "ada"
    assert page.session_cookie == signed_in.session_cookie
    wrong = Browser(app.base)
    assert wrong.fetch("POST", "/auth/session", {}, Authorization="Bearer x").json() == {"account": None}
    assert wrong.cookies == {}


def test_signing_out_by_bearer_asks_for_no_origin(app: App, signed_in: Browser) -> None:
    """And twice is as good as once."""
    headers = {"Authorization": f"Bearer {signed_in.session_cookie}"}
    for _ in range(2):
        assert Browser(app.base).request("DELETE", "/auth/session", headers=headers).status == 204
    assert signed_in.me().status == 401


def test_an_expired_session_can_still_be_signed_out(app: App, signed_in: Browser) -> None:
    import sqlite3

    connection = sqlite3.connect(app.database, timeout=10)
    with connection:
        connection.execute("UPDATE sessions SET expires_at = opened_at + 1")
    connection.close()
    (before,) = app.query("SELECT count(*) FROM sessions WHERE revoked_at IS NULL")
    assert signed_in.sign_out().status == 204
    assert signed_in.cookies == {}
    assert app.query("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == [(before[0] - 1,)]


def test_who_reads_pages_gets_pages(app: App, provider: Provider) -> None:
    """A start that is refused, as a form in a window and as a fetch."""
    for headers, page in (({"Accept": HTML}, True), ({"Accept": "application/json"}, False), ({}, False)):
        answer = Browser(app.base).request("POST", "/auth/twitter", body="{}", headers=headers)
        assert answer.status == 403
        assert answer.text.startswith("<!doctype html>") == page
        assert (answer.code == "foreign_origin") != page
