"""Every provider of OAuth 2.0 and OpenID Connect that ships signs a user in, by variables, at a server in its place.

The server (P) is strict: it checks the client, the code, the verifier, the callback URL and the access token.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support.hostile import ABSENT, Hostile
from support.in_process import BASE, in_process
from support.servers import Provider as Sandbox
from support.with_p import NewApp, empty_database, new_app, p, running_p  # noqa: F401  # fixtures

from valetkey import Provider, Secret
from valetkey.protocols.openid import OpenIDConnect
from valetkey.providers.record.built_in import RECIPES
from valetkey.providers.record.claims import read_claims
from valetkey.providers.record.recipe import Recipe
from valetkey.testing.sandbox import CATALOGUE

KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
TENANT, OBJECT = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490", "00000000-0000-0000-66f3-3332eca7ea81"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a login at a provider must come to.

    Attributes:
        calls: the requests to P after the start, beyond those for metadata and keys.
        identity: members of the account's identity.
        claims: changes to the person.
        secret_in: where the client secret is sent.
    """

    calls: tuple[str, ...]
    identity: dict[str, object] = field(default_factory=dict)
    claims: dict[str, object] = field(default_factory=dict)
    secret_in: str = "body"


VERIFIED = {"email": "ada@example.com", "email_verified": True}
# An OpenID provider with an id and a secret, and the standard claims. Such a one needs no row below.
USUAL = Expected(calls=("token",), identity={"subject": "1815", "handle": "ada", **VERIFIED})


def is_usual(recipe: Recipe) -> bool:
    required = {one.argument for one in recipe.variables if one.required}
    if required != {"client_id", "client_secret"}:
        return False
    made = recipe.make(client_id="id", client_secret=Secret("secret" * 6))
    return (
        isinstance(made.protocol, OpenIDConnect)
        and made.identify is read_claims
        and made.protocol.pkce
        and made.protocol.id_token_key == "issuer"
    )


PLAYED: dict[str, Expected] = {
    **{name: USUAL for name, recipe in RECIPES.items() if is_usual(recipe)},
    "apple": Expected(
        calls=("token",),
        claims={"email_verified": "true"},
        identity={"subject": "1815", **VERIFIED},
        secret_in="a signed statement",
    ),
    "microsoft": Expected(
        calls=("token",),
        claims={"tid": TENANT, "oid": OBJECT},
        identity={"subject": f"{TENANT}.{OBJECT}", "email": "ada@example.com", "email_verified": False},
    ),
    "github": Expected(calls=("token", "profile", "emails"), identity={"subject": "1815", "handle": "ada", **VERIFIED}),
    "discord": Expected(calls=("token", "profile"), identity={"subject": "1815", "handle": "ada", **VERIFIED}),
    "facebook": Expected(
        calls=("token", "profile"),
        identity={"subject": "1815", "handle": None, "email": "ada@example.com", "email_verified": False},
    ),
    "twitter": Expected(
        calls=("token", "profile"), identity={"subject": "1815", "handle": "ada", **VERIFIED}, secret_in="header"
    ),
}


def variables(p: Hostile, name: str) -> dict[str, str]:
    prefix = name.upper()
    return {
        "VALETKEY_PROVIDERS": name,
        f"VALETKEY_{prefix}_BASE": f"{p.origin}/{name}",
        f"{prefix}_CLIENT_ID": p.client_id,
        **({} if name == "apple" else {f"{prefix}_CLIENT_SECRET": p.client_secret}),
        **({"VALETKEY_TWITTER_EMAIL": "on"} if name == "twitter" else {}),
        **(
            {"APPLE_TEAM_ID": "TEAM123456", "APPLE_KEY_ID": "KEY1234567", "APPLE_PRIVATE_KEY": PEM}
            if name == "apple"
            else {}
        ),
    }


def test_none_is_left_out() -> None:
    """A provider that is not played here is played by the sandbox, from a table of its own (tests/testing)."""
    assert set(RECIPES) - set(PLAYED) <= set(CATALOGUE)
    assert {"google", "gitlab"} <= {name for name, expected in PLAYED.items() if expected is USUAL}


@pytest.mark.parametrize("name", PLAYED)
def test_it_signs_a_user_in(new_app: NewApp, p: Hostile, name: str) -> None:
    expected = PLAYED[name]
    p.checks |= {"code", "pkce", "redirect", "token", *(() if name == "apple" else ("client",))}
    if name == "microsoft":
        p.metadata = {"issuer": f"{p.origin}/microsoft/{{tenantid}}/v2.0"}
        p.claims = {"iss": f"{p.origin}/microsoft/{TENANT}/v2.0"}
    app = new_app(**variables(p, name))
    (record,) = app.settings.providers
    browser = app.browser()
    begun = browser.begin_at(name)
    assert begun.answer.status == 200, begun.answer.text
    started = {one.endpoint for one in p.calls("discovery", "keys")}
    assert started == ({"discovery", "keys"} if expected.calls == ("token",) else set())
    p.forget()
    address, fields = p.approved(begun.send_to, **expected.claims)
    assert address == app.settings.callback_of(name)
    if name == "apple":
        names = {"user": json.dumps({"name": {"firstName": "Ada", "lastName": "L"}, "email": "other@example.com"})}
        posted = browser.submit(
            address, {**dict(fields), **names}, Origin="https://appleid.apple.com", Sec_Fetch_Site="cross-site"
        )
        assert posted.status == 303
        answer = browser.come_back(posted.header("location") or "")
    else:
        answer = browser.come_back(f"{address}?{'&'.join(f'{key}={value}' for key, value in fields)}")
    assert answer.status == 303, answer.text
    (identity,) = browser.account()["identities"]
    assert {member: identity[member] for member in expected.identity} == expected.identity
    assert identity["name"] == "Ada Lovelace"
    assert tuple(one.endpoint for one in p.calls()) == expected.calls
    check_start(p, record)
    check_secret(p, expected)
    if name == "facebook":
        check_proof(p)


def check_start(p: Hostile, record: Provider) -> None:
    """What the user's browser was sent with."""
    (start,) = p.calls("authorize")
    protocol: Any = record.protocol
    assert start.field("scope") == getattr(protocol, "scope_separator", " ").join(protocol.scopes)
    assert start.field("response_type") == "code"
    assert start.field("code_challenge_method") == "S256"
    assert start.field("response_mode") == protocol.response_mode
    assert (start.field("nonce") is not None) == hasattr(protocol, "returns_nonce")


def check_secret(p: Hostile, expected: Expected) -> None:
    """Where the secret was. RFC 6749 §2.3 allows one place."""
    (exchange,) = p.calls("token")
    in_header, in_body = exchange.headers.get("authorization"), exchange.field("client_secret")
    if expected.secret_in == "header":
        assert in_header is not None
        assert in_body is None
        return
    assert in_header is None
    if expected.secret_in == "body":
        assert in_body == p.client_secret
        return
    claims = jwt.decode(in_body or "", KEY.public_key(), algorithms=["ES256"], audience=f"{p.origin}/apple")
    assert (claims["iss"], claims["sub"]) == ("TEAM123456", p.client_id)


def check_proof(p: Hostile) -> None:
    """HMAC-SHA256 of the token by the secret, in hex (developers.facebook.com, "Secure Graph API calls")."""
    (profile,) = p.calls("profile")
    token = profile.headers["authorization"].removeprefix("Bearer ")
    assert (
        profile.field("appsecret_proof")
        == hmac.new(p.client_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    )


def test_an_account_made_over_one_protocol_of_x_signs_in_over_the_other(
    tmp_path: Path, provider: Sandbox, p: Hostile
) -> None:
    """Both name the user by the same number, under the same name of the provider."""
    provider.reset()
    provider.serves(f"{BASE}/auth/twitter")
    keys = {"TWITTER_CONSUMER_KEY": provider.key, "TWITTER_CONSUMER_SECRET": provider.secret}
    with in_process(tmp_path / "app.db", **keys, VALETKEY_TWITTER_BASE=provider.origin) as app:
        browser = app.browser()
        assert browser.come_back(provider.approve(browser.begin().token)).status == 303
        account = browser.account()
    subject = account["identities"][0]["subject"]
    with in_process(tmp_path / "app.db", **variables(p, "twitter")) as app:
        browser = app.browser()
        assert browser.come_back(p.approve(browser.begin_at("twitter").send_to, sub=subject)).status == 303
        assert browser.account()["id"] == account["id"]
        other = app.browser()
        assert other.come_back(p.approve(other.begin_at("twitter").send_to, sub=f"{subject}0")).status == 303
        assert other.account()["id"] != account["id"]


def test_two_tenants_with_one_object_id_are_two_users(new_app: NewApp, p: Hostile) -> None:
    p.metadata = {"issuer": f"{p.origin}/microsoft/{{tenantid}}/v2.0"}
    app = new_app(**variables(p, "microsoft"))
    tenants = (TENANT, "72f988bf-86f1-41af-91ab-2d7cd011db47")
    for tenant in tenants:
        browser = app.browser()
        p.claims = {"iss": f"{p.origin}/microsoft/{tenant}/v2.0"}
        answer = browser.come_back(p.approve(browser.begin_at("microsoft").send_to, tid=tenant, oid=OBJECT))
        assert answer.status == 303
    assert set(app.identities()) == {("microsoft", f"{tenant}.{OBJECT}") for tenant in tenants}
    assert len(set(app.identities().values())) == 2


def test_githubs_second_request_fails_alone(new_app: NewApp, p: Hostile) -> None:
    """The user signs in without an address."""
    for reply in ({"status": 404, "body": {"message": "Not Found"}}, {"body": {"message": "x"}}, {"body": b"<html>"}):
        p.reset()
        p.replace("emails", **reply)
        app = new_app(**variables(p, "github"))
        browser = app.browser()
        assert browser.come_back(p.approve(browser.begin_at("github").send_to)).status == 303
        (identity,) = browser.account()["identities"]
        assert (identity["subject"], identity["email"], identity["email_verified"]) == ("1815", None, False)


def test_gitlabs_older_servers_say_the_name_in_userinfo(new_app: NewApp, p: Hostile) -> None:
    """It adds to the ID token, and a reply of somebody else's fails the login."""
    p.claims = dict.fromkeys(("name", "preferred_username", "email", "email_verified", "picture"), ABSENT)
    app = new_app(**variables(p, "gitlab"))
    browser = app.browser()
    assert browser.come_back(p.approve(browser.begin_at("gitlab").send_to)).status == 303
    (identity,) = browser.account()["identities"]
    assert (identity["handle"], identity["name"], identity["email_verified"]) == ("ada", "Ada Lovelace", True)
    p.replace("userinfo", body={"sub": "7", "name": "Somebody"})
    other = app.browser()
    assert other.come_back(p.approve(other.begin_at("gitlab").send_to)).code == "provider_reply_invalid"
