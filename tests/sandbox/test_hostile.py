"""P of the attacks, by itself: what it says honestly, and that a test can replace it. Judged by httpx and PyJWT."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import jwt
import pytest
from support.hostile import ABSENT, ADA, Hostile, hostile
from support.hostile_http import Reply, Request
from support.jose import at_hash, b64, from_b64, key

CALLBACK = "http://127.0.0.1:8000/auth/acme"
VERIFIER = "v" * 43


@pytest.fixture(scope="module")
def running() -> Iterator[Hostile]:
    with hostile() as p:
        yield p


@pytest.fixture
def p(running: Hostile) -> Hostile:
    running.reset()
    return running


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as one:
        yield one


def start(p: Hostile, path: str = "", **more: str) -> str:
    fields = {
        "response_type": "code",
        "client_id": p.client_id,
        "redirect_uri": CALLBACK,
        "scope": "openid email",
        "state": "s1",
        "nonce": "n1",
        "code_challenge": b64(hashlib.sha256(VERIFIER.encode()).digest()),
        "code_challenge_method": "S256",
        **more,
    }
    return f"{p.origin}{path}/authorize?{urlencode(fields)}"


def code_of(callback: str) -> str:
    return dict(parse_qsl(urlsplit(callback).query))["code"]


def exchange(p: Hostile, client: httpx.Client, code: str, path: str = "", **more: str) -> httpx.Response:
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return client.post(f"{p.origin}{path}/token", data={**fields, **more})


def test_an_honest_login(p: Hostile, client: httpx.Client) -> None:
    issuer = f"{p.origin}/acme"
    document = client.get(f"{issuer}/.well-known/openid-configuration").json()
    assert document["issuer"] == issuer
    callback = p.approve(start(p, "/acme"))
    assert dict(parse_qsl(urlsplit(callback).query))["state"] == "s1"
    reply = client.post(document["token_endpoint"], data={"code": code_of(callback)}).json()
    (published,) = client.get(document["jwks_uri"]).json()["keys"]
    claims = jwt.decode(
        reply["id_token"], jwt.PyJWK(published).key, algorithms=["RS256"], audience=p.client_id, issuer=issuer
    )
    assert (claims["sub"], claims["nonce"]) == (ADA["sub"], "n1")
    bearer = {"Authorization": f"Bearer {reply['access_token']}"}
    assert client.get(document["userinfo_endpoint"], headers=bearer).json() == ADA
    assert [one.endpoint for one in p.journal] == ["discovery", "authorize", "token", "keys", "userinfo"]
    assert [one.endpoint for one in p.calls()] == ["token", "keys", "userinfo"]
    assert p.calls("token")[0].field("code") in p.secrets["code"]


@pytest.mark.parametrize("alg", ["RS256", "RS512", "PS256", "PS384", "ES256", "ES384", "ES512", "EdDSA"])
def test_what_it_signs_verifies(p: Hostile, client: httpx.Client, alg: str) -> None:
    p.signing = key(alg, "another")
    p.keys = [p.signing]
    reply = exchange(p, client, code_of(p.approve(start(p)))).json()
    (published,) = client.get(f"{p.origin}/keys").json()["keys"]
    public = jwt.PyJWK(published, algorithm=alg).key
    assert jwt.decode(reply["id_token"], public, algorithms=[alg], audience=p.client_id)["iss"] == p.origin


def test_at_hash_is_that_of_the_specification() -> None:
    """OpenID Connect Core, appendix A.3."""
    assert at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "RS256") == "77QmUPtjPfzWtF2AnpK9RQ"


def test_it_is_lenient_and_each_check_makes_it_strict(p: Hostile, client: httpx.Client) -> None:
    for _ in range(2):
        assert exchange(p, client, "nobody's", code_verifier="").status_code == 200
    faults = {
        "code": {"code": "nobody's"},
        "pkce": {"code_verifier": "w" * 43},
        "redirect": {"redirect_uri": f"{CALLBACK}/"},
        "client": {"client_id": p.client_id, "client_secret": "wrong"},
    }
    right = {"client_id": p.client_id, "client_secret": p.client_secret}
    for check, wrong in faults.items():
        p.checks = {check}
        code = code_of(p.approve(start(p)))
        assert exchange(p, client, **{"code": code, **wrong}).status_code in (400, 401)
        assert exchange(p, client, code, **right).status_code == 200


def test_a_code_that_is_used_again_revokes_its_token(p: Hostile, client: httpx.Client) -> None:
    p.checks = {"code", "token"}
    code = code_of(p.approve(start(p)))
    bearer = {"Authorization": f"Bearer {exchange(p, client, code).json()['access_token']}"}
    assert client.get(f"{p.origin}/userinfo", headers=bearer).status_code == 200
    assert exchange(p, client, code).status_code == 400
    assert client.get(f"{p.origin}/userinfo", headers=bearer).status_code == 401


def test_what_it_says_is_replaced(p: Hostile, client: httpx.Client) -> None:
    p.metadata = {"issuer": "https://evil.test", "jwks_uri": ABSENT}
    document = client.get(f"{p.origin}/.well-known/openid-configuration").json()
    assert document["issuer"] == "https://evil.test"
    assert "jwks_uri" not in document
    p.header, p.claims = {"alg": "none"}, {"sub": 7, "nonce": ABSENT}
    p.token_fields = {"token_type": "mac"}
    reply = exchange(p, client, code_of(p.approve(start(p)))).json()
    header, claims = (from_b64(one) for one in reply["id_token"].split(".")[:2])
    assert reply["token_type"] == "mac"
    assert b'"alg": "none"' in header
    assert b'"sub": 7' in claims
    assert b"nonce" not in claims
    p.callback = {"iss": ["a", "b"], "state": ABSENT}
    assert "state" not in p.approve(start(p))
    assert p.approve(start(p)).endswith("&iss=a&iss=b")


def test_replies_are_replaced_late_or_lost(p: Hostile, client: httpx.Client) -> None:
    code = code_of(p.approve(start(p)))
    p.replace("token", status=500, body=b"<html>", times=1)
    assert exchange(p, client, code).status_code == 500

    def commits_and_drops(request: Request, usual: Any) -> Reply:
        usual()
        return Reply(drop=True)

    p.restore("token")
    p.replace("token", commits_and_drops, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        exchange(p, client, code)
    assert (p.grants[0].spent, p.calls("token")[-1].status) == (1, None)
    assert exchange(p, client, code).status_code == 200
    p.replace("keys", raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut")
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(f"{p.origin}/keys")


def test_its_profiles(p: Hostile, client: httpx.Client) -> None:
    shapes = {"user": "id", "user/emails": 0, "api/users/@me": "id", "2/users/me": "data", "v24.0/me": "id"}
    for path, member in shapes.items():
        assert client.get(f"{p.origin}/github/{path}").json()[member]


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_a_browser_that_goes_there(p: Hostile, client: httpx.Client, mode: str) -> None:
    reply = client.get(start(p, response_mode=mode))
    code = p.grants[-1].code
    if mode == "form_post":
        assert f'value="{code}"' in reply.text
    else:
        parts = urlsplit(reply.headers["location"])
        assert code in (parts.fragment if mode == "fragment" else parts.query)
