"""What goes wrong with OAuth 2.0 and OpenID Connect, at the sandbox's fronts: each has its code, sentence and hint.

The page learns why, nothing is half done, and the next login lands. What an issuer does wrong with its documents and
its clock is in ``test_issuer_faults``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.browser import Answer, Begun, Browser, Posted
from support.fronts import callbacks
from support.in_process import BASE, InProcess, Visitor, in_process
from support.rows import HALVES
from support.servers import Provider

from valetkey.errors import known_errors
from valetkey.testing.sandbox import PROVIDERS

NAMES = tuple(name for name in PROVIDERS if name not in ("twitter", "x2"))
SECRET_FRONTS = tuple(name for name in NAMES if name != "apple")  # Apple's secret is a signed statement


class World:
    """An app in this process that has every provider of the sandbox, and the sandbox."""

    def __init__(self, app: InProcess, sandbox: Provider) -> None:
        self.app = app
        self.sandbox = sandbox

    def change(self, name: str, **switches: object) -> None:
        """Switches of one of the sandbox's providers."""
        self.sandbox.control("PATCH", "providers", {"provider": name, **switches})

    def approve(self, begun: Begun, **decision: object) -> str:
        """What the user decides at the provider; where the browser is sent then."""
        answer = self.sandbox.control("POST", "approve", {"url": begun.send_to, **(decision or {"persona": "ada"})})
        if "form" not in answer:
            return str(answer["callback"])
        posted = Posted(answer["callback"])
        posted.form, posted.origin = answer["form"], self.sandbox.origin
        return posted

    def calls(self, name: str, endpoint: str) -> list[dict[str, Any]]:
        found = self.sandbox.journal
        return [one for one in found if (one.get("provider"), one["endpoint"]) == (name, endpoint)]

    def lands(self, at: str, profile: Visitor | None = None, **decision: object) -> dict[str, Any]:
        """The control: a login at this provider. The identity that it brings."""
        profile = profile or self.app.browser()
        begun = profile.begin_at(at)
        assert begun.send_to, begun.answer.text
        answer = profile.come_back(self.approve(begun, **decision))
        assert (answer.status, answer.code) == (303, None), answer.text
        (identity,) = profile.account()["identities"]
        assert identity["provider"] == at
        return dict(identity)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    sandbox = Provider(f"{BASE}/auth/twitter")
    try:
        sandbox.serves(*callbacks(BASE, NAMES))
        variables = {**sandbox.variables(NAMES), "VALETKEY_PROVIDERS": ",".join(NAMES)}
        path: Path = tmp_path_factory.mktemp("faults") / "app.db"
        with in_process(path, **variables) as app:
            yield World(app, sandbox)
    finally:
        sandbox.stop()


@pytest.fixture
def world(running: World) -> World:
    running.sandbox.reset()
    return running


def unfinished(app: InProcess) -> dict[str, int]:
    """Its rows, without what a failed login leaves: a claim, which says how it ended."""
    return {**app.all_rows(), "login_claims": 0}


def fails(world: World, name: str, code: str, words: tuple[str, ...], callback: str, begun: Begun, by: Visitor) -> None:
    """A callback ends its login with this error: on its own page and for the page that waits, once."""
    before = unfinished(world.app)
    answer = by.come_back(callback)
    assert (answer.status, answer.code) == (303, code), answer.text
    kind = known_errors()[code]
    page = by.visit(answer.header("location") or "")
    assert page.status == kind.status
    assert escaped(kind.message) in page.text
    found = by.collect(begun.login).json()["login"]["error"]
    assert (found["code"], found["message"]) == (code, kind.message)
    for word in words:
        assert word in found["hint"], found["hint"]
        assert escaped(word) in page.text
    assert by.collect(begun.login).json()["login"]["state"] == "unknown"
    assert by.login_cookies == {}
    assert by.account() is None
    assert unfinished(world.app) == before
    assert by_halves(world.app) == {}


def by_halves(app: InProcess) -> dict[str, int]:
    """What its rows have by half: a login that nobody will finish, or a part of one."""
    waiting = "SELECT count(*) FROM login_claims WHERE state = 'claimed'"
    counts = {
        what: int(app.query(sql)[0][0]) for what, sql in {**HALVES, "claims that nobody has ended": waiting}.items()
    }
    return {what: count for what, count in counts.items() if count}


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("'", "&#x27;")


@pytest.mark.parametrize("name", SECRET_FRONTS)
def test_a_wrong_secret(world: World, caplog: pytest.LogCaptureFixture, name: str) -> None:
    """After one exchange. The hint speaks of this protocol's keys, and the log of what was answered."""
    world.change(name, client_secret="sandbox-another-one")
    profile = world.app.browser()
    begun = profile.begin_at(name)
    fails(world, name, "wrong_keys", ("client id and secret",), world.approve(begun), begun, profile)
    assert len(world.calls(name, "token")) == 1
    assert "wrong_keys: access_token was answered with status" in caplog.text
    assert "the client id and the client secret" in caplog.text
    assert "sandbox-" not in caplog.text.replace("sandbox-client", "")
    world.sandbox.reset()
    world.lands(name, profile)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("what", ["callback", "client id"])
def test_what_the_provider_does_not_know(world: World, name: str, what: str) -> None:
    """It shows a page of its own and sends nobody back (RFC 6749 §4.1.2.1). The login waits, and nothing is exchanged.
    Once the provider knows the app, the same user's next login lands."""
    if what == "callback":
        world.sandbox.set(callbacks=["http://127.0.0.1:1/auth/other"])
    else:
        world.change(name, client_id="sandbox-another-one")
    before, profile = world.app.all_rows(), world.app.browser()
    begun = profile.begin_at(name)
    dead_end = at_the_provider(begun)
    assert (dead_end.status, dead_end.header("location")) == (400, None)
    assert profile.session(begun.login)["login"]["state"] == "waiting"
    assert world.calls(name, "token") == []
    assert world.app.all_rows() == before
    world.sandbox.reset()
    world.lands(name, profile)


def at_the_provider(begun: Begun) -> Answer:
    return Browser(begun.send_to).visit(begun.send_to)


@pytest.mark.parametrize("name", NAMES)
def test_a_code_that_expired_while_the_user_waited(world: World, name: str) -> None:
    """The provider says that the code is no longer good; the sentence says what to do."""
    world.change(name, code_seconds=0.01)
    profile = world.app.browser()
    begun = profile.begin_at(name)
    callback = world.approve(begun)
    time.sleep(0.03)
    fails(world, name, "provider_refused", ("the code", "expired"), callback, begun, profile)
    assert "Please start again" in known_errors()["provider_refused"].message
    assert len(world.calls(name, "token")) == 1
    world.sandbox.reset()
    world.lands(name, profile)


@pytest.mark.parametrize("name", NAMES)
def test_consent_refused(world: World, name: str) -> None:
    """In each provider's own spelling: the user's choice, and no fault of anybody."""
    before, profile = world.app.all_rows(), world.app.browser()
    begun = profile.begin_at(name)
    answer = profile.come_back(world.approve(begun, cancel=True))
    page = profile.visit(answer.header("location") or "")
    assert (answer.code, page.status) == ("denied", 403)
    assert "You chose not to sign in." in page.text
    found = profile.collect(begun.login)
    assert (found.status, found.json()["login"]["state"], found.json()["account"]) == (200, "denied", None)
    assert world.calls(name, "token") == []
    assert world.app.all_rows() == before
    world.lands(name, profile)


@pytest.mark.parametrize("name", NAMES)
def test_an_account_with_nothing_but_an_id(world: World, name: str) -> None:
    """No e-mail address, no name, no picture; a handle only where each user has one. It is an account all the same."""
    identity = world.lands(name, persona="blank")
    assert identity["subject"]
    assert (identity["name"], identity["email"], identity["email_verified"]) == (None, None, False)
    again = world.lands(name, persona="blank")
    assert again == identity
    assert world.lands(name, persona="ada")["subject"] != identity["subject"]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("microsoft", "facebook")])
def test_an_address_that_is_not_verified(world: World, name: str) -> None:
    """It is another user's address, and nobody's key."""
    ada = world.lands(name, persona="ada")
    other = world.lands(name, persona="unverified")
    assert other["email"] == ada["email"]
    assert (ada["email_verified"], other["email_verified"]) == (True, False)
    accounts = world.app.identities()
    assert accounts[name, ada["subject"]] != accounts[name, other["subject"]]


def test_two_tenants_with_one_id(world: World) -> None:
    """Microsoft's object ids belong to a tenant: two people, two accounts, each the same one the next time."""
    oid = "0c0c0c0c-0000-4000-8000-000000000007"
    tenants = [f"0d0d0d0d-0000-4000-8000-00000000000{number}" for number in (1, 2)]
    common: dict[str, Any] = {"user_id": oid, "screen_name": "admin", "email": "admin@example.com", "name": "Admin"}
    found = [world.lands("microsoft", tenant=tenant, **common)["subject"] for tenant in (*tenants, *tenants)]
    assert found == [f"{tenant}.{oid}" for tenant in (*tenants, *tenants)]
    accounts = world.app.identities()
    assert accounts["microsoft", found[0]] != accounts["microsoft", found[1]]


def test_a_user_whom_the_provider_has_suspended(world: World) -> None:
    """Where the profile says who it is: refused, and nobody else is."""
    profile = world.app.browser()
    begun = profile.begin_at("github")
    fails(world, "github", "provider_refused", ("profile",), world.approve(begun, persona="suspended"), begun, profile)
    world.lands("github", profile)


# What real servers answer to a token request when the developer has something to fix.
TO_FIX: dict[str, tuple[str, int, dict[str, object], str, str]] = {
    "GitHub, another callback": ("github", 200, {"error": "redirect_uri_mismatch"}, "callback_not_approved", "exactly"),
    "Facebook, another callback": ("facebook", 400, {"error": {"code": 191}}, "callback_not_approved", "exactly"),
    "GitHub, no such client": ("github", 404, {"error": "Not Found"}, "wrong_keys", "client id and secret"),
    "Facebook, no such client": ("facebook", 400, {"error": {"code": 101}}, "wrong_keys", "client id and secret"),
    "Entra, no such client": ("microsoft", 400, {"error": "unauthorized_client"}, "wrong_keys", "client id and secret"),
    "Entra, an expired secret": ("microsoft", 401, {"error": "invalid_client"}, "wrong_keys", "secret has expired"),
    "GitHub, suspended": ("github", 200, {"error": "application_suspended"}, "app_not_allowed", "suspended"),
    "GitHub, too many": ("github", 429, {"message": "slow down"}, "rate_limited", "quota"),
}


@pytest.mark.parametrize(("name", "status", "reply", "code", "word"), TO_FIX.values(), ids=list(TO_FIX))
def test_what_the_developer_must_fix(
    world: World,
    caplog: pytest.LogCaptureFixture,
    name: str,
    status: int,
    reply: dict[str, object],
    code: str,
    word: str,
) -> None:
    """By the code of the reply, whatever its status. A callback that is not approved is named in the log."""
    fault = {"kind": "status", "status": status, "body": json.dumps(reply), "content_type": "application/json"}
    fault["headers"] = {"retry-after": "3"}
    world.sandbox.control("POST", "faults", {"provider": name, "endpoint": "token", **fault})
    profile = world.app.browser()
    begun = profile.begin_at(name)
    fails(world, name, code, (word,), world.approve(begun), begun, profile)
    assert (f"{BASE}/auth/{name} (to the letter)" in caplog.text) is (code == "callback_not_approved")
    world.sandbox.reset()
    if code == "rate_limited":  # until the time that the provider has named, no login starts
        assert profile.begin_at(name).answer.status == 429
        time.sleep(3.1)
    world.lands(name, profile)
