"""O33: a provider sends more than yesterday. Nothing happens. Google, GitHub and others began to send ``iss`` so."""

from __future__ import annotations

import pytest
from support.hostile import Hostile
from support.hostile_http import Reply
from support.in_process import InProcess
from support.jose import key
from support.with_p import NewApp, refuses, signs_in, variables

TOKEN_FIELDS: dict[str, object] = {
    "scope": ["openid", "email"],
    "expires_in": "3599",
    "ext_expires_in": 3599,
    "refresh_token_expires_in": None,
    "refresh_token": "1//x",
    "token_type": "BEARER",
    "id_token_claims": {"sub": "1", "email": "victim@example.com"},
    "user": {"id": "1"},
    "authed_user": {"id": "1", "access_token": "x"},
    "client_info": "eyJ1aWQiOiIxIn0",
    "foci": "1",
    "x" * 200: {"y": [None, 1.5, "z" * 2_000]},
}
CALLBACK: dict[str, object] = {
    "session_state": "a.b-c",
    "scope": "email profile openid",
    "authuser": "0",
    "hd": "example.com",
    "prompt": "consent",
    "client_info": "eyJ1aWQiOiIxIn0",
    "setup_action": "install",
    "installation_id": "7",
    "device_id": "x",
    "granted_scopes": "email",
    "id_token": "a.b.c",
    "token": "x",
    "user": '{"name": {"firstName": "Mallory"}}',
    "oauth_token": "x",
    "oauth_verifier": "y",
    "denied": "z",
}
CLAIMS: dict[str, object] = {
    "ver": "2.0",
    "auth_time": 1_700_000_000.5,
    "acr": "1",
    "amr": ["pwd", "mfa"],
    "c_hash": "x",
    "s_hash": "x",
    "rat": 1,
    "groups": [str(number) for number in range(150)],
    "address": {"country": "x"},
    "_claim_names": {"email": "src1"},
    "_claim_sources": {"src1": {"endpoint": "http://localhost:1/claims", "access_token": "x"}},
    "id": "1",
    "user_id": "1",
    "identities": [{"provider": "x", "user_id": "1"}],
}
METADATA: dict[str, object] = {
    "require_pushed_authorization_requests": False,
    "pushed_authorization_request_endpoint": "http://localhost:1/par",
    "mtls_endpoint_aliases": {"token_endpoint": "http://localhost:1/token"},
    "introspection_endpoint": "http://localhost:1/introspect",
    "response_modes_supported": ["query", "form_post", "query.jwt"],
    "code_challenge_methods_supported": ["S256", "plain"],
    "dpop_signing_alg_values_supported": ["ES256"],
    "x": {"y": []},
}


def sends_more(p: Hostile, name: str) -> None:
    p.token_fields = {**TOKEN_FIELDS, **({} if name == "acme" else {"id_token": "a.b.c"})}
    p.callback = dict(CALLBACK)
    if name == "acme":
        p.claims, p.metadata, p.header = dict(CLAIMS), dict(METADATA), {"x": "y", "typ": "JWT"}
        member = {"kty": "AKP", "alg": "ML-DSA-65", "kid": "x", "pub": "eA"}
        p.keys = [{"kty": "new"}, member, "x", p.signing, {**key("ES256", "y").jwk, "x5t#S256": "z"}]


@pytest.mark.parametrize("name", ["acme", "github"])
def test_it_sends_more(app_with_p: InProcess, p: Hostile, name: str) -> None:
    """Everything at once, to an app that is running, and to one that starts then. The user stays who they are."""
    ada = {"sub": "1815", "preferred_username": "ada"}
    account = signs_in(app_with_p, p, name, **ada).account()["id"]
    sends_more(p, name)
    profile = signs_in(app_with_p, p, name, **ada)
    assert profile.account()["id"] == account
    assert len(app_with_p.identities()) == 1


def test_to_an_app_that_starts_then(new_app: NewApp, p: Hostile) -> None:
    """It reads the metadata with all that is new, and asks for nothing that it names."""
    sends_more(p, "acme")
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    signs_in(app, p)
    assert [one.endpoint for one in p.journal] == ["discovery", "keys", "authorize", "token"]


@pytest.mark.parametrize("name", ["acme", "github"])
def test_it_sends_iss(app_with_p: InProcess, p: Hostile, name: str) -> None:
    """Without having promised it, and takes it back again. Where the issuer is known, another's is still refused."""
    for iss in ([f"{p.origin}/{name}"], [], [f"{p.origin}/{name}"]):
        p.callback = {"iss": iss[0]} if iss else {}
        signs_in(app_with_p, p, name)
    p.callback = {"iss": "https://evil.test"}
    if name == "github":  # at a base of its own, whose issuer nobody has named
        signs_in(app_with_p, p, name)
    else:
        profile = app_with_p.browser()
        begun = profile.begin_at(name)
        assert profile.return_from(p, begun).code == "bad_request"
        p.callback = {}
        assert profile.return_from(p, begun).status == 303


def test_github_with_its_issuer_known(new_app: NewApp, p: Hostile) -> None:
    """As the real one since 2026: with ``iss`` and without it."""
    github = {"GITHUB_CLIENT_ID": p.client_id, "GITHUB_CLIENT_SECRET": p.client_secret}
    issuer = f"{p.origin}/github/login/oauth"
    at = {"VALETKEY_GITHUB_BASE": f"{p.origin}/github", "VALETKEY_GITHUB_ISSUER": issuer}
    app = new_app(VALETKEY_PROVIDERS="github", **github, **at)
    for iss in (None, issuer, None):
        p.callback = {"iss": iss} if iss else {}
        signs_in(app, p, "github")


def test_profiles_with_more(app_with_p: InProcess, p: Hostile) -> None:
    """Members of every kind beside those that are read, and other media types."""
    more = {"node_id": "x", "sub": "1", "user_id": 1, "plan": {"name": "pro"}, "x": [None], "id_str": "1"}
    for kind in ("application/json; charset=utf-8", "application/vnd.github+json", "text/plain", "application/jwt"):
        reply = Reply(body={"id": 1815, "login": "ada", **more}, headers={"Content-Type": kind, "X-New": "y"})
        p.replace("profile", reply)
        profile = app_with_p.browser()
        assert profile.return_from(p, profile.begin_at("github")).status == 303
        assert set(app_with_p.identities()) == {("github", "1815")}
        p.restore("profile")


def test_what_changes_is_noticed(app_with_p: InProcess, p: Hostile) -> None:
    """The control: more is nothing, and other is refused."""
    signs_in(app_with_p, p)
    p.claims = {"iss": f"{p.origin}/acme/v2.0"}
    refuses(app_with_p, p)
    p.claims = {}
    p.token_fields = {"token_type": "DPoP"}
    refuses(app_with_p, p)
    p.token_fields = {}
    signs_in(app_with_p, p)
