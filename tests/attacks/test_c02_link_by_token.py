"""C2 where a page's session is a token, which no window shows: an identity that came back for a link waits, sealed,
until the page that began says by its token whose it is to be; with its verifier, a fresh session, and once."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from support.browser import Browser
from support.servers import App, Provider, app_and_provider
from support.token_page import PAGE, RELAY, Page, person


@pytest.fixture(scope="module", params=["one site", "two sites"])
def world(request: pytest.FixtureRequest) -> Iterator[tuple[App, Provider]]:
    relay = {"VALETKEY_RELAY": RELAY} if request.param == "two sites" else {}
    with app_and_provider(PROGRAM="readme", VALETKEY_DELIVERY="token", VALETKEY_ORIGINS=PAGE, **relay) as pair:
        yield pair


@pytest.fixture
def provider(world: tuple[App, Provider]) -> Provider:
    world[1].reset()
    world[1].set(lenient=True)
    return world[1]


@pytest.fixture
def app(world: tuple[App, Provider]) -> App:
    return world[0]


def test_the_control(app: App, provider: Provider) -> None:
    """The page's own request links it, once. To repeat it does no harm: no second account, no second session."""
    first, second = person(), person()
    page = Page(app, provider).sign_in(first)
    before = app.all_rows()
    page.link(second)
    assert page.identities() == [first["user_id"]]
    cookies = dict(page.browser.cookies)
    for _ in range(2):
        linked = page.collect(page.token)
        assert linked.status == 200
        assert linked.json()["login"]["state"] == "done"
        assert "token" not in linked.json()
        page.browser.cookies = dict(cookies)  # as if the answer had been lost
    assert page.identities() == [first["user_id"], second["user_id"]]
    after = app.all_rows()
    assert (after["accounts"], after["sessions"]) == (before["accounts"], before["sessions"])
    assert len(provider.exchanges) == 2
    assert Page(app, provider).sign_in(second).identities() == page.identities()


def test_nobody_is_signed_in_by_it(app: App, provider: Provider) -> None:
    """Without a token it is worth nothing: it opens no session."""
    page = Page(app, provider).sign_in(person())
    before = app.all_rows()
    page.link(person())
    answer = page.collect()
    assert "token" not in answer.json()
    assert answer.json().get("account") is None
    assert {**app.all_rows(), "login_claims": 0} == {**before, "login_claims": 0}


@pytest.mark.parametrize("wrong", ["verifier", "no verifier", "login", "another's"])
def test_code_and_verifier_are_both_needed(app: App, provider: Provider, wrong: str) -> None:
    """The page's verifier, and the value that was sealed for this very login."""
    first, second = person(), person()
    page, other = Page(app, provider).sign_in(first), Page(app, provider).sign_in(person())
    page.link(second)
    other.link(person())
    tried = {
        "verifier": {"verifier": secrets.token_urlsafe(32)},
        "no verifier": {"verifier": ""},
        "login": {"login": secrets.token_urlsafe(16)},
        "another's": {"verifier": other.verifier, **({"code": str(other.code)} if other.code else {})},
    }[wrong]
    cookies = dict(page.browser.cookies)
    refused = page.collect(page.token, **tried)
    assert refused.code == "code_refused" or refused.json()["login"]["state"] == "unknown"
    assert page.identities() == [first["user_id"]]
    page.browser.cookies = cookies
    assert page.collect(page.token).json()["login"]["state"] == "done"


def test_a_strangers_browser(app: App, provider: Provider) -> None:
    """The attacker's callback in the victim's browser: another browser, and no exchange."""
    attacker, victim = Page(app, provider).sign_in(person()), Page(app, provider).sign_in(person())
    callback = provider.approve(attacker.start("/auth/twitter/link"), **person())
    calls = len(provider.exchanges)
    refused = victim.back(callback)
    assert refused.code in ("another_browser", "cookies_blocked")
    assert len(provider.exchanges) == calls
    assert len(victim.identities()) == 1


def test_only_with_a_fresh_live_session(app: App, provider: Provider) -> None:
    first = person()
    page = Page(app, provider).sign_in(first)
    identities = app.rows("identities")
    page.link(person())
    app.query("UPDATE sessions SET opened_at = opened_at - 601")
    told = page.collect(page.token)
    assert told.json()["login"]["error"]["code"] == "reauth_required"
    assert page.identities() == [first["user_id"]]
    page.link(person())
    cookies = dict(page.browser.cookies)
    page.browser.fetch("DELETE", "/auth/session", Authorization=f"Bearer {page.token}")
    page.browser.cookies = cookies  # a browser that ignored their end
    assert page.collect(page.token).status == 401
    assert app.rows("identities") == identities


def test_an_identity_of_anothers(app: App, provider: Provider) -> None:
    mine, theirs = person(), person()
    page, other = Page(app, provider).sign_in(mine), Page(app, provider).sign_in(theirs)
    page.link(theirs)
    assert page.collect(page.token).json()["login"]["error"]["code"] == "identity_taken"
    assert page.identities() == [mine["user_id"]]
    assert other.identities() == [theirs["user_id"]]


def test_a_classic_start_without_a_token(app: App, provider: Provider) -> None:
    """And a form without a challenge: there is nobody to whom it could be linked."""
    page = Page(app, provider)
    assert page.browser.submit("/auth/twitter/link", {}).status == 401
    assert page.browser.fetch("POST", "/auth/twitter/link", {"name": "twitter"}).status == 403  # from another site
    assert Browser(app.base).fetch("POST", "/auth/twitter/link", {"name": "twitter"}).status == 401
    assert provider.journal == []
