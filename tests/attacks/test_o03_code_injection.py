"""O3: a victim's code, presented with the attacker's own state and cookie. RFC 9700 §4.5.

The attacker has the code (from a log, a Referer, a page) and a login of their own at the same app. PKCE ties the code
to the login that asked for it, if the provider checks it; the nonce ties the ID token to it, whatever it checks.
"""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from support.hostile import ABSENT, Grant, Hostile
from support.in_process import InProcess, Visitor
from support.with_p import NewApp, a_person, signs_in, stays_out

from valetkey.crypto import Secret
from valetkey.protocols.oauth2 import ClientCredentials
from valetkey.protocols.openid import OpenIDConnect
from valetkey.providers.record.claims import read_claims
from valetkey.providers.record.provider import Provider


def injected(app: InProcess, p: Hostile, name: str) -> tuple[Visitor, str, Grant]:
    """The attacker's browser, the callback with the victim's code, and what the victim has approved."""
    victim, attacker = app.browser(), app.browser()
    p.approve(victim.begin_at(name).send_to, a_person())
    begun = attacker.begin_at(name)
    (stolen,) = p.grants
    p.forget()
    return attacker, f"{app.base}/auth/{name}?{urlencode({'code': stolen.code, 'state': begun.token})}", stolen


@pytest.mark.parametrize("name", ["acme", "github"])
def test_a_provider_that_checks_pkce_refuses(app_with_p: InProcess, p: Hostile, name: str) -> None:
    p.checks = {"pkce"}
    attacker, callback, stolen = injected(app_with_p, p, name)
    before = app_with_p.all_rows()
    answer = attacker.come_back(callback)
    assert answer.code, answer.text
    stays_out(attacker)
    assert [(one.endpoint, one.status) for one in p.calls()] == [("token", 400)]
    assert stolen.spent == 0
    assert {**app_with_p.all_rows(), "login_claims": 0} == {**before, "login_claims": 0}
    signs_in(app_with_p, p, name)


def test_one_that_ignores_pkce_and_returns_the_nonce(app_with_p: InProcess, p: Hostile) -> None:
    """It spends the code, and what it says is another login's."""
    attacker, callback, stolen = injected(app_with_p, p, "acme")
    before = app_with_p.all_rows()
    answer = attacker.come_back(callback)
    assert answer.code == "provider_reply_invalid"
    stays_out(attacker)
    assert [one.endpoint for one in p.calls()] == ["token"]
    assert stolen.spent == 1
    assert {**app_with_p.all_rows(), "login_claims": 0} == {**before, "login_claims": 0}
    signs_in(app_with_p, p)


def test_one_that_has_neither_is_the_documented_gap(app_with_p: InProcess, p: Hostile) -> None:
    """What PKCE and the nonce hold is held by nothing else: at such a provider, a stolen code is a stolen login."""
    attacker, callback, stolen = injected(app_with_p, p, "github")
    assert attacker.come_back(callback).status == 303
    assert attacker.account()["identities"][0]["subject"] == stolen.person["sub"]


@pytest.mark.parametrize("returns_nonce", [True, False])
def test_a_record_whose_provider_refuses_pkce(new_app: NewApp, p: Hostile, returns_nonce: bool) -> None:
    """No challenge and no verifier are sent. The nonce holds, where it comes back; without it, it is the gap above."""
    protocol = OpenIDConnect(
        credentials=ClientCredentials(identifier=p.client_id, secret=Secret(p.client_secret)),
        issuer=f"{p.origin}/acme",
        pkce=False,
        returns_nonce=returns_nonce,
    )
    app = new_app((Provider(name="acme", title="Acme", protocol=protocol, identify=read_claims),))
    p.claims = {} if returns_nonce else {"nonce": ABSENT}
    signs_in(app, p)
    assert "code_challenge" not in p.grants[-1].start
    assert p.calls("token")[-1].field("code_verifier") is None
    p.grants.clear()
    attacker, callback, stolen = injected(app, p, "acme")
    answer = attacker.come_back(callback)
    if returns_nonce:
        assert answer.code == "provider_reply_invalid"
        stays_out(attacker)
    else:
        assert attacker.account()["identities"][0]["subject"] == stolen.person["sub"]


@pytest.mark.parametrize("name", ["acme", "github"])
def test_each_login_has_a_challenge_of_its_own(app_with_p: InProcess, p: Hostile, name: str) -> None:
    """S256, and what is sent at the end is 43 characters or more that hash to it (P checks)."""
    p.checks = {"pkce"}
    for _ in range(2):
        signs_in(app_with_p, p, name)
    starts = [one.start for one in p.grants]
    assert {one["code_challenge_method"] for one in starts} == {"S256"}
    verifiers = {one.field("code_verifier") for one in p.calls("token")}
    assert len({one["code_challenge"] for one in starts}) == len(verifiers) == 2
    assert all(one is not None and 43 <= len(one) <= 128 for one in verifiers)
    assert verifiers.isdisjoint(one["code_challenge"] for one in starts)
