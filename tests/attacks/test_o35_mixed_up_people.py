"""O35: the provider itself mixes two people up: A's code is answered with what is B's. B is signing in as well.

An ID token names the login that it belongs to, by its nonce. A reply of OAuth 2.0 alone names nothing: what the
provider says at its profile is all that there is, and nobody can check it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from support.browser import Begun
from support.hostile import Grant, Hostile
from support.hostile_http import Reply, Request
from support.in_process import InProcess, Visitor
from support.jose import token
from support.with_p import a_person, signs_in, stays_out, without_claims

Login = tuple[Visitor, Begun, dict[str, object], str]


def two(app: InProcess, p: Hostile, name: str) -> tuple[Login, Login]:
    """Two people who have approved at the same time, each in a browser of their own."""
    logins: list[Any] = []
    for _ in range(2):
        profile, who = app.browser(), a_person()
        begun = profile.begin_at(name)
        logins.append((profile, begun, who, p.approve(begun.send_to, who)))
    p.forget()
    return logins[0], logins[1]


def other_of(p: Hostile, grant: Grant) -> Grant:
    return p.grants[1 - p.grants.index(grant)]


@pytest.mark.parametrize("pkce", [True, False], ids=["PKCE checked", "PKCE ignored"])
def test_the_others_id_token(app_with_p: InProcess, p: Hostile, pkce: bool) -> None:
    """Refused, always: its nonce is the other login's. PKCE cannot help, for each code is its own."""
    p.checks = {"pkce", "code"} if pkce else set()
    before = app_with_p.all_rows()
    ada, bob = two(app_with_p, p, "acme")

    def mixed_up(grant: Grant, header: dict[str, object], claims: dict[str, object]) -> str:
        other = other_of(p, grant)
        return token(header, {**claims, **other.person, "nonce": other.start["nonce"]}, p.signing, "RS256")

    p.make_id_token = mixed_up
    for profile, begun, _, callback in (ada, bob):
        assert profile.come_back(callback).code == "provider_reply_invalid"
        assert profile.collect(begun.login).json()["login"]["error"]["code"] == "provider_reply_invalid"
        stays_out(profile)
    assert [one.endpoint for one in p.calls()] == ["token", "token"]
    assert without_claims(app_with_p) == {**before, "login_claims": 0}
    p.make_id_token = None
    for profile, _, who, _ in (ada, bob):
        profile.return_from(p, profile.begin_at("acme"), who)
        assert profile.account()["identities"][0]["subject"] == who["sub"]


@pytest.mark.parametrize("name", ["acme", "github"])
def test_the_others_code(app_with_p: InProcess, p: Hostile, name: str) -> None:
    """The redirects are mixed up: each callback has its own state and the other's code. PKCE refuses, at any provider
    that checks it."""
    p.checks = {"pkce"}
    logins = two(app_with_p, p, name)
    codes = [one.code for one in p.grants]
    for (profile, begun, _, _), code in zip(logins, reversed(codes), strict=True):
        query = urlencode({"code": code, "state": begun.token})
        assert profile.come_back(f"{app_with_p.base}/auth/{name}?{query}").code == "provider_refused"
        stays_out(profile)
    assert [(one.endpoint, one.status) for one in p.calls()] == [("token", 400)] * 2
    assert app_with_p.identities() == {}
    signs_in(app_with_p, p, name)


def test_the_others_userinfo(app_with_p: InProcess, p: Hostile) -> None:
    """The ID token is right, and what UserInfo adds is somebody else's: refused (O16)."""
    p.claims = dict.fromkeys(("name", "email"))
    ada, bob = two(app_with_p, p, "acme")
    p.replace("userinfo", lambda request, usual: Reply(body=bob[2]), times=1)
    profile, _, _, callback = ada
    assert profile.come_back(callback).code == "provider_reply_invalid"
    stays_out(profile)
    assert app_with_p.identities() == {}
    assert bob[0].come_back(bob[3]).status == 303  # the control
    assert bob[0].account()["identities"][0]["name"] == bob[2]["name"]


@pytest.mark.parametrize("what", ["access token", "profile"])
def test_the_others_profile_without_an_id_token(app_with_p: InProcess, p: Hostile, what: str) -> None:
    """The documented gap (docs/threats.md): nothing in such a reply names the login, also where PKCE is checked. The
    app believes what the provider says of its own user, and each is signed in as the other."""
    p.checks = {"pkce", "code"}
    ada, bob = two(app_with_p, p, "github")
    if what == "access token":

        def others_token(request: Request, usual: Callable[[], Reply]) -> Reply:
            fields: Any = usual().body
            (own,) = [one for one in p.grants if one.access_token == fields["access_token"]]
            return Reply(body={**fields, "access_token": other_of(p, own).access_token})

        p.replace("token", others_token)
    else:
        profiles = iter((bob[2], ada[2]))
        p.replace("profile", lambda request, usual: Reply(body={"id": int(str(next(profiles)["sub"])), "login": "x"}))
    for (profile, _, _, callback), other in ((ada, bob), (bob, ada)):
        assert profile.come_back(callback).status == 303
        assert profile.account()["identities"][0]["subject"] == other[2]["sub"]
    assert len(set(app_with_p.identities().values())) == 2


def test_the_others_addresses(app_with_p: InProcess, p: Hostile) -> None:
    """A second request cannot be checked either. An address is data: it joins nobody with anybody (docs/email.md)."""
    ada, bob = two(app_with_p, p, "github")
    p.replace("emails", body=[{"email": bob[2]["email"], "primary": True, "verified": True}])
    for profile, _, who, callback in (ada, bob):
        assert profile.come_back(callback).status == 303
        (identity,) = profile.account()["identities"]
        assert (identity["subject"], identity["email"]) == (who["sub"], bob[2]["email"])
    assert len(set(app_with_p.identities().values())) == 2
