"""C21: nobody comes into another's account by an e-mail address, at one provider or at two. Beside each attack the
control: the same two users in one account, because their owner links them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

import pytest
from support.browser import Answer, Browser
from support.servers import App, Provider
from support.servers import app_and_provider as started

OTHER = "other"


@pytest.fixture(scope="module", name="world")
def email_world() -> Iterator[tuple[App, Provider]]:
    """An app that asks X for e-mail addresses, and a second provider that speaks as X does."""
    with started(PROGRAM="readme", NODE_SECOND=OTHER, VALETKEY_TWITTER_EMAIL="on") as (app, provider):
        provider.serves(f"{app.base}/auth/{OTHER}")
        yield app, provider


class Person:
    """A user at the provider, with a browser that has no session yet."""

    def __init__(self, world: tuple[App, Provider], email: object, name: str = "twitter") -> None:
        self.app, self.provider = world
        self.id = str(secrets.randbelow(10**12) + 10**12)
        self.name, self.email = name, email
        self.browser = Browser(self.app.base)

    def land(self, path: str, browser: Browser) -> Answer:
        answer = browser.submit(path, {"login": secrets.token_urlsafe(16), "mode": "popup"})
        assert answer.status == 200, answer.text
        token = (answer.header("refresh") or "").partition("oauth_token=")[2].partition("&")[0]
        said = {"id_str": self.id, "screen_name": f"p{self.id}", "name": "Somebody", "email": self.email}
        self.provider.fault(
            "verify_credentials", "status", status=200, body=json.dumps(said), content_type="application/json"
        )
        callback = self.provider.approve(token, user_id=self.id, screen_name=f"p{self.id}")
        return browser.come_back(callback)

    def signed_in(self) -> Browser:
        assert self.land(f"/auth/{self.name}", self.browser).status == 303
        return self.browser

    def linked_to(self, browser: Browser) -> None:
        assert self.land(f"/auth/{self.name}/link", browser).status == 303


def subjects(browser: Browser) -> list[str]:
    return [one["subject"] for one in browser.account()["identities"]]


def rows_of(app: App, *people: Person) -> list[tuple[str, str | None, int]]:
    """What is stored of them: account, address, flag."""
    return [
        row
        for one in people
        for row in app.query(
            "SELECT account_id, email, email_verified FROM identities WHERE provider = ? AND subject = ?",
            one.name,
            one.id,
        )
    ]


@pytest.mark.parametrize("name", ["twitter", OTHER], ids=["one provider", "two providers"])
@pytest.mark.parametrize("first", ["victim", "attacker"])
@pytest.mark.parametrize("spelling", [str, str.upper], ids=["the same", "in capitals"])
def test_a_verified_address_is_no_key(world: tuple[App, Provider], name: str, first: str, spelling: type[str]) -> None:
    app, provider = world
    provider.reset()
    address = f"victim{secrets.randbelow(10**9)}@example.com"
    victim, attacker = Person(world, address), Person(world, spelling(address), name)
    for one in (victim, attacker) if first == "victim" else (attacker, victim):
        one.signed_in()
    assert len(provider.exchanges) == 2  # both were at the provider, and both were asked about
    assert len(provider.calls("verify_credentials")) == 2
    (theirs, *_), (mine, *_) = found = rows_of(app, victim, attacker)
    assert theirs != mine
    assert [(email, verified) for _, email, verified in found] == [(address, 1), (spelling(address), 1)]
    for one in (victim, attacker):  # and again, once both are known
        again = Browser(app.base)
        one.land(f"/auth/{one.name}", again)
        assert (subjects(one.browser), subjects(again)) == ([one.id], [one.id])
        assert again.account()["id"] == one.browser.account()["id"]
    # The control: a link that the signed-in user asks for.
    second = Person(world, address, OTHER)
    second.linked_to(victim.browser)
    assert subjects(victim.browser) == [victim.id, second.id]
    assert rows_of(app, second) == [(theirs, address, 1)]


def test_a_taken_identity_does_not_move_by_its_address(world: tuple[App, Provider]) -> None:
    """The attacker is signed in and links an identity with the victim's address, and then the victim's own."""
    world[1].reset()
    address = f"victim{secrets.randbelow(10**9)}@example.com"
    victim, attacker, bait = (Person(world, address) for _ in range(3))
    victim.signed_in()
    attacker.signed_in()
    bait.linked_to(attacker.browser)
    assert subjects(attacker.browser) == [attacker.id, bait.id]
    refused = victim.land("/auth/twitter/link", attacker.browser)
    assert "identity_taken" in (refused.header("location") or refused.text)
    assert subjects(victim.browser) == [victim.id]
    assert subjects(attacker.browser) == [attacker.id, bait.id]


@pytest.mark.parametrize(
    "email", [None, "", 7, True, ["a@example.com"], "a@example.com,b@example.com", "a b@c.example"]
)
def test_what_is_no_address_signs_in_without_one(world: tuple[App, Provider], email: object) -> None:
    world[1].reset()
    for sent, expected in ((email, (None, False)), ("control@example.com", ("control@example.com", True))):
        browser = Person(world, sent).signed_in()
        for account in (browser.account(), browser.me().json()):
            (identity,) = account["identities"]
            assert (identity["email"], identity["email_verified"]) == expected
