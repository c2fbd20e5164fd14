"""O11: a key set that is away, empty or partly broken. It never verifies more than it did, and loses no key it had."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace

import pytest
from support.hostile import ABSENT, Hostile
from support.hostile_http import Reply
from support.in_process import InProcess
from support.jose import key
from support.with_p import NewApp, refuses, signs_in, stays_out, variables

from valetkey.http_client import LoopTransport
from valetkey.http_client.runner import LoopRunner
from valetkey.login.issuers import IssuerCache

OUTAGES = {
    "down": Reply(drop=True),
    "500": Reply(500, b"oops"),
    "404": Reply(404, {"error": "not_found"}),
    "a redirect": Reply(302, headers={"Location": "https://evil.test/keys"}),
    "HTML": Reply(200, b"<!doctype html><title>Sign in to the network</title>"),
    "empty": Reply(200, b"", {"Content-Type": "application/json"}),
    "cut": Reply(200, b'{"keys": [', {"Content-Type": "application/json"}),
    "no keys": Reply(200, {"keys": []}),
    "no member": Reply(200, {}),
    "keys null": Reply(200, {"keys": None}),
    "keys an object": Reply(200, {"keys": {"0": {}}}),
    "a list": Reply(200, []),
    "too long": Reply(200, {"keys": [], "x": "y" * (1 << 20)}),
    "of encryption alone": Reply(200, {"keys": [{"kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB", "kid": "x"}]}),
    "the set twice": Reply(
        200, b'{"keys": [], "keys": [{"kty": "oct", "k": "AA"}]}', {"Content-Type": "application/json"}
    ),
}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=list(OUTAGES))
def test_warm_keys_keep_working(app_with_p: InProcess, p: Hostile, outage: Reply) -> None:
    """Also after a token with another kid has made the app ask in vain."""
    signs_in(app_with_p, p)
    p.replace("keys", outage)
    signs_in(app_with_p, p)
    p.header = {"kid": "made-up"}
    refuses(app_with_p, p, code=("provider_reply_invalid", "provider_unavailable"), calls=("token", "keys"))
    p.header = {}
    signs_in(app_with_p, p)


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=list(OUTAGES))
def test_without_any_key_nobody_signs_in(app_with_p: InProcess, p: Hostile, outage: Reply) -> None:
    """It is an outage and never a pass: no start, no session. It ends when the keys are there."""
    p.replace("keys", outage)
    profile = app_with_p.browser()
    begun = profile.begin_at("acme")
    assert begun.send_to == "", begun.answer.text
    stays_out(profile)
    assert p.calls("token") == []
    assert set(app_with_p.all_rows().values()) == {0}
    p.restore("keys")
    app_with_p.run(asyncio.sleep(0))
    signs_in(app_with_p, p)


BAD_MEMBERS = {
    "null": None,
    "a text": "x",
    "a list": [],
    "empty": {},
    "unknown type": {"kty": "XYZ", "kid": "bad"},
    "without numbers": {"kty": "RSA", "kid": "bad"},
    "numbers that are none": {"kty": "RSA", "kid": "bad", "n": "!!", "e": "AQAB"},
    "a number as a number": {"kty": "RSA", "kid": "bad", "n": 7, "e": 3},
    "n of zero": {"kty": "RSA", "kid": "bad", "n": "AA", "e": "AQAB"},
    "e of one": {"kty": "RSA", "kid": "bad", "n": key("RS256", "x", 2).jwk["n"], "e": "AQ"},
    "not on the curve": {"kty": "EC", "crv": "P-256", "kid": "bad", "x": "AQ", "y": "AQ"},
    "unknown curve": {"kty": "EC", "crv": "P-1", "kid": "bad", "x": "AQ", "y": "AQ"},
    "short point": {"kty": "OKP", "crv": "Ed25519", "kid": "bad", "x": "AQ"},
    "shared": {"kty": "oct", "kid": "bad", "k": "AQ"},
    "kid a number": {**key("RS256", "x", 2).jwk, "kid": 7},
    "kid a list": {**key("RS256", "x", 2).jwk, "kid": ["x"]},
}


@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
@pytest.mark.parametrize("bad", BAD_MEMBERS.values(), ids=list(BAD_MEMBERS))
def test_one_bad_member_spoils_no_set(new_app: NewApp, p: Hostile, bad: object, first: bool) -> None:
    """It is skipped, and verifies nothing: a token that names it is refused."""
    p.keys = [bad, p.signing] if first else [p.signing, bad]
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    signs_in(app, p)
    p.header = {"kid": "bad"}
    refuses(app, p, or_calls=("token", "keys"))


def test_a_kid_twice(new_app: NewApp, p: Hostile) -> None:
    """The same key twice is one key. Two keys of one name: who is in the set with it must not make a stranger's token
    pass, and the honest one may pass or fail."""
    p.keys = [p.signing, p.signing]
    signs_in(new_app(VALETKEY_PROVIDERS="acme", **variables(p)), p)
    own, other = p.signing, key("RS256", p.signing.kid, 2)
    p.keys = [own, other]
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    p.signing = key("RS256", own.kid, 4)  # the kid of both, and neither's signature
    refuses(app, p, or_calls=("token", "keys"))
    assert app.identities() == {}
    p.keys = [own]
    p.signing = own
    signs_in(new_app(VALETKEY_PROVIDERS="acme", **variables(p)), p)


def test_members_that_say_less_or_more(new_app: NewApp, p: Hostile) -> None:
    """The control: real sets leave alg and use out, and have members that we do not know."""
    less = {name: value for name, value in p.signing.jwk.items() if name not in ("alg", "use")}
    for member in (less, {**p.signing.jwk, "x5c": ["MIIB"], "issuer": "x", "key_ops": ["verify"]}):
        p.keys = [member]
        signs_in(new_app(VALETKEY_PROVIDERS="acme", **variables(p)), p)


def test_keys_that_have_expired_stay_while_the_endpoint_is_down(app_with_p: InProcess, p: Hostile) -> None:
    """At the cache itself, whose hours are the test's: tried once a minute, and the last good set stays."""
    (acme, _) = app_with_p.settings.providers
    now = 1000.0

    async def run() -> None:
        nonlocal now
        transport = LoopTransport()
        cache = IssuerCache(transport=transport, runner=LoopRunner(), monotonic=lambda: now)
        try:
            _, first = await cache.documents(acme, time.monotonic() + 10)
            p.replace("keys", OUTAGES["no keys"])
            p.forget()
            now += 3 * 3600
            for _ in range(10):
                assert (await cache.documents(acme, time.monotonic() + 10))[1] == first
            assert len(p.calls("keys")) == 1
            now += 61
            assert (await cache.documents(acme, time.monotonic() + 10))[1] == first
            assert len(p.calls("keys")) == 2
            p.restore("keys")
            p.keys = [replace(p.signing, kid="newer")]
            now += 61
            assert (await cache.documents(acme, time.monotonic() + 10))[1] != first
        finally:
            await transport.close()

    asyncio.run(run())


def test_a_discovery_document_without_keys(new_app: NewApp, p: Hostile) -> None:
    """Without an address of keys no ID token can be verified, so nobody signs in."""
    p.metadata = {"jwks_uri": ABSENT}
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    assert app.browser().begin_at("acme").send_to == ""
    assert p.calls("token") == []


def test_the_outages_are_none_by_themselves(app_with_p: InProcess, p: Hostile) -> None:
    """The control of the table: the same endpoint, with the usual set written as bytes."""
    p.replace("keys", body=json.dumps({"keys": [p.signing.jwk]}).encode(), headers={"Content-Type": "application/json"})
    signs_in(app_with_p, p)
