"""O16: a UserInfo reply that is somebody else's never changes who the user is. OIDC Core §5.3.2, §5.3.4.

The ID token says who signed in and lacks a name, so that the app reads the UserInfo endpoint for one.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.hostile import ABSENT, Hostile
from support.hostile_http import Reply
from support.in_process import InProcess
from support.with_p import a_person, refuses, signs_in

# What the ID token leaves out; the endpoint has it.
SPARSE = dict.fromkeys(("preferred_username", "name", "picture", "email", "email_verified"), ABSENT)
READ = ("token", "userinfo")


@pytest.fixture(autouse=True)
def sparse(p: Hostile) -> None:
    p.claims = dict(SPARSE)


def landed(app: InProcess, p: Hostile, who: dict[str, object]) -> dict[str, Any]:
    """The identity of somebody who signs in, whatever the endpoint said."""
    profile = app.browser()
    begun = profile.begin_at("acme")
    p.forget()
    answer = profile.come_back(p.approve(begun.send_to, who))
    assert answer.status == 303
    account = profile.account()
    assert account is not None, answer.headers
    (identity,) = account["identities"]
    assert (identity["provider"], identity["subject"]) == ("acme", who["sub"])
    return dict(identity)


OTHERS: dict[str, object] = {
    "missing": ABSENT,
    "null": None,
    "empty": "",
    "a number": 1815,
    "true": True,
    "a list": ["1815"],
    "an object": {"sub": "1815"},
    "10 kB": "7" * 10_000,
}


@pytest.mark.parametrize("subject", OTHERS.values(), ids=list(OTHERS))
def test_of_nobody(app_with_p: InProcess, p: Hostile, subject: object) -> None:
    """A missing ``sub`` is not an equal one: nothing of the reply is used, or the login fails."""
    who = a_person(sub="1815")
    reply = {**who, "name": "Mallory", "email": "mallory@example.com", "sub": subject}
    p.replace("userinfo", body={name: value for name, value in reply.items() if value is not ABSENT})
    if subject == "7" * 10_000:
        refuses(app_with_p, p, calls=READ, **who)
    else:
        identity = landed(app_with_p, p, who)
        assert [one.endpoint for one in p.calls()] == ["token", "userinfo"]
        assert (identity["handle"], identity["name"], identity["email"]) == (None, None, None)
    p.restore("userinfo")
    assert landed(app_with_p, p, who)["name"] == who["name"]


ALIKE = ("1816", "1815 ", " 1815", "01815", "1815\u200b", "１８１５", "1815\0")


@pytest.mark.parametrize("subject", ALIKE)
def test_of_somebody_else(app_with_p: InProcess, p: Hostile, subject: str) -> None:
    """Also of one who has an account here: nobody is signed in as them, and their name stays theirs."""
    victim = a_person(sub="1816")
    p.claims = {}
    signs_in(app_with_p, p, **victim)
    before = app_with_p.identities()
    p.claims = dict(SPARSE)
    p.replace("userinfo", body={**victim, "sub": subject})
    refuses(app_with_p, p, calls=READ, sub="1815")
    assert app_with_p.identities() == before
    p.restore("userinfo")
    assert landed(app_with_p, p, a_person(sub="1815"))["name"] != victim["name"]


FAILURES: dict[str, Reply] = {
    "401": Reply(401, {"error": "invalid_token"}),
    "403": Reply(403, {"error": "insufficient_scope"}),
    "HTML": Reply(200, b"<!doctype html><title>Sign in to the network</title>"),
    "a list": Reply(200, [{"sub": "1815", "name": "Mallory"}]),
    "a signed reply": Reply(200, b"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxODE1In0.", {"Content-Type": "application/jwt"}),
    "two subjects": Reply(200, b'{"sub": "1815", "sub": "1816", "name": "Mallory"}'),
    "not a number": Reply(200, b'{"sub": "1815", "name": "Mallory", "x": NaN}'),
    "too long": Reply(200, {"sub": "1815", "name": "Mallory", "x": "y" * (1 << 20)}),
    "dropped": Reply(drop=True),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=list(FAILURES))
def test_one_that_cannot_be_read(app_with_p: InProcess, p: Hostile, failure: Reply) -> None:
    """The login goes on without it."""
    who = a_person(sub="1815")
    p.replace("userinfo", failure)
    assert landed(app_with_p, p, who)["name"] is None
    p.restore("userinfo")
    assert landed(app_with_p, p, who)["name"] == who["name"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_takes_no_token_along(app_with_p: InProcess, p: Hostile, other_p: Hostile, status: int) -> None:
    who = a_person()
    p.replace("userinfo", Reply(status, headers={"Location": f"{other_p.origin}/acme/userinfo"}))
    assert landed(app_with_p, p, who)["name"] is None
    assert other_p.journal == []


def test_claims_that_are_kept_elsewhere(app_with_p: InProcess, p: Hostile, other_p: Hostile) -> None:
    """Distributed claims (§5.6.2): an address of the provider's choice, with a token for it. Never asked."""
    who = a_person()
    sources = {"there": {"endpoint": f"{other_p.origin}/acme/userinfo", "access_token": "x"}}
    elsewhere = {"_claim_names": {"name": "there", "email": "there"}, "_claim_sources": sources}
    p.claims = {**SPARSE, **elsewhere}
    p.replace("userinfo", body={"sub": who["sub"], **elsewhere})
    assert landed(app_with_p, p, who)["name"] is None
    assert other_p.journal == []


def test_an_address_and_its_flag_come_from_one_reply(app_with_p: InProcess, p: Hostile) -> None:
    """The ID token has an address that nobody verified, and the endpoint says ``true`` of another, or of none."""
    who = a_person()
    own, other = ("own@example.com", False), ("other@example.com", True)
    p.claims = {**SPARSE, "email": own[0], "email_verified": own[1]}
    p.replace("userinfo", body={"sub": who["sub"], "email": other[0], "email_verified": other[1]}, times=1)
    identity = landed(app_with_p, p, who)
    assert (identity["email"], identity["email_verified"]) in (own, other)
    p.replace("userinfo", body={"sub": who["sub"], "email_verified": True})
    identity = landed(app_with_p, p, who)
    assert (identity["email"], identity["email_verified"]) == own


def test_the_bearer_is_in_the_header_alone(app_with_p: InProcess, p: Hostile) -> None:
    """RFC 6750 §2.1: a token in an address stands in logs."""
    landed(app_with_p, p, a_person())
    (request,) = p.calls("userinfo")
    assert request.headers["authorization"] == f"Bearer {p.grants[-1].access_token}"
    assert p.grants[-1].access_token not in f"{request.path}{request.query}{request.body!r}"
