"""C2 where a page's session is a token, which no window shows: an identity that came back for a link waits, sealed,
until the page that began says by its token whose it is to be; with its verifier, a fresh session, and once."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator

import pytest
from support.browser import Answer, Browser
from support.servers import App, Provider, app_and_provider

PAGE = "https://app.example"
RELAY = f"{PAGE}/relay.html"


@pytest.fixture(scope="module", params=["one site", "two sites"])
def world(request: pytest.FixtureRequest) -> Iterator[tuple[App, Provider]]:
    relay = {"VALETKEY_RELAY": RELAY} if request.param == "two sites" else {}
    with app_and_provider(PROGRAM="readme", VALETKEY_DELIVERY="token", VALETKEY_ORIGINS=PAGE, **relay) as pair:
        yield pair


@pytest.fixture(params=[False, True], ids=["strict", "lenient"])
def provider(world: tuple[App, Provider], request: pytest.FixtureRequest) -> Provider:
    world[1].reset()
    world[1].set(lenient=request.param)
    return world[1]


@pytest.fixture
def app(world: tuple[App, Provider]) -> App:
    return world[0]


def person() -> dict[str, str]:
    number = str(secrets.randbelow(10**12) + 10**12)
    return {"user_id": number, "screen_name": f"p{number}"}


class Page:
    """A page with its popup. Where a relay page stands between them it sends no cookie, and has what that brought."""

    def __init__(self, app: App, provider: Provider) -> None:
        self.app, self.provider = app, provider
        self.browser = Browser(app.base, origin=PAGE)
        self.token = ""
        self.verifier, self.login, self.code = "", "", None

    def start(self, path: str) -> str:
        self.verifier, self.code = secrets.token_urlsafe(32), None
        digest = hashlib.sha256(self.verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        self.login = secrets.token_urlsafe(16)
        answer = self.browser.submit(path, {"login": self.login, "challenge": challenge})
        assert answer.status == 200, answer.text
        return (answer.header("refresh") or "").partition("oauth_token=")[2].partition("&")[0]

    def back(self, callback: str) -> Answer:
        answer = self.browser.come_back(callback)
        fragment = (answer.header("location") or "").partition("#")[2]
        if "code=" in fragment:
            self.code = fragment.partition("code=")[2]
        return answer

    def collect(self, token: str | None = None, **other: str) -> Answer:
        fields = {"login": self.login, "verifier": self.verifier, **({"code": self.code} if self.code else {}), **other}
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return self.browser.fetch("POST", "/auth/session", fields, **bearer)

    def sign_in(self, who: dict[str, str]) -> Page:
        self.back(self.provider.approve(self.start("/auth/twitter"), **who))
        self.token = self.collect().json()["token"]
        return self

    def link(self, who: dict[str, str]) -> None:
        """As far as the provider has sent the popup back."""
        self.back(self.provider.approve(self.start("/auth/twitter/link"), **who))

    def identities(self) -> list[str]:
        me = self.browser.request("GET", "/api/me", headers={"Authorization": f"Bearer {self.token}"}, cookies=False)
        return [one["subject"] for one in me.json()["identities"]]


def test_the_control(app: App, provider: Provider) -> None:
    """Tied by the page's own request, once, and told again without harm; no second account, no second session."""
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
def test_both_halves(app: App, provider: Provider, wrong: str) -> None:
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
    page.link(person())
    app.query("UPDATE sessions SET opened_at = opened_at - 601")
    told = page.collect(page.token)
    assert told.json()["login"]["error"]["code"] == "reauth_required"
    assert page.identities() == [first["user_id"]]
    page.link(person())
    page.browser.fetch("DELETE", "/auth/session", Authorization=f"Bearer {page.token}")
    assert page.collect(page.token).status == 401


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
    assert page.browser.fetch("POST", "/auth/twitter/link", {"name": "twitter"}).status == 401
    assert provider.journal == []
